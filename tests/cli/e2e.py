#!/usr/bin/env python3
"""Runs `helix serve --simulate` and its commands as a user would. usage: e2e.py HELIX [--transcript]

Looks at exit codes, at what is printed and at what the service says afterwards. With --transcript it prints each
command with its output: the examples of docs/cli.md are made so.
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

HELIX = os.path.abspath(sys.argv[1])
TRANSCRIPT = "--transcript" in sys.argv
folder = tempfile.mkdtemp(prefix="helix-cli-")
failures = []


def expect(what, holds, context=""):
    if not holds:
        failures.append(what)
        print(f"FAILED: {what}\n{context}", file=sys.stderr)


class Service:
    """The real service on a port of the system's choice, until the block ends."""

    def __enter__(self):
        self.process = subprocess.Popen(
            [HELIX, "serve", "--simulate", "--listen", "127.0.0.1:0", "--ledger", os.path.join(folder, "ledger.db")],
            stdout=subprocess.PIPE, stderr=open(os.path.join(folder, "log"), "wb"), text=True)
        watchdog = signal.signal(signal.SIGALRM, lambda *_: self.process.kill())
        signal.alarm(60)
        self.url = None
        for line in self.process.stdout:
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            if found:
                self.url = found.group(0)
                break
        signal.alarm(0)
        signal.signal(signal.SIGALRM, watchdog)
        if not self.url:
            raise SystemExit("the service did not start:\n" + open(os.path.join(folder, "log")).read())
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=60)
        self.process.stdout.close()


def helix(words, server, code=0, stdin=None, timeout=90):
    """Runs one command; `words` is what stands after `helix`. Returns its stdout, and stderr."""
    environment = {"HELIX_SERVER": server, "PATH": os.environ["PATH"]}
    done = subprocess.run([HELIX, *words], env=environment, input=stdin, capture_output=True, text=True, timeout=timeout)
    shown = "helix " + " ".join(word if re.fullmatch(r"[\w./=:,@-]+", word) else f"'{word}'" for word in words)
    if TRANSCRIPT:
        print(f"$ {shown}\n{done.stdout}{done.stderr}" + (f"(exit code {done.returncode})\n" if done.returncode else ""))
    expect(f"`{shown}` ends with {code}, not {done.returncode}", done.returncode == code, done.stdout + done.stderr)
    expect(f"`{shown}` prints no escape sequence", "\x1b" not in done.stdout + done.stderr)
    if code not in (0,):
        expect(f"`{shown}` says why on stderr", done.stderr.startswith("helix: "), done.stderr)
    return done.stdout, done.stderr


def data(words, server, **more):
    return json.loads(helix(words + ["-o", "json"], server, **more)[0])


def wait_for_metrics(server):
    """`watch` ends with the first node.floor event whose figure is fresh: no sleeping here."""
    for _ in range(60):
        units = data(["units"], server)["items"]
        if units and not any(unit.get("stale") for unit in units):
            return units
        helix(["watch", "--types", "node.floor", "--no-snapshot", "--count", "1"], server)
    raise SystemExit("the simulated cluster never got metrics")


def reads(server):
    helix(["targets"], server)
    helix(["units"], server)
    helix(["units", "-o", "wide"], server)
    helix(["workloads"], server)
    out, _ = helix(["units", "-o", "yaml"], server)
    expect("YAML starts with the items", out.startswith("items:\n"), out)
    helix(["units", "--target", "nowhere"], server, code=4)
    helix(["workloads", "--kind", "Deployment", "--limit", "1"], server)


def pick(server):
    """A Deployment of the simulation that has a known estimate, the smallest first."""
    workloads = [w for w in data(["workloads"], server)["items"] if w["kind"] == "Deployment" and w.get("estimate")]
    expect("the simulation has a Deployment with an estimate", workloads)
    return min(workloads, key=lambda w: w["estimate"])


def writes(server):
    workload = pick(server)
    thing = ["deployment/" + workload["name"], "-n", workload["namespace"]]
    more = str(workload["desired"] + 1)
    out, _ = helix(["gate", "scale", *thing, "--replicas", more], server)
    expect("the gate says PASS with the fullest unit", out.startswith("PASS") and "fullest unit" in out, out)
    dry = data(["act", "scale", *thing, "--replicas", more, "--dry-run"], server)
    expect("a dry run is one", dry["status"] == "dry-run", dry)
    expect("a dry run writes nothing", pick(server)["desired"] == workload["desired"])

    words = ["act", "scale", *thing, "--replicas", more, "--reason", "evening peak", "--idempotency-key", "e2e-1"]
    out, _ = helix(words, server)
    expect("the receipt says done", "applied" in out and "done" in out, out)
    out, _ = helix(words, server)
    expect("the same key answers the same receipt", "earlier request" in out, out)
    again = data(["workloads", "-n", workload["namespace"]], server)["items"]
    desired = [w["desired"] for w in again if w["name"] == workload["name"]]
    expect(f"it was scaled once: {desired}", desired == [int(more)])

    words = ["act", "scale", *thing, "--replicas", "5000", "--reason", "far too many"]
    out, err = helix(words, server, code=3)
    expect("BREAK has its counterexample", "BREAK" in out and "A placement that breaks the floor" in out, out)
    expect("one line on stderr", err.count("\n") == 1, err)
    problem = data(words, server, code=3)
    expect("the problem is gate-break", problem["type"].endswith("/gate-break"), problem)
    for remedy in problem["verdict"]["remedies"]:
        if "replicas" in remedy:
            out, _ = helix(["gate", "scale", *thing, "--replicas", str(remedy["replicas"])], server)
            expect("a remedy passes", out.startswith("PASS"), out)
    return problem["verdict"], thing


def refusals(server, thing):
    helix(["act", "scale", *thing, "--replicas", "-1"], server, code=5)
    helix(["act", "scale", "deployment/nobody", "-n", "shop", "--replicas", "1"], server, code=4)
    helix(["act", "delete", *thing], server, code=5)
    helix(["act", "scale", "cart", "--replicas", "1"], server, code=2)
    helix(["act", "apply", "-f", os.path.join(folder, "nothing.yaml")], server, code=4)
    helix(["frobnicate"], server, code=2)
    helix(["units", "-o", "xml"], server, code=2)
    helix(["ledger", "show", "999999"], server, code=4)
    with socket.socket() as closed:  # bound, not listening: nobody answers there
        closed.bind(("127.0.0.1", 0))
        helix(["units"], f"http://127.0.0.1:{closed.getsockname()[1]}", code=7)


def plans(server):
    helix(["act", "create", "-f", "-", "--reason", "first rollout"], server,
          stdin="apiVersion: v1\nkind: Namespace\nmetadata: {name: e2e}\n")
    manifests = "---\n".join(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: e2e}}\n"
                             f"data: {{dark: 'on'}}\n" for name in ("flags", "texts"))
    out, _ = helix(["act", "apply", "-f", "-", "--reason", "first rollout"], server, stdin=manifests)
    expect("both documents were applied", out.count("applied") == 2, out)
    node = data(["units"], server)["items"][-1]["unit"]
    plan = os.path.join(folder, "plan.yaml")
    with open(plan, "w") as file:
        file.write(f"reason: maintenance\nactions:\n- verb: cordon\n  object: {{kind: Node, name: {node}}}\n"
                   f"- verb: uncordon\n  object: {{kind: Node, name: {node}}}\n")
    helix(["gate", "cycle", plan], server)
    helix(["cycle", plan], server)
    helix(["act", "label", "node/" + node, "zone=a", "owner-"], server)
    helix(["act", "annotate", "namespace/e2e", "team=checkout"], server)


def certificates(verdict):
    path = os.path.join(folder, "verdict.json")
    with open(path, "w") as file:
        json.dump(verdict, file)
    helix(["verify", "certificate", path], "http://127.0.0.1:1")
    forged = json.loads(json.dumps(verdict))
    forged["certificate"]["units"][0]["after"] = 1
    with open(path, "w") as file:
        json.dump(forged, file)
    helix(["verify", "certificate", path], "http://127.0.0.1:1", code=10)
    helix(["verify", "certificate", "-"], "http://127.0.0.1:1", code=10, stdin="{}")


def completions():
    """What bash itself offers; of the other shells only that there is a script."""
    script, _ = helix(["completion", "bash"], "")
    shown = "list show verify export view checkpoint keys proof"
    for words, offered in ((["act", "sc"], "scale"), (["-o", "json", "ledger", ""], shown),
                           (["act", "drain", "n1", "--g"], "--grace-period"), (["units", "--tar"], "--target"),
                           (["units", "-o", ""], "table wide json yaml"), (["gate", "scale", "--output", "s"], "smt2"),
                           (["ledger", "show", "3", "-o", "d"], "dsse dsse-test-result")):
        line = " ".join(f"'{word}'" for word in ["helix", *words])
        asked = f"{script}\nCOMP_WORDS=({line}); COMP_CWORD={len(words)}; _helix; echo \"${{COMPREPLY[*]}}\""
        done = subprocess.run(["bash", "--norc"], input=asked, capture_output=True, text=True, timeout=30)
        expect(f"bash completes {words} with {offered}", done.stdout.strip() == offered, done.stdout + done.stderr)
    for shell in ("zsh", "fish"):
        expect(f"there is a script for {shell}", "set-image" in helix(["completion", shell], "")[0])
    pemos = os.path.join(folder, "pemos")  # the same program by its other name
    os.symlink(HELIX, pemos)
    script = subprocess.run([pemos, "completion", "bash"], capture_output=True, text=True, timeout=30).stdout
    asked = f"{script}\nCOMP_WORDS=(pemos trial ver); COMP_CWORD=2; _pemos; echo \"${{COMPREPLY[*]}}\"; complete -p pemos"
    done = subprocess.run(["bash", "--norc"], input=asked, capture_output=True, text=True, timeout=30)
    expect("bash completes pemos, too", done.stdout.splitlines() == ["verdict", "complete -F _pemos pemos"], done.stdout)


def printed_to(stdout, words, server):
    """The exit code and stderr of a command whose stdout is `stdout`; None: its caller closed it."""
    close = ["sh", "-c", 'exec "$0" "$@" >&-'] if stdout is None else []
    done = subprocess.run([*close, HELIX, *words], env={"HELIX_SERVER": server, "PATH": os.environ["PATH"]},
                          stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=90)
    return done.returncode, done.stderr


def unprinted(server):
    """A result that did not reach stdout is no success, and one line says so."""
    export = os.path.join(folder, "unprinted.jsonl")
    commands = [["ledger", "keys"], ["ledger", "proof", "1"], ["ledger", "checkpoint"], ["ledger", "list"], ["units"],
                ["ledger", "verify"], ["ledger", "view", os.path.join(folder, "ledger.db")], ["--help"],
                ["watch", "--count", "1"], ["help", "exit-codes"], ["ledger", "export", "-"], ["version"],
                ["ledger", "export", export]]
    for words in commands:
        with open("/dev/full", "w", encoding="utf-8") as full:
            code, said = printed_to(full, words, server)
            expect(f"{words} on a full disk", code == 7 and "stdout" in said.splitlines()[-1], f"{code} {said}")
        code, said = printed_to(None, words, server)
        expect(f"{words} with stdout closed", code == 7 and "stdout" in said.splitlines()[-1], f"{code} {said}")
        if words[:3] == ["ledger", "export", "-"]:
            continue  # half an export is a loss for whoever reads it
        reader, writer = os.pipe()
        os.close(reader)
        code, said = printed_to(writer, words, server)
        os.close(writer)
        expect(f"{words} for a reader that has gone is quiet", (code, said) == (0, ""), f"{code} {said}")
    with open(export, encoding="utf-8") as file:
        expect("nothing is printed into the file that is written", file.readlines()[-1].startswith("{"))
    write = ["act", "label", "namespace/e2e", "printed=no"]
    with open("/dev/full", "w", encoding="utf-8") as full:
        code, said = printed_to(full, write, server)
    expect("a write is not called unwritten for want of stdout", code == 8 and "is done" in said, f"{code} {said}")


def ledger(server):
    helix(["ledger", "list", "--limit", "5"], server)
    records = data(["ledger", "list", "--kind", "helix.cycle"], server)["items"]
    expect("there are receipts, newest first", len(records) > 1 and records[0]["seq"] > records[-1]["seq"], records)
    out, _ = helix(["ledger", "show", str(records[-1]["seq"])], server)
    expect("the receipt is shown", "cycle " + records[-1]["body"]["id"] in out, out)
    out, _ = helix(["ledger", "verify"], server)
    expect("the ledger holds", out.startswith("ok"), out)
    head = re.search(r"head: (\d+:[0-9a-f]{64})", out).group(1)
    helix(["ledger", "verify", "--remembered", head], server)
    out, _ = helix(["watch", "--types", "node.floor", "--count", "2"], server)
    expect("watch prints a line per event", out.count("\n") == 2 and "node.floor" in out, out)


try:
    with Service() as service:
        wait_for_metrics(service.url)
        reads(service.url)
        verdict, thing = writes(service.url)
        refusals(service.url, thing)
        plans(service.url)
        ledger(service.url)
        unprinted(service.url)
    certificates(verdict)
    copy = os.path.join(folder, "ledger.db")
    helix(["ledger", "verify", copy], "http://127.0.0.1:1")
    helix(["ledger", "verify", copy + ".none"], "http://127.0.0.1:1", code=4)
    completions()
    helix(["act", "scale", "deploy/x", "--replicas", "9" * 20], "http://127.0.0.1:1", code=2)
    version, _ = helix(["version"], "")
    expect("the version is there by flag, too", helix(["--version"], "")[0] == version, version)
    expect("bare help is the main help", helix(["help"], "")[0] == helix(["--help"], "")[0])
    out, _ = helix(["ledger", "list", "--help"], "")
    expect("the help of a command names the flags of all", "-o, --server" in out and "helix --help" in out, out)
    helix(["help", "exit-codes"], "")
finally:
    shutil.rmtree(folder, ignore_errors=True)
sys.exit(1 if failures else 0)
