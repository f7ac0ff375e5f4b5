#!/usr/bin/env python3
"""Runs what docs/cli.md shows and compares the outputs. usage: page.py HELIX PAGE [--write]

The commands of the page run in its order, against one `helix serve --simulate` and in one folder. What differs from run
to run (ids, times, hashes, measured figures) is not compared. With --write the page gets what the program prints now.
"""
import difflib
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../transparency"))
from service import Service, expect, finish  # noqa: E402  (the path comes first)

# They need a cluster, or a receiver that fails.
NOT_RUN = ("Events on their way out", "The kinds that a cluster must know", "Trials")
FLAGS = "---\n".join(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: shop}}\ndata: {{dark: 'on'}}\n"
                     for name in ("flags", "texts"))
MASKS = [(r"\b[0-9A-HJKMNP-TV-Z]{26}\b", "ULID"), (r"\b[0-9a-f]{64}\b", "SHA256"), (r"\b[0-9a-f]{12}\b", "SHORT"),
         (r"\+[0-9a-f]{8}\b", "+KEY"), (r"signed by +\S+\+KEY", "signed by KEY"),
         (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME"), (r"^\d\d:\d\d:\d\d", "TIME"), (r"resourceVersion .*", "resourceVersion"),
         (r"\b\d+s\b", "AGE"), (r"\b\d+ \(\d+ opened\)", "CONNECTIONS"), (r"<?=? *\b\d+(\.\d+)? (%|[KMG]iB)", "FIGURE")]


def masked(text):
    for pattern, name in MASKS:
        text = re.sub(pattern, name, text, flags=re.M)
    return re.sub(r"[ ]+", " ", text)  # columns are as wide as what stands in them


class Page:
    """The page in pieces: text that is kept, and commands with their outputs."""

    def __init__(self, path):
        self.path = path
        with open(path, encoding="utf-8") as file:
            self.text = file.read()

    def blocks(self):
        """(begin, end, content) of every block of commands that can be run here."""
        for found in re.finditer(r"^```console\n(.*?)^```$", self.text, re.S | re.M):
            heading = re.findall(r"^#+ (.*)$", self.text[:found.start()], re.M)[-1]
            if not heading.startswith(NOT_RUN):
                yield found.start(1), found.end(1), found.group(1)

    def plan(self):
        return re.search(r"^```yaml\n(.*?)^```$", self.text, re.S | re.M).group(1)


class Shell:
    """Runs one command after the other as at a prompt."""

    def __init__(self, service, program):
        self.folder = os.path.join(service.folder, "work")
        os.makedirs(os.path.join(service.folder, "bin"))
        os.mkdir(self.folder)
        os.symlink(os.path.abspath(program), os.path.join(service.folder, "bin/helix"))
        self.environment = {"PATH": os.path.join(service.folder, "bin") + ":" + os.environ["PATH"],
                            "HELIX_SERVER": service.url, "HOME": self.folder}
        self.code = 0

    def run(self, command):
        done = subprocess.run(["bash", "-c", f"(exit {self.code})\n{command}"], env=self.environment, cwd=self.folder,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        self.code = done.returncode
        return done.stdout


def run_block(shell, content):
    """The block as the program prints it now."""
    printed = ""
    for command in re.findall(r"^\$ (.*)$", content, re.M):
        printed += f"$ {command}\n{shell.run(command)}"
    return printed


def main(program, path, *options):
    page = Page(path)
    text = page.text
    with tempfile.TemporaryDirectory(prefix="helix-page-") as folder, Service(program, folder) as service:
        shell = Shell(service, program)
        for name, content in (("flags.yaml", FLAGS), ("plan.yaml", page.plan())):
            with open(os.path.join(shell.folder, name), "w", encoding="utf-8") as file:
                file.write(content)
        pieces, kept_to, blocks = [], 0, 0
        for begin, end, content in page.blocks():
            printed = run_block(shell, content)
            pieces += [text[kept_to:begin], printed]
            kept_to = end
            blocks += 1
            shown, now = masked(content).splitlines(), masked(printed).splitlines()
            if "--write" not in options:
                expect(f"the page shows what is printed: {content.splitlines()[0]}", shown == now,
                       "\n".join(difflib.unified_diff(shown, now, "the page", "the program", lineterm="")))
        expect("most of the page was run", blocks >= 20, blocks)
    if "--write" in options:
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(pieces) + text[kept_to:])


main(*sys.argv[1:])
finish()
