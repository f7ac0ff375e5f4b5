#!/usr/bin/env python3
"""kill -9 at every step between intent and receipt, on the real API server.

usage: kill_test.py HELIX TESTCLUSTER [--kills N] [--seed S]

A run of mixed writes (mixed_writes.py: single ones and plans, drains, evictions, rolling restarts ...); the service is
killed N times, at fault points in turn (service/ports/fault_point.hpp) and at random moments, and started again on its
ledger; between kills it is stopped and started, too. Afterwards, from the objects, the API server's audit log and the
ledger (account.py): every write has its record, every record its write, nothing was done twice, every intent has an
ending, every key answers as it did the first time, the chain is whole.
"""
import argparse
import collections
import json
import os
import random
import signal
import sys
import threading
import time

from account import Account, Changes, check_audit, check_objects
from check import expect, failures
from cluster import Cluster
from mixed_writes import DEPLOYMENTS, NAMESPACE, MixedWrites, container
from service import Service, free_port

POINTS = {"lease.taken": 1, "lease.noted": 1, "intent.before": 8, "commit.before": 12, "commit.after": 12,
          "intent.after": 8, "write.before": 8, "send.before": 12, "send.after": 12, "write.after": 8,
          "drain.cordoned": 1, "drain.evicted": 2, "receipt.before": 6, "receipt.after": 6}  # and how late at most
WRITES_PER_LIFE = 6


def settle(service, writes, pending):
    """Asks again for every key without a final answer; they all get one."""
    for key in sorted(pending):
        until = time.monotonic() + 60
        while service.alive() and time.monotonic() < until:
            if writes.ask(service, key):
                pending.discard(key)
                break
            time.sleep(0.05)


def live(helix, config, log, writes, pending, fault, dice):
    """One life of the service. Returns whether it was killed; else it was told to stop, and did."""
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
            key = writes.next()
            pending.add(key)
            if writes.ask(service, key):
                pending.discard(key)
            if not service.alive():
                return True
        if timer:
            timer.cancel()
            timer.join()
        stopped = service.stop()
        expect("it ends when told to, or by SIGKILL", service.process.returncode in (0, -signal.SIGKILL),
               str(service.process.returncode))
        return not stopped
    finally:
        if timer:
            timer.cancel()
        service.kill()


def prepare(cluster):
    """Nodes and deployments; returns the name under which the API server knows the service."""
    cluster.run("load", "--nodes", "6", "--pods", "0")
    cluster.kubectl("create", "namespace", NAMESPACE)
    for number in range(DEPLOYMENTS):
        template = {"metadata": {"labels": {"app": f"d{number}"}}, "spec": container("64Mi")}
        cluster.kubectl("create", "-f", "-", stdin=json.dumps({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": f"d{number}", "namespace": NAMESPACE},
            "spec": {"replicas": 1, "selector": {"matchLabels": {"app": f"d{number}"}}, "template": template}}))
    cluster.run("wait-metrics")
    return json.loads(cluster.kubectl("--context", "dev-admin", "auth", "whoami", "-o", "json"))[
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
        user = prepare(cluster)
        ledger = os.path.join(cluster.folder, "ledger.db")
        config = os.path.join(cluster.folder, "helix.yaml")
        log = os.path.join(cluster.folder, "helix.log")
        with open(config, "w", encoding="utf-8") as file:
            json.dump({"listen": f"127.0.0.1:{free_port()}", "ledger": ledger, "kubeconfig": [cluster.kubeconfig],
                       "targets": [{"context": "dev-admin"}], "recovery_grace_s": 1, "metrics_every_s": 2}, file)
        writes, pending = MixedWrites(dice), set()
        kills, lives, began = collections.Counter(), 0, time.monotonic()
        while sum(kills.values()) < arguments.kills and not failures and lives < 3 * arguments.kills:
            point = dice.choice([*POINTS, "any moment"])
            fault = None if point == "any moment" else f"{point}:{dice.randrange(POINTS[point]) + 1}"
            lives += 1
            if live(arguments.helix, config, log, writes, pending, fault, dice):
                kills[point] += 1
        live(arguments.helix, config, log, writes, pending, None, None)
        took = time.monotonic() - began
        expect("every key has a final answer", not pending, str(pending))
        account, changes = Account(arguments.helix, ledger, writes), Changes(cluster, user)
        account.check_endings()
        account.check_keys(writes)
        check_audit(account, changes)
        check_objects(cluster, account, changes)
        if failures:
            sys.stderr.write(open(log, encoding="utf-8").read()[-4000:])
        tell(arguments, kills, lives, took, writes, account, changes)
    sys.exit(1 if failures else 0)


def tell(arguments, kills, lives, took, writes, account, changes):
    print(f"{sum(kills.values())} kills at {len(kills)} places ("
          + ", ".join(f"{point} {count}" for point, count in sorted(kills.items()))
          + f") and {lives - sum(kills.values())} stops, seed {arguments.seed}, {took:.0f} s")
    verbs = collections.Counter(action["verb"] for _, action, _ in account.steps)
    print(f"{len(writes.asked)} requests, {len(account.steps)} writes ("
          + ", ".join(f"{verb} {count}" for verb, count in sorted(verbs.items())) + "): "
          + ", ".join(f"{count} {outcome}" for outcome, count in sorted(account.outcomes.items())))
    recovered = sum(1 for record in account.receipts.values() if record["body"].get("recovered"))
    print(f"{recovered} cycles ended by a later process; {sum(changes.done.values())} changes in the API server's audit "
          f"log, {sum(changes.cut_off.values())} requests cut off; {len(account.records)} records, chain "
          f"{'whole' if not failures else 'or checks BROKEN'}")


main()
