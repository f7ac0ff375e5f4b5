#!/usr/bin/env python3
"""What is wrong with a proof, a checkpoint or a ledger file, and how each is told. usage: bad_input.py HELIX"""
import json
import os
import sqlite3
import sys
import tempfile

from service import Service, expect, finish

CHANGED, OTHER_TREE, WRONG_KEY, NEWER, CUT, TREE_NODE = 10, 11, 12, 13, 14, 15
NO_EVIDENCE = 10


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
    unsigned = spoil(good, lambda p: (p.pop("checkpoint"), p["record"].pop("signature")))
    verify("a proof that nobody signed", 0, "signature not checked", document=unsigned)
    verify("a proof that nobody signed, where keys are given", WRONG_KEY, "anybody can have made it up", "--keys", keys,
           document=unsigned)
    verify("the same with a signed checkpoint of its tree", 0, "checkpoint signed by", "--keys", keys, "--checkpoint",
           checkpoint, document=unsigned)
    verify("a record of a newer format", NEWER, "newer than this program knows",
           document=spoil(good, lambda p: p["record"].update(v=2)))
    verify("what is no proof", NO_EVIDENCE, "proof.json", document="{}")
    verify("what is no JSON", NO_EVIDENCE, "proof.json", document="not JSON")
    verify("a checkpoint that is none", NO_EVIDENCE, "not a", "--checkpoint", keys)
    verify("keys that are none", 2, "name+hash+key", "--keys", path)
    large = service.file("large", "[" * (65 << 20))
    verify("a proof as large as none", NO_EVIDENCE, "over 64 MiB", document="[" * (65 << 20))
    verify("a checkpoint as large as none", NO_EVIDENCE, "over 64 MiB", "--checkpoint", large)
    verify("keys as large as none", 2, "over 64 MiB", "--keys", large)
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
    signed_by = "signed by " + service.get("/v1/ledger/keys")["keys"][0]["id"]
    verify = ["ledger", "verify"]

    def whole(what, said, *more):
        out = service.helix(*verify, *more)
        expect(f"{what}: says \"{said}\"", out.startswith("ok") and said in out, out)

    whole("checkpoint and keys", "checkpoint: of 8 records, " + signed_by, "--checkpoint", checkpoint, "--keys", keys)
    whole("no keys", "checkpoint: of 8 records, signature not checked", "--checkpoint", checkpoint)
    whole("no checkpoint", "checkpoint: of 28 records, " + signed_by, "--keys", keys)

    def broken(what, code, said, *more, of=other):
        """Told once, as broken, in words and in JSON."""
        out, err = of.run(*verify, *more, code=code)
        expect(f"{what}: nothing is called whole", out.startswith("BROKEN") and "ok" not in out, out)
        expect(f"{what}: says \"{said}\"", said in out and said in err, out + err)
        out, _ = of.run(*verify, *more, "-o", "json", code=code)
        report = json.loads(out)
        expect(f"{what}: the JSON says so, too", report["ok"] is False and said in report["fault"], out)

    broken("another ledger", OTHER_TREE, "does not begin with", "--checkpoint", checkpoint)
    other.helix(*verify, "--checkpoint", checkpoint, "--keys", others_keys, code=WRONG_KEY)
    broken("other keys", WRONG_KEY, "not among the keys given", "--keys", keys)
    longer = service.file("longer", service.helix("ledger", "checkpoint"))
    broken("a longer checkpoint", OTHER_TREE, "fewer records than", "--checkpoint", longer)
    service.helix(*verify, "--checkpoint", keys, code=NO_EVIDENCE)
    return longer


def edit(service, sql):
    """As somebody who may write to the database's file."""
    with sqlite3.connect(service.ledger, timeout=30) as database:
        database.execute("DROP TRIGGER IF EXISTS records_are_not_changed")
        database.execute(sql)
    database.close()


def served(service):
    """What was edited under a running service: it puts its name to none of it."""
    good = service.get("/v1/ledger/5")
    edit(service, "UPDATE records SET actor = 'somebody else' WHERE seq = 5")
    for format in ("dsse", "dsse-test-result"):
        status, problem = service.status(f"/v1/ledger/5?format={format}")
        expect(f"an edited record is not attested as {format}", (status, "data-loss" in problem["type"]) == (500, True),
               str(problem))
    expect("nor proved", service.status("/v1/ledger/5/proof")[0] == 500)
    edit(service, f"UPDATE records SET actor = '{good['actor']}' WHERE seq = 5")
    service.get("/v1/ledger/5/proof")
    edit(service, "INSERT OR REPLACE INTO tree_nodes (level, idx, hash) VALUES (4, 0, zeroblob(32))")
    for path in ("checkpoint", "20/proof", "consistency?from=17"):
        status, problem = service.status("/v1/ledger/" + path)
        expect(f"a root from a damaged node is not signed: {path}", status == 500, str(problem))
    edit(service, "DELETE FROM tree_nodes")
    service.request("/v1/ledger/checkpoint")


def unsigned(program, service, keys):
    """The same ledger when its service signs no more."""
    mute = Service(program, service.folder, "--config", service.file("off.yaml", "signing: \"off\"\n"))
    with mute:
        mute.helix("ledger", "verify")
        out, err = mute.run("ledger", "verify", "--keys", keys, code=WRONG_KEY)
        expect("a service that does not sign is told", "does not sign" in err and out.startswith("BROKEN"), out + err)


def cut(service):
    """An export that ends in the middle of a record is told alike by whoever reads it."""
    path = service.file("whole.jsonl")
    service.helix("ledger", "export", path, "--ledger", service.ledger, server=False)
    with open(path, encoding="utf-8") as file:
        path = service.file("cut.jsonl", file.read()[:-9])
    for verb in ("verify", "view"):
        text = service.helix("ledger", verb, path, code=CUT, server=False)
    expect("view says where it ends", "in the middle of this record" in text, text)
    service.helix("ledger", "view", path, "--seq", "3", server=False)
    text = service.helix("ledger", "view", path, "--seq", "99", code=4, server=False)
    expect("what is not found may have been cut off", "in the middle of this record" in text, text)


def files(service, other, keys, checkpoint, longer):
    """The ledger file itself, offline, as it is and changed by hand."""
    cut(service)
    text = service.helix("ledger", "verify", other.ledger, "--checkpoint", longer, code=OTHER_TREE, server=False)
    expect("a file that is shorter than its checkpoint is told as a service is", "seq 9" in text, text)
    verify = ["ledger", "verify", service.ledger, "--keys", keys, "--checkpoint", checkpoint]
    out = service.helix(*verify, server=False)
    expect("all records are signed", "signed: 28 records" in out, out)
    expect("the checkpoint is, too", "checkpoint: of 8 records, signed by" in out, out)
    service.helix("ledger", "verify", other.ledger, "--checkpoint", checkpoint, code=OTHER_TREE, server=False)
    service.helix("ledger", "verify", other.ledger, "--keys", keys, code=WRONG_KEY, server=False)

    def by_hand(sql):
        edit(service, sql)

    by_hand("INSERT OR REPLACE INTO tree_nodes (level, idx, hash) VALUES (4, 0, zeroblob(32))")
    text = service.helix(*verify, code=TREE_NODE, server=False)
    expect("the wrong node of the tree is named", "records 0 to 15" in text, text)
    by_hand("DELETE FROM tree_nodes")
    service.helix(*verify, server=False)
    by_hand("CREATE TABLE kept AS SELECT seq, key_id, signature FROM records")
    for whose, first in (("seq > 3", 4), ("true", 0)):
        by_hand(f"UPDATE records SET signature = NULL, key_id = NULL WHERE {whose}")
        text = service.helix(*verify, code=WRONG_KEY, server=False)
        expect("the seq from which nobody signed is named", f"seq {first}" in text, text)
        service.helix("ledger", "verify", service.ledger, server=False)
    by_hand("UPDATE records SET (key_id, signature) = (SELECT key_id, signature FROM kept WHERE kept.seq = records.seq)")
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
            longer = histories(service, other, keys, checkpoint)
            served(service)
        files(service, other, keys, checkpoint, longer)
        unsigned(program, other, os.path.join(other.folder, "keys"))


main(sys.argv[1])
finish()
