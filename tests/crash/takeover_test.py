#!/usr/bin/env python3
"""Two processes on one ledger, one of them put to sleep, or cut off, between two steps past its lease, and back again.

usage: takeover_test.py HELIX TESTCLUSTER [--rounds N] [--postgres | --partition]

The other takes over in time, ends what the sleeper left open and answers its key. The woken one does nothing a second
time, and answers what the ledger says. HELIX_TAKEOVERS says how many rounds over all places are played unless --rounds
does.
"""
import argparse
import collections
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time

from check import expect, failures
from cluster import Cluster
from postgres import Postgres
from relay import Relay
from service import Service, free_port

POINTS = ["intent.before", "intent.after", "write.before", "send.before", "send.after", "write.after", "receipt.before",
          "receipt.after"]
NAMESPACE = "takeover"
LEASE_S = 2
TAKEN_OVER_WITHIN_S = 20


def config_of(cluster, name, ledger):
    """As docs/postgresql.md has it: keys that all share, a state of each one's own."""
    path = os.path.join(cluster.folder, name + ".yaml")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"listen": f"127.0.0.1:{free_port()}", "instance": name, "lease_s": LEASE_S, "recovery_grace_s": 0,
                   "ledger": ledger, "signing": os.path.join(cluster.folder, "keys"),
                   "state": os.path.join(cluster.folder, "state-" + name), "metrics_every_s": 2,
                   "kubeconfig": [cluster.kubeconfig], "targets": [{"context": "dev-admin"}]}, file)
    return path


def final(service, key, action, deadline_s=40):
    """The first answer to `key` that is one: neither "wait" nor "not me"."""
    until = time.monotonic() + deadline_s
    answer = None
    while time.monotonic() < until:
        answer = service.act(key, action)
        kind = (answer[1] or {}).get("type", "") if answer else "none"
        if answer and answer[0] not in (503, 504) and "idempotency-in-progress" not in kind and answer[0] != 412:
            return answer
        time.sleep(0.1)
    raise SystemExit(f"no final answer to {key}: {answer}")


def receipt_of(answer):
    return answer[1].get("cycle") or answer[1]


def play(helix, cluster, ledger, number, point, relay):
    """One process is held up at `point`: it sleeps, or, with a relay, goes on at once and both believe, without its link
    to the ledger. Returns the receipt of what it was about, and after how many seconds the other gave it."""
    action = {"verb": "label", "object": {"kind": "ConfigMap", "namespace": NAMESPACE, "name": "board"},
              "set": {f"w{number}": "done"}}
    key = f"key-{number}"
    log = os.path.join(cluster.folder, "helix.log")
    link = f"postgresql://helix@/postgres?host={relay.folder}" if relay else ledger
    sleeper = Service(helix, config_of(cluster, "sleeper", link), log, f"{point}:1:stop")
    assert sleeper.await_writing()
    other = Service(helix, config_of(cluster, "other", ledger), log)
    answers = {}
    asking = threading.Thread(target=lambda: answers.update(first=sleeper.act(key, action)))
    asking.start()
    try:
        sleeper.await_stopped()
        asleep = time.monotonic()
        if relay:
            relay.cut()
            sleeper.process.send_signal(signal.SIGCONT)
        taken = final(other, key, action)
        took = time.monotonic() - asleep
        if relay:
            relay.mend()
        sleeper.process.send_signal(signal.SIGCONT)
        asking.join(timeout=60)
        # The sleeper's own caller is told the same, or that he has to ask again.
        if answers["first"] and answers["first"][0] in (200, 201):
            expect(f"{point}: the sleeper's answer is the ledger's",
                   receipt_of(answers["first"])["id"] == receipt_of(taken)["id"], str(answers["first"])[:400])
        again = final(sleeper, key, action)
        expect(f"{point}: asked again it answers the same receipt", receipt_of(again)["id"] == receipt_of(taken)["id"],
               f"{str(again)[:300]}\n{str(taken)[:300]}")
        return receipt_of(taken), took
    finally:
        if relay:
            relay.mend()
        if sleeper.alive():
            sleeper.process.send_signal(signal.SIGCONT)
        asking.join(timeout=60)
        other.kill()
        sleeper.kill()


def expect_one_signer(helix, cluster, ledger):
    """Whoever wrote what: the ledger holds, and each record's signature is by the key that all share."""
    reader = Service(helix, config_of(cluster, "other", ledger), os.path.join(cluster.folder, "helix.log"))
    try:
        report = reader.ask("GET", "/v1/ledger/verify")
        expect("the ledger holds, signed by one key", report and report[1].get("ok") is True, str(report)[:400])
    finally:
        reader.kill()


def main():
    options = argparse.ArgumentParser()
    options.add_argument("helix")
    options.add_argument("testcluster")
    options.add_argument("--rounds", type=int, default=int(os.environ.get("HELIX_TAKEOVERS", "1")))
    options.add_argument("--postgres", action="store_true", help="the ledger in PostgreSQL instead of a SQLite file")
    options.add_argument("--partition", action="store_true", help="cut off from that PostgreSQL instead of sleeping")
    arguments = options.parse_args()
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(Cluster(arguments.testcluster))
        server = stack.enter_context(Postgres()) if arguments.postgres or arguments.partition else None
        relay = stack.enter_context(Relay(server.folder)) if arguments.partition else None
        cluster.run("load", "--nodes", "1", "--pods", "0")
        cluster.kubectl("create", "namespace", NAMESPACE)
        cluster.kubectl("create", "configmap", "board", "-n", NAMESPACE)
        cluster.run("wait-metrics")
        ledger = server.url if server else os.path.join(cluster.folder, "ledger.db")
        subprocess.run([arguments.helix, "keys", "generate", os.path.join(cluster.folder, "keys"), "--name",
                        "example.com/helix"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([os.path.abspath(arguments.helix), "serve", "--migrate-only", "--ledger", ledger], check=True,
                       stdout=subprocess.DEVNULL, cwd=cluster.folder)
        expect("a migration makes no key", not os.path.exists(os.path.join(cluster.folder, "helix-state")))
        outcomes, applied, times = collections.Counter(), 0, []
        for number, point in enumerate(POINTS * arguments.rounds):
            receipt, took = play(arguments.helix, cluster, ledger, number, point, relay)
            times.append(took)
            outcome = receipt["actions"][0]["outcome"]
            outcomes[outcome] += 1
            applied += outcome == "applied"
            labels = cluster.objects("configmaps", NAMESPACE)["board"]["metadata"].get("labels", {})
            expect(f"{point}: {outcome}, and the object shows it", (f"w{number}" in labels) == (outcome == "applied"),
                   json.dumps(receipt)[:600])
        expect_one_signer(arguments.helix, cluster, ledger)
        slowest = sorted(times)[len(times) * 99 // 100]
        expect("taken over in time", slowest <= TAKEN_OVER_WITHIN_S, f"{slowest:.1f} s")
        user = json.loads(cluster.kubectl("--context", "dev-admin", "auth", "whoami", "-o", "json"))
        name = user["status"]["userInfo"]["username"]
        writes = [event for event in cluster.audit()
                  if event["user"].get("username") == name and event["verb"] == "patch" and "dryRun" not in event["requestURI"]
                  and event.get("objectRef", {}).get("name") == "board" and event["responseStatus"]["code"] == 200]
        expect("written as often as the ledger says", len(writes) == applied, f"{len(writes)} and {applied}")
        if failures:
            sys.stderr.write(open(os.path.join(cluster.folder, "helix.log"), encoding="utf-8").read()[-4000:])
        held_up = "were cut off from the ledger past their lease" if relay else "slept past their lease"
        print(f"{len(POINTS) * arguments.rounds} processes {held_up} at {len(POINTS)} places and came back: "
              + ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
              + f"; {len(writes)} writes in the API server's audit log; with a lease of {LEASE_S} s taken over within "
              f"{slowest:.1f} s (p99)")
    sys.exit(1 if failures else 0)


main()
