#!/usr/bin/env python3
"""Events in and out of the real `helix serve`, with a real receiver and real kills. usage: e2e.py HELIX"""
import http.client
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from receiver import Receiver  # noqa: E402

HELIX = os.path.abspath(sys.argv[1])
TOKEN = "canary-7f3a-token"
folder = tempfile.mkdtemp(prefix="helix-outbox-")
failures = []
running = []  # services, to be ended also when a test gives up


def expect(what, holds, context=""):
    if not holds:
        failures.append(what)
        print(f"FAILED: {what}\n{str(context)[:2000]}", file=sys.stderr)


class Service:
    def __init__(self, name, outbox):
        self.ledger = os.path.join(folder, name + ".db")
        self.log = os.path.join(folder, name + ".log")
        self.config = os.path.join(folder, name + ".yaml")
        with open(self.config, "w") as file:
            json.dump({"targets": [{"name": "demo", "simulated": True}], "ledger": self.ledger,
                       "listen": "127.0.0.1:0", "origin": "https://helix.example", "outbox": outbox}, file)

    def start(self):
        self.process = subprocess.Popen([HELIX, "serve", "--config", self.config], stdout=subprocess.PIPE,
                                        stderr=open(self.log, "ab"), text=True)
        running.append(self.process)
        for line in self.process.stdout:
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            if found:
                self.url = found.group(0)
                return self
        raise SystemExit("the service did not start:\n" + open(self.log).read()[-3000:])

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        return code

    def ask(self, path, body=None, headers=None, method=None):
        """(status, JSON) of one request."""
        request = urllib.request.Request(self.url + path, data=body, headers=headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if answer.headers["Content-Type"].startswith(
                    "application/json") else text.decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.loads(refusal.read())

    def post(self, ids, source="hvcp://fleet"):
        """Posts a batch of events; None when the service died meanwhile."""
        events = [{"specversion": "1.0", "id": i, "source": source, "type": "hvcp.delegate", "data": {"i": i}}
                  for i in ids]
        try:
            return self.ask("/v1/events", json.dumps(events).encode(),
                            {"Content-Type": "application/cloudevents-batch+json"})
        except (OSError, http.client.HTTPException):
            return None

    def cli(self, *words, code=0):
        done = subprocess.run([HELIX, *words], env={"HELIX_SERVER": self.url, "PATH": os.environ["PATH"]},
                              capture_output=True, text=True, timeout=60)
        expect(f"`helix {' '.join(words)}` ends with {code}", done.returncode == code, done.stdout + done.stderr)
        return done.stdout

    def seqs_of(self, kind):
        seqs, start = [], 0
        while start is not None:
            _, page = self.ask(f"/v1/ledger?kind={kind}&limit=1000&from={start}")
            seqs += [record["seq"] for record in page["items"]]
            start = page["next"]
        return seqs

    def destination(self, name="hvcp"):
        return next(one for one in self.ask("/v1/outbox")[1]["items"] if one["name"] == name)

    def wait_for(self, holds, seconds, what):
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                raise SystemExit(f"waited {seconds} s in vain: {what}: {self.ask('/v1/outbox')}")
            time.sleep(0.05)


def destination_to(receiver, **more):
    return {"name": "hvcp", "url": receiver.url, "types": ["event.received"], "from": "beginning", "timeout_s": 5, **more}


def events_in():
    service = Service("in", []).start()
    status, first = service.post(["a", "b", "a"])
    expect("a batch is taken", status == 202, first)
    receipts = first["events"]
    expect("the third is a duplicate within the batch", [r["duplicate"] for r in receipts] == [False, False, True], first)
    expect("and has the first's receipt", receipts[2]["seq"] == receipts[0]["seq"] and
           receipts[2]["record_id"] == receipts[0]["record_id"], first)
    status, binary = service.ask("/v1/events", "gr\u00fcezi".encode(), {
        "Content-Type": "text/plain", "ce-specversion": "1.0", "ce-id": "c", "ce-type": "x",
        "ce-source": "hvcp://fleet/caf%C3%A9%20one"})
    expect("binary mode is taken", status == 202, binary)
    body = service.ask(f"/v1/ledger/{binary['events'][0]['seq']}")[1]["body"]
    expect("its headers are percent-decoded", body["source"] == "hvcp://fleet/caf\u00e9 one", body)
    expect("its text is data", body["data"] == "gr\u00fcezi", body)
    status, _ = service.ask("/v1/events", b"\x00\xff", {
        "Content-Type": "application/octet-stream", "ce-specversion": "1.0", "ce-id": "d", "ce-type": "x",
        "ce-source": "s"})
    expect("bytes are taken", status == 202)
    service.end(signal.SIGKILL)
    service.start()
    status, again = service.post(["b", "a", "new"])
    expect("after a kill duplicates get the first receipts",
           [(e["seq"], e["record_id"], e["duplicate"]) for e in again["events"][:2]] ==
           [(r["seq"], r["record_id"], True) for r in (receipts[1], receipts[0])], again)
    expect("and what is new does not", again["events"][2]["duplicate"] is False, again)

    answers = []
    together = threading.Barrier(8)

    def send():
        together.wait()
        answers.append(service.post(["same"])[1]["events"][0])
    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expect("of 8 at once one is recorded", len({a["seq"] for a in answers}) == 1 and
           sum(not a["duplicate"] for a in answers) == 1, answers)
    service.end()


def misbehaviour():
    """Each kind of misbehaviour once, then good: everything arrives, in order, by the same connection where it can."""
    receiver = Receiver()
    token_file = os.path.join(folder, "token")
    with open(token_file, "w") as file:
        file.write(TOKEN + "\n")
    script = {"e1": [500, 204], "e2": [(429, {"Retry-After": "2"}), 204], "e3": ["cut", 204], "e4": ["slow", 204],
              "e5": ["take, cut", 204], "e6": [410], "e7": [(302, {"Location": "http://127.0.0.1:9/elsewhere"}), 204]}
    times = {}

    def behave(event):
        name = event["data"]["body"]["id"]
        times.setdefault(name, []).append(time.monotonic())
        steps = script.get(name)
        return steps.pop(0) if steps else 204
    receiver.behave = behave
    service = Service("faults", [destination_to(receiver, token_file=token_file)]).start()
    ids = [f"e{i}" for i in range(10)]
    _, posted = service.post(ids)
    receiver.wait(lambda: receiver.taken and receiver.taken[-1]["data"]["body"]["id"] == "e9", 60, "e9 arrives")
    receiver.hurry.set()
    expected = [e["seq"] for e in posted["events"] if e["id"] != "e6"]
    expect("all but the refused arrive in order", receiver.first_arrivals() == expected, receiver.first_arrivals())
    ids_of = [e["id"] for e in receiver.taken if e["data"]["body"]["id"] == "e5"]
    expect("the one whose answer was lost arrives twice with one id", len(ids_of) == 2 and len(set(ids_of)) == 1, ids_of)
    expect("Retry-After is obeyed", times["e2"][1] - times["e2"][0] >= 2, times["e2"])
    for name in ("e1", "e3", "e4", "e5", "e7"):
        expect(f"{name} was tried twice, 1 s apart at least",
               len(times[name]) == 2 and times[name][1] - times[name][0] >= 0.99, times[name])
    event, _, headers, path = receiver.requests[0]
    expect("the path is the configured one", path == "/hvcp/events?tenant=1", path)
    expect("the token is sent", headers.get("Authorization") == f"Bearer {TOKEN}", headers)
    expect("as a structured event", headers["Content-Type"].startswith("application/cloudevents+json"), headers)
    expect("the event is the record", event["id"] == event["data"]["id"] and event["source"] == "https://helix.example" and
           event["type"] == "ca.eose.helix.event.received" and event["data"]["kind"] == "event.received", event)
    # One, and after each of two resets and a time-out another; a reset costs one more, on which libcurl would have sent
    # the event again by itself and was stopped.
    expect(f"few connections were opened ({receiver.connections})", receiver.connections <= 6)

    shown = json.loads(service.cli("outbox", "dead-letters", "hvcp", "-o", "json"))
    refused = next(e["seq"] for e in posted["events"] if e["id"] == "e6")
    expect("the refused one is a dead letter", [(i["seq"], i["last_error"]) for i in shown["items"]] ==
           [(refused, "HTTP 410")], shown)
    out = service.cli("outbox", "list", "-o", "wide")
    expect("the list shows it", "hvcp" in out and "event.received" in out, out)
    expect("the address hides the path", "tenant" not in out, out)
    expect("YAML too", service.cli("outbox", "list", "-o", "yaml").startswith("items:"))
    service.cli("outbox", "dead-letters", "nobody", code=4)
    service.cli("outbox", "resend", "hvcp", "999999", code=4)
    service.cli("outbox", "resend", "hvcp", str(refused))
    receiver.wait(lambda: receiver.taken[-1]["data"]["seq"] == refused, 30, "the dead letter arrives")
    service.wait_for(lambda: service.destination()["dead_letters"] == 0, 30, "the dead letter is gone")
    service.wait_for(lambda: service.destination()["lag_records"] == 0, 30, "no lag is left")
    expect("asking is on record", len(service.seqs_of("outbox.resend")) == 1)
    _, metrics = service.ask("/metrics")
    for line in ('helix_outbox_lag_records{destination="hvcp"} 0', 'helix_outbox_dead_letters{destination="hvcp"} 0',
                 'helix_outbox_deliveries_total{destination="hvcp",result="given_up"} 1'):
        expect(f"metrics have {line}", line in metrics, [m for m in metrics.splitlines() if "outbox" in m])
    expect("the service ends by itself", service.end() == 0)
    for name in os.listdir(folder):
        if name != "token" and os.path.isfile(os.path.join(folder, name)):
            with open(os.path.join(folder, name), "rb") as file:
                expect(f"no token in {name}", TOKEN.encode() not in file.read())
    receiver.close()


def away():
    """Nobody listens; then somebody does."""
    receiver = Receiver()
    receiver.close()
    service = Service("away", [destination_to(receiver)]).start()
    posted = []
    for i in range(5):
        posted += [e["seq"] for e in service.post([f"w{i}-{k}" for k in range(20)])[1]["events"]]
    service.wait_for(lambda: service.destination()["attempts"] >= 2, 30, "it is tried again")
    shown = service.destination()
    expect("it waits, and says when and why", shown["state"] == "waiting" and shown["next_try_at"] and shown["last_error"],
           shown)
    expect("the lag is everything", shown["lag_records"] >= 100, shown)
    service.end(signal.SIGTERM)
    service.start()
    expect("the attempts survive a restart", service.destination()["attempts"] >= 2, service.destination())
    receiver.open()
    receiver.wait(lambda: len(receiver.taken) >= 100, 60, "all arrive once it is there")
    expect("in order, each once", [e["data"]["seq"] for e in receiver.taken] == posted, receiver.taken[:2])
    expect("over one connection", receiver.connections == 1, receiver.connections)
    service.wait_for(lambda: service.destination()["lag_records"] == 0, 30, "no lag is left")
    service.end()
    receiver.close()


def kills(rounds, seed):
    """kill -9 while events come in and go out, and the receiver cuts and refuses now and then."""
    pick = random.Random(seed)
    receiver = Receiver()
    receiver.behave = lambda event: "take, cut" if pick.random() < 0.004 else 503 if pick.random() < 0.004 else 204
    service = Service("kills", [destination_to(receiver)])
    acknowledged = {}
    for number in range(rounds):
        service.start()
        done = threading.Event()

        def feed():
            k = 0
            while not done.is_set():
                with receiver.changed:  # never far ahead: what is left over has to be delivered at the end
                    receiver.changed.wait_for(lambda: done.is_set() or len(acknowledged) < len(receiver.taken) + 300, 120)
                answer = service.post([f"k{number}-{k}-{j}" for j in range(5)])
                if answer is None:
                    return
                for event in answer[1].get("events", []):
                    acknowledged[event["id"]] = event["seq"]
                k += 1
        feeder = threading.Thread(target=feed)
        feeder.start()
        goal = len(receiver.taken) + pick.randrange(5, 60)
        receiver.wait(lambda: len(receiver.taken) >= goal, 90, f"round {number} delivers")
        service.end(signal.SIGKILL)
        done.set()
        with receiver.changed:
            receiver.changed.notify_all()
        feeder.join()
    service.start()
    _, again = service.post(list(acknowledged)[:1000])
    expect("every acknowledged event is answered with its first receipt",
           all(e["duplicate"] and e["seq"] == acknowledged[e["id"]] for e in again["events"]))
    seqs = service.seqs_of("event.received")
    receiver.behave = lambda event: 204
    receiver.wait(lambda: receiver.taken[-1]["data"]["seq"] == seqs[-1], 120, "the rest is delivered")
    firsts = receiver.first_arrivals()
    expect("nothing is lost, and the first arrivals are in the ledger's order", firsts == seqs,
           f"{len(firsts)} of {len(seqs)}; missing {sorted(set(seqs) - set(firsts))[:10]}")
    expect("what was acknowledged is recorded", set(acknowledged.values()) <= set(seqs))
    _, report = service.ask("/v1/ledger/verify")
    expect("the chain holds", report["ok"], report)
    expect("no dead letters", service.destination()["dead_letters"] == 0)
    print(f"{rounds} kills: {len(seqs)} events recorded, {len(acknowledged)} acknowledged, {len(seqs)} delivered, "
          f"{len(receiver.taken) - len(seqs)} repeated, 0 lost, 0 out of order, {receiver.connections} connections")
    service.end()
    receiver.close()


def refusals():
    """What the configuration may not name."""
    for url, mend in (("http://10.1.2.3/e", "https"), ("https://169.254.169.254/e", "link-local"),
                      ("https://user:secret@host/e", "user"), ("ftp://host/e", "https"), ("https://host/a b", "path")):
        service = Service("refused", [{"name": "x", "url": url, "types": ["*"]}])
        done = subprocess.run([HELIX, "serve", "--config", service.config], capture_output=True, text=True, timeout=60)
        expect(f"{url} is refused at start", done.returncode != 0 and mend in done.stderr and "outbox[0].url" in done.stderr,
               done.stderr)
        expect("no secret is shown", "secret" not in done.stderr, done.stderr)


try:
    events_in()
    misbehaviour()
    away()
    refusals()
    kills(rounds=int(os.environ.get("HELIX_OUTBOX_KILLS", "12")), seed=int(os.environ.get("HELIX_SEED", "1")))
finally:
    for process in running:
        if process.poll() is None:
            process.kill()
            process.wait()
    shutil.rmtree(folder, ignore_errors=True)
print("failed" if failures else "ok")
sys.exit(1 if failures else 0)
