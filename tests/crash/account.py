"""Holds the ledger, the objects and the API server's audit log against each other after a run of mixed writes."""
import collections
import datetime
import json
import subprocess

from check import expect
from mixed_writes import NAMESPACE, target_of

RESOURCES = {"configmaps": "ConfigMap", "deployments": "Deployment", "pods": "Pod", "nodes": "Node"}


def microseconds(time):
    """Of a time in RFC 3339."""
    return round(datetime.datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp() * 1e6)


def records_of(helix, ledger):
    exported = subprocess.run([helix, "ledger", "export", "-", "--ledger", ledger], capture_output=True, text=True)
    expect("the ledger is exported", exported.returncode == 0, exported.stderr)
    records = [json.loads(line) for line in exported.stdout.splitlines()]
    return [{**record, "at_us": microseconds(record["at"])} for record in records]


class Account:
    """What the ledger says of each write."""

    def __init__(self, helix, ledger, writes):
        verified = subprocess.run([helix, "ledger", "verify", ledger, "-o", "json"], capture_output=True, text=True)
        expect("the chain is whole", verified.returncode == 0, verified.stdout + verified.stderr)
        self.records = records_of(helix, ledger)
        self.intents = [record for record in self.records if record["kind"] == "helix.intent"]
        self.receipts = {}  # cycle -> record, in the order of the ledger
        for record in self.records:
            if record["kind"] == "helix.cycle":
                cycle = record["body"]["id"]
                expect(f"cycle {cycle} has one receipt", cycle not in self.receipts)
                self.receipts[cycle] = record
        self.steps = []  # (key, action as asked for, step of the receipt)
        for record in self.receipts.values():
            key = record["body"]["idempotency_key"]
            self.steps += [(key, *both) for both in zip(writes.asked[key], record["body"]["actions"])]
        for key, action, step in self.steps:
            said = {**step["action"], "object": action.get("object")}  # which a manifest names by itself
            expect(f"{key} is in its receipt as asked for", {**said, **action} == said, json.dumps(step)[:400])
        self.outcomes = collections.Counter(step["outcome"] for _, _, step in self.steps)

    def check_endings(self):
        marks = set()
        for record in self.intents:
            cycle, index = record["body"]["cycle"], record["body"]["index"]
            receipt = self.receipts.get(cycle)
            expect(f"the intents of {cycle} have an ending, after them", receipt and record["seq"] < receipt["seq"])
            expect(f"step {index} of {cycle} was intended once", (cycle, index) not in marks)
            marks.add((cycle, index))
        for record in self.receipts.values():
            for step in record["body"]["actions"]:
                intended = (record["body"]["id"], step["index"]) in marks
                expect(f"step {step['index']} of {record['body']['id']} was intended before it was done",
                       intended or step["outcome"] in ("not-applied", "not-run"), json.dumps(step)[:400])

    def check_keys(self, writes):
        keys = collections.Counter(record["body"].get("idempotency_key") for record in self.receipts.values())
        for key in writes.asked:
            expect(f"{key} has {0 if key in writes.refused else 1} receipts", keys[key] == (key not in writes.refused),
                   f"{keys[key]}")


    def check_certificates(self, helix, dice, count=200):
        """Of some of the writes that were intended, that the independent checker takes the gate's certificate."""
        for record in dice.sample(self.intents, min(count, len(self.intents))):
            told = subprocess.run([helix, "verify", "certificate", "-"], capture_output=True, text=True,
                                  input=json.dumps(record["body"]["verdict"]["certificate"]))
            expect(f"the certificate of seq {record['seq']} holds", told.returncode == 0, told.stdout + told.stderr)


class Changes:
    """What the audit log says that `user` changed; a request whose caller died may be done and logged as failed."""

    def __init__(self, cluster, user):
        self.done, self.cut_off = collections.Counter(), collections.Counter()
        self.events = []  # (microseconds, what)
        self.audit = cluster.audit()
        for event in self.audit:
            if event["user"].get("username") != user or event["verb"] not in ("patch", "delete", "create", "update"):
                continue
            reference = event.get("objectRef", {})
            kind = RESOURCES.get(reference.get("resource"))
            if kind is None or "dryRun" in event["requestURI"]:
                continue
            what = f"{'Eviction' if reference.get('subresource') == 'eviction' else kind}/{reference['name']}"
            code = event.get("responseStatus", {}).get("code", 0)
            if 400 <= code < 500:
                continue
            (self.done if code in (200, 201) else self.cut_off)[what] += 1
            self.events.append((microseconds(event["requestReceivedTimestamp"]), what))

    def of(self, what):
        """What the audit log says of "Kind/name", a line a request, whoever asked."""
        name = what.split("/")[1]
        return "\n".join(f"{event['requestReceivedTimestamp']} {event['verb']} {event['requestURI']} by "
                         f"{event['user'].get('username')}: {event.get('responseStatus', {}).get('code')}"
                         for event in self.audit
                         if event.get("objectRef", {}).get("name") == name and event["verb"] not in ("get", "watch"))


def check_audit(account, changes):
    """Every change has an intent before it; nothing was changed more or less often than the receipts say."""
    intents, first_drain = collections.defaultdict(list), None
    for record in account.intents:
        action = record["body"]["action"]
        what = target_of(action)
        if action["verb"] == "evict":
            what = "Eviction/" + what.split("/")[1]
        intents[what].append(record["at_us"])
        if action["verb"] == "drain" and first_drain is None:
            first_drain = record["at_us"]
    changed = collections.Counter()
    for at_us, what in sorted(changes.events):
        changed[what] += 1
        # A drain asks for many evictions, and what it asks for again is the same one.
        drained = what.startswith("Eviction/") and first_drain is not None and first_drain <= at_us
        before = sum(1 for one in intents[what] if one <= at_us)
        expect(f"change {changed[what]} of {what} has an intent of its own before it", drained or before >= changed[what],
               f"at {at_us}; intents {intents[what]}")
    applied, perhaps = collections.Counter(), collections.Counter()
    for _, action, step in account.steps:
        verb, what = action["verb"], target_of(action)
        if verb == "evict":
            what = "Eviction/" + what.split("/")[1]
        if step["outcome"] == "applied":
            applied[what] += 1
        elif step["outcome"] == "unknown" or (verb == "drain" and step["outcome"] == "partly-applied"):
            perhaps[what] += 1
    drains = any(action["verb"] == "drain" for _, action, _ in account.steps)
    for what in set(changes.done) | set(applied):
        done, cut_off = changes.done[what], changes.cut_off[what]
        if what.startswith("Eviction/"):  # a drain asks for evictions that no receipt counts
            expect(f"{what} was done once at most", done <= 1 and applied[what] <= done + cut_off, f"{done}, {cut_off}")
            expect(f"{what} was asked for", applied[what] + perhaps[what] > 0 or drains)
            continue
        expect(f"{what} was written as often as the ledger says",
               done <= applied[what] + perhaps[what] and applied[what] <= done + cut_off,
               f"audit log {done} and {cut_off} cut off, ledger {applied[what]} and {perhaps[what]} perhaps")


def check_objects(cluster, account, changes):
    """Each receipt against what the objects show at the end."""
    live = {f"{kind}/{name}": one for resource, kind in RESOURCES.items()
            for name, one in cluster.objects(resource, NAMESPACE).items()}
    last = {}     # (object, member) -> (wanted, outcome): only the last write of it shows
    removed = {what.replace("Eviction/", "Pod/") for what in {*changes.done, *changes.cut_off}  # which may be done, too
               if what.startswith("Eviction/")}
    removed |= {target_of(action) for _, action, step in account.steps
                if action["verb"] == "delete" and step["outcome"] != "not-applied"}
    for key, action, step in account.steps:
        outcome, verb, what = step["outcome"], action["verb"], target_of(action)
        told = f"{key}: {verb} {what} is {outcome} and the cluster shows it"
        if outcome == "partly-applied":  # a drain: its node is cordoned whatever stayed on it
            last[what, "cordon"] = True
            continue
        if outcome not in ("applied", "not-applied"):
            if verb in ("drain", "scale", "apply") and outcome == "unknown":
                last.pop((what, {"drain": "cordon"}.get(verb, verb)), None)
            continue
        done = outcome == "applied"
        if verb == "label":
            expect(told, (list(action["set"])[0] in live[what]["metadata"].get("labels", {})) == done, json.dumps(step)[:600])
        elif verb == "create" and what not in removed:
            expect(told, (what in live) == done, f"{changes.of(what)}\n{json.dumps(step)[:600]}")
        elif verb in ("delete", "evict"):
            expect(told, what not in live or not done, json.dumps(step)[:600])
        elif done and verb == "scale":
            last[what, verb] = action["replicas"]
        elif done and verb == "apply":
            last[what, verb] = action["manifest"]["data"]["n"]
        elif done and verb in ("drain", "uncordon"):
            last[what, "cordon"] = verb == "drain"
        elif verb == "drain":
            last.pop((what, "cordon"), None)
    shown = {"scale": lambda one: one["spec"]["replicas"], "apply": lambda one: one["data"]["n"],
             "cordon": lambda one: one["spec"].get("unschedulable", False)}
    for (what, member), wanted in last.items():
        expect(f"{what} shows its last {member}", shown[member](live[what]) == wanted,
               f"{shown[member](live[what])}, not {wanted}")
