#!/usr/bin/env python3
"""A ledger's file that was spoiled while nobody held it: one byte of a record is refused at start, and named; far back in
a long ledger it is found soon after, and from then on nothing is written. usage: damaged.py HELIX"""
import hashlib
import json
import os
import shutil
import sqlite3
import sys
import tempfile
import time
import urllib.error

from service import Service, expect, finish

LOOKED_AT = 100_000  # the newest records, at start


def flip(path, wanted):
    """One bit of the first byte after `wanted`, wherever it lies in the file."""
    with open(path, "r+b") as file:
        at = file.read().rindex(wanted) + len(wanted)
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 1]))


def lengthen(ledger, count):
    """Appends `count` records as the writer would, to a ledger that nobody holds."""
    with sqlite3.connect(ledger) as database:
        seq, link = database.execute("SELECT seq, hash FROM records ORDER BY seq DESC LIMIT 1").fetchone()
        rows = []
        for number in range(seq + 1, seq + 1 + count):
            record = {"actor": "a", "at": "2026-11-21T00:00:00.000000Z", "body": {"n": number}, "gamma1": "14.134725141734693",
                      "id": f"01{number:024d}", "kind": "test.grown", "prev_hash": link.hex(), "seq": number,
                      "target": "t", "v": 1}
            text = json.dumps(record, sort_keys=True, separators=(",", ":"))
            before, link = link, hashlib.sha256(text.encode()).digest()
            body = json.dumps(record["body"], separators=(",", ":"))
            rows.append((number, 1, record["id"], 1795219200000000, "test.grown", "t", "a", body, before, link))
        database.executemany("INSERT INTO records (seq, v, id, at_us, kind, target, actor, body, prev_hash, hash)"
                             " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    database.close()


def spoiled_byte(service):
    with service:
        service.grow(30)
        spoiled = next(record for record in service.get("/v1/ledger?limit=100")["items"]
                       if record["kind"] == "event.received" and '"number":17' in json.dumps(record).replace(" ", ""))
    good = service.file("good.db")
    shutil.copy(service.ledger, good)
    flip(service.ledger, b'"number":17')
    code, said = service.refusal()
    expect("a spoiled byte is refused at start, and its record named", code == 10 and f"seq {spoiled['seq']}" in said,
           f"{code} {said}")
    shutil.copy(good, service.ledger)


def far_back(service):
    lengthen(service.ledger, LOOKED_AT)
    with sqlite3.connect(service.ledger) as database:
        database.execute("DROP TRIGGER IF EXISTS records_are_not_changed")
        database.execute("UPDATE records SET actor = 'somebody else' WHERE seq = 3")
    database.close()
    with service:
        until = time.monotonic() + 60
        while service.status("/readyz")[0] == 200 and time.monotonic() < until:
            time.sleep(0.1)
        status, body = service.status("/readyz")
        expect("it is not ready", status == 503 and "seq 3" in json.dumps(body), str(body))
        try:
            service.grow(1, first=900)
            expect("nothing is appended", False)
        except urllib.error.HTTPError as refused:
            problem = json.loads(refused.read())
            expect("what is refused says why", refused.code == 500 and "seq 3" in problem["detail"], str(problem))
        expect("reads go on", service.get("/v1/ledger/5")["seq"] == 5)


def main(program):
    with tempfile.TemporaryDirectory(prefix="helix-damaged-") as folder:
        service = Service(program, folder)
        spoiled_byte(service)
        far_back(service)


main(sys.argv[1])
finish()
