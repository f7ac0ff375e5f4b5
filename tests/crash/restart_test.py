#!/usr/bin/env python3
"""What admitted writes may still bring stays reserved over restarts of the service, on the real API server.

usage: restart_test.py HELIX TESTCLUSTER

Two cases: an autoscaler that may scale at any time, and a write of which nobody knows. In both a write that fits only
without that worst case is refused before and after each restart, stopped or killed, and passes once the time is up.
"""
import argparse
import json
import os
import subprocess
import sys
import time

from check import expect, failures
from cluster import Cluster
from service import Service, free_port

NAMESPACE = "restart"
RESERVATION_S = 60


def deployment(name):
    return {"kind": "Deployment", "namespace": NAMESPACE, "name": name}


def grow(name, replicas):
    return {"verb": "scale", "object": deployment(name), "replicas": replicas}


def autoscaler(name, most):
    return {"verb": "create", "manifest": {
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": {"namespace": NAMESPACE, "name": name},
        "spec": {"maxReplicas": most, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}}}}


class Case:
    def __init__(self, helix, cluster, name):
        self.helix, self.cluster, self.name = helix, cluster, name
        self.log = os.path.join(cluster.folder, "helix.log")
        self.config = os.path.join(cluster.folder, name + ".yaml")
        self.ledger = os.path.join(cluster.folder, name + ".db")
        self.count = 0
        with open(self.config, "w", encoding="utf-8") as file:
            json.dump({"listen": f"127.0.0.1:{free_port()}", "ledger": self.ledger, "reservation_s": RESERVATION_S,
                       "kubeconfig": [cluster.kubeconfig], "targets": [{"context": "dev-admin"}],
                       "recovery_grace_s": 0, "metrics_every_s": 2}, file)

    def start(self, fault=None):
        service = Service(self.helix, self.config, self.log, fault)
        expect(f"{self.name}: it starts", service.await_writing())
        return service

    def status_of(self, service, action):
        """How a new request is answered, once the service knows what there is."""
        until = time.monotonic() + 60
        while True:
            self.count += 1
            answer = service.act(f"key-{self.count}", action)
            if answer is None:
                return None
            not_yet = answer[0] == 503 or '"why": "stale-metrics"' in json.dumps(answer[1])
            if not not_yet or time.monotonic() > until:
                return answer[0]
            time.sleep(0.1)

    def refused_over_restarts(self, reserved_at, action):
        """`action` is refused by each of three processes, one after the other, and passes when the time is up."""
        for end in ("stopped", "killed", "left"):
            service = self.start()
            status = self.status_of(service, action)
            expect(f"{self.name}: refused before the process is {end}",
                   status == 409 and time.monotonic() < reserved_at + RESERVATION_S, f"{status}")
            if end == "stopped":
                expect(f"{self.name}: it stops", service.stop())
            if end != "left":
                service.kill()
        until, status = reserved_at + RESERVATION_S + 60, 409
        while status == 409 and time.monotonic() < until:
            time.sleep(1)
            status = self.status_of(service, action)
        expect(f"{self.name}: passes once the time is up", status == 201 and time.monotonic() > reserved_at + RESERVATION_S,
               f"{status}")
        service.kill()
        verified = subprocess.run([self.helix, "ledger", "verify", self.ledger], capture_output=True, text=True)
        expect(f"{self.name}: the chain is whole", verified.returncode == 0, verified.stdout + verified.stderr)


def play_autoscaler(helix, cluster):
    case = Case(helix, cluster, "autoscaler")
    service = case.start()
    reserved_at = time.monotonic()
    status = case.status_of(service, autoscaler("a0", 4))
    expect("autoscaler: it is made", status == 201, f"{status}")
    service.kill()
    case.refused_over_restarts(reserved_at, grow("a1", 3))


def play_unknown(helix, cluster):
    case = Case(helix, cluster, "unknown")
    service = case.start("write.before:1")
    reserved_at = time.monotonic()
    expect("unknown: the process dies between intent and write", case.status_of(service, grow("u0", 4)) is None)
    service.kill()
    # Somebody else's mark on the object: it does not tell any more what became of ours.
    cluster.kubectl("annotate", "deployment", "u0", "-n", NAMESPACE, "helix.eose.ca/cycle=another#0")
    case.refused_over_restarts(reserved_at, grow("u1", 3))
    replicas = cluster.objects("deployments", NAMESPACE)["u0"]["spec"]["replicas"]
    expect("unknown: it was never sent", replicas == 1, f"{replicas}")


def prepare(cluster):
    """A node for each case, that takes 3.4 GiB before its floor breaks; two deployments on each, of pods that ask for
    little and use 512 MiB."""
    cluster.run("load", "--nodes", "2", "--pods", "0", "--node-memory", "4Gi")
    cluster.kubectl("create", "namespace", NAMESPACE)
    for number, prefix in enumerate("au"):
        for name in (prefix + "0", prefix + "1"):
            spec = {"nodeSelector": {"kubernetes.io/hostname": f"node-{number:04}"}, "terminationGracePeriodSeconds": 0,
                    "containers": [{"name": "c", "image": "registry.invalid/c:1",
                                    "resources": {"requests": {"memory": "64Mi", "cpu": "10m"}}}]}
            cluster.kubectl("create", "-f", "-", stdin=json.dumps({
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": NAMESPACE},
                "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}},
                         "template": {"metadata": {"labels": {"app": name}}, "spec": spec}}}))
        cluster.kubectl("rollout", "status", "deployment", prefix + "1", "-n", NAMESPACE, "--timeout=60s")
    cluster.run("usage", "--namespace", NAMESPACE, "--memory", "512Mi", "--wait-metrics")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("helix")
    options.add_argument("testcluster")
    arguments = options.parse_args()
    with Cluster(arguments.testcluster) as cluster:
        prepare(cluster)
        play_autoscaler(arguments.helix, cluster)
        play_unknown(arguments.helix, cluster)
        if failures:
            sys.stderr.write(open(os.path.join(cluster.folder, "helix.log"), encoding="utf-8").read()[-4000:])
        print("the worst case of an autoscaler and of an unknown write stayed reserved over 3 restarts each, "
              f"{RESERVATION_S} s long" if not failures else "reservations were LOST")
    sys.exit(1 if failures else 0)


main()
