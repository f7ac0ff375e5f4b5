#!/usr/bin/env python3
"""Takes the ledger out of a real service and checks it as a stranger would. usage: e2e.py HELIX [--transcript]

The service runs on the built-in simulation; exports are read back by `helix`, by the real git client and by this
script, which computes the chain by itself. With --transcript it prints each command with its output.
"""
import contextlib
import hashlib
import http.server
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

HELIX = os.path.abspath(sys.argv[1])
TRANSCRIPT = "--transcript" in sys.argv
folder = tempfile.mkdtemp(prefix="helix-export-")
os.chmod(folder, 0o755)
failures = []
NOWHERE = "http://127.0.0.1:1"


def expect(what, holds, context=""):
    if not holds:
        failures.append(what)
        print(f"FAILED: {what}\n{context}", file=sys.stderr)


def at(*names):
    return os.path.join(folder, *names)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)


@contextlib.contextmanager
def service(ledger):
    """The real service on a port of the system's choice; answers its URL and process."""
    process = subprocess.Popen([HELIX, "serve", "--simulate", "--listen", "127.0.0.1:0", "--ledger", at(ledger)],
                               stdout=subprocess.PIPE, stderr=open(at("log"), "ab"), text=True)
    previous = signal.signal(signal.SIGALRM, lambda *_: process.kill())
    signal.alarm(120)
    url = next((found.group(0) for found in (re.search(r"http://127\.0\.0\.1:\d+", line) for line in process.stdout)
                if found), None)
    signal.alarm(0)
    signal.signal(signal.SIGALRM, previous)
    try:
        if not url:
            raise SystemExit("the service did not start:\n" + read(at("log")).decode())
        yield url, process.pid
    finally:
        process.terminate()
        process.wait(timeout=60)
        process.stdout.close()


def helix(*words, server=NOWHERE, code=0, stdin=None, user=None):
    """Runs one command; answers its stdout and stderr."""
    environment = {"HELIX_SERVER": server, "PATH": os.environ["PATH"]}
    done = subprocess.run([HELIX, *words], env=environment, input=stdin, capture_output=True, timeout=120, user=user,
                          cwd=folder)
    out, err = done.stdout.decode(), done.stderr.decode()
    shown = "helix " + " ".join(words)
    if TRANSCRIPT:
        print(f"$ {shown}\n{out if len(out) < 4000 else '...'}{err}" +
              (f"(exit code {done.returncode})" if done.returncode else ""))
    expect(f"`{shown}` ends with {code}, not {done.returncode}", done.returncode == code, out[:2000] + err)
    expect(f"`{shown}` prints no escape sequence", "\x1b" not in out + err)
    if code:
        expect(f"`{shown}` says why on stderr", err.startswith("helix: "), err)
    return out, err


def git(*words, code=0):
    environment = {"PATH": os.environ["PATH"], "HOME": folder, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}
    done = subprocess.run(["git", "-c", "user.name=Mallory", "-c", "user.email=mallory@example.com", *words],
                          env=environment, capture_output=True, text=True, timeout=120)
    if TRANSCRIPT:
        print(f"$ git {' '.join(words)}\n{done.stdout}{done.stderr}")
    expect(f"`git {' '.join(words)}` ends with {code}, not {done.returncode}", done.returncode == code,
           done.stdout + done.stderr)
    return done.stdout


def chain_holds(content):
    """Our own walk along an export: nothing of helix is asked."""
    previous = "0" * 64
    for number, line in enumerate(content.decode().splitlines()):
        record = json.loads(line)
        hashed = re.sub(r',"signature":\{"key":"[^"]*","sig":"[^"]*"\}', "", line)
        hashed = hashed.replace(f',"hash":"{record["hash"]}"', "")
        if record["seq"] != number or record["prev_hash"] != previous:
            return False
        if hashlib.sha256(hashed.encode()).hexdigest() != record["hash"]:
            return False
        previous = record["hash"]
    return True


def act(server, count):
    for number in range(count):
        helix("act", "label", "namespace/shop", f"round=r{number}", "--reason", "γ₁ watch", server=server)


def of_the_service(server):
    """Exports from the running service, continued while it goes on."""
    act(server, 3)
    out, _ = helix("ledger", "export", "ledger.jsonl", server=server)
    expect("export says what it did", out.startswith("ok  ") and "head: " in out, out)
    first = read(at("ledger.jsonl"))
    expect("our own walk agrees", chain_holds(first) and first.count(b"\n") > 3, first[:500])
    for number, line in enumerate(first.decode().splitlines()):
        with urllib.request.urlopen(f"{server}/v1/ledger/{number}", timeout=60) as answer:
            expect(f"line {number} has the bytes of GET /v1/ledger/{number}", answer.read().decode() == line, line)
    helix("ledger", "export", "--git", "ledger.git", server=server)
    act(server, 2)
    end = str(first.count(b"\n"))
    helix("ledger", "export", "ledger.jsonl", "--from", "1", server=server, code=2)
    helix("ledger", "export", "ledger.jsonl", "--from", end, server=server)
    whole = read(at("ledger.jsonl"))
    expect("what was there stays", whole.startswith(first) and len(whole) > len(first))
    expect("our own walk agrees with the longer one", chain_holds(whole))
    out, err = helix("ledger", "export", "-", server=server)
    expect("stdout has the same bytes", out.encode().startswith(whole), out[:500])
    expect("what was done is on stderr", re.search(r"exported \d+ records; head: \d+:[0-9a-f]{64}", err), err)
    out, _ = helix("ledger", "export", "-", "--from", end, server=server)
    expect("a tail begins where it is asked to", json.loads(out.splitlines()[0])["seq"] == int(end), out[:300])
    helix("ledger", "export", "new.jsonl", "--from", "5", server=server, code=4)
    helix("ledger", "export", server=server, code=2)
    helix("ledger", "export", "--git", "ledger.git", server=server)
    out, _ = helix("ledger", "verify", "ledger.db")
    expect("the file is verified beside the service that writes it", out.startswith("ok"), out)


def large_events(server, process_id):
    """More than a client takes in one answer is read in pages that are bounded by bytes, and so is the memory for it."""
    note = "x" * 1_040_000
    for number in range(80):
        event = {"specversion": "1.0", "id": f"large-{number}", "source": "test://e2e", "type": "test", "data": note}
        request = urllib.request.Request(server + "/v1/events", data=json.dumps(event).encode(),
                                         headers={"Content-Type": "application/cloudevents+json"})
        urllib.request.urlopen(request, timeout=60).close()
    event["data"] = note + note
    request = urllib.request.Request(server + "/v1/events", data=json.dumps(event | {"id": "too-large"}).encode(),
                                     headers={"Content-Type": "application/cloudevents+json"})
    try:
        urllib.request.urlopen(request, timeout=60).close()
        expect("an event of over 1 MiB is refused", False)
    except urllib.error.HTTPError as refusal:
        expect("an event of over 1 MiB is refused", refusal.code == 413, refusal.read())
    seen, begin = [], 0
    while begin is not None:
        with urllib.request.urlopen(f"{server}/v1/ledger?limit=1000&from={begin}", timeout=60) as answer:
            content = answer.read()
        expect("a page is bounded by bytes", len(content) < 12 << 20, len(content))
        page = json.loads(content)
        seen += [record["seq"] for record in page["items"]]
        begin = page["next"]
    expect("the pages are the whole ledger", seen == list(range(len(seen))) and len(seen) > 80, seen)
    helix("ledger", "export", "large.jsonl", server=server)
    expect("the export is the whole ledger", read(at("large.jsonl")).count(b"\n") >= len(seen))
    os.remove(at("large.jsonl"))
    helix("ledger", "verify", server=server)
    with open(f"/proc/{process_id}/status", encoding="ascii") as status:
        peak = int(re.search(r"VmHWM:\s+(\d+) kB", status.read()).group(1)) // 1024
    expect(f"the service stays small: {peak} MiB", peak < 400)


def ledger_files():
    """The SQLite file and what SQLite keeps beside it, with their contents."""
    names = [name for name in os.listdir(folder) if name.startswith("ledger.db")]
    return {name: read(at(name)) for name in names if os.path.isfile(at(name))}


def offline():
    """The same bytes from the ledger's file, with no service and nothing touched."""
    before = ledger_files()
    helix("ledger", "export", "offline.jsonl", "--ledger", "ledger.db")
    whole = read(at("offline.jsonl"))
    expect("offline gives the service's bytes", whole.startswith(read(at("ledger.jsonl"))))
    helix("ledger", "export", "ledger.jsonl", "--ledger", "ledger.db")
    expect("an export may be continued offline", read(at("ledger.jsonl")) == whole)
    helix("ledger", "export", "copy.jsonl", "--ledger", "ledger.jsonl")
    expect("an export may be exported", read(at("copy.jsonl")) == whole)
    out, _ = helix("ledger", "verify", "ledger.db")
    head = re.search(r"head: (\S+)", out).group(1)
    helix("ledger", "verify", "ledger.db", "--remembered", head)
    helix("ledger", "verify", "ledger.jsonl", "--remembered", head)
    out, _ = helix("ledger", "verify", "-", stdin=whole)
    expect("stdin is verified", head in out, out)
    helix("ledger", "export", "ledger.db", "--ledger", "ledger.jsonl", code=2)
    after = ledger_files()
    expect("the ledger's file was left as it was", before == after, (before.keys(), after.keys()))
    expect("nothing is left beside", not [name for name in os.listdir(folder) if "helix-draft" in name], os.listdir(folder))
    return whole, head


def tampered(whole, head):
    """Each fault has its own words and exit code."""
    lines = whole.splitlines(keepends=True)
    half = len(lines) // 2

    def verify(content, code, *more):
        write(at("bad.jsonl"), content)
        return helix("ledger", "verify", "bad.jsonl", *more, code=code)

    def with_line(line):
        return b"".join(lines[:half] + [line] + lines[half + 1:])

    out, err = verify(with_line(lines[half].replace(b'"actor":"local"', b'"actor":"loca1"')), 10)
    expect("a changed record is named", f"seq {half}:" in out and f"seq {half}" in err, out + err)
    out, _ = verify(with_line(b""), 10)
    expect("a missing record is named", f"seq {half}:" in out and "missing" in out, out)
    swapped = lines[:half] + [lines[half + 1], lines[half]] + lines[half + 2:]
    out, _ = verify(b"".join(swapped), 10)
    expect("a swap is named", f"seq {half}:" in out and "another record" in out, out)
    out, _ = verify(b"".join(lines[:half]) + lines[half][:40], 14)
    expect("a cut is named", f"seq {half}:" in out and f"line {half + 1}" in out, out)
    _, err = verify(with_line(lines[half].replace(b'"v":1}', b'"v":2}')), 13)
    expect("a newer version is named", "format version 2" in err and f"line {half + 1}" in err, err)
    verify(b"".join(lines[:half]), 0)
    out, _ = verify(b"".join(lines[:half]), 10, "--remembered", head)
    expect("a tail cut off at a line's end is found by a remembered head", f"seq {half}:" in out, out)
    report = json.loads(verify(with_line(b"nonsense\n"), 10, "-o", "json")[0])
    expect("the report is there as JSON", report["ok"] is False and report["first_bad_seq"] == half, report)
    write(at("bad.jsonl"), b"".join(lines[:half]) + lines[half][:40])
    helix("ledger", "export", "bad.jsonl", "--ledger", "ledger.db", code=10)
    helix("ledger", "verify", "nothing.jsonl", code=4)


def in_git(whole, head):
    """A clone by the real client verifies; one amended commit does not."""
    count = whole.count(b"\n")
    helix("ledger", "export", "--git", "ledger.git", "--ledger", "ledger.db")
    helix("ledger", "export", "--git", "again.git", "--ledger", "ledger.jsonl")
    tips = [git("-C", at(name), "rev-parse", "main") for name in ("ledger.git", "again.git")]
    expect("ids are the same however they were made", tips[0] == tips[1], tips)
    git("-C", at("ledger.git"), "fsck", "--strict", "--full")
    expect("a commit a record", git("-C", at("ledger.git"), "rev-list", "--count", "main").strip() == str(count))
    log = git("-C", at("ledger.git"), "log", "--reverse", "--format=%(trailers:key=Hash,valueonly)")
    hashes = [json.loads(line)["hash"] for line in whole.decode().splitlines()]
    expect("git log alone tells the hashes", log.split() == hashes, log)
    expect("a commit holds the record's bytes",
           git("-C", at("ledger.git"), "show", "main~2:record.json").encode() == whole.splitlines()[-3])

    git("clone", "--quiet", "--bare", at("ledger.git"), at("bare.git"))
    git("clone", "--quiet", at("ledger.git"), at("clone"))
    for name in ("ledger.git", "bare.git", "clone"):
        out, _ = helix("ledger", "verify", "--git", name, "--remembered", head)
        expect(f"{name} verifies", out.startswith("ok") and f"{count} records" in out, out)
    git("-C", at("bare.git"), "gc", "--quiet", "--aggressive")
    helix("ledger", "verify", "--git", "bare.git", "--remembered", head)
    out, _ = helix("ledger", "view", "clone", "--limit", "2")
    expect("a clone may be viewed", out.count("\n") == 3, out)

    def broken(name, seq, what, why):
        out, err = helix("ledger", "verify", "--git", name, code=10)
        expect(f"{what} is found at its seq", f"seq {seq}:" in out, out + err)
        expect(f"{what} is told as what it is", why in out, out)
        commit = git("-C", at(name), "rev-parse", "main")[:12]
        expect(f"{what} names the commit", commit in out or seq != count - 1, out)

    git("clone", "--quiet", at("ledger.git"), at("message"))
    git("-C", at("message"), "commit", "--quiet", "--amend", "-m", "nothing to see here")
    broken("message", count - 1, "an amended message", "changed (committer, message)")
    git("clone", "--quiet", at("ledger.git"), at("date"))
    git("-C", at("date"), "commit", "--quiet", "--amend", "--no-edit")
    broken("date", count - 1, "an amended time", "changed (committer)")
    git("clone", "--quiet", at("ledger.git"), at("record"))
    write(at("record", "record.json"), read(at("record", "record.json")).replace(b'"actor":"local"', b'"actor":"loca1"'))
    git("-C", at("record"), "commit", "--quiet", "-a", "--amend", "--no-edit")
    broken("record", count - 1, "an amended record", "its record's bytes do not give its hash")
    git("clone", "--quiet", at("ledger.git"), at("file"))
    write(at("file", "more"), b"more")
    git("-C", at("file"), "add", "more")
    git("-C", at("file"), "commit", "--quiet", "--amend", "--no-edit")
    broken("file", count - 1, "an added file", "holds other files")
    git("clone", "--quiet", at("ledger.git"), at("added"))
    git("-C", at("added"), "commit", "--quiet", "--allow-empty", "-m", "one more")
    broken("added", count, "an added commit", "changed (author, committer, message)")
    git("clone", "--quiet", at("ledger.git"), at("dropped"))
    git("-C", at("dropped"), "rebase", "--quiet", "--onto", "main~3", "main~2", "main", "-X", "theirs")
    out, _ = helix("ledger", "verify", "--git", "dropped", code=10)
    expect("a dropped commit is found", f"seq {count - 3}:" in out, out)
    git("clone", "--quiet", "--depth", "1", "file://" + at("ledger.git"), at("shallow"))
    _, err = helix("ledger", "verify", "--git", "shallow", code=10)
    expect("a shallow clone is told", "not whole" in err, err)

    git("init", "--quiet", at("nothing"))
    write(at("empty.db"), b"")
    for words in (["--git", "nothing"], ["nothing"], ["empty.db"], ["/dev/null"]):
        _, err = helix("ledger", "verify", *words, code=5)
        expect(f"{words} is no ledger", "no ledger" in err, err)

    git("-C", at("message"), "push", "--quiet", "--force", at("again.git"), "main")
    tip = git("-C", at("again.git"), "rev-parse", "main")
    _, err = helix("ledger", "export", "--git", "again.git", "--ledger", "ledger.db", code=10)
    expect("a changed export is not continued", tip == git("-C", at("again.git"), "rev-parse", "main"), err)
    helix("ledger", "export", "--git", "clone", "--ledger", "ledger.db", code=2)
    lines = whole.splitlines(keepends=True)
    write(at("part.jsonl"), b"".join(lines[:4]))
    git("-C", at("bare.git"), "update-ref", "refs/heads/main", "main~4")
    hook = at("bare.git", "hooks", "reference-transaction")
    os.makedirs(os.path.dirname(hook), exist_ok=True)
    write(hook, b"#!/bin/sh\ntouch " + at("hooked").encode() + b"\nexit 1\n")
    os.chmod(hook, 0o755)
    helix("ledger", "export", "--git", "bare.git", "--ledger", "ledger.db")
    expect("a shortened branch is continued to the same id", git("-C", at("bare.git"), "rev-parse", "main") == tips[0])
    expect("no hook was run", not os.path.exists(at("hooked")))
    helix("ledger", "export", "--git", "ledger.git", "--ledger", "part.jsonl", code=10)


def terminal(words, environment=None, feed=None):
    """Runs a command whose stdout and stderr are a terminal; answers what it printed."""
    leader, follower = pty.openpty()
    process = subprocess.Popen([HELIX, *words], stdin=subprocess.PIPE, stdout=follower, stderr=follower, cwd=folder,
                               env={"PATH": os.environ["PATH"], **(environment or {})})
    os.close(follower)
    printed = b""
    deadline = time.monotonic() + 120
    pieces = iter(feed or [])
    while time.monotonic() < deadline:
        piece = next(pieces, None) if b"records verified" not in printed else None
        if piece is not None:
            process.stdin.write(piece)
            process.stdin.flush()
        elif not process.stdin.closed:
            process.stdin.close()
        ready, _, _ = select.select([leader], [], [], 0.1)
        if not ready:
            continue
        try:
            read_now = os.read(leader, 65536)
        except OSError:  # the other end was closed
            break
        if not read_now:
            break
        printed += read_now
    process.wait(timeout=60)
    os.close(leader)
    return printed.decode()


def made_chain(count):
    """An export made by this script alone."""
    previous, lines = "0" * 64, []
    for seq in range(count):
        record = {"actor": "python", "at": "2026-11-21T03:04:05.000006Z", "body": {"n": seq},
                  "gamma1": "14.134725141734693", "id": "01M7Y93DZED8XCNYZKFWFVQVJM", "kind": "test.made",
                  "prev_hash": previous, "seq": seq, "target": "demo", "v": 1}
        canonical = json.dumps(record, sort_keys=True, separators=(",", ":"))
        record["hash"] = previous = hashlib.sha256(canonical.encode()).hexdigest()
        lines.append(json.dumps(record, sort_keys=True, separators=(",", ":")).encode() + b"\n")
    return lines


def on_a_terminal():
    lines = made_chain(4096)
    write(at("made.jsonl"), b"".join(lines))
    out, _ = helix("ledger", "verify", "made.jsonl")
    expect("an export of another implementation verifies", out.startswith("ok  4096 records"), out)
    coloured = terminal(["ledger", "view", "ledger.jsonl", "--limit", "3"])
    expect("a terminal gets colours", "\x1b[" in coloured, coloured)
    plain = terminal(["ledger", "view", "ledger.jsonl", "--limit", "3"], {"NO_COLOR": "1"})
    expect("NO_COLOR is respected", "\x1b[" not in plain and "SEQ" in plain, plain)

    def slowly():  # until the progress is seen, a record again and again: the first repeated one spoils the chain
        yield b"".join(lines)
        while True:
            yield lines[-1] * 4096

    shown = terminal(["ledger", "verify", "-"], {"NO_COLOR": "1"}, slowly())
    expect("a terminal sees how far it is", re.search(r"[\d,]+ records verified, [\d,]+/s", shown), shown[-500:])
    expect("and then what was found", "BROKEN" in shown and "seq 4095" in shown, shown[-500:])


class SlowService(http.server.BaseHTTPRequestHandler):
    """A ledger of 100,000 records that takes longer to verify than an answer may take by the flags."""

    def do_GET(self):
        report = {"ok": True, "records": 100_000, "signed": 0, "head": {"seq": 99_999, "hash": "0" * 64}}
        if self.path.startswith("/v1/ledger/verify"):
            time.sleep(4)
        else:
            report = {"items": [{"seq": 99_999}], "next": None}
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(report).encode())

    def log_message(self, *_):
        pass


def patient_with_the_service():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), SlowService) as slow:
        threading.Thread(target=slow.serve_forever, daemon=True).start()
        server = f"http://127.0.0.1:{slow.server_address[1]}"
        shown = terminal(["ledger", "verify", "--timeout", "1"], {"NO_COLOR": "1", "HELIX_SERVER": server})
        slow.shutdown()
    expect("it waits as long as so many records may take", "ok  100000 records" in shown, shown)
    expect("and shows that it does", "100,000 records are verified by the service, 2 s" in shown, shown)


def views(whole):
    count = whole.count(b"\n")
    for name in ("ledger.jsonl", "ledger.db"):
        out, _ = helix("ledger", "view", name, "--limit", "3")
        rows = out.splitlines()
        expect(f"{name}: a table, newest first", rows[0].split()[0] == "SEQ" and rows[1].split()[0] == str(count - 1), out)
        page = json.loads(helix("ledger", "view", name, "-o", "json", "--kind", "helix.cycle", "--limit", "100")[0])
        expect(f"{name}: receipts only", page["items"] and all(i["kind"] == "helix.cycle" for i in page["items"]), page)
        seq = str(page["items"][0]["seq"])
        out, _ = helix("ledger", "view", name, "--seq", seq)
        expect(f"{name}: one record in full", page["items"][0]["hash"] in out, out)
        one = json.loads(helix("ledger", "view", name, "--seq", seq, "-o", "json")[0])
        expect(f"{name}: the same as JSON", one == json.loads(whole.splitlines()[int(seq)]), one)
        out, _ = helix("ledger", "view", name, "-o", "wide", "--oldest-first", "--limit", "1")
        expect(f"{name}: wide has whole hashes", json.loads(whole.splitlines()[0])["hash"] in out, out)
        helix("ledger", "view", name, "-o", "yaml", "--actor", "local", "--since", "2h", "--until", "2999-01-01")
        none, _ = helix("ledger", "view", name, "--until", "2001-01-01")
        expect(f"{name}: nothing so early", none == "no records\n", none)
        helix("ledger", "view", name, "--target", "nowhere")
        helix("ledger", "view", name, "--since", "yesterday", code=2)
        helix("ledger", "view", name, "--seq", str(count), code=4)
    piped = subprocess.run(f"{HELIX} ledger view - --limit 1 < {at('ledger.jsonl')} | head -1", shell=True,
                           capture_output=True, text=True, timeout=60)
    expect("a pipe may be viewed", piped.stdout.startswith("SEQ") and not piped.stderr, piped)


def read_only_folder():
    """Where nothing can be written, the ledger's file is read all the same."""
    os.mkdir(at("readonly"))
    shutil.copy(at("ledger.db"), at("readonly", "ledger.db"))
    os.chmod(at("readonly", "ledger.db"), 0o444)
    os.chmod(at("readonly"), 0o555)
    user = 65534 if os.geteuid() == 0 else None  # root may write everywhere
    try:
        helix("version", user=user)
    except PermissionError:
        print("not looked at: a read-only folder, since nobody else may run " + HELIX)
        return
    out, _ = helix("ledger", "verify", "readonly/ledger.db", user=user)
    expect("it verifies", out.startswith("ok"), out)
    helix("ledger", "view", "readonly/ledger.db", "--limit", "1", user=user)
    os.chmod(at("ledger.jsonl"), 0o644)  # an export is its owner's alone until he says otherwise
    helix("ledger", "export", "readonly/new.jsonl", "--ledger", "ledger.jsonl", code=9, user=user)
    expect("nothing was made there", os.listdir(at("readonly")) == ["ledger.db"], os.listdir(at("readonly")))
    os.chmod(at("readonly"), 0o755)


try:
    with service("large.db") as (url, process_id):
        large_events(url, process_id)
    with service("ledger.db") as (url, _):
        of_the_service(url)
    whole, head = offline()
    tampered(whole, head)
    views(whole)
    on_a_terminal()
    patient_with_the_service()
    read_only_folder()
    in_git(whole, head)
finally:
    shutil.rmtree(folder, ignore_errors=True)
print(f"{len(failures)} expectations failed" if failures else "all expectations hold")
sys.exit(1 if failures else 0)
