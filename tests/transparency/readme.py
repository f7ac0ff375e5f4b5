#!/usr/bin/env python3
"""Follows the README's paragraph on how a stranger checks a verdict, word by word. usage: readme.py HELIX README"""
import os
import re
import subprocess
import sys
import tempfile

from service import Service, expect, finish


def commands(readme):
    with open(readme, encoding="utf-8") as file:
        section = file.read().split("## How a stranger checks a verdict\n", 1)[1].split("\n## ", 1)[0]
    return re.search(r"```sh\n(.*?)```", section, re.S).group(1)


def main(program, readme):
    script = commands(readme)
    expect("there are commands", script.count("build/release/bin/helix ") >= 5, script)
    with tempfile.TemporaryDirectory(prefix="helix-readme-") as folder:
        os.makedirs(os.path.join(folder, "build/release/bin"))
        os.symlink(os.path.abspath(program), os.path.join(folder, "build/release/bin/helix"))
        with Service(program, folder) as service:
            service.helix("act", "create", "-f", "-", "--reason", "a verdict to check",
                          stdin="apiVersion: v1\nkind: Namespace\nmetadata: {name: readme}\n")
            environment = {"PATH": os.environ["PATH"], "HELIX_SERVER": service.url}
            done = subprocess.run(["bash", "-euo", "pipefail"], input=script, env=environment, cwd=folder,
                                  capture_output=True, text=True, timeout=60)
            print(done.stdout)
            expect("every command works", done.returncode == 0, done.stdout + done.stderr)
            expect("the proof and the history hold", done.stdout.count("ok  ") == 2, done.stdout)


main(sys.argv[1], sys.argv[2])
finish()
