#!/usr/bin/env python3
"""A store that is not the one that was written to is refused at start. usage: roll_back.py HELIX"""
import glob
import os
import shutil
import sys
import tempfile

from service import Service, expect, finish


def remove_store(service):
    for path in glob.glob(service.ledger + "*"):
        if os.path.isfile(path):
            os.remove(path)


def refused(service, why):
    code, said = service.refusal()
    expect(f"refused: {why}", code != 0 and why in said and "last saw the head" in said, f"{code} {said}")


def main(program):
    with tempfile.TemporaryDirectory(prefix="helix-back-") as folder:
        service = Service(program, folder)
        with service:
            service.grow(10)
        copy = service.file("copy.db")
        shutil.copy(service.ledger, copy)
        with service:  # the same store again is what it was
            service.grow(40, first=10)
        whole = service.file("whole.db")
        shutil.copy(service.ledger, whole)

        remove_store(service)
        shutil.copy(copy, service.ledger)
        refused(service, "shorter than it was")
        remove_store(service)
        refused(service, "is empty")

        strange = Service(program, folder)
        strange.ledger = service.file("strange.db")
        with strange:
            strange.grow(80, first=500)
        remove_store(service)
        shutil.copy(strange.ledger, service.ledger)
        refused(service, "another history")

        remove_store(service)
        shutil.copy(whole, service.ledger)
        with service:
            service.helix("ledger", "verify")
            service.grow(1, first=900)
        head = service.file("ledger.db.state/head")
        with open(head, encoding="utf-8") as file:
            expect("the head is written down as verify takes it", ":" in file.read())
        service.file("ledger.db.state/head", "nonsense\n")
        code, said = service.refusal()
        expect("an unreadable memory is told", code != 0 and "does not hold a head" in said, said)
        os.chmod(service.file("ledger.db.state/keys/0001.pem"), 0o644)
        code, said = service.refusal()
        expect("a key that others may read is refused", code != 0 and "chmod 600" in said, said)


main(sys.argv[1])
finish()
