#!/usr/bin/env python3
"""kill -9 at each durable step beside the cycles: keys, the schema, exports to a file and to git.

usage: steps_test.py HELIX SOURCES

Each command is killed at the first, second ... time that it comes to a step, until it gets past it; after each kill it
is run again as an operator would, and what it leaves has to be the same as if nothing had happened. Last, that some test
kills at each fault point there is.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from check import expect, failures
from postgres import Postgres
from service import Service, free_port

HELIX, SOURCES = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
FILE = ["file.before", "file.written", "file.synced", "file.renamed", "file.after"]
MIGRATION = ["migration.before", "migration.step", "migration.after"]
GIT = ["git.objects.before", "git.branch.before", "git.branch.after"]
kills = {}


def run(*words, fault=None):
    environment = {"PATH": os.environ["PATH"], "HOME": "/", **({"HELIX_FAULT": fault} if fault else {})}
    return subprocess.run([HELIX, *words], env=environment, capture_output=True, text=True, timeout=60)


def each_death(points, play):
    """`play(fault)` returns whether the process was killed there. Played for every point until it is not."""
    for point in points:
        count = 1
        while play(f"{point}:{count}"):
            kills[point] = kills.get(point, 0) + 1
            count += 1
        # Some are passed by one of the commands only; those that none passes are found at the end.


def killed(done):
    expect("it was killed or it worked", done.returncode in (0, -9), f"{done.returncode} {done.stdout} {done.stderr}")
    return done.returncode == -9


def works(what, *words):
    done = run(*words)
    expect(what, done.returncode == 0, f"{' '.join(words)}: {done.stdout} {done.stderr}")
    return done.stdout


def configure(folder, **more):
    path = os.path.join(folder, "helix.yaml")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"listen": f"127.0.0.1:{free_port()}", "targets": [{"name": "demo", "simulated": True}],
                   "ledger": os.path.join(folder, "ledger.db"), "state": os.path.join(folder, "state"), **more}, file)
    return path


def post(service, first, count):
    batch = [{"specversion": "1.0", "id": str(one), "source": "steps", "type": "t", "data": one}
             for one in range(first, first + count)]
    answer = service.ask("POST", "/v1/events", batch, {"Content-Type": "application/cloudevents-batch+json"})
    expect("events are taken", answer and answer[0] == 202, str(answer)[:400])


def first_start(folder):
    """A service that makes its key and its ledger when it first starts."""
    def play(fault):
        home = tempfile.mkdtemp(dir=folder)
        config, log = configure(home, signing="auto"), os.path.join(home, "log")
        service = Service(HELIX, config, log, fault)
        if service.port:
            service.ask("GET", "/v1/ledger/checkpoint")
            service.stop()
        service.kill()
        died = service.process.returncode != 0
        again = Service(HELIX, config, log)
        expect(f"{fault}: it starts again", again.port is not None, open(log, encoding="utf-8").read()[-2000:])
        if again.port:
            post(again, 0, 2)
            checkpoint = again.ask_text("/v1/ledger/checkpoint")
            expect(f"{fault}: it signs", checkpoint and checkpoint[0] == 200, str(checkpoint))
            expect(f"{fault}: it ends", again.stop())
        again.kill()
        works(f"{fault}: its ledger holds", "ledger", "verify", os.path.join(home, "ledger.db"))
        return died
    each_death(FILE + MIGRATION, play)


def keys(folder):
    def play(fault):
        home = os.path.join(tempfile.mkdtemp(dir=folder), "keys")
        died = killed(run("keys", "generate", home, "--name", "example.com/a", fault=fault))
        works(f"{fault}: another key is made", "keys", "generate", home, "--name", "example.com/a")
        config = configure(os.path.dirname(home), signing=home)
        service = Service(HELIX, config, config + ".log")
        expect(f"{fault}: a service signs with it", service.port is not None,
               open(config + ".log", encoding="utf-8").read()[-2000:])
        service.kill()
        return died
    each_death(FILE, play)


def schema_on_postgres(folder):
    number = [0]
    with Postgres() as server:
        def play(fault):
            number[0] += 1
            server.sql(f"CREATE DATABASE steps{number[0]}")
            url = server.url.replace("/postgres?", f"/steps{number[0]}?")
            died = killed(run("serve", "--migrate-only", "--ledger", url, fault=fault))
            works(f"{fault}: the schema is made", "serve", "--migrate-only", "--ledger", url)
            home = tempfile.mkdtemp(dir=folder)
            service = Service(HELIX, configure(home, ledger=url, signing="off"), os.path.join(home, "log"))
            post(service, 0, 2)
            service.kill()
            works(f"{fault}: its ledger holds", "ledger", "verify", url)
            return died
        each_death(MIGRATION, play)


def exports(folder):
    config, ledger = configure(folder), os.path.join(folder, "ledger.db")
    service = Service(HELIX, config, os.path.join(folder, "log"))
    post(service, 0, 40)
    early = os.path.join(folder, "early.jsonl")
    works("an export", "ledger", "export", early, "--ledger", ledger)
    early_git = os.path.join(folder, "early.git")
    works("a git export", "ledger", "export", "--git", early_git, "--ledger", ledger)
    post(service, 40, 10)
    service.stop()
    service.kill()
    whole = os.path.join(folder, "whole.jsonl")
    works("a whole export", "ledger", "export", whole, "--ledger", ledger)
    wanted = open(whole, "rb").read()

    def tip(repository):
        return subprocess.run(["git", "-C", repository, "rev-parse", "main"], check=True, capture_output=True).stdout
    whole_git = os.path.join(folder, "whole.git")
    works("a whole git export", "ledger", "export", "--git", whole_git, "--ledger", ledger)

    def to_file(begun):
        def play(fault):
            path = os.path.join(tempfile.mkdtemp(dir=folder), "out.jsonl")
            if begun:
                shutil.copy(early, path)
            before = open(path, "rb").read() if begun else None
            died = killed(run("ledger", "export", path, "--ledger", ledger, fault=fault))
            now = open(path, "rb").read() if os.path.exists(path) else None
            expect(f"{fault}: the file is as it was, or whole", now in (before, wanted))
            works(f"{fault}: it is exported", "ledger", "export", path, "--ledger", ledger)
            expect(f"{fault}: byte for byte", open(path, "rb").read() == wanted)
            left = os.listdir(os.path.dirname(path))
            expect(f"{fault}: nothing is left beside", left == ["out.jsonl"], str(left))
            return died
        return play

    def to_git(begun):
        def play(fault):
            path = os.path.join(tempfile.mkdtemp(dir=folder), "out.git")
            if begun:
                shutil.copytree(early_git, path)
            died = killed(run("ledger", "export", "--git", path, "--ledger", ledger, fault=fault))
            works(f"{fault}: it is exported", "ledger", "export", "--git", path, "--ledger", ledger)
            works(f"{fault}: git's copy holds", "ledger", "verify", "--git", path)
            expect(f"{fault}: the same commits", tip(path) == tip(whole_git))
            return died
        return play

    for begun in (False, True):
        each_death([one for one in FILE if one != "file.before"], to_file(begun))
        each_death(GIT, to_git(begun))


def texts(folder, *endings):
    for path, _, names in os.walk(os.path.join(SOURCES, folder)):
        for name in names:
            if name.endswith(endings):
                yield open(os.path.join(path, name), encoding="utf-8").read()


def every_point_is_used():
    points = {name for folder in ("service", "adapters") for text in texts(folder, ".cpp")
              for name in re.findall(r'fault_point\("([a-z.]+)"\)', text)}
    tests = "\n".join(texts("tests", ".py", ".cpp"))
    unused = {name for name in points if f'"{name}' not in tests}
    expect("a test kills at each fault point", not unused, str(sorted(unused)))
    for point in FILE + MIGRATION + GIT:
        expect(f"a process died at {point}", kills.get(point), str(kills))
    return len(points)


def main():
    folder = tempfile.mkdtemp(prefix="helix-steps-")
    try:
        for part in (first_start, keys, exports, schema_on_postgres):
            part(tempfile.mkdtemp(dir=folder))
        count = every_point_is_used()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{sum(kills.values())} kills at " + ", ".join(f"{point} {count}" for point, count in sorted(kills.items()))
          + f"; {count} fault points")
    sys.exit(1 if failures else 0)


main()
