#!/usr/bin/env python3
"""What a gate's API can do to a court, on a real cluster. usage: states.py HELIX

It may be forbidden, appear while a trial runs, hold reports that nobody can read, vanish and come again. Each of that is a
state of the gate in the trial's status, never a clean gate, and the service stays the same process, ready all the time.
The service has the rights that deploy/rbac gives it, at first without those on Kyverno's reports.
"""

import json
import sys

import yaml

from court import MERGE, ROOT, expect, tell, trial, until
from reports import audited, definitions, image_report, loose, now, policy_report, scan_settings

REPORTS = "/apis/wgpolicyk8s.io/v1alpha2/namespaces/pemos-system/policyreports"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
NAME = "states"


def limited(court):
    """A kubeconfig of a service account that has helixd's roles, but for Kyverno's reports."""
    with open(ROOT + "/deploy/rbac/helixd.yaml", encoding="utf-8") as file:
        roles = [role for role in yaml.safe_load_all(file) if role and role["kind"] == "ClusterRole"]
    for role in roles:
        role["rules"] = [rule for rule in role["rules"] if rule["apiGroups"] != ["wgpolicyk8s.io"]]
    bindings = [{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
                 "metadata": {"name": role["metadata"]["name"]},
                 "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role["metadata"]["name"]},
                 "subjects": [{"kind": "ServiceAccount", "name": "helixd", "namespace": "chaos-trial"}]} for role in roles]
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "helixd", "namespace": "chaos-trial"}}
    court.put(account, *roles, *bindings)
    token = court.kubectl("create", "token", "helixd", "-n", "chaos-trial", "--duration=1h").strip()
    return court.kubeconfig_of("helixd", {"token": token})


def story(court):
    court.kubectl("apply", "-f", ROOT + "/tests/trials/mefine-static-mended.yaml")
    court.kubectl("rollout", "status", "deployment/mefine-static", "-n", "pemos-system", "--timeout=60s")
    court.configure(context="helixd", kubeconfig=limited(court))
    court.live_on()


def holds_out(court, what):
    """Whatever came: the same process, ready, and no verdict for the trial that waits."""
    expect(f"{what}: the service lives and is ready", court.alive() and court.is_ready())
    status = court.status(NAME)
    expect(f"{what}: nothing is admitted", not status["final"] and status["verdict"] != "ADMIT", status)


def check(court, gate, evidence, state="PENDING", says=""):
    """Waits for that evidence and its reason; it earns nothing."""
    def shown():
        found = court.gate(NAME, gate)
        return found.get("evidence") == evidence and says in found.get("message", "") and found

    found = until(shown, lambda: f"{gate} is {evidence} ({says}), but {court.gate(NAME, gate)}")
    expect(f"{gate} {evidence} is shown as {state}", found["state"] == state, found)
    expect(f"{gate} {evidence} says why", found.get("message"), found)
    holds_out(court, f"{gate} {evidence}")
    return found


def nothing_is_installed(court):
    court.put(trial(NAME, duration="1h", pendingGates="Hold"))
    court.await_evidence(NAME, "conftest", "CLEAN")
    for gate in ("kyverno", "gatekeeper", "trivy", "falco"):
        check(court, gate, "NOT_INSTALLED", "NOT_INSTALLED")


def forbidden(court):
    """Kyverno's kinds come, and the service may not read its reports."""
    court.put(*definitions("policyreports.wgpolicyk8s.io", "policyexceptions.kyverno.io"))
    check(court, "kyverno", "UNREADABLE", says="forbidden")
    # Judged without it, the bonus is conftest's alone; and the record says that it could not be read.
    court.put(trial("tolerant", duration="1s"))
    final = court.await_final("tolerant")
    record = court.records("tolerant", "trial.verdict")[0][1]
    gate = next(one for one in record["gates"] if one["name"] == "kyverno")
    expect("the record says forbidden", gate["evidence"] == "UNREADABLE" and "forbidden" in gate["message"], gate)
    expect("only conftest earns a bonus", [one["gate"] for one in record["warmth"]["bonuses"]] == ["conftest"], record["warmth"])
    expect("the status, too", {one["name"]: one["evidence"] for one in final["gates"]}["kyverno"] == "UNREADABLE", final)


def appears(court):
    """The right is given: the reports are read without a restart; other kinds come."""
    court.put({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "reads-reports"},
               "rules": [{"apiGroups": ["wgpolicyk8s.io"], "resources": ["policyreports"],
                          "verbs": ["get", "list", "watch", "create", "patch"]}]},
              {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
               "metadata": {"name": "reads-reports"},
               "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "reads-reports"},
               "subjects": [{"kind": "ServiceAccount", "name": "helixd", "namespace": "chaos-trial"}]})
    check(court, "kyverno", "PENDING", says="no report on this revision yet")
    court.put(policy_report(court.subject()))
    expect("a pass is clean", court.await_evidence(NAME, "kyverno", "CLEAN")["state"] == "PASS")
    court.put(loose("aquasecurity.github.io", "v1alpha1", "VulnerabilityReport"))
    check(court, "trivy", "PENDING", says="no report on the images that run now")


def malformed(court):
    """What the API server lets in is not always what a gate would have written."""
    good = policy_report(court.subject())
    refused, why = court.cluster_ask("POST", REPORTS, good | {"metadata": {"name": "no-list"}, "results": "soon"})
    expect("the gate's own schema refuses what is no list", refused in (400, 422), why)
    silent = json.loads(json.dumps(good))
    del silent["results"][0]["result"]  # which the schema lets in
    court.put(silent)
    check(court, "kyverno", "PARTIAL", says="could not be evaluated")
    court.put(good)
    court.await_evidence(NAME, "kyverno", "CLEAN")

    court.put(loose("wgpolicyk8s.io", "v1alpha2", "PolicyReport"))  # somebody's definition that checks nothing

    def written():  # the new schema holds a moment after it was written
        return court.cluster_ask("PATCH", f"{REPORTS}/{good['metadata']['name']}", {"results": "soon"}, MERGE)[0] == 200

    until(written, "the API server lets a malformed report in")
    check(court, "kyverno", "UNREADABLE", says="cannot be read")
    court.put(good)
    court.await_evidence(NAME, "kyverno", "CLEAN")

    for bad in (5, {"vulnerabilities": "none"}, {"summary": {"criticalCount": "many"}}, {"updateTimestamp": "yesterday"}):
        report = image_report(court.subject(), court.replica_set(), bad)
        court.put(report)
        check(court, "trivy", "UNREADABLE", says="cannot be read")
        court.kubectl("delete", "vulnerabilityreports", report["metadata"]["name"], "-n", "pemos-system")
        check(court, "trivy", "PENDING", says="no report on the images that run now")
    court.put(image_report(court.subject(), court.replica_set(), {"updateTimestamp": now(), "vulnerabilities": []}))
    check(court, "trivy", "PARTIAL", says="its ConfigMap is not there")


def scanned_for(court):
    """No finding is no finding only as far as the operator was told to look."""
    court.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "trivy-system"}},
              scan_settings(trivy_severity="HIGH,LOW"))
    check(court, "trivy", "PARTIAL", says="leave out critical or high vulnerabilities (ConfigMap trivy-system/trivy-operator")
    court.put(scan_settings(trivy_severity="UNKNOWN,LOW,MEDIUM,HIGH,CRITICAL", trivy_ignoreUnfixed="true"))
    check(court, "trivy", "PARTIAL", says="leave out vulnerabilities without a fix")
    court.put(scan_settings(trivy_severity="UNKNOWN,LOW,MEDIUM,HIGH,CRITICAL"))
    clean = court.await_evidence(NAME, "trivy", "CLEAN")
    expect("a sound one is clean", clean["state"] == "PASS", clean)
    expect("it cites the settings", any(ref["kind"] == "ConfigMap" for ref in clean["refs"]), clean)


def vanishes(court):
    for definition, gate, evidence, says in (
            ("vulnerabilityreports.aquasecurity.github.io", "trivy", "NOT_INSTALLED", ""),
            ("policyreports.wgpolicyk8s.io", "kyverno", "UNREADABLE", "no API of policy reports is served"),
            ("policyexceptions.kyverno.io", "kyverno", "NOT_INSTALLED", "")):
        status, why = court.cluster_ask("DELETE", f"{DEFINITIONS}/{definition}")
        expect(f"{definition} is deleted", status == 200, why)
        check(court, gate, evidence, "NOT_INSTALLED" if evidence == "NOT_INSTALLED" else "PENDING", says)
        until(lambda: court.cluster_ask("GET", f"{DEFINITIONS}/{definition}")[0] == 404, f"{definition} is gone")


def comes_again(court):
    """What was read before the API vanished is not believed after."""
    court.put(*definitions("policyreports.wgpolicyk8s.io", "policyexceptions.kyverno.io"),
              loose("aquasecurity.github.io", "v1alpha1", "VulnerabilityReport"))
    check(court, "kyverno", "PENDING", says="no report on this revision yet")
    check(court, "trivy", "PENDING", says="no report on the images that run now")
    court.put(policy_report(court.subject()))
    court.await_evidence(NAME, "kyverno", "CLEAN")
    expect("it is the clock of the beginning", len(court.records(NAME, "trial.opened")) == 1
           and not court.records(NAME, "trial.revision"))


def exempt(court):
    """Gatekeeper's own configuration keeps the subject's namespace out of the audit: no constraint has looked there."""
    court.put(loose("templates.gatekeeper.sh", "v1", "ConstraintTemplate", "Cluster"),
              loose("constraints.gatekeeper.sh", "v1beta1", "K8sRequiredLabel", "Cluster"),
              loose("config.gatekeeper.sh", "v1alpha1", "Config"),
              {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "gatekeeper-system"}})
    for kind in ("k8srequiredlabels.constraints.gatekeeper.sh", "configs.config.gatekeeper.sh"):
        court.kubectl("wait", "--for=condition=Established", "crd/" + kind, "--timeout=60s")
    court.put(audited())
    court.await_evidence(NAME, "gatekeeper", "CLEAN")
    court.put({"apiVersion": "config.gatekeeper.sh/v1alpha1", "kind": "Config",
               "metadata": {"name": "config", "namespace": "gatekeeper-system"},
               "spec": {"match": [{"excludedNamespaces": ["pemos-*"], "processes": ["audit"]}]}})
    check(court, "gatekeeper", "NOT_COVERING", says="no constraint looks at it")
    court.kubectl("delete", "configs.config.gatekeeper.sh", "config", "-n", "gatekeeper-system")
    court.put(audited())
    court.await_evidence(NAME, "gatekeeper", "CLEAN")


sys.exit(tell(story, nothing_is_installed, forbidden, appears, malformed, scanned_for, vanishes, comes_again, exempt))
