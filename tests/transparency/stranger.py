#!/usr/bin/env python3
"""Collects what the real service hands out and lets other people's libraries check it. usage: stranger.py HELIX OUTDIR

Two generations of keys sign; trees of every kind of size are proved. The program that checks is built into OUTDIR.
"""
import json
import os
import random
import subprocess
import sys
import tempfile

from service import Service, expect, finish

HERE = os.path.dirname(os.path.abspath(__file__))
SIZES = [1, 2, 3, 15, 16, 17, 31, 32, 33, 255, 256, 257]


def records(service):
    page = service.get("/v1/ledger?limit=1000")
    expect("one page holds the ledger", page["next"] is None)
    return page["items"]


def write(service):
    """Two cycles: the attestations need verdicts."""
    namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: strangers}\n"
    service.helix("act", "create", "-f", "-", "--reason", "a place to try", stdin=namespace)
    service.helix("act", "annotate", "namespace/strangers", "team=checkout", "--reason", "whose it is")


def hard_to_spell(service):
    """Events whose numbers, letters and names have many spellings, of which RFC 8785 takes one."""
    numbers = "333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001, -0.0, 1e21, 5e-324"
    texts = r'"\u20ac$\u000F\u000aA\u0027\u0042\u0022\u005c\\\"\/", "\ud834\udd1e", "\u2028<&>"'
    names = r'"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\ud83d\ude00": 5, "\u0080": 6, "\u00f6": 7, "": 8'
    data = f'{{"n": [{numbers}], "s": [{texts}], "o": {{{names}}}}}'
    service.request("/v1/events", '{"specversion": "1.0", "id": "hard", "source": "test://spelling", "type": "test.spelled",'
                    f' "data": {data}}}', "application/cloudevents+json")


def collect(service):
    everything = records(service)
    size = len(everything)
    sizes = sorted({one for one in [*SIZES, size // 2, size - 1, size] if 0 < one <= size})
    hard = next(record for record in everything if record["body"].get("id") == "hard")
    pick = random.Random(14)
    proofs = [service.get(f"/v1/ledger/{seq}/proof?size={n}")
              for n in sizes for seq in sorted({0, n // 2, n - 1, pick.randrange(n)})]
    proofs.append(service.get(f"/v1/ledger/{size - 1}/proof"))
    consistencies = [service.get(f"/v1/ledger/consistency?from={a}&to={b}") for a in [0, *sizes] for b in sizes if a <= b]
    cycles = [record["seq"] for record in everything if record["kind"] == "helix.cycle"]
    expect("there are receipts", len(cycles) >= 2)
    envelopes = [service.get(f"/v1/ledger/{seq}?format={form}") for seq in cycles for form in ("dsse", "dsse-test-result")]
    envelopes.append(service.get("/v1/ledger/0?format=dsse"))
    envelopes.append(json.loads(service.helix("ledger", "show", str(cycles[0]), "-o", "dsse")))
    return {
        "verifiers": service.helix("ledger", "keys").split(),
        "records": [service.request(f"/v1/ledger/{seq}") for seq in [*range(0, size, 9), hard["seq"]]],
        "hashes": [record["hash"] for record in everything],
        "checkpoints": [service.request("/v1/ledger/checkpoint"), service.helix("ledger", "checkpoint"),
                        *{one["checkpoint"] for one in proofs + consistencies}],
        "inclusions": [{"seq": one["record"]["seq"], "size": one["size"], "root": one["root"], "path": one["path"]}
                       for one in proofs],
        "consistencies": consistencies,
        "envelopes": envelopes,
        "signatures": [{"hash": record["hash"], **record["signature"]} for record in everything],
    }


def main(program, outdir):
    subprocess.run([os.path.join(HERE, "build"), outdir], check=True)
    with tempfile.TemporaryDirectory(prefix="helix-stranger-") as folder:
        service = Service(program, folder)
        with service:
            service.grow(200)
            write(service)
            hard_to_spell(service)
        service.helix("keys", "generate", service.ledger + ".state/keys", "--name", "example.com/helix", server=False)
        with service:
            service.grow(120, first=200)
            bundle = collect(service)
        expect("two keys have signed", len({one["key"] for one in bundle["signatures"]}) == 2)
        path = service.file("bundle.json", bundle)
        done = subprocess.run([os.path.join(outdir, "stranger"), path], capture_output=True, text=True, timeout=120)
        print(done.stdout, end="")
        expect("the stranger accepts all of it", done.returncode == 0, done.stderr)
        bundle["hashes"][7] = bundle["hashes"][8]
        path = service.file("bundle.json", bundle)
        done = subprocess.run([os.path.join(outdir, "stranger"), path], capture_output=True, text=True, timeout=120)
        expect("and not of another log", done.returncode == 1)


main(sys.argv[1], sys.argv[2])
finish()
