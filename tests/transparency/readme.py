#!/usr/bin/env python3
"""Follows the README's commands, and how docs/ledger.md checks an attestation, word by word. usage: readme.py HELIX ROOT

Only the address is another one: the README's service has a fixed port, a test's has none.
"""
import os
import re
import subprocess
import sys
import tempfile

from service import Service, expect, finish


def commands(document, heading):
    """The first block of shell commands below a heading."""
    with open(document, encoding="utf-8") as file:
        section = file.read().split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.search(r"```sh\n(.*?)```", section, re.S).group(1)


def run(service, script):
    environment = {"PATH": os.environ["PATH"], "HELIX_SERVER": service.url, "HOME": service.folder}
    done = subprocess.run(["bash", "-euo", "pipefail"], input=script, env=environment, cwd=service.folder,
                          capture_output=True, text=True, timeout=60)
    print(done.stdout)
    return done


def asks_and_writes(service, readme):
    """Both requests of curl and what follows them; then the same write as one that breaks a floor."""
    script = commands(readme, "Ask the gate, write through it")
    start = "build/release/bin/helix serve --simulate &\n"
    expect("the service is started first", script.startswith(start), script)
    script = script.removeprefix(start).replace("localhost:8765", service.url.removeprefix("http://"))
    # The status of each answer is shown; the stream, which has no end, is left after two seconds.
    service.file(".curlrc", 'write-out = "\\nstatus %{http_code}\\n"\nmax-time = 2\n')
    done = run(service, script)
    said = done.stdout + done.stderr
    expect("all but the stream end by themselves", done.returncode == 28, said)
    expect("the gate answers, the write is done, the stream runs",
           re.findall(r"^status (\d+)$", done.stdout, re.M) == ["200", "201", "200"], said)
    expect("what would happen is a BREAK", '"passed":false' in done.stdout.split("status", 1)[0], said)
    expect("the command line writes, too, and verifies", "scaled 5 -> 6" in said and "\nok  " in said, said)
    expect("the stream sends events", "event: " in done.stdout, said)

    write = re.search(r"^curl -s \S+/v1/actions .*?\n  .*?\n", script, re.S | re.M).group(0)
    done = run(service, write.replace("first-try", "second-try").replace('"replicas": 5', '"replicas": 5000'))
    expect("a BREAK is 409 with the certificate",
           "status 409" in done.stdout and '"certificate"' in done.stdout, done.stdout + done.stderr)


def checks_a_verdict(service, readme, ledger_page):
    script = commands(readme, "How a stranger checks a verdict")
    expect("there are commands", script.count("build/release/bin/helix ") >= 6, script)
    done = run(service, script)
    said = done.stdout + done.stderr
    expect("every command works", done.returncode == 0, said)
    expect("the proof and the history hold", done.stdout.count("ok  ") == 2, said)
    script = commands(ledger_page, "Attestations")
    done = run(service, script)
    expect("openssl accepts the attestation", "Signature Verified Successfully" in done.stdout, done.stdout + done.stderr)
    service.file("helix.keys", service.helix("keys", "generate", "others", "--name", "other", server=False))
    expect("and not by other keys", run(service, script).returncode != 0)


def main(program, root):
    readme, ledger_page = os.path.join(root, "README.md"), os.path.join(root, "docs/ledger.md")
    with tempfile.TemporaryDirectory(prefix="helix-readme-") as folder:
        os.makedirs(os.path.join(folder, "build/release/bin"))
        os.symlink(os.path.abspath(program), os.path.join(folder, "build/release/bin/helix"))
        with Service(program, folder) as service:
            asks_and_writes(service, readme)
            checks_a_verdict(service, readme, ledger_page)


main(sys.argv[1], sys.argv[2])
finish()
