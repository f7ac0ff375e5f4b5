#!/usr/bin/env python3
"""Asks the real `helix serve` for every operation of openapi/helix.yaml and every status that can be provoked.

usage: check_service.py HELIX DESCRIPTION [--sanitized]

Every answer is held against the description (contract.py); every documented status must have been provoked, or stand
in NOT_PROVOKED with the reason. Served routes and described operations must be the same.
"""

import json
import os
import sqlite3
import sys
import time

import yaml

from contract import Contract
from hostile import hostile
from service import Service

CART = {"kind": "Deployment", "namespace": "shop", "name": "cart"}
NODE = {"kind": "Node", "name": "demo-node-1"}
JSON = {"Content-Type": "application/json"}
YAML = {"Content-Type": "application/yaml"}
EVENT = {"specversion": "1.0", "id": "a-1", "source": "hvcp://fleet", "type": "hvcp.delegate", "data": {"do": "observe"}}
ULID = "01KAHJ5V8M3N6P9QRSTVWXYZ01"

# Documented, and not to be had from a healthy simulation; tests/http_engine, tests/usecases and tests/cluster have them.
OVERLOAD = "the engine's own answer to too many waiting requests: tests/http_engine"
NO_FAULT = "needs a target that fails in the middle: tests/usecases, tests/kubernetes_adapter"
WRITES = ("postAction", "postCycle")
ASKS = WRITES + ("postGate",)
NOT_PROVOKED = {(operation, status): NO_FAULT for operation in WRITES for status in (412, 429, 500, 501, 502, 504)}
NOT_PROVOKED |= {("postGate", status): NO_FAULT for status in (429, 500, 501)}
NOT_PROVOKED |= {("postEvents", 429): NO_FAULT, ("postEvents", 500): NO_FAULT, ("postEvents", 504): NO_FAULT}
OUTBOX = "needs a destination that fails: tests/outbox"
NOT_PROVOKED |= {("listOutbox", 500): OUTBOX, ("listDeadLetters", 200): OUTBOX, ("listDeadLetters", 500): OUTBOX}
NOT_PROVOKED |= {("resendDeadLetter", status): OUTBOX for status in (202, 500, 504)}
UNSIGNED = "needs a service that does not sign: tests/transparency"
NOT_PROVOKED |= {(operation, 412): UNSIGNED for operation in ("getCheckpoint", "getLedgerRecord", "proveLedgerRecord",
                                                              "getLedgerKeys", "proveLedgerConsistency")}
NOT_PROVOKED |= {("verifyLedger", 500): "needs a database file that is damaged itself: tests/ledger"}
NOT_PROVOKED |= {("getCheckpoint", 500): "needs kept nodes of the tree that contradict each other: tests/ledger"}
COURT = "needs a cluster that holds trials: tests/trials"
NOT_PROVOKED |= {(operation, 200): COURT for operation in ("listTrials", "getTrial", "getTrialVerdict",
                                                           "getTrialEvidence", "explainTrial")}
NOT_PROVOKED |= {("postTrial", status): COURT for status in (200, 201, 409, 412, 422, 429, 500, 501, 502, 504)}
NOT_PROVOKED |= {("deleteTrial", status): COURT for status in (200, 201, 409, 412, 422, 429, 500, 501, 502, 504)}
NOT_PROVOKED |= {("approveTrial", status): COURT for status in (412, 413, 415)}
NOT_PROVOKED |= {(operation, status): COURT for operation in ("postFalcoAlerts", "putFalcoAlerts")
                 for status in (202, 413, 415, 422, 429, 500, 504)}
NOT_PROVOKED |= {("stream", 429): "needs more readers than are allowed: tests/http_engine"}


def yaml_of(value):
    """As YAML; what the value shares is written out, because aliases are not taken."""
    return yaml.safe_dump(json.loads(json.dumps(value))).encode()


class Cases:
    def __init__(self, service, contract):
        self.service = service
        self.contract = contract
        self.keys = 0

    def expect(self, what, holds, context=""):
        if not holds:
            self.contract.fault(what, f"does not hold: {str(context)[:500]}")

    def case(self, operation, status, target, method=None, headers=None, body=None, token="act", problem=None):
        """Asks, and expects `status`, and the problem type `problem`."""
        method = method or self.contract.operations[operation][0]
        where = f"{operation} {method} {target[:80]} -> {status}"
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
        answer = self.service.ask(method, target, headers, body, token)
        self.contract.check(operation, answer, where, target, head_only=method == "HEAD")
        named = json.loads(answer.body)["type"].rpartition("/")[2] if problem and answer.body else None
        if answer.status != status or named != problem:
            self.contract.fault(where, f"answered {answer.status} {named}: {answer.body[:300]}")
        return answer

    def post(self, operation, status, body, problem=None, query="", headers=None, **more):
        self.keys += 1
        path = self.contract.operations[operation][1]
        headers = {"Idempotency-Key": f"key-{self.keys}"} | JSON | (headers or {})
        return self.case(operation, status, path + query, headers=headers, body=body, problem=problem, **more)


def common(cases):
    """What every operation answers: roles, framing, other methods."""
    for operation, (method, route, details) in cases.contract.operations.items():
        target = route.replace("{id}", ULID).replace("{target}", "demo").replace("{seq}", "0").replace("{name}", "nowhere").replace("{namespace}", "shop")
        body = b"{}" if method == "POST" else None
        if details.get("security") != []:
            for token in (None, "unknown"):
                headers = {"Authorization": "Bearer nobody"} if token else {}
                cases.case(operation, 401, target, headers=headers, body=body, token=None, problem="unauthenticated")
        cases.case(operation, 414, target + "?" + "a" * 8000, body=body, problem="target-too-long")
        cases.case(operation, 431, target, headers={"X-Long": "a" * 20_000}, body=body, problem="headers-too-large")
        cases.case(operation, 400, target, headers={"Host": "a\x01b"}, body=body, problem="malformed")
        for other in ("DELETE", "PUT", "PATCH", "OPTIONS", "TRACE", "QUERY", "GET" if method == "POST" else "POST"):
            if any(one[1] == route and one[0] == other for one in cases.contract.operations.values()):
                continue
            answer = cases.service.ask(other, target)
            cases.expect(f"{other} {target} is 405 and says what is allowed",
                         answer.status == 405 and method in answer.headers.get("allow", "").split(", "), answer.body)
        if method == "GET":
            head = cases.service.ask("HEAD", target).status
            cases.expect(f"HEAD {target} is as GET", head in (200, 404) or head == cases.service.ask("GET", target).status)
    answer = cases.service.ask("GET", "/v1/nowhere")
    cases.expect("an unknown path is a problem", answer.status == 404 and answer.json()["instance"] == "/v1/nowhere")
    cases.expect("a path is matched whole", cases.service.ask("GET", "/openapiXyaml").status == 404)


def reads(cases):
    listing = {"listTargets": "/v1/targets", "listUnits": "/v1/units", "listWorkloads": "/v1/workloads",
               "listCycles": "/v1/cycles", "listLedger": "/v1/ledger", "verifyLedger": "/v1/ledger/verify",
               "livez": "/livez", "readyz": "/readyz", "metrics": "/metrics", "openapi": "/openapi.yaml", "page": "/",
               "pageScript": "/page.js", "pageStyle": "/page.css"}
    for operation, path in listing.items():
        cases.case(operation, 200, path, token="read")
        cases.case(operation, 200, path, method="HEAD", token="read")
    good = {"listUnits": ["target=demo", "break=true", "break=false", "limit=1", "limit=1000&offset=10000000"],
            "listWorkloads": ["target=demo&namespace=shop&kind=Deployment", "limit=2&offset=1", "kind=Other"],
            "listCycles": ["target=demo&status=done&limit=200", "before=" + ULID, "status=dry-run"],
            "listLedger": ["from=0&limit=1000&order=desc", "kind=helix.cycle&target=demo", "from=9007199254740992"],
            "verifyLedger": ["remembered_seq=9&remembered_hash=" + "0" * 64]}
    for operation, queries in good.items():
        for query in queries:
            cases.case(operation, 200, f"{listing[operation]}?{query}", token="read")
    numbers = ("limit=0", "limit=1001", "limit=-1", "limit=", "limit=1e3", "limit=%2B1", "limit=99999999999999999999",
               "limit=1&limit=2", "target=", "target=..%2F", "target=demo%00", "target=" + "a" * 300, "Limit=1")
    bad = {"listUnits": numbers + ("break=", "break=yes", "offset=-1", "offset=10000001"),
           "listWorkloads": numbers + ("kind=deployment", "namespace=Shop", "namespace=" + "a" * 64, "offset=x"),
           "listCycles": numbers + ("limit=201", "status=DONE", "before=x", "before=" + ULID.lower()),
           "listLedger": numbers + ("order=up", "from=-1", "from=9007199254740993", "kind=" + "k" * 129, "kind="),
           "verifyLedger": ("remembered_seq=1", "remembered_hash=" + "0" * 64, "remembered_seq=1&remembered_hash=zz",
                            "remembered_seq=x&remembered_hash=" + "0" * 64)}
    for operation, queries in bad.items():
        for query in queries:
            cases.case(operation, 400, f"{listing[operation]}?{query}", problem="bad-parameter")
    for operation in ("listUnits", "listWorkloads"):
        cases.case(operation, 404, listing[operation] + "?target=nowhere", problem="not-found")
    cases.case("getTarget", 200, "/v1/targets/demo", token="read")
    cases.case("getTarget", 404, "/v1/targets/nowhere", problem="not-found")
    for name in ("a%00b", "%0d%0aX:1", "-a", "a" * 300, "%ff", "a" * 7900):
        cases.case("getTarget", 400, "/v1/targets/" + name, problem="bad-parameter")
    cases.case("getCycle", 404, "/v1/cycles/" + ULID, problem="not-found")
    for name in ("x", ULID.lower(), ULID + "0", "8" + ULID[1:], "%27%20or%201", "a" * 7900):
        cases.case("getCycle", 400, "/v1/cycles/" + name, problem="bad-parameter")
    cases.case("getLedgerRecord", 404, "/v1/ledger/9007199254740992", problem="not-found")
    for name in ("x", "-1", "1.0", "9007199254740993", "99999999999999999999", "0x1", "9" * 7900):
        cases.case("getLedgerRecord", 400, "/v1/ledger/" + name, problem="bad-parameter")
    served = yaml.safe_load(cases.service.ask("GET", "/openapi.yaml").body)
    cases.expect("the document that is served is the one in the repository", served == cases.contract.document)


def writes(cases):
    scale = {"target": "demo", "verb": "scale", "object": CART, "replicas": 5, "reason": "evening peak"}
    plan = {"target": "demo", "reason": "evening peak",
            "actions": [{"verb": "cordon", "object": NODE}, {"verb": "uncordon", "object": NODE}]}
    far = {**scale, "replicas": 5000}
    for operation, body, too_far in (("postAction", scale, far), ("postCycle", plan, {
            **plan, "actions": [{"verb": "scale", "object": CART, "replicas": 5000}]})):
        path = cases.contract.operations[operation][1]
        cases.post(operation, 200, body, query="?dry_run=true", token="propose")
        cases.post(operation, 403, body, token="propose", problem="permission-denied")
        cases.post(operation, 403, body, token="read", query="?dry_run=true", problem="permission-denied")
        cases.post(operation, 201, yaml_of(body), headers=YAML)
        cases.post(operation, 409, too_far, problem="gate-break")
        for query in ("?dry_run=yes", "?dry_run=", "?dryrun=true", "?dry_run=true&dry_run=false"):
            cases.post(operation, 400, body, query=query, problem="bad-parameter")
        cases.case(operation, 400, path, headers=JSON, body=body, problem="idempotency-key-missing")
        for key in ("a" * 256, "a b", "\xe9"):
            cases.post(operation, 400, body, headers={"Idempotency-Key": key}, problem="bad-parameter")
        key = {"Idempotency-Key": "once-" + operation}
        first = cases.post(operation, 201, body, headers=key)
        again = cases.post(operation, 200, body, headers=key)
        cases.expect("a key answers the same receipt again", first.body == again.body
                     and again.headers.get("idempotency-replayed") == "true" and first.headers.get("location"))
        cases.post(operation, 422, too_far, headers=key, problem="idempotency-key-reused")
        receipt = first.json()
        cases.case("getCycle", 200, first.headers["location"], token="read")
        cases.case("getLedgerRecord", 200, f"/v1/ledger/{receipt['ledger']['receipt_seq']}", token="read")
        cases.expect("the receipt is of what was asked", receipt["status"] == "done" and receipt["actor"] == "acter", receipt)
    cases.post("postGate", 200, scale, token="propose")
    cases.post("postGate", 200, far)
    cases.post("postGate", 200, plan)
    cases.post("postGate", 200, yaml_of(plan), headers=YAML)
    cases.post("postGate", 403, scale, token="read", problem="permission-denied")
    cases.post("postGate", 400, scale, query="?dry_run=true", problem="bad-parameter")
    for operation in ASKS:
        cases.post(operation, 413, b" " * (3 * 1024 * 1024 + 1), problem="body-too-large")
        cases.post(operation, 413, b"#" * (1024 * 1024 + 1), headers=YAML, problem="body-too-large")
        for kind in ("text/plain", "application/xml", "multipart/form-data; boundary=x", ""):
            cases.post(operation, 415, scale, headers={"Content-Type": kind}, problem="unsupported-media-type")
        cases.post(operation, 415, scale, headers={"Content-Encoding": "gzip"}, problem="unsupported-media-type")
        cases.post(operation, 400, b"", problem="malformed")
        for value in (b"null", b"[]", b"1", b'"x"', b"{}"):
            cases.post(operation, 422, value, problem="invalid-argument")
    missing = {"postAction": {**scale, "target": "nowhere"}, "postCycle": {**plan, "target": "nowhere"},
               "postGate": {**scale, "target": "nowhere"}}
    for operation, body in missing.items():
        cases.post(operation, 404, body, problem="not-found")
    for change, problem in (({"replica": 5}, "unknown-field"), ({"replicas": -1}, "invalid-argument"),
                            ({"replicas": 100_001}, "invalid-argument"), ({"replicas": "5"}, "invalid-argument"),
                            ({"verb": "explode"}, "invalid-argument"), ({"image": "web:1"}, "unknown-field"),
                            ({"object": {**CART, "name": "../cart"}}, "invalid-argument"),
                            ({"reason": "r" * 2001}, "reason-needed"), ({"reason": "a\u0000b"}, "reason-needed")):
        cases.post("postAction", 422, scale | change, problem=problem)
    cases.post("postAction", 201, scale | {"replicas": 4, "reason": "\u03b3" * 2000})
    cases.post("postAction", 422, {"target": "demo", "verb": "delete", "object": CART}, problem="reason-needed")
    cases.post("postAction", 404, scale | {"object": {**CART, "name": "nobody"}}, problem="not-found")
    there = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    cases.post("postAction", 409, {"target": "demo", "verb": "create", "manifest": there}, problem="already-exists")


def bus(cases):
    structured = {"Content-Type": "application/cloudevents+json"}
    batch = {"Content-Type": "application/cloudevents-batch+json"}
    binary = JSON | {"ce-specversion": "1.0", "ce-id": "b-1", "ce-source": "s", "ce-type": "t"}
    ask = lambda status, body, headers, problem=None, token="propose": cases.case(  # noqa: E731
        "postEvents", status, "/v1/events", headers=headers, body=body, token=token, problem=problem)
    before = cases.service.get_json("/v1/ledger/verify")["records"]
    for _ in range(2):
        answer = ask(202, EVENT, structured)
        cases.expect("the receipt has the event's id", answer.json()["events"][0]["id"] == "a-1", answer.body)
    ask(202, [EVENT, EVENT | {"id": "a-2", "weight": 3, "flag": True}], batch)
    ask(202, {"any": "data"}, binary)
    ask(403, EVENT, structured, "permission-denied", token="read")
    after = cases.service.get_json("/v1/ledger/verify")["records"]
    cases.expect("an event is recorded once", after == before + 3, (before, after))
    ask(400, b"{", structured, "malformed")
    ask(400, b"{\"id\":1,\"id\":2}", structured, "malformed")
    for change in ({"specversion": "0.3"}, {"id": ""}, {"id": "i" * 257}, {"id": 5}, {"type": "t" * 257},
                   {"source": "s" * 1025}, {"subject": ""}, {"time": "today"}, {"time": 5}, {"Upper": 1},
                   {"nested": {}}, {"data_base64": "aGk="}, {"dataschema": 1}):
        ask(422, EVENT | change, structured, "invalid-argument")
    for body in ([], [EVENT] * 1001, [EVENT | {"id": "fresh"}, {}], EVENT):
        ask(422, body, batch, "invalid-argument")
    ask(422, {}, JSON, "invalid-argument")
    ask(422, {}, binary | {"ce-type": "t" * 257}, "invalid-argument")
    ask(415, b"hello", {"Content-Type": "text/plain"}, "unsupported-media-type")
    ask(202, b"hello", binary | {"Content-Type": "text/plain", "ce-id": "b-2"})
    ask(202, b"\xff\x00", binary | {"Content-Type": "application/octet-stream", "ce-id": "b-3"})
    ask(422, EVENT, structured | {"ce-type": "t" * 257}, "invalid-argument")
    ask(413, b" " * (3 * 1024 * 1024 + 1), structured, "body-too-large")
    cases.case("postEvents", 400, "/v1/events?x=1", headers=structured, body=EVENT, problem="bad-parameter")
    after += 2  # the two in binary mode
    cases.expect("of a refused batch nothing is taken", cases.service.get_json("/v1/ledger/verify")["records"] == after)


def stream(cases):
    for query in ("", "?types=node.floor,gap&targets=demo&snapshot=0", "?last_event_id=1"):
        cases.case("stream", 200, "/v1/stream" + query, token="read")
    cases.case("stream", 404, "/v1/stream?targets=nowhere", problem="not-found")
    for query in ("snapshot=2", "snapshot=", "types=", "types=a,,b", "types=" + ",".join("a" * 33), "types=" + "a" * 65,
                  "last_event_id=x", "last_event_id=" + "9" * 20, "type=a"):
        cases.case("stream", 400, "/v1/stream?" + query, problem="bad-parameter")
    for value in ("x", "-1", "9" * 20):
        cases.case("stream", 400, "/v1/stream", headers={"Last-Event-ID": value}, problem="bad-parameter")
    frames = cases.service.events("/v1/stream", 5)
    frames += cases.service.events("/v1/stream?types=node.floor", 1, {"Last-Event-ID": "1"})
    cases.expect("an id no longer held is answered by a gap", frames[-1]["event"] == "gap", frames[-1])
    for frame in frames:
        event = json.loads(frame["data"])
        cases.expect("an event's type is the frame's", event["type"].endswith(frame["event"]), frame)
        cases.expect("a frame's id is a number", frame.get("id", "0").isdigit(), frame)
        for member in ("specversion", "id", "source", "time", "data"):
            cases.expect(f"an event has {member}", member in event, frame)


def proofs(cases):
    cases.case("getCheckpoint", 200, "/v1/ledger/checkpoint", token="read")
    cases.case("proveLedgerRecord", 200, "/v1/ledger/0/proof", token="read")
    cases.case("proveLedgerRecord", 200, "/v1/ledger/0/proof?size=1", token="read")
    for seq in ("x", "1" * 17, "-1"):
        cases.case("proveLedgerRecord", 400, f"/v1/ledger/{seq}/proof", problem="bad-parameter")
    cases.case("proveLedgerRecord", 404, "/v1/ledger/9007199254740992/proof", problem="not-found")
    cases.case("proveLedgerConsistency", 200, "/v1/ledger/consistency?from=1", token="read")
    for query in ("from=x", "to=-1", "size=1"):
        cases.case("proveLedgerConsistency", 400, "/v1/ledger/consistency?" + query, problem="bad-parameter")
    cases.case("getLedgerKeys", 200, "/v1/ledger/keys", token="read")
    cases.case("getLedgerRecord", 200, "/v1/ledger/0?format=dsse", token="read")
    cases.case("getLedgerRecord", 400, "/v1/ledger/0?format=xml", problem="bad-parameter")


def outbox(cases):
    cases.case("listOutbox", 200, "/v1/outbox", token="read")
    cases.case("listDeadLetters", 404, "/v1/outbox/nowhere/dead-letters", token="read", problem="not-found")
    cases.case("resendDeadLetter", 404, "/v1/outbox/nowhere/dead-letters/0/resend", problem="not-found")


def trials(cases):
    """The simulation holds no trials: everything about them says so, after it has read what was asked."""
    one = "/v1/trials/shop/cart"
    trial = {"apiVersion": "eose.ca/v1", "kind": "TrendalTrial", "metadata": {"name": "cart", "namespace": "shop"}}
    alert = {"rule": "Terminal shell in container", "priority": "Critical"}
    views = {"getTrial": one, "getTrialVerdict": one + "/verdict", "getTrialEvidence": one + "/evidence",
             "explainTrial": one + "/explain"}
    cases.case("listTrials", 404, "/v1/trials", token="read", problem="not-found")
    for query in ("verdict=admit", "phase=done", "namespace=Shop", "target=", "limit=1&limit=2", "limit=0", "trial=x"):
        cases.case("listTrials", 400, "/v1/trials?" + query, problem="bad-parameter")
    for operation, path in views.items():
        cases.case(operation, 404, path, token="read", problem="not-found")
        cases.case(operation, 400, path + "?x=1", problem="bad-parameter")
        cases.case(operation, 400, path.replace("/shop/", "/Shop/"), problem="bad-parameter")
    cases.post("postTrial", 404, trial, problem="not-found")
    cases.post("postTrial", 404, yaml_of(trial), headers=YAML, problem="not-found")
    cases.post("postTrial", 403, trial, token="propose", problem="permission-denied")
    cases.post("postTrial", 400, b"{", problem="malformed")
    cases.post("postTrial", 400, trial, query="?dry_run=yes", problem="bad-parameter")
    cases.post("postTrial", 413, b" " * (3 * 1024 * 1024 + 1), problem="body-too-large")
    cases.post("postTrial", 415, trial, headers={"Content-Type": "text/plain"}, problem="unsupported-media-type")
    cases.case("postTrial", 400, "/v1/trials", headers=JSON, body=trial, problem="idempotency-key-missing")
    key = {"Idempotency-Key": "withdrawn"}
    cases.case("deleteTrial", 404, one + "?reason=x", headers=key, problem="not-found")
    cases.case("deleteTrial", 403, one, headers=key, token="propose", problem="permission-denied")
    cases.case("deleteTrial", 400, one, problem="idempotency-key-missing")
    cases.case("approveTrial", 404, one + "/approve", problem="not-found")
    cases.case("approveTrial", 403, one + "/approve", token="propose", problem="permission-denied")
    cases.case("approveTrial", 400, one + "/approve?x=1", problem="bad-parameter")
    for operation in ("postFalcoAlerts", "putFalcoAlerts"):
        path = "/v1/evidence/falco"
        cases.case(operation, 404, path, headers=JSON, body=alert, token="propose", problem="not-found")
        cases.case(operation, 403, path, headers=JSON, body=alert, token="read", problem="permission-denied")
        cases.case(operation, 400, path + "?x=1", headers=JSON, body=alert, problem="bad-parameter")


def ledger_away(cases):
    """Another process holds the ledger's file: writes are refused with 503, reads go on."""
    with sqlite3.connect(cases.service.ledger, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        scale = {"target": "demo", "verb": "scale", "object": CART, "replicas": 6}
        key = {"Idempotency-Key": "while-away"}
        cases.post("postAction", 503, scale, headers=key, problem="unavailable")
        cases.post("postCycle", 503, {"target": "demo", "actions": [
            {"verb": "scale", "object": CART, "replicas": 6}]}, problem="unavailable")
        cases.case("postEvents", 503, "/v1/events", headers={"Content-Type": "application/cloudevents+json"},
                   body=EVENT | {"id": "while-away"}, problem="unavailable")
        cases.case("listUnits", 200, "/v1/units")
        cases.case("listLedger", 200, "/v1/ledger")
        other.execute("ROLLBACK")
    until = time.monotonic() + 30  # the right to write may have run out meanwhile; the service takes it again by itself
    while any(check["name"] == "writes" and "detail" in check for check in cases.service.get_json("/readyz")["checks"]):
        if time.monotonic() > until:
            raise SystemExit("the service does not come back: " + str(cases.service.get_json("/readyz")))
        time.sleep(0.05)
    cases.post("postAction", 201, scale, headers=key)


def without_tokens(helix, contract):
    with Service(helix) as service:
        cases = Cases(service, contract)
        cases.post("postAction", 200, {"target": "demo", "verb": "cordon", "object": NODE}, query="?dry_run=true")
        for operation, (method, route, details) in contract.operations.items():
            target = route.replace("{id}", ULID).replace("{target}", "demo").replace("{seq}", "0").replace("{name}", "nowhere").replace("{namespace}", "shop")
            if details.get("security") != []:
                cases.case(operation, 403, target, headers={"Host": "evil.example"}, problem="permission-denied",
                           body=b"{}" if method == "POST" else None)


def ledger_damaged(cases):
    """Last of all: what is stored is changed behind the service's back. Nothing of it is the caller's fault."""
    with sqlite3.connect(cases.service.ledger, isolation_level=None) as other:
        other.execute("DROP TRIGGER records_are_not_changed")
        other.execute("INSERT OR REPLACE INTO tree_nodes (level, idx, hash) VALUES (4, 0, zeroblob(32))")
        for operation, target in (("proveLedgerRecord", "/v1/ledger/1/proof"),
                                  ("proveLedgerConsistency", "/v1/ledger/consistency?from=1")):
            cases.case(operation, 500, target, problem="data-loss")
        other.execute("DELETE FROM tree_nodes")
        other.execute("UPDATE records SET body = '{' WHERE seq = 1")
        cases.case("listLedger", 500, "/v1/ledger?from=0", problem="data-loss")
        cases.case("getLedgerRecord", 500, "/v1/ledger/1", problem="data-loss")
        report = cases.case("verifyLedger", 200, "/v1/ledger/verify").json()
        cases.expect("verify names the record", not report["ok"] and report["first_bad_seq"] == 1, report)
        other.execute("UPDATE records SET v = 2 WHERE seq = 1")
        for operation, target in (("listLedger", "/v1/ledger?from=0"), ("verifyLedger", "/v1/ledger/verify"),
                                  ("getLedgerRecord", "/v1/ledger/1"), ("proveLedgerRecord", "/v1/ledger/1/proof")):
            cases.case(operation, 501, target, problem="unimplemented")


def main(helix, description, *options):
    contract = Contract(description)
    with Service(os.path.abspath(helix), tokens=True) as service:
        cases = Cases(service, contract)
        served = set(service.routes())
        cases.expect("what is served is what is described", served == set(contract.patterns()),
                     served ^ set(contract.patterns()))
        for part in (common, reads, writes, bus, proofs, outbox, trials, stream):
            part(cases)
        hostile(cases, measure_memory="--sanitized" not in options)
        ledger_away(cases)
        report = cases.case("verifyLedger", 200, "/v1/ledger/verify").json()
        cases.expect("the ledger holds", report["ok"], report)
        ledger_damaged(cases)
        cases.expect("the service lives", service.alive(), service.log()[-2000:])
    without_tokens(os.path.abspath(helix), contract)
    for operation in contract.operations:
        for status in sorted(contract.documented(operation) - contract.seen.get(operation, set())):
            if status != 503 and (operation, status) not in NOT_PROVOKED:
                contract.fault(operation, f"{status} is documented and was not provoked")
    print(f"{len(contract.operations)} operations, {contract.answers} answers, {len(contract.problem_types)} problem "
          f"types, {len(contract.faults)} faults")
    return 1 if contract.faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
