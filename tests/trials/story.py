#!/usr/bin/env python3
"""A workload's trial on a real cluster, told through `pemos` and HTTP. usage: story.py HELIX DESCRIPTION

mefine-static without limits, probe and read-only root is WATCH; mended and run again it is ADMIT and labelled; a Falco
critical during another trial is DENY within two seconds. Every JSON answer is held against openapi/helix.yaml.
"""

import http.client
import json
import os
import shutil
import sys
import tempfile
import threading
import time

from court import HERE, Court, expect, failures, missing, until

from contract import Contract  # of tests/openapi, to which court.py leads

NAME = "mefine-static-l2-trial"
ONE = f"/v1/trials/chaos-trial/{NAME}"
JSON = {"Content-Type": "application/json"}


def watch_then_admit(court):
    court.kubectl("apply", "-f", HERE + "/mefine-static.yaml")
    out = court.run("trial", "apply", "-f", HERE + "/trial.yaml", "-w", code=3)
    expect("the tree ends with the verdict", "0.65" in out and "WATCH, final" in out, out)
    expect("three warnings are counted", "3 warns" in out, out)
    court.run("trial", "verdict", NAME, code=3)
    out = court.run("trial", "explain", NAME)
    expect("it says what would raise it", "no resource limits" in out and "+0.20" in out, out)
    court.kubectl("apply", "-f", HERE + "/mefine-static-mended.yaml")
    court.kubectl("rollout", "status", "deployment/mefine-static", "-n", "pemos-system", "--timeout=60s")
    out = court.run("trial", "rerun", NAME, "-w", code=0)
    expect("it is admitted", "1.00" in out and "ADMIT, final" in out, out)
    court.run("trial", "verdict", NAME, code=0)
    label = "jsonpath={.metadata.labels.eose\\.ca/sostle}"
    until(lambda: court.kubectl("get", "deploy", "mefine-static", "-n", "pemos-system", "-o", label) == "L2",
                "the Deployment is labelled")
    out = court.run("trial", "list")
    expect("the list has it", NAME in out and "ADMIT" in out, out)
    for operation, below in (("getTrial", ""), ("getTrialVerdict", "/verdict"), ("getTrialEvidence", "/evidence"),
                             ("explainTrial", "/explain")):
        court.case(operation, 200, ONE + below)
    page = court.case("listTrials", 200, "/v1/trials?verdict=ADMIT&phase=Done&namespace=chaos-trial")
    expect("filters hold", page["total"] == 1, page)
    expect("others are left out", court.case("listTrials", 200, "/v1/trials?verdict=DENY")["total"] == 0)


def deny_by_falco(court):
    with open(HERE + "/trial.yaml", encoding="utf-8") as file:
        long = file.read().replace("duration: 3s", "duration: 1h").encode()
    yaml = {"Content-Type": "application/yaml", "Idempotency-Key": "long"}
    court.case("postTrial", 201, "/v1/trials", long, yaml)
    court.case("postTrial", 200, "/v1/trials", long, yaml)  # the receipt of the first time
    until(lambda: court.ask("GET", ONE).json().get("phase") == "Runtime", "the trial runs")
    court.run("trial", "verdict", NAME, code=5)
    pod = court.kubectl("get", "pods", "-n", "pemos-system", "-l", "app=mefine-static", "-o",
                        "jsonpath={.items[0].metadata.name}")
    alert = {"rule": "Terminal shell in container", "priority": "Notice", "output": "a shell",
             "output_fields": {"evt.time": time.time_ns(), "k8s.ns.name": "pemos-system", "k8s.pod.name": pod}}
    taken = [court.case("postFalcoAlerts", 202, "/v1/evidence/falco", alert, JSON) for _ in range(3)]
    expect("1, 2, 4 ... of alike ones are recorded, the others counted",
           [one["recorded"] for one in taken] == [1, 1, 0] and taken[2]["counted"] == 1, taken)
    passed = court.case("putFalcoAlerts", 202, "/v1/evidence/falco", alert | {"priority": "Debug"}, JSON)
    expect("what weighs nothing passes", passed["passed"] == 1, passed)
    for body in (b"{", b""):
        court.case("postFalcoAlerts", 400, "/v1/evidence/falco", body, JSON)
    for body in (b"[]", b"{}", b'{"rule":"x","priority":"grave"}', b'{"rule":1,"priority":"Error"}'):
        court.case("postFalcoAlerts", 422, "/v1/evidence/falco", body, JSON)
    court.case("postFalcoAlerts", 415, "/v1/evidence/falco", b"alert",
               {"Content-Type": "application/octet-stream"})

    link = http.client.HTTPConnection("127.0.0.1", court.port, timeout=60)
    link.request("GET", "/v1/stream?types=trial.verdict&snapshot=0")
    stream = link.getresponse()
    arrived = {}

    def read():
        for line in stream:
            if line.startswith(b"data:"):
                event = json.loads(line[5:])
                if event["data"]["final"]:
                    arrived.update(event["data"], at=time.monotonic())
                    return

    reader = threading.Thread(target=read)
    reader.start()
    begun = time.monotonic()
    event = {"specversion": "1.0", "id": "1", "source": "falco.org", "type": "falco.rule.output.v1",
             "data": alert | {"rule": "Container escape", "priority": "Critical"}}
    court.case("postFalcoAlerts", 202, "/v1/evidence/falco", event, {"Content-Type": "application/cloudevents+json"})
    reader.join(30)
    link.close()
    expect("the stream tells the DENY", arrived.get("verdict") == "DENY", arrived)
    took = arrived.get("at", begun + 99) - begun
    print(f"Falco critical -> final {arrived.get('verdict')} on the stream after {took * 1000:.0f} ms", flush=True)
    expect("within two seconds", took < 2, took)
    court.run("trial", "status", NAME, "-w", code=4)
    court.run("trial", "verdict", NAME, code=4)
    record = court.case("getTrialVerdict", 200, ONE + "/verdict")["record"]
    expect("it files a SORRY", record["sorries"], record)
    out = court.run("trial", "records", "--dir", court.folder + "/kept")
    kept = sorted(os.listdir(court.folder + "/kept"))
    expect("every verdict is kept", len(kept) == 3 and record["mecipol"] + ".json" in kept and "DENY" in out, kept)


def bad_input(court):
    with open(HERE + "/trial.yaml", encoding="utf-8") as file:
        text = file.read()
    yaml = {"Content-Type": "application/yaml"}
    for n, (old, new) in enumerate((("L2", "L9"), ("warmthFloor: 0.5", "warmthFloor: 5"), ("3s", "soon"),
                                    ("[conftest,", "[conftest, conftest,"), ("kind: Trendal", "kind: Other"))):
        problem = court.case("postTrial", 422, "/v1/trials", text.replace(old, new, 1).encode(),
                             yaml | {"Idempotency-Key": f"bad-{n}"})
        expect("the refusal says why", len(problem["detail"]) > 20, problem)
    court.case("approveTrial", 412, ONE + "/approve")
    court.run("trial", "approve", NAME, "-n", "chaos-trial", code=5)
    court.run("trial", "verdict", "nobody", code=2)
    court.case("deleteTrial", 422, ONE, headers={"Idempotency-Key": "d1"})
    court.case("deleteTrial", 201, ONE + "?reason=gamma1+floor+kept:+the+trial+is+over", headers={"Idempotency-Key": "d2"})
    until(lambda: court.ask("GET", ONE).status == 404, "the trial is gone")


def main(helix, description):
    if missing():
        return missing()
    folder = tempfile.mkdtemp(prefix="helix-trials-")
    contract = Contract(description)
    court = Court(helix, folder, contract)
    try:
        court.configure()
        court.start()
        until(court.is_ready, "the service is ready")
        for part in (watch_then_admit, deny_by_falco, bad_input):
            part(court)
            if part is deny_by_falco:
                metrics = court.ask("GET", "/metrics").body.decode()
                for line in ('trendal_verdicts_total{target="dev",verdict="DENY"} 1', 'phase="Done",target="dev",verdict="DENY"} 1',
                             'trendal_alerts_total{priority="critical",target="dev"} 1', "trendal_warmth{", "trendal_gate_state{"):
                    expect(f"/metrics has {line}", line in metrics, metrics[-3000:])
                with open(folder + "/log", encoding="utf-8") as log:
                    told = [json.loads(one) for one in log if '"trial.verdict"' in one]
                expect("each verdict is a line of the log", [one["verdict"] for one in told] == ["WATCH", "ADMIT", "DENY"], told)
    finally:
        court.stop()
    failures.extend(contract.faults)
    print(f"{contract.answers} answers held against the description, {len(failures)} failures")
    if not failures:
        shutil.rmtree(folder)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
