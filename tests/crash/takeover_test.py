#!/usr/bin/env python3
"""Two processes on one ledger, one of them put to sleep between two steps past its lease, and woken.

usage: takeover_test.py HELIX TESTCLUSTER [--rounds N] [--postgres]

The other takes over, ends what the sleeper left open and answers its key. The woken one does nothing a second time, and
answers what the ledger says.
"""
import argparse
import collections
import contextlib
import json
import os
import signal
import sys
import threading
import time

from check import expect, failures
from cluster import Cluster
from postgres import Postgres
from service import Service, free_port

POINTS = ["intent.before", "intent.after", "write.before", "send.before", "send.after", "write.after", "receipt.before",
          "receipt.after"]
NAMESPACE = "takeover"
LEASE_S = 2


def config_of(cluster, name, ledger):
    path = os.path.join(cluster.folder, name + ".yaml")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"listen": f"127.0.0.1:{free_port()}", "instance": name, "lease_s": LEASE_S, "recovery_grace_s": 0,
                   "ledger": ledger, "state": os.path.join(cluster.folder, "state"), "metrics_every_s": 2,
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


def play(helix, cluster, ledger, number, point):
    action = {"verb": "label", "object": {"kind": "ConfigMap", "namespace": NAMESPACE, "name": "board"},
              "set": {f"w{number}": "done"}}
    key = f"key-{number}"
    log = os.path.join(cluster.folder, "helix.log")
    sleeper = Service(helix, config_of(cluster, "sleeper", ledger), log, f"{point}:1:stop")
    assert sleeper.await_writing()
    other = Service(helix, config_of(cluster, "other", ledger), log)
    answers = {}
    asking = threading.Thread(target=lambda: answers.update(first=sleeper.act(key, action)))
    asking.start()
    try:
        sleeper.await_stopped()
        taken = final(other, key, action)
        sleeper.process.send_signal(signal.SIGCONT)
        asking.join(timeout=60)
        # The sleeper's own caller is told the same, or that he has to ask again.
        if answers["first"] and answers["first"][0] in (200, 201):
            expect(f"{point}: the sleeper's answer is the ledger's",
                   receipt_of(answers["first"])["id"] == receipt_of(taken)["id"], str(answers["first"])[:400])
        again = final(sleeper, key, action)
        expect(f"{point}: asked again it answers the same receipt", receipt_of(again)["id"] == receipt_of(taken)["id"],
               f"{str(again)[:300]}\n{str(taken)[:300]}")
        return receipt_of(taken)
    finally:
        if sleeper.alive():
            sleeper.process.send_signal(signal.SIGCONT)
        asking.join(timeout=60)
        other.kill()
        sleeper.kill()


def main():
    options = argparse.ArgumentParser()
    options.add_argument("helix")
    options.add_argument("testcluster")
    options.add_argument("--rounds", type=int, default=1)
    options.add_argument("--postgres", action="store_true", help="the ledger in PostgreSQL instead of a SQLite file")
    arguments = options.parse_args()
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(Cluster(arguments.testcluster))
        server = stack.enter_context(Postgres()) if arguments.postgres else None
        cluster.run("load", "--nodes", "1", "--pods", "0")
        cluster.kubectl("create", "namespace", NAMESPACE)
        cluster.kubectl("create", "configmap", "board", "-n", NAMESPACE)
        cluster.run("wait-metrics")
        ledger = server.url if server else os.path.join(cluster.folder, "ledger.db")
        outcomes, applied = collections.Counter(), 0
        for number, point in enumerate(POINTS * arguments.rounds):
            receipt = play(arguments.helix, cluster, ledger, number, point)
            outcome = receipt["actions"][0]["outcome"]
            outcomes[outcome] += 1
            applied += outcome == "applied"
            labels = cluster.objects("configmaps", NAMESPACE)["board"]["metadata"].get("labels", {})
            expect(f"{point}: {outcome}, and the object shows it", (f"w{number}" in labels) == (outcome == "applied"),
                   json.dumps(receipt)[:600])
        user = json.loads(cluster.kubectl("--context", "dev-admin", "auth", "whoami", "-o", "json"))
        name = user["status"]["userInfo"]["username"]
        writes = [event for event in cluster.audit()
                  if event["user"].get("username") == name and event["verb"] == "patch" and "dryRun" not in event["requestURI"]
                  and event.get("objectRef", {}).get("name") == "board" and event["responseStatus"]["code"] == 200]
        expect("written as often as the ledger says", len(writes) == applied, f"{len(writes)} and {applied}")
        if failures:
            sys.stderr.write(open(os.path.join(cluster.folder, "helix.log"), encoding="utf-8").read()[-4000:])
        print(f"{len(POINTS) * arguments.rounds} processes slept past their lease at {len(POINTS)} places and were woken: "
              + ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
              + f"; {len(writes)} writes in the API server's audit log")
    sys.exit(1 if failures else 0)


main()
