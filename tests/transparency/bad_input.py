#!/usr/bin/env python3
"""What is wrong with a proof, a checkpoint or a ledger file, and how each is told. usage: bad_input.py HELIX"""
import json
import os
import sqlite3
import sys
import tempfile

from service import Service, expect, finish

CHANGED, OTHER_TREE, WRONG_KEY, NEWER, TREE_NODE = 10, 11, 12, 13, 15


def spoil(proof, change):
    copy = json.loads(json.dumps(proof))
    change(copy)
    return copy


def flip(text):
    return text[:-1] + ("0" if text[-1] != "0" else "1")


def proofs(service, other):
    keys = service.file("keys", service.helix("ledger", "keys"))
    good = json.loads(service.helix("ledger", "proof", "3", "-o", "json"))
    path = service.file("proof.json", good)
    checkpoint = service.file("checkpoint", service.helix("ledger", "checkpoint"))

    def verify(what, code, said, *more, document=None):
        if document is not None:
            service.file("proof.json", document)
        text = service.helix("verify", "proof", path, *more, code=code, server=False)
        expect(f"{what}: says \"{said}\"", said in text, text)
        service.file("proof.json", good)

    verify("a good proof", 0, "ok  record 3")
    verify("with keys and checkpoint", 0, "checkpoint signed by", "--keys", keys, "--checkpoint", checkpoint)
    verify("a changed record", CHANGED, "was changed",
           document=spoil(good, lambda p: p["record"].update(actor="somebody else")))
    verify("a path of another record", OTHER_TREE, "another record or tree",
           document=spoil(good, lambda p: p.update(path=other.get("/v1/ledger/3/proof")["path"])))
    verify("a root that is not the checkpoint's", OTHER_TREE, "another tree",
           document=spoil(good, lambda p: p.update(checkpoint=other.request("/v1/ledger/checkpoint"))))
    verify("a checkpoint of another key", WRONG_KEY, "not among the keys given", "--keys",
           service.file("others", other.helix("ledger", "keys")))
    verify("a checkpoint that was edited", WRONG_KEY, "whose signature it is not", "--keys", keys,
           document=spoil(good, lambda p: p.update(checkpoint=p["checkpoint"].replace("\n8\n", "\n9\n"))))
    verify("a signature of another record", WRONG_KEY, "whose signature it is not", "--keys", keys,
           document=spoil(good, lambda p: p["record"].update(signature=service.get("/v1/ledger/4")["signature"])))
    verify("a record of a newer format", NEWER, "newer than this program knows",
           document=spoil(good, lambda p: p["record"].update(v=2)))
    verify("what is no proof", 2, "proof.json", document="{}")
    verify("what is no JSON", 2, "proof.json", document="not JSON")
    verify("keys that are none", 2, "name+hash+key", "--keys", path)
    service.helix("ledger", "proof", "8", code=4)
    service.helix("ledger", "proof", "3", "--size", "3", code=5)
    service.helix("ledger", "proof", "3", "--size", "99", code=5)
    expect("a size beyond the ledger is a bad parameter", service.status("/v1/ledger/consistency?from=99")[0] == 400)
    expect("a record without verdicts has no test result",
           service.status("/v1/ledger/3?format=dsse-test-result")[0] == 400)
    return keys, checkpoint


def histories(service, other, keys, checkpoint):
    """The same checkpoint against its own ledger, and against another."""
    others_keys = other.file("keys", other.helix("ledger", "keys"))
    service.grow(20, first=8)
    service.helix("ledger", "verify", "--checkpoint", checkpoint, "--keys", keys)
    other.helix("ledger", "verify", "--checkpoint", checkpoint, code=OTHER_TREE)
    other.helix("ledger", "verify", "--checkpoint", checkpoint, "--keys", others_keys, code=WRONG_KEY)
    longer = service.file("longer", service.helix("ledger", "checkpoint"))
    other.helix("ledger", "verify", "--checkpoint", longer, code=OTHER_TREE)


def files(service, other, keys, checkpoint):
    """The ledger file itself, offline, as it is and changed by hand."""
    verify = ["ledger", "verify", service.ledger, "--keys", keys, "--checkpoint", checkpoint]
    out = service.helix(*verify, server=False)
    expect("all records are signed", "signed: 28 records" in out, out)
    service.helix("ledger", "verify", other.ledger, "--checkpoint", checkpoint, code=OTHER_TREE, server=False)
    service.helix("ledger", "verify", other.ledger, "--keys", keys, code=WRONG_KEY, server=False)

    def by_hand(sql):
        with sqlite3.connect(service.ledger) as database:
            database.execute("DROP TRIGGER IF EXISTS records_are_not_changed")
            database.execute(sql)
        database.close()

    by_hand("INSERT OR REPLACE INTO tree_nodes (level, idx, hash) VALUES (4, 0, zeroblob(32))")
    text = service.helix(*verify, code=TREE_NODE, server=False)
    expect("the wrong node of the tree is named", "records 0 to 15" in text, text)
    by_hand("DELETE FROM tree_nodes")
    service.helix(*verify, server=False)
    by_hand("UPDATE records SET signature = (SELECT signature FROM records WHERE seq = 4) WHERE seq = 5")
    text = service.helix(*verify, code=WRONG_KEY, server=False)
    expect("the seq of the wrong signature is named", "seq 5" in text, text)
    by_hand("UPDATE records SET actor = 'somebody else' WHERE seq = 2")
    text = service.helix(*verify, code=CHANGED, server=False)
    expect("the seq of the changed record is named", "seq 2" in text, text)
    by_hand("UPDATE records SET v = 2 WHERE seq = 1")
    text = service.helix(*verify, code=NEWER, server=False)
    expect("the newer record is named", "record 1" in text, text)


def main(program):
    with tempfile.TemporaryDirectory(prefix="helix-bad-") as folder:
        for name in ("one", "other"):
            os.mkdir(os.path.join(folder, name))
        service = Service(program, os.path.join(folder, "one"))
        other = Service(program, os.path.join(folder, "other"))
        with service, other:
            size = service.get("/v1/ledger/consistency")["to"]
            service.grow(8 - size)
            other.grow(9 - other.get("/v1/ledger/consistency")["to"], first=100)
            keys, checkpoint = proofs(service, other)
            histories(service, other, keys, checkpoint)
        files(service, other, keys, checkpoint)


main(sys.argv[1])
finish()
