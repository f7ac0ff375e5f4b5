#!/usr/bin/env python3
"""What becomes of a trial when its subject changes, and when its end brings no verdict. usage: changed.py HELIX

A trial that is done stays done, and says so when its subject has changed since; where the promotion itself changed it, it
has not. A trial that waits for gates that never testify says which, and `pemos trial status -w` does not wait with it.
"""

import sys
import time

from court import HERE, SUBJECT, expect, tell, trial, until


def condition(court, name, kind):
    return next((one for one in court.status(name).get("conditions", []) if one["type"] == kind), {})


def use_image(court, image):
    status, why = court.cluster_ask("PATCH", SUBJECT, [
        {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": image}], "application/json-patch+json")
    expect(f"the subject uses {image}", status == 200, why)


def story(court):
    court.kubectl("apply", "-f", HERE + "/mefine-static-mended.yaml")
    court.kubectl("rollout", "status", "deployment/mefine-static", "-n", "pemos-system", "--timeout=60s")
    court.kubectl("label", "node", "--all", "agentpool=agents")
    court.configure(resync_s=1)
    court.live_on()


def sittings(court):
    metrics = court.ask("GET", "/metrics").body.decode()
    return next(int(float(line.split()[-1])) for line in metrics.splitlines() if line.startswith("trendal_sittings_total"))


def sat_again(court):
    begun = sittings(court)
    until(lambda: sittings(court) > begun + 2, "the court sits again")


def while_it_runs(court):
    """A new pod template begins the clock anew; it is recorded."""
    court.put(trial("anew", duration="1h"))
    begun = court.await_evidence("anew", "conftest", "CLEAN") and court.status("anew")["startedAt"]
    until(lambda: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()) > begun, "a second has passed")
    use_image(court, "registry.example/mefine-static:1.1")
    until(lambda: court.status("anew")["startedAt"] > begun, "the clock begins anew")
    expect("once", len(court.records("anew", "trial.opened")) == 1 and len(court.records("anew", "trial.revision")) == 1,
           court.records("anew"))
    court.kubectl("delete", "tt", "anew", "-n", "chaos-trial")


def by_its_own_promotion(court):
    """To be sent to its pool changes the pod template, and nothing about the verdict."""
    court.put(trial("settled", duration="1s"))
    expect("it is admitted", court.await_final("settled")["verdict"] == "ADMIT")
    until(lambda: condition(court, "settled", "Promoted").get("status") == "True",
          lambda: f"it is promoted, but {court.status('settled')}", 90)
    expect("it is sent to its pool", court.status("settled")["route"] == {"pool": "agents"}, court.status("settled"))
    expect("the pool is in the template",
           court.subject()["spec"]["template"]["spec"]["nodeSelector"] == {"agentpool": "agents"})
    court.kubectl("rollout", "status", "deployment/mefine-static", "-n", "pemos-system", "--timeout=60s")
    sat_again(court)
    ready = condition(court, "settled", "Ready")
    expect("it is judged, and nothing has changed", (ready["status"], ready["reason"]) == ("True", "Judged"), ready)


def after_it_is_done(court):
    before = court.status("settled")

    def says_so():
        ready = condition(court, "settled", "Ready")
        return ready["reason"] == "SubjectChanged" and ready

    def stands():
        status = court.status("settled")
        expect("the verdict stands", all(status[key] == before[key] for key in (
            "verdict", "final", "phase", "mecipol", "warmth", "startedAt")), (before, status))
        expect("there is one verdict", len(court.records("settled", "trial.verdict")) == 1)

    use_image(court, "registry.example/mefine-static:2.0")
    ready = until(says_so, lambda: f"it says that its subject has changed, but {court.status('settled')['conditions']}")
    expect("it is still done", ready["status"] == "True" and "changed since" in ready["message"], ready)
    stands()
    court.kill()
    court.live_on()
    sat_again(court)
    expect("a restart changes nothing", says_so(), court.status("settled")["conditions"])
    stands()
    court.run("trial", "verdict", "settled", code=0)
    use_image(court, "registry.example/mefine-static:1.1")
    until(lambda: condition(court, "settled", "Ready")["reason"] == "Judged", "what was judged is there again")
    use_image(court, "registry.example/mefine-static:2.0")
    until(says_so, "it says again that its subject has changed")
    court.run("trial", "rerun", "settled", "-w", code=0)
    ready = condition(court, "settled", "Ready")
    expect("another run judges what is there", ready["reason"] == "Judged", ready)
    expect("with a record of its own", len(court.records("settled", "trial.verdict")) == 2)


def without_testimony(court):
    """Under Hold a gate that never testifies leaves the trial without a verdict; nobody waits for it for ever."""
    court.put(trial("held", duration="2s", pendingGates="Hold"))
    until(lambda: court.status("held").get("warmth"), "it is on trial")
    begun = time.monotonic()
    out = court.run("trial", "status", "held", "-w", code=5, seconds=60)
    print(f"status -w of a stalled trial took {time.monotonic() - begun:.1f} s")
    expect("it says what is waited for", "not final" in out and "have not testified: kyverno, gatekeeper, falco, trivy" in out,
           out)
    stalled = until(lambda: condition(court, "held", "Stalled").get("status") == "True" and condition(court, "held", "Stalled"),
                    "the trial is stalled")
    for gate in ("kyverno", "gatekeeper", "falco", "trivy"):
        expect(f"the condition names {gate}", gate in stalled["message"], stalled)
    expect("there is no verdict", not court.records("held", "trial.verdict"))
    court.run("trial", "verdict", "held", code=5)


sys.exit(tell(story, while_it_runs, by_its_own_promotion, after_it_is_done, without_testimony))
