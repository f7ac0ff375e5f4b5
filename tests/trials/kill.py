#!/usr/bin/env python3
"""kill -9 in the middle of trials, on a real cluster. usage: kill.py HELIX [SEED]

Before the first sitting, after testimony, and before and after each commit around the verdict. However often the service
dies, a trial has one opening, so that its clock runs on, and one verdict, which the cluster, the ledger and the folder of
records tell alike; an admitted subject is labelled once.
"""

import json
import os
import random
import sys
import time

from court import HERE, expect, seconds_of, tell, trial, until

POINTS = ("commit.before", "commit.after")
STATUS = ("status.before", "status.after")
COMMITS = 5  # of one life: more than a court's word and its verdict take
DICE = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)


def begin(court, name, **spec):
    """Puts mefine-static on trial, while there is no service or beside it."""
    court.put(trial(name, **spec))


def key_of(court, name):
    """The name under which the ledger holds the trial's only run."""
    cases = {body["case"] for _, body in court.records(name)}
    expect(f"{name}: it was run once", len(cases) == 1, cases)
    return cases.pop()


def check_end(court, name, verdict):
    """What must be true of every trial that has come to its end, whatever happened to the service meanwhile."""
    status = court.await_final(name)
    openings = [body for _, body in court.records(name, "trial.opened")]
    renewals = court.records(name, "trial.revision")
    verdicts = [body for _, body in court.records(name, "trial.verdict")]
    key_of(court, name)
    expect(f"{name}: it was opened once, and its clock never began anew", len(openings) == 1 and not renewals,
           (openings, renewals))
    if len(verdicts) != 1:
        return expect(f"{name}: there is one verdict", False, [one["mecipol"] for one in verdicts])
    record, opened, lasts = verdicts[0], seconds_of(openings[0]["at"]), seconds_of(status["endsAt"]) - seconds_of(status["startedAt"])
    expect(f"{name}: the status tells the opening's time", seconds_of(status["startedAt"]) == int(opened), (status, openings))
    expect(f"{name}: the record tells it, too", record["startedAt"] == status["startedAt"], record)
    expect(f"{name}: it was judged when the time was served", seconds_of(record["scoredAt"]) >= int(opened + lasts), record)
    expect(f"{name}: it is {verdict}", record["verdict"] == verdict, record)
    told = {"verdict": record["verdict"], "mecipol": record["mecipol"], "warmth": f"{record['warmth']['value']:.2f}",
            "promote": record["promote"], "phase": "Done"}
    expect(f"{name}: the cluster agrees with the record", {key: status.get(key) for key in told} == told, (status, record))
    expect(f"{name}: the gates, too", {one["name"]: one["evidence"] for one in status["gates"]} ==
           {one["name"]: one["evidence"] for one in record["gates"]}, (status, record))
    kept = os.path.join(court.folder, "records", record["mecipol"] + ".json")
    until(lambda: os.path.exists(kept), f"{kept} is kept")
    with open(kept, encoding="utf-8") as file:
        expect(f"{name}: the file is the record", json.load(file) == record, kept)
    return record


def check_promotion(court, name, record):
    """An admitted subject carries the record's name, put there by one cycle."""
    until(lambda: court.records(name, "trial.promoted"), f"{name} is promoted")
    carried = court.cluster_ask("GET", "/apis/apps/v1/namespaces/pemos-system/deployments/mefine-static")[1]["metadata"]
    expect(f"{name}: the subject carries its record", carried["annotations"].get("eose.ca/mecipol") == record["mecipol"] and
           carried["labels"].get("eose.ca/sostle") == "L2", carried)
    cycles = [body for body in court.cycles() if body.get("idempotency_key", "").startswith(record["mecipol"] + ":")
              and ":promote:" in body["idempotency_key"] and body["status"] == "done"]
    expect(f"{name}: it was labelled once", len(cycles) == 1, cycles)


def before_the_first_sitting(court):
    """The trial is there before the service, which dies on its way to the first sitting."""
    begin(court, "early", duration="4s")
    deaths = 0
    for count in (1, 1, 2):
        fault = f"{DICE.choice(POINTS)}:{count}"
        deaths += court.live(fault, lambda: court.status("early").get("final"))
    for point in STATUS:
        deaths += court.live(f"{point}:1", lambda: court.status("early").get("final"))
    for _ in range(3):
        begun = time.monotonic() + DICE.uniform(0.0, 0.4)
        deaths += court.live(None, lambda: time.monotonic() > begun)
    print(f"{deaths} deaths before the end")
    court.live_on()
    check_end(court, "early", "ADMIT")


def after_testimony(court):
    """What the gates have said, and when the trial began, outlive the process."""
    begin(court, "midway", duration="15s")
    before = {}

    def testified():
        before.update(court.status("midway"))
        return court.gate("midway", "conftest").get("evidence") == "CLEAN"

    until(testified, "conftest has testified")
    opened = court.records("midway", "trial.opened")
    court.kill()
    court.live_on()
    after = court.await_evidence("midway", "conftest", "CLEAN")
    status = court.status("midway")
    expect("the clock runs on", status["startedAt"] == before["startedAt"] and status["endsAt"] == before["endsAt"],
           (before, status))
    expect("the opening is the same", court.records("midway", "trial.opened") == opened and len(opened) == 1, opened)
    expect("conftest's word is the same", after["counts"] == {"denies": 0, "warns": 0}, after)
    court.kill()  # and now it is away while the trial ends
    until(lambda: time.time() > seconds_of(before["endsAt"]), "the time is served")
    expect("nobody judges while nobody is there", not court.records("midway", "trial.verdict"))
    court.live_on()
    check_end(court, "midway", "ADMIT")


def around_the_verdict(court):
    """Each life ends one step later than the one before: before the verdict is in the ledger, just after it, while the
    status, the file and the label are still to come."""
    seen = {"before": 0, "just after": 0, "later": 0}
    for name in ("brink-a", "brink-b"):
        begin(court, name, duration="4s")
        until(lambda: court.gate(name, "conftest").get("evidence") == "CLEAN", f"conftest has testified about {name}")
        court.kill()
        for count in range(1, COMMITS + 1):
            points = list(POINTS)
            DICE.shuffle(points)
            for point in points:
                court.live(f"{point}:{count}", lambda: court.records(name, "trial.promoted"))
                last = [kind for kind, _ in court.records(name)]
                seen["just after" if last[-1] == "trial.verdict" else
                     "later" if "trial.verdict" in last else "before"] += 1
        court.live_on()
        record = check_end(court, name, "ADMIT")
        if record:
            check_promotion(court, name, record)
    expect("some lives ended before the verdict and some just after it", seen["before"] and seen["just after"], seen)
    print(f"deaths: {seen}")


def at_any_moment(court):
    """Twelve lives of random length, over three trials that end meanwhile."""
    names = ["any-a", "any-b", "any-c"]
    for number, name in enumerate(names):
        begin(court, name, duration=f"{1 + number}s")
    court.kill()
    for _ in range(8):
        end = time.monotonic() + DICE.uniform(0.1, 1.5)
        court.live(None, lambda: time.monotonic() > end)
    court.live_on()
    for name in names:
        check_end(court, name, "ADMIT")


def story(court):
    court.kubectl("apply", "-f", HERE + "/mefine-static-mended.yaml")
    court.kubectl("rollout", "status", "deployment/mefine-static", "-n", "pemos-system", "--timeout=60s")
    court.configure()


def whole(court):
    court.stop_service()
    court.verify()


sys.exit(tell(story, before_the_first_sitting, after_testimony, around_the_verdict, at_any_moment, whole))
