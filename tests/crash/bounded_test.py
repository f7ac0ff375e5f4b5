#!/usr/bin/env python3
"""What a service on PostgreSQL needs while its ledger is away, and how soon it writes again.

usage: bounded_test.py HELIX TESTCLUSTER

Under a load of mixed writes, events, checkpoints and readers the server is killed and restarted, stopped for longer than
the lease, and its link goes dead. Memory, descriptors and threads of the service stay bounded during each fault and
after it (HELIX_AFTER_S seconds), it writes again within seconds, and objects, audit log and ledger agree at the end.
"""
import concurrent.futures
import contextlib
import http.client
import os
import random
import sys
import threading
import time

from account import Account, Changes, check_audit, check_objects
from check import expect, failures
from cluster import Cluster
from mixed_run import MixedRun, prepare
from postgres import Postgres
from relay import Relay
from service import Service

AWAY_S = 5
BACK_WITHIN_S = 10
AFTER_S = float(os.environ.get("HELIX_AFTER_S", "5"))
READERS = 4
MORE_AT_MOST = 10   # descriptors, threads
TIMES_AT_MOST = 2   # memory


class Needs:
    """The greatest need of a process, looked at all the time."""

    def __init__(self, pid):
        self.pid, self.most, self.ending = pid, {}, threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self):
        while not self.ending.wait(0.05):
            now = self.now()
            self.most = {what: max(much, self.most.get(what, 0)) for what, much in now.items()}

    def now(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            status = dict(line.split(":", 1) for line in file)
        return {"RSS": int(status["VmRSS"].split()[0]), "threads": int(status["Threads"]),
                "descriptors": len(os.listdir(f"/proc/{self.pid}/fd"))}

    def take(self):
        """The greatest since the last call."""
        most, self.most = self.most, {}
        return most


class Load:
    """Writes and events one after the other, readers beside them, until it is told to end.

    A reader keeps its connection: with a new one for each request the count of descriptors would tell how soon a busy
    machine sees that a client has gone, and not what the service needs.
    """

    def __init__(self, service, run):
        self.service, self.run, self.ending, self.written_at = service, run, threading.Event(), 0.0
        self.clients = concurrent.futures.ThreadPoolExecutor(1 + READERS)
        self.at_work = [self.clients.submit(self._write)] + [self.clients.submit(self._read) for _ in range(READERS)]

    def _write(self):
        while not self.ending.is_set():
            before = len(self.run.writes.answers)
            self.run.settle(self.service)
            self.run.ask(self.service)
            if len(self.run.writes.answers) > before:
                self.written_at = time.monotonic()

    def _read(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=60)
        while not self.ending.is_set():
            for path in ("/v1/ledger?limit=200", "/v1/units", "/metrics", "/readyz"):
                connection.request("GET", path)
                connection.getresponse().read()
        connection.close()

    def await_write(self, deadline_s):
        """Seconds until a write is answered; nothing when none is."""
        since = time.monotonic()
        while time.monotonic() < since + deadline_s:
            if self.written_at > since:
                return self.written_at - since
            time.sleep(0.01)
        return None

    def end(self):
        """Fails when one of the clients did: each request was answered, whatever happened."""
        self.ending.set()
        self.clients.shutdown()
        for one in self.at_work:
            one.result()


def faults_of(server, relay):
    return {"killed and restarted": (server.kill, server.launch),
            "stopped": (server.freeze, server.thaw),
            "cut off": (relay.cut, relay.mend)}


def endure(name, begin, end, load, needs, normal):
    needs.take()
    begin()
    time.sleep(AWAY_S)
    away = time.monotonic() - load.written_at
    expect(f"{name}: nothing is written meanwhile", away > AWAY_S - 1, f"{away:.1f} s ago")
    end()
    back = load.await_write(60)
    expect(f"{name}: it writes again in time", back is not None and back <= BACK_WITHIN_S, str(back))
    time.sleep(AFTER_S)
    most = needs.take()
    expect(f"{name}: memory is bounded", most["RSS"] <= TIMES_AT_MOST * normal["RSS"], f"{most}, normally {normal}")
    for what in ("descriptors", "threads"):
        expect(f"{name}: {what} are bounded", most[what] <= normal[what] + MORE_AT_MOST, f"{most}, normally {normal}")
    print(f"{name}: wrote again after {back if back is None else round(back, 1)} s; at most {most['RSS'] / 1024:.1f} MiB, "
          f"{most['descriptors']} descriptors, {most['threads']} threads")


def main():
    helix, testcluster = sys.argv[1], sys.argv[2]
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(Cluster(testcluster))
        user = prepare(cluster)
        server = stack.enter_context(Postgres())
        relay = stack.enter_context(Relay(server.folder))
        run = MixedRun(random.Random(1))
        config, log = os.path.join(cluster.folder, "helix.yaml"), os.path.join(cluster.folder, "helix.log")
        run.configure(helix, cluster, config, server.url.replace(server.folder, relay.folder))
        service = Service(helix, config, log)
        stack.callback(service.kill)
        service.await_writing()
        needs, load = Needs(service.process.pid), Load(service, run)
        stack.callback(load.end)
        time.sleep(2 * AFTER_S)
        normal = needs.take()
        print(f"normally: at most {normal['RSS'] / 1024:.1f} MiB, {normal['descriptors']} descriptors, "
              f"{normal['threads']} threads")
        for name, (begin, end) in faults_of(server, relay).items():
            endure(name, begin, end, load, needs, normal)
        load.end()
        run.end(service)
        needs.ending.set()
        expect("it ends", service.stop())
        account, changes = Account(helix, server.url, run.writes), Changes(cluster, user)
        account.check_endings()
        account.check_keys(run.writes)
        check_audit(account, changes)
        check_objects(cluster, account, changes)
        run.events.check(account.records)
        if failures:
            sys.stderr.write(open(log, encoding="utf-8").read()[-4000:])
        print(f"{len(account.steps)} writes, {len(account.records)} records, chain "
              f"{'whole' if not failures else 'or checks BROKEN'}")
        run.events.tell()
    sys.exit(1 if failures else 0)


main()
