#!/usr/bin/env python3
"""Who may approve, and what follows, on a real cluster. usage: approval.py HELIX

L5 waits for Kay and L7 for MEGSCIFIAR. While the policy of deploy/admission is not in force no approval counts, and the
trial says why; once it is, the API server lets nobody write another's name, and the right name admits and promotes.
"""

import subprocess
import sys
import time

import yaml

from court import CLUSTER, DIGEST, HERE, ROOT, TRIALS, expect, seconds_of, tell, trial, until
from reports import audited, definitions, image_report, loose, now, policy_report, scan_settings

POLICY = ROOT + "/deploy/admission/trendal-approvals.yaml"
BY = "eose.ca/approved-by"
NAME = "vault"
USERS = {}  # name -> kubeconfig


def certified(court, user):
    """A kubeconfig of a user whom the cluster's own authority vouches for."""
    key, request, pki = f"{court.folder}/{user}.key", f"{court.folder}/{user}.csr", court.folder + "/c/pki"
    for words in (["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                   f"/CN={user}", "-keyout", key, "-out", request],
                  ["x509", "-req", "-days", "2", "-in", request, "-CA", pki + "/ca.crt", "-CAkey", pki + "/ca.key",
                   "-CAcreateserial", "-out", f"{court.folder}/{user}.crt"]):
        subprocess.run(["openssl", *words], check=True, capture_output=True)
    return court.kubeconfig_of(user, {"client-certificate": f"{court.folder}/{user}.crt", "client-key": key})


def bind(role, *users):
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": f"{role}-{users[0]}"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user} for user in users]}


def write(user, value, *more):
    """What kubectl says when `user` writes that approval by hand; its exit code before it."""
    words = ["annotate", "trendaltrial", NAME, "-n", "chaos-trial", "--overwrite", f"{BY}={value}", *more]
    done = subprocess.run([CLUSTER, "kubectl", "--kubeconfig", USERS[user], *words], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def sittings(court):
    metrics = court.ask("GET", "/metrics").body.decode()
    return next(int(float(line.split()[-1])) for line in metrics.splitlines() if line.startswith("trendal_sittings_total"))


def explained(court, name=NAME):
    return court.ask("GET", f"/v1/trials/chaos-trial/{name}/explain").json()


def stays_out(court, why, name=NAME):
    """The approval that is there does not count: now, and after more sittings, and the trial says why."""
    until(lambda: why in explained(court, name).get("approvalProblem", ""),
          lambda: f"{name} says \"{why}\", but {explained(court, name)}")
    begun = sittings(court)
    until(lambda: sittings(court) > begun + 2, "the court sits again")
    told, status = explained(court, name), court.status(name)
    expect(f"{why}: it does not count", not told["final"] and told["verdict"] == "WATCH" and "approvedBy" not in told, told)
    expect(f"{why}: the layer's need is told", any("approval is missing" in one for one in told["caps"]), told["caps"])
    stalled = next(one for one in status["conditions"] if one["type"] == "Stalled")
    expect(f"{why}: the status says what it waits for, and why", stalled["status"] == "True" and why in stalled["message"],
           status["conditions"])
    expect(f"{why}: no verdict is recorded", not court.records(name, "trial.verdict"))


def story(court):
    with open(HERE + "/mefine-static-mended.yaml", encoding="utf-8") as file:
        subject = yaml.safe_load(file)
    subject["spec"]["template"]["spec"]["containers"][0]["image"] = DIGEST
    court.put(subject)
    court.kubectl("rollout", "status", "deployment/mefine-static", "-n", "pemos-system", "--timeout=60s")
    court.kubectl("label", "node", "--all", "agentpool=dedicated")
    with open(POLICY, encoding="utf-8") as file:
        role = next(one for one in yaml.safe_load_all(file) if one["kind"] == "ClusterRole")
    clerk = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "clerk"},
             "rules": [{"apiGroups": ["eose.ca"], "resources": ["trendaltrials"], "verbs": ["get", "list", "patch"]}]}
    court.put(role, clerk, bind("trendal-approver", "kay", "deputy", "megscifiar"), bind("clerk", "mallory"))
    for user in ("kay", "deputy", "megscifiar", "mallory", "stranger"):
        USERS[user] = certified(court, user)
    court.configure(resync_s=1, l7_approvers=["megscifiar"])
    court.live_on()


def without_the_policy(court):
    """Anybody may have written it."""
    court.put(trial(NAME, sostleTarget="L5", warmthFloor=0.8, duration="1s"))
    until(lambda: court.status(NAME).get("warmth") == "1.00", lambda: f"{NAME} is warm, but {court.status(NAME)}")
    code, said = write("mallory", "kay")
    expect("nothing keeps mallory from writing Kay's name", code == 0, said)
    stays_out(court, "admission policy")
    out = court.run("trial", "explain", NAME)
    expect("`pemos trial explain` says why", "admission policy" in out and "approval is missing" in out, out)


def what_was_written_before(court):
    """The policy comes: on a trial that is older nobody knows who wrote what, whatever comes later."""
    court.kubectl("apply", "-f", POLICY)
    until(lambda: write("mallory", "somebody", "--dry-run=server")[0] != 0, "the policy is in force")
    stays_out(court, "admission policy")
    court.kill()
    court.live_on()
    stays_out(court, "admission policy")


def a_younger_trial(court):
    court.kubectl("delete", "tt", NAME, "-n", "chaos-trial")
    made = court.cluster_ask("GET", "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/"
                             "trendal-approvals.eose.ca")[1]["metadata"]["creationTimestamp"]
    until(lambda: time.time() > seconds_of(made) + 7, "the policy is older than the next trial")
    court.put(trial(NAME, sostleTarget="L5", warmthFloor=0.8, duration="1s"))
    until(lambda: court.status(NAME).get("warmth") == "1.00", lambda: f"{NAME} is warm, but {court.status(NAME)}")


def refused(court):
    """Others cannot approve, in nobody's name; `pemos` says what the API server says."""
    code, said = write("mallory", "kay-2")
    expect("nobody writes another's name", code != 0 and "names the user who gives it" in said, said)
    out = court.run("trial", "approve", NAME, "-n", "chaos-trial", code=9, kubeconfig=USERS["mallory"])
    expect("to approve takes the verb", 'takes the verb "approve"' in out and "approved by" not in out, out)
    out = court.run("trial", "approve", NAME, "-n", "chaos-trial", code=9, kubeconfig=USERS["stranger"])
    expect("a stranger sees no trial", "forbidden" in out.lower() and "approved by" not in out, out)
    court.run("trial", "approve", "no-such-trial", "-n", "chaos-trial", code=4, kubeconfig=USERS["kay"])
    # Nor does the service lend its own rights, which are all, to those who ask it.
    asked = {"target": "dev", "verb": "annotate", "set": {BY: "kay-3"}, "object": {
        "api_version": "eose.ca/v1", "kind": "TrendalTrial", "namespace": "chaos-trial", "name": NAME}}
    answer = court.ask("POST", "/v1/actions", asked, {"Content-Type": "application/json", "Idempotency-Key": "lend"})
    steps = [step["outcome"] for step in answer.json().get("actions", [])]
    expect("the helix cannot write Kay's name", answer.status not in (200, 201) or steps == ["not-applied"],
           answer.body)
    expect("the name is not there", court.cluster_ask("GET", f"{TRIALS}/{NAME}")[1]["metadata"]["annotations"].get(BY) != "kay-3")
    out = court.run("trial", "approve", NAME, "-n", "chaos-trial", kubeconfig=USERS["deputy"])
    expect("the deputy signs with his own name", f"{NAME} approved by deputy" in out, out)
    stays_out(court, "deputy is not among those who may approve this layer")


def kay_approves(court):
    out = court.run("trial", "approve", NAME, "-n", "chaos-trial", kubeconfig=USERS["kay"])
    expect("Kay signs", f"{NAME} approved by kay" in out, out)
    status = court.await_final(NAME)
    expect("it is admitted", status["verdict"] == "ADMIT" and status["promote"], status)
    records = court.records(NAME, "trial.verdict")
    expect("the record names who approved", len(records) == 1 and records[0][1].get("approvedBy") == "kay", records)
    until(lambda: court.records(NAME, "trial.promoted"), "it is promoted", 90)
    until(lambda: court.status(NAME).get("route") == {"pool": "dedicated", "approvedBy": "kay"},
          lambda: f"the status names its pool, but {court.status(NAME)}")
    subject = court.subject()
    expect("the subject is labelled", subject["metadata"]["labels"].get("eose.ca/sostle") == "L5", subject["metadata"])
    expect("it is sent to its pool", subject["spec"]["template"]["spec"].get("nodeSelector") == {"agentpool": "dedicated"},
           subject["spec"]["template"]["spec"])
    promoted = next(one for one in court.status(NAME)["conditions"] if one["type"] == "Promoted")
    expect("the condition says so", promoted["status"] == "True", promoted)
    court.run("trial", "verdict", NAME, code=0)


def immaculate(court):
    """Five clean gates for the subject as it is now."""
    court.kubectl("rollout", "status", "deployment/mefine-static", "-n", "pemos-system", "--timeout=60s")
    falco = {"app.kubernetes.io/name": "falco"}
    court.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "falco"}},
              {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "falco", "namespace": "falco", "labels": falco},
               "spec": {"selector": {"matchLabels": falco}, "template": {
                   "metadata": {"labels": falco},
                   "spec": {"containers": [{"name": "falco", "image": "registry.example/falco:0.40.0"}],
                            "tolerations": [{"operator": "Exists"}]}}}},
              *definitions("policyreports.wgpolicyk8s.io", "policyexceptions.kyverno.io"),
              loose("aquasecurity.github.io", "v1alpha1", "VulnerabilityReport"),
              loose("templates.gatekeeper.sh", "v1", "ConstraintTemplate", "Cluster"),
              loose("constraints.gatekeeper.sh", "v1beta1", "K8sRequiredLabel", "Cluster"))
    court.kubectl("rollout", "status", "daemonset/falco", "-n", "falco", "--timeout=60s")
    for kind in ("policyreports.wgpolicyk8s.io", "vulnerabilityreports.aquasecurity.github.io",
                 "k8srequiredlabels.constraints.gatekeeper.sh"):
        court.kubectl("wait", "--for=condition=Established", "crd/" + kind, "--timeout=60s")
    court.put(policy_report(court.subject()), audited(),
              image_report(court.subject(), court.replica_set(), {"updateTimestamp": now(), "vulnerabilities": []}),
              {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "trivy-system"}}, scan_settings())
    court.stop_service()
    court.live_on()  # Falco's pods are looked for at once


def megscifiar_approves(court):
    immaculate(court)
    court.put(trial("seven", sostleTarget="L7", duration="1s", pendingGates="Hold"))
    for gate in ("conftest", "kyverno", "gatekeeper", "falco", "trivy"):
        court.await_evidence("seven", gate, "CLEAN")
    out = court.run("trial", "approve", "seven", "-n", "chaos-trial", kubeconfig=USERS["kay"])
    expect("Kay signs", "seven approved by kay" in out, out)
    stays_out(court, "kay is not among those who may approve this layer", "seven")
    court.run("trial", "approve", "seven", "-n", "chaos-trial", kubeconfig=USERS["megscifiar"])
    status = court.await_final("seven")
    expect("it is admitted", status["verdict"] == "ADMIT" and status["warmth"] == "1.00", status)
    until(lambda: court.subject()["metadata"]["labels"].get("eose.ca/sostle") == "L7", "it is labelled L7", 90)
    until(lambda: court.status("seven").get("route") == {"pool": "none", "approvedBy": "megscifiar"},
          lambda: f"L7 has no pool, but {court.status('seven')}")


def without_its_need(court):
    """What asks for no approval takes none."""
    court.put(trial("two", duration="1h"))
    out = court.run("trial", "approve", "two", "-n", "chaos-trial", code=5, kubeconfig=USERS["kay"])
    expect("it says which layers ask for one", "L2 asks for no approval" in out, out)
    expect("nothing is written", BY not in court.cluster_ask("GET", f"{TRIALS}/two")[1]["metadata"]["annotations"])


sys.exit(tell(story, without_the_policy, what_was_written_before, a_younger_trial, refused, kay_approves, megscifiar_approves, without_its_need))
