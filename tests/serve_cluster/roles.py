#!/usr/bin/env python3
"""Runs `helix serve` on an address that others reach, with TLS and tokens, and tries every caller at every route.

usage: roles.py HELIX OPENAPI

The routes and the role that each needs come from the OpenAPI document: a route that is not tried here fails the test.
"""
import hashlib
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile

HELIX, OPENAPI = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
ROLES = ["read", "propose", "act"]
TOKENS = {role: f"canary-{role}-{os.urandom(12).hex()}" for role in ROLES}
folder = tempfile.mkdtemp(prefix="helix-roles-")
failures = []


def at(name):
    return os.path.join(folder, name)


def expect(what, holds, context=""):
    if not holds:
        failures.append(what)
        print(f"FAILED: {what}\n{context}", file=sys.stderr)


def own_address():
    """An address of this machine that is not loopback; every address where it has none. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return probe.getsockname()[0]
        except OSError:
            return "0.0.0.0"


ADDRESS = own_address()
DIAL = "127.0.0.1" if ADDRESS == "0.0.0.0" else ADDRESS


def write_files():
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=helix-test", "-addext", f"subjectAltName=IP:{DIAL}", "-keyout",
                    at("tls.key"), "-out", at("tls.crt")], check=True, capture_output=True)
    with open(at("tokens"), "w") as file:
        file.write("# one caller per role\n")
        for role, token in TOKENS.items():
            file.write(f"caller-{role}:{role}:{hashlib.sha256(token.encode()).hexdigest()}\n")
    with open(at("bad-tokens"), "w") as file:
        file.write("# the second line is none\nsomebody:admin:00\n")


def serve_words(*more):
    return [HELIX, "serve", "--simulate", "--listen", f"{ADDRESS}:0", "--ledger", at("ledger.db"), *more]


TLS = ["--tls-cert", at("tls.crt"), "--tls-key", at("tls.key")]


def refusals():
    for what, words, said in [
            ("neither TLS nor tokens", [], "not loopback"),
            ("TLS without tokens", TLS, "not loopback"),
            ("tokens without TLS", ["--tokens", at("tokens")], "not loopback"),
            ("a certificate without its key", [*TLS[:2], "--tokens", at("tokens")], "belong together"),
            ("no such certificate", ["--tls-cert", at("none"), *TLS[2:], "--tokens", at("tokens")], "none"),
            ("a malformed tokens file", [*TLS, "--tokens", at("bad-tokens")], "bad-tokens:2")]:
        done = subprocess.run(serve_words(*words), capture_output=True, text=True, timeout=60)
        expect(f"{what}: it does not start", done.returncode in (2, 4, 9), f"{done.returncode} {done.stdout}")
        expect(f"{what}: it says why", said in done.stderr, done.stderr)


def routes():
    """(method, path): the role it needs, None for none, as the OpenAPI document says."""
    found, path, method = {}, None, None
    for line in open(OPENAPI):
        if re.match(r"^\S", line):
            path = method = None
        if match := re.match(r"^  (/\S*):$", line):
            path, method = match.group(1), None
        elif path and (match := re.match(r"^    (get|post|put|patch|delete):$", line)):
            method = match.group(1).upper()
            found[method, path] = "read"
        elif method and re.match(r"^      security: \[\]$", line):
            found[method, path] = None
        elif method and (match := re.match(r"^        - bearer: \[(\w+)\]$", line)):
            found[method, path] = match.group(1)
    return found


def ask(port, method, path, token=None, body=None, headers=None):
    """Status, headers and the beginning of the answer, over a connection of its own."""
    context = ssl.create_default_context(cafile=at("tls.crt"))
    connection = http.client.HTTPSConnection(DIAL, port, timeout=60, context=context)
    sent = dict(headers or {})
    if body is not None:
        sent.setdefault("Content-Type", "application/json")
    if token is not None:
        sent["Authorization"] = token
    connection.request(method, path, body=None if body is None else json.dumps(body), headers=sent)
    answer = connection.getresponse()
    text = "" if answer.getheader("Content-Type", "").startswith("text/event-stream") else answer.read().decode()
    connection.close()
    return answer.status, answer.headers, text


LABEL = {"target": "demo", "verb": "label", "object": {"kind": "Namespace", "name": "shop"}, "set": {"team": "one"}}


def requests_of(cycle):
    """How each route is asked so that a caller who may gets a 2xx."""
    key = {"Idempotency-Key": os.urandom(8).hex()}
    event = {"specversion": "1.0", "id": key["Idempotency-Key"], "source": "test://roles", "type": "test"}
    plan = {"target": "demo", "actions": [{k: v for k, v in LABEL.items() if k != "target"}]}
    trial = {"apiVersion": "eose.ca/v1", "kind": "TrendalTrial", "metadata": {"namespace": "shop", "name": "cart"},
             "spec": {"subject": {"deployment": "cart", "namespace": "shop"}, "sostleTarget": "L0", "gates": ["trivy"],
                      "warmthFloor": 0.5, "duration": "1h", "crew": "BOSUN"}}
    alert = {"time": "2026-01-02T03:04:05Z", "rule": "test", "priority": "Notice", "output": "test",
             "output_fields": {"k8s.ns.name": "shop"}}
    trials = {
        ("POST", "/v1/trials"): ("/v1/trials", trial, key),
        ("DELETE", "/v1/trials/{namespace}/{name}"): ("/v1/trials/shop/cart?reason=gamma1%20floor%20signal", None, key),
        ("POST", "/v1/trials/{namespace}/{name}/approve"): ("/v1/trials/shop/cart/approve", None, {}),
        ("POST", "/v1/evidence/falco"): ("/v1/evidence/falco", alert, {}),
        ("PUT", "/v1/evidence/falco"): ("/v1/evidence/falco", alert, {}),
        **{("GET", "/v1/trials/{namespace}/{name}" + part): ("/v1/trials/shop/cart" + part, None, {})
           for part in ("", "/verdict", "/evidence", "/explain")},
    }
    return trials | {
        ("POST", "/v1/actions"): ("/v1/actions", LABEL, key),
        ("POST", "/v1/cycles"): ("/v1/cycles", plan, key),
        ("GET", "/v1/cycles/{id}"): (f"/v1/cycles/{cycle}", None, {}),
        ("POST", "/v1/gate"): ("/v1/gate", LABEL, {}),
        ("GET", "/v1/targets/{target}"): ("/v1/targets/demo", None, {}),
        ("GET", "/v1/outbox/{name}/dead-letters"): ("/v1/outbox/nowhere/dead-letters", None, {}),
        ("POST", "/v1/outbox/{name}/dead-letters/{seq}/resend"): ("/v1/outbox/nowhere/dead-letters/0/resend", None, {}),
        ("POST", "/v1/events"): ("/v1/events", event, {"Content-Type": "application/cloudevents+json"}),
    }


def try_everyone(port):
    status, _, text = ask(port, "POST", "/v1/actions", "Bearer " + TOKENS["act"], LABEL, {"Idempotency-Key": "first"})
    expect("the first write is done", status == 201, text)
    cycle = json.loads(text).get("id")
    callers = {"nobody": None, "a stranger": "Bearer not-a-token", "another scheme": "Basic " + TOKENS["act"],
               **{role: "Bearer " + token for role, token in TOKENS.items()}}
    cells = 0
    for (method, path), needed in sorted(routes().items()):
        for caller, token in callers.items():
            asked = requests_of(cycle).get((method, path), (path.replace("{seq}", "0"), None, {}))
            expect(f"{method} {path} is tried here", "{" not in asked[0] and (method == "GET" or (method, path) in requests_of(cycle)))
            status, headers, text = ask(port, method, asked[0], token, asked[1], asked[2])
            if needed is None:
                wanted = [200, 503] if path == "/readyz" else [200]
            elif caller not in ROLES:
                wanted = [401]
                expect(f"{method} {path} says how to prove oneself", "Bearer" in headers.get("WWW-Authenticate", ""))
            elif ROLES.index(caller) < ROLES.index(needed):
                wanted = [403]
                expect(f"{method} {path} names both roles", caller in text and needed in text, text)
            else:
                # No destination is configured, and the simulated cluster holds no trials.
                absent = "{name}" in path or path.startswith(("/v1/trials", "/v1/evidence"))
                wanted = [404] if absent else [200, 201, 202]
            cells += 1
            expect(f"{method} {path} answers {caller} with {wanted}, not {status}", status in wanted, text)
    for caller, wanted in [("read", 403), ("propose", 200), ("act", 200)]:
        for path in ("/v1/actions", "/v1/cycles"):
            body = requests_of(cycle)["POST", path][1]
            status, _, text = ask(port, "POST", path + "?dry_run=true", callers[caller], body)
            cells += 1
            expect(f"a dry run at {path} answers {caller} with {wanted}, not {status}", status == wanted, text)
    print(f"{cells} cells of callers and routes")


def without_tls(port):
    with socket.create_connection((DIAL, port), timeout=60) as plain:
        plain.sendall(b"GET /v1/targets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + TOKENS["act"].encode() +
                      b"\r\n\r\n")
        try:
            answer = plain.recv(4096)
        except ConnectionResetError:
            answer = b""
    expect("plain HTTP is not answered on the TLS port", not answer.startswith(b"HTTP/1.1 200"), answer)


def main():
    write_files()
    refusals()
    with open(at("log"), "wb") as log:
        # The kernel ends it should this process die first.
        service = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *serve_words(*TLS, "--tokens", at("tokens"))],
                                   stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        url = re.search(r"https://\S+?:(\d+)/", service.stdout.readline())
        expect("it says that it is reached by https", url)
        port = int(url.group(1))
        try_everyone(port)
        without_tls(port)
    finally:
        service.terminate()
        expect("it ends in good order", service.wait(timeout=60) == 0)
    written = open(at("log"), errors="replace").read()
    expect("no token is in the log", "canary-" not in written, written)
    expect("no token is in the ledger", all(b"canary-" not in open(at(name), "rb").read()
                                            for name in os.listdir(folder)
                                            if name.startswith("ledger.db") and os.path.isfile(at(name))))


try:
    main()
finally:
    shutil.rmtree(folder, ignore_errors=True)
sys.exit(1 if failures else 0)
