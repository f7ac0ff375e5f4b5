#!/usr/bin/env python3
"""kill -9 at every step between intent and receipt, on the real API server.

usage: kill_test.py HELIX TESTCLUSTER [--kills N] [--seed S]

A run of mixed writes; the service is killed N times, at fault points in turn (service/ports/fault_point.hpp) and at
random moments, and started again on its ledger. Afterwards, from the objects, the API server's audit log and the ledger:
every write has its record, every record its write, nothing was done twice, every intent has an ending, every key answers
as it did the first time, the chain is whole.
"""
import argparse
import collections
import json
import os
import random
import subprocess
import sys
import threading
import time

from check import expect, failures
from cluster import Cluster
from service import Service, free_port

POINTS = ["intent.before", "commit.before", "commit.after", "intent.after", "write.before", "send.before", "send.after",
          "write.after", "receipt.before", "receipt.after"]
NAMESPACE = "crash"
DEPLOYMENTS = 4
WRITES_PER_LIFE = 6


class Writes:
    """Writes that leave, each, a trace of their own on the cluster."""

    def __init__(self, dice):
        self.dice = dice
        self.count = 0
        self.made = []       # config maps that a create was answered for
        self.asked = {}      # key -> action
        self.answers = {}    # key -> (status, cycle id)

    def next(self):
        self.count += 1
        number = self.count
        deployment = {"kind": "Deployment", "namespace": NAMESPACE, "name": f"d{self.dice.randrange(DEPLOYMENTS)}"}
        kind = self.dice.choice(["label", "label", "scale", "scale", "create", "create", "delete", "plan-less"])
        if kind == "delete" and self.made:
            name = self.made.pop(self.dice.randrange(len(self.made)))
            action = {"verb": "delete", "object": {"kind": "ConfigMap", "namespace": NAMESPACE, "name": name},
                      "reason": "γ₁ floor: nothing reads it any more, and what it holds is freed"}
        elif kind == "scale":
            action = {"verb": "scale", "object": deployment, "replicas": self.dice.randrange(1, 5)}
        elif kind == "label":
            action = {"verb": "label", "object": deployment, "set": {f"w{number}": "done"}}
        else:
            action = {"verb": "create", "manifest": {"apiVersion": "v1", "kind": "ConfigMap", "data": {"n": str(number)},
                                                     "metadata": {"namespace": NAMESPACE, "name": f"c{number}"}}}
        self.asked[f"key-{number}"] = action
        return f"key-{number}", action

    def note(self, key, answer):
        """Remembers the first final answer to a key and holds every later one against it."""
        status, body, headers = answer
        if status in (503,) or (status == 409 and "idempotency" in body.get("type", "")) or status == 504:
            return False
        cycle = (body.get("cycle") or body).get("id")
        expect(f"{key} is answered with a receipt", cycle, f"{status} {json.dumps(body)[:400]}")
        seen = (200 if status == 201 else status, cycle)
        if key in self.answers:
            expect(f"{key} answers as before", self.answers[key] == seen, f"{self.answers[key]} then {seen}")
        self.answers[key] = seen
        if status == 201 and self.asked[key]["verb"] == "create":
            self.made.append(self.asked[key]["manifest"]["metadata"]["name"])
        return True


def settle(service, writes, pending):
    """Asks again for every key without a final answer; they all get one."""
    for key in list(pending):
        until = time.monotonic() + 60
        while service.alive() and time.monotonic() < until:
            answer = service.act(key, writes.asked[key])
            if answer and writes.note(key, answer):
                pending.discard(key)
                break
            time.sleep(0.05)


def live(helix, config, log, writes, pending, fault, dice):
    """One life of the service. Returns whether it was killed."""
    service = Service(helix, config, log, fault)
    timer = None
    try:
        if not service.await_writing():
            return True
        if fault is None and dice is not None:
            timer = threading.Timer(dice.uniform(0.0, 0.4), service.process.kill)
            timer.start()
        settle(service, writes, pending)
        for _ in range(WRITES_PER_LIFE if dice is not None else 0):
            key, action = writes.next()
            pending.add(key)
            answer = service.act(key, action)
            if answer and writes.note(key, answer):
                pending.discard(key)
            if not service.alive():
                return True
        return not service.alive()
    finally:
        if timer:
            timer.cancel()
        service.kill()


def records_of(helix, ledger):
    done = subprocess.run(["python3", "-c", """
import json, sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute("SELECT seq, kind, target, actor, body FROM records ORDER BY seq"):
    print(json.dumps(row))""", ledger], capture_output=True, text=True, check=True)
    return [dict(zip(("seq", "kind", "target", "actor", "body"), json.loads(line))) for line in done.stdout.splitlines()]


def check_ledger(helix, ledger):
    verified = subprocess.run([helix, "ledger", "verify", ledger, "-o", "json"], capture_output=True, text=True)
    expect("the chain is whole", verified.returncode == 0, verified.stdout + verified.stderr)
    records = records_of(helix, ledger)
    intents, receipts = collections.defaultdict(list), {}
    for record in records:
        body = json.loads(record["body"])
        if record["kind"] == "helix.intent":
            intents[body["cycle"]].append((record["seq"], body))
        if record["kind"] == "helix.cycle":
            expect(f"cycle {body['id']} has one receipt", body["id"] not in receipts)
            receipts[body["id"]] = (record["seq"], body)
    for cycle, its in intents.items():
        expect(f"the intents of {cycle} have an ending", cycle in receipts)
        expect(f"the intents of {cycle} come before it", cycle in receipts and its[-1][0] < receipts[cycle][0])
    return records, intents, receipts


def trace_of(action, deployments, config_maps):
    """Whether the cluster shows the action; None when the object cannot tell (a number of replicas)."""
    if action["verb"] == "label":
        labels = deployments[action["object"]["name"]]["metadata"].get("labels", {})
        return list(action["set"])[0] in labels
    if action["verb"] == "create":
        return action["manifest"]["metadata"]["name"] in config_maps
    if action["verb"] == "delete":
        return action["object"]["name"] not in config_maps
    return None


def check_cluster(cluster, writes, receipts):
    """Each receipt against the objects, and their sum against the audit log."""
    deployments = cluster.objects("deployments", NAMESPACE)
    config_maps = cluster.objects("configmaps", NAMESPACE)
    deleted = {body["actions"][0]["action"]["object"]["name"] for _, body in receipts.values()
               if body["actions"][0]["action"]["verb"] == "delete" and body["actions"][0]["outcome"] == "applied"}
    by_key = {body["idempotency_key"]: body for _, body in receipts.values()}
    applied, outcomes, replicas = collections.Counter(), collections.Counter(), {}
    for _, body in sorted(receipts.values(), key=lambda one: one[0]):
        step = body["actions"][0]
        outcomes[step["outcome"]] += 1
        action = writes.asked[body["idempotency_key"]]
        name = (action.get("object") or action["manifest"]["metadata"])["name"]
        if step["outcome"] == "applied":
            applied[name] += 1
            if action["verb"] == "scale":
                replicas[name] = action["replicas"]
        shown = trace_of(action, deployments, config_maps)
        if shown is None or (action["verb"] == "create" and name in deleted):
            continue
        expect(f"{body['idempotency_key']} ({action['verb']} {name}) is {step['outcome']} and the cluster shows it",
               shown == (step["outcome"] == "applied"), json.dumps(step)[:600])
    for key in writes.asked:
        expect(f"{key} has a receipt", key in by_key)
    for name, number in replicas.items():
        expect(f"{name} has the replicas of the last receipt", deployments[name]["spec"]["replicas"] == number,
               f"{deployments[name]['spec']['replicas']} and {number}")
    # What the server was at when its caller died may be done and logged as a failure of the server's.
    changed, cut_off = collections.Counter(), collections.Counter()
    for event in cluster.audit():
        if "dryRun" in event["requestURI"] or event["verb"] not in ("patch", "delete", "create", "update"):
            continue
        reference = event.get("objectRef", {})
        if event["user"]["username"] != USER or reference.get("namespace") != NAMESPACE:
            continue
        code = event.get("responseStatus", {}).get("code", 0)
        if code in (200, 201):
            changed[reference["name"]] += 1
        elif not 400 <= code < 500:
            cut_off[reference["name"]] += 1
    for name in set(changed) | set(applied):
        expect(f"{name} was written as often as the ledger says",
               changed[name] <= applied[name] <= changed[name] + cut_off[name],
               f"audit log {changed[name]} and {cut_off[name]} cut off, ledger {applied[name]}")
    return outcomes, sum(changed.values()), sum(cut_off.values())


USER = "dev-admin"


def prepare(cluster):
    global USER
    cluster.run("load", "--nodes", "4", "--pods", "0")
    cluster.kubectl("create", "namespace", NAMESPACE)
    for number in range(DEPLOYMENTS):
        template = {"metadata": {"labels": {"app": f"d{number}"}},
                    "spec": {"containers": [{"name": "c", "image": "registry.invalid/c:1",
                                             "resources": {"requests": {"memory": "64Mi", "cpu": "10m"}}}]}}
        cluster.kubectl("create", "-f", "-", stdin=json.dumps({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": f"d{number}", "namespace": NAMESPACE},
            "spec": {"replicas": 1, "selector": {"matchLabels": {"app": f"d{number}"}}, "template": template}}))
    cluster.run("wait-metrics")
    USER = json.loads(cluster.kubectl("--context", "dev-admin", "auth", "whoami", "-o", "json"))[
        "status"]["userInfo"]["username"]


def main():
    options = argparse.ArgumentParser()
    options.add_argument("helix")
    options.add_argument("testcluster")
    options.add_argument("--kills", type=int, default=int(os.environ.get("HELIX_KILLS", "500")))
    options.add_argument("--seed", type=int, default=1)
    arguments = options.parse_args()
    dice = random.Random(arguments.seed)
    with Cluster(arguments.testcluster) as cluster:
        prepare(cluster)
        ledger = os.path.join(cluster.folder, "ledger.db")
        config = os.path.join(cluster.folder, "helix.yaml")
        log = os.path.join(cluster.folder, "helix.log")
        with open(config, "w", encoding="utf-8") as file:
            json.dump({"listen": f"127.0.0.1:{free_port()}", "ledger": ledger, "kubeconfig": [cluster.kubeconfig],
                       "targets": [{"context": "dev-admin"}], "recovery_grace_s": 1, "metrics_every_s": 2}, file)
        writes, pending = Writes(dice), set()
        kills, lives, began = collections.Counter(), 0, time.monotonic()
        while sum(kills.values()) < arguments.kills:
            point = dice.choice(POINTS + ["any moment"])
            fault = None if point == "any moment" else f"{point}:{dice.randrange(1, 7)}"
            lives += 1
            if live(arguments.helix, config, log, writes, pending, fault, dice):
                kills[point] += 1
            if failures or lives > 3 * arguments.kills:
                break
        live(arguments.helix, config, log, writes, pending, None, None)
        expect("every key has a final answer", not pending, str(pending))
        records, intents, receipts = check_ledger(arguments.helix, ledger)
        outcomes, changes, cut_off = check_cluster(cluster, writes, receipts)
        recovered = sum(1 for _, body in receipts.values() if body.get("recovered"))
        if failures:
            sys.stderr.write(open(log, encoding="utf-8").read()[-4000:])
        print(f"{sum(kills.values())} kills at {len(kills)} places ("
              + ", ".join(f"{point} {count}" for point, count in sorted(kills.items())) + f"), seed {arguments.seed}, "
              f"{time.monotonic() - began:.0f} s")
        print(f"{writes.count} writes asked: {outcomes['applied']} applied, {outcomes['not-applied']} not applied, "
              f"{outcomes['not-run']} blocked, {outcomes['unknown']} unknown; {recovered} ended by a later process; "
              f"{changes} changes in the API server's audit log, {cut_off} requests cut off; {len(records)} records, chain "
              f"{'whole' if not failures else 'or checks BROKEN'}")
    sys.exit(1 if failures else 0)


main()
