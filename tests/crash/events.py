"""Events that come in and go out meanwhile: what was taken is on record once, and what is on record arrives."""
import collections
import json
import os
import sys
import time

from check import expect

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "outbox"))
from receiver import Receiver  # noqa: E402

SOURCE = "hvcp://crash"
NAME = "hvcp"
TYPES = ["event.received", "helix.cycle"]
REFUSED_EVERY = 5  # of the events, at first: they become dead letters


class Events:
    def __init__(self, dice):
        self.dice = dice
        self.count = 0
        self.receipts = {}  # id -> (seq, id of the record), as first answered
        self.pending = []   # batches without an answer
        self.refusals = collections.Counter()
        self.forgiving = False
        self.receiver = Receiver()
        self.receiver.behave = self._behave

    def destination(self):
        """The outbox as a configuration has it."""
        return {"name": NAME, "url": self.receiver.url, "types": TYPES, "from": "beginning", "timeout_s": 2}

    def _behave(self, event):
        number = event["data"]["body"].get("id", "")
        if event["data"]["kind"] == "helix.cycle" or int(number) % REFUSED_EVERY:
            return 204
        self.refusals[number] += 1
        return 204 if self.forgiving or self.refusals[number] % 4 == 0 else 410

    def ask(self, service):
        """Posts a batch of new events and of one that came before; it is repeated until it is answered."""
        ids = [str(self.count + i) for i in range(self.dice.randrange(1, 4))]
        self.count += len(ids)
        self.pending.append(ids + self.dice.sample(sorted(self.receipts), min(1, len(self.receipts))))
        self.settle(service)

    def settle(self, service):
        while self.pending:
            batch = [{"specversion": "1.0", "id": one, "source": SOURCE, "type": "crash", "data": {"n": one}}
                     for one in self.pending[0]]
            answer = service.ask("POST", "/v1/events", batch, {"Content-Type": "application/cloudevents-batch+json"})
            if answer is None or answer[0] in (503, 504):  # 504: it may be on record, and is told so the next time
                return
            expect("a batch is taken", answer[0] == 202, str(answer)[:400])
            for receipt in answer[1].get("events", []):
                seen = (receipt["seq"], receipt["record_id"])
                expect(f"event {receipt['id']} is answered as before",
                       self.receipts.setdefault(receipt["id"], seen) == seen, str(receipt))
            self.pending.pop(0)

    def resend_one(self, service):
        """Asks for a dead letter to be sent again; False when there is none, or nobody to ask."""
        answer = service.ask("GET", f"/v1/outbox/{NAME}/dead-letters")
        if not answer or answer[0] != 200:
            return False
        letters = [one["seq"] for one in answer[1]["items"] if not one["resend_pending"]]
        if not letters:
            return False
        seq = self.dice.choice(letters)
        return service.ask("POST", f"/v1/outbox/{NAME}/dead-letters/{seq}/resend", {}) is not None

    def drain(self, service, deadline_s=120):
        """Waits until all that is on record has arrived, dead letters, too."""
        self.forgiving = True
        until = time.monotonic() + deadline_s
        while True:
            while self.resend_one(service):
                pass
            mine = service.ask("GET", "/v1/outbox")[1]["items"][0]
            if mine["lag_records"] == 0 and mine["dead_letters"] == 0:
                return
            if time.monotonic() > until:
                raise SystemExit(f"the outbox does not come to its end: {mine}")
            time.sleep(0.05)

    def check(self, records):
        """Against the ledger's records, when all was delivered."""
        expect("every batch of events has an answer", not self.pending, str(self.pending))
        kept = collections.defaultdict(list)
        for record in records:
            if record["kind"] == "event.received":
                kept[record["body"]["id"]].append((record["seq"], record["id"]))
        expect("each event that was sent is on record, and nothing else", kept.keys() == self.receipts.keys(),
               str(kept.keys() ^ self.receipts.keys()))
        for one, receipt in self.receipts.items():
            expect(f"event {one} is on record once, as answered", kept[one] == [receipt], f"{kept[one]} {receipt}")
        wanted = [record for record in records if record["kind"] in TYPES]
        hashes = {record["seq"]: record["hash"] for record in wanted}
        for event in self.receiver.taken:
            seq = event["data"]["seq"]
            expect(f"what arrived as seq {seq} is the ledger's", event["data"]["hash"] == hashes.get(seq),
                   json.dumps(event)[:400])
        arrived = self.receiver.first_arrivals()
        expect("all that is on record arrived", set(arrived) == hashes.keys(), str(set(arrived) ^ hashes.keys()))
        refused = {record["seq"] for record in wanted
                   if record["kind"] == "event.received" and record["body"]["id"] in self.refusals}
        expect("in the ledger's order, but for what was refused at first",
               [seq for seq in arrived if seq not in refused] == sorted(hashes.keys() - refused))

    def tell(self):
        print(f"{len(self.receipts)} events taken, {len(self.receiver.taken)} deliveries of "
              f"{len(set(self.receiver.first_arrivals()))} records, {sum(self.refusals.values())} tries of "
              f"{len(self.refusals)} that were refused at first")
