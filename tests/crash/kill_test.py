#!/usr/bin/env python3
"""kill -9 at every step between intent and receipt, on the real API server.

usage: kill_test.py HELIX TESTCLUSTER [--kills N] [--seed S] [--postgres]

A run of mixed writes (mixed_writes.py: single ones and plans, drains, evictions, rolling restarts ...), of events that
come in and go out (events.py) and of signed checkpoints; the service is killed N times, at fault points
(service/ports/fault_point.hpp) and at random moments, and started again on its ledger; between kills it is stopped and
started, too. Afterwards, from the objects, the API server's audit log and the ledger (account.py): every write has its
record, an intent of its own before it and a certificate that holds, every record its write, nothing was done twice, every
intent has an ending, every key answers as it did the first time, every event is on record once and arrived in order, the
chain is whole and the history that every checkpoint was signed for.
"""
import argparse
import collections
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

from account import Account, Changes, check_audit, check_objects
from check import expect, failures
from cluster import Cluster
from mixed_run import MixedRun, prepare
from postgres import Postgres
from service import Service

# Where, and how late at most: the steps of a write, of holding the lease, of events and of what is kept beside the ledger.
POINTS = {"intent.before": 8, "commit.before": 12, "commit.after": 12, "intent.after": 8, "write.before": 8,
          "send.before": 12, "send.after": 12, "write.after": 8, "drain.cordoned": 1, "drain.evicted": 2,
          "receipt.before": 6, "receipt.after": 6, "recovery.told": 1,
          "lease.take.before": 1, "lease.take.after": 1, "lease.note.before": 1, "lease.note.after": 1,
          "lease.renew.before": 1, "lease.renew.after": 1, "lease.release.before": 1, "lease.release.after": 1,
          "events.before": 2, "events.after": 2, "outbox.send.before": 6, "outbox.send.after": 6,
          "outbox.move.before": 6, "outbox.move.after": 6, "letter.before": 2, "letter.after": 2, "resend.before": 2,
          "resend.after": 2, "nodes.before": 2, "nodes.after": 2, "file.before": 3, "file.written": 3,
          "file.synced": 3, "file.renamed": 3, "file.after": 3}
KILLS_AT_EACH = 25  # the others are at any moment, at least one of five
WRITES_PER_LIFE = 6
CHECKPOINTS_KEPT = 40


def live(helix, config, log, run, fault, dice):
    """One life of the service, the last one without dice. Returns whether it was killed; else it was told to stop, and
    did."""
    service = Service(helix, config, log, fault)
    timer = None
    try:
        if not service.await_writing():
            return True
        if fault is None and dice is not None:
            timer = threading.Timer(dice.uniform(0.0, 0.4), service.process.kill)
            timer.start()
        if dice is None:
            run.end(service)
        else:
            run.settle(service)
        for _ in range(WRITES_PER_LIFE if dice is not None else 0):
            run.ask(service)
            if not service.alive():
                return True
        if timer:
            timer.cancel()
            timer.join()
        stopped = service.stop()
        return not stopped
    finally:
        if timer:
            timer.cancel()
        service.kill()
        expect("it ends when told to, or by SIGKILL", service.process.returncode in (0, -signal.SIGKILL),
               str(service.process.returncode))


def check_checkpoints(helix, cluster, ledger, checkpoints, dice):
    """That the ledger is still the history that each of some checkpoints was signed for, whoever died meanwhile."""
    for text in dice.sample(checkpoints, min(CHECKPOINTS_KEPT, len(checkpoints))):
        with tempfile.NamedTemporaryFile("w", suffix=".checkpoint") as file:
            file.write(text)
            file.flush()
            told = subprocess.run([helix, "ledger", "verify", ledger, "--checkpoint", file.name, "--keys",
                                   os.path.join(cluster.folder, "keys", "0001.pub")], capture_output=True, text=True)
            expect("the ledger goes on from a checkpoint that was given", told.returncode == 0,
                   text + told.stdout + told.stderr)


def draw(dice, kills):
    """A fault to be set for the next life, and what it is called."""
    weights = [1] * len(POINTS) + [max(len(POINTS) / 4, kills / KILLS_AT_EACH - len(POINTS))]
    point = dice.choices([*POINTS, "any moment"], weights)[0]
    return point, None if point == "any moment" else f"{point}:{dice.randrange(POINTS[point]) + 1}"


def main():
    options = argparse.ArgumentParser()
    options.add_argument("helix")
    options.add_argument("testcluster")
    options.add_argument("--kills", type=int, default=int(os.environ.get("HELIX_KILLS", "500")))
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--postgres", action="store_true", help="the ledger in PostgreSQL instead of a SQLite file")
    arguments = options.parse_args()
    dice = random.Random(arguments.seed)
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(Cluster(arguments.testcluster))
        user = prepare(cluster)
        server = stack.enter_context(Postgres()) if arguments.postgres else None
        ledger = server.url if server else os.path.join(cluster.folder, "ledger.db")
        config, log = os.path.join(cluster.folder, "helix.yaml"), os.path.join(cluster.folder, "helix.log")
        run = MixedRun(dice)
        run.configure(arguments.helix, cluster, config, ledger)
        kills, lives, began = collections.Counter(), 0, time.monotonic()
        while sum(kills.values()) < arguments.kills and not failures and lives < 3 * arguments.kills:
            point, fault = draw(dice, arguments.kills)
            lives += 1
            if live(arguments.helix, config, log, run, fault, dice):
                kills[point] += 1
        live(arguments.helix, config, log, run, None, None)
        took = time.monotonic() - began
        expect("every key has a final answer", not run.pending, str(run.pending))
        account, changes = Account(arguments.helix, ledger, run.writes), Changes(cluster, user)
        account.check_endings()
        account.check_keys(run.writes)
        account.check_certificates(arguments.helix, dice)
        check_audit(account, changes)
        check_objects(cluster, account, changes)
        run.events.check(account.records)
        check_checkpoints(arguments.helix, cluster, ledger, run.checkpoints, dice)
        if failures:
            sys.stderr.write(open(log, encoding="utf-8").read()[-4000:])
        tell(arguments, kills, lives, took, run.writes, account, changes)
        run.events.tell()
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
