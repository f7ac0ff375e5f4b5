"""What gates write about mefine-static, in their formats, and kinds to write it into where the gate itself is not there."""

import datetime
import time

import yaml

from court import GATES


def definitions(*names):
    """Kyverno's own CustomResourceDefinitions of these names."""
    with open(GATES + "/kyverno-definitions.yaml", encoding="utf-8") as file:
        parts = file.read().split("\n---\n")
    chosen = [part for part in parts if any(f"\n  name: {name}\n" in part for name in names)]
    return [yaml.safe_load(part) for part in chosen]


def loose(group, version, kind, scope="Namespaced"):
    """A CustomResourceDefinition that lets anything in."""
    plural = kind.lower() + "s"
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{plural}.{group}"},
            "spec": {"group": group, "scope": scope,
                     "names": {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": kind + "List"},
                     "versions": [{"name": version, "served": True, "storage": True,
                                   "schema": {"openAPIV3Schema": anything}}]}}


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def policy_report(subject, result="pass"):
    """Kyverno's background scan of a Deployment."""
    meta = subject["metadata"]
    about = {"apiVersion": "apps/v1", "kind": "Deployment", "name": meta["name"], "namespace": meta["namespace"],
             "uid": meta["uid"]}
    return {"apiVersion": "wgpolicyk8s.io/v1alpha2", "kind": "PolicyReport",
            "metadata": {"name": meta["uid"], "namespace": meta["namespace"],
                         "labels": {"app.kubernetes.io/managed-by": "kyverno"}},
            "scope": about, "summary": {"pass": 1, "fail": 0, "warn": 0, "error": 0, "skip": 0},
            "results": [{"policy": "disallow-latest-tag", "rule": "validate-image-tag", "source": "kyverno",
                         "result": result, "scored": True, "severity": "medium", "message": "validated",
                         "properties": {"process": "background scan"},
                         "timestamp": {"seconds": int(time.time()), "nanos": 0}}]}


def image_report(subject, replica_set, report):
    """The Trivy operator's report on the container "web" of the Deployment's ReplicaSet."""
    set_of = replica_set["metadata"]
    return {"apiVersion": "aquasecurity.github.io/v1alpha1", "kind": "VulnerabilityReport",
            "metadata": {"name": f"replicaset-{set_of['name']}-web", "namespace": subject["metadata"]["namespace"],
                         "labels": {"trivy-operator.container.name": "web",
                                    "trivy-operator.resource.kind": "ReplicaSet",
                                    "trivy-operator.resource.name": set_of["name"],
                                    "trivy-operator.resource.namespace": set_of["namespace"]},
                         "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "controller": True,
                                              "blockOwnerDeletion": False, "name": set_of["name"], "uid": set_of["uid"]}]},
            "report": report}


def scan_settings(**data):
    """The Trivy operator's ConfigMap; "_" stands for "." in a name."""
    return {"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "trivy-operator-trivy-config", "namespace": "trivy-system"},
            "data": {name.replace("_", "."): value for name, value in data.items()}}


def audited():
    """A Gatekeeper constraint on Deployments whose audit, just now, has found nothing."""
    return {"apiVersion": "constraints.gatekeeper.sh/v1beta1", "kind": "K8sRequiredLabel", "metadata": {"name": "crew"},
            "spec": {"enforcementAction": "deny", "match": {"kinds": [{"apiGroups": ["apps"], "kinds": ["Deployment"]}]}},
            "status": {"auditTimestamp": now(), "totalViolations": 0}}
