"""All that a service is asked over a run on the real API server: mixed writes, events in and out, checkpoints."""
import json
import os
import subprocess
import time

from check import expect
from events import Events
from mixed_writes import DEPLOYMENTS, NAMESPACE, MixedWrites, container
from service import free_port

LEASE_S = 2
KEYS_ASKED_AGAIN = 200


def prepare(cluster):
    """Nodes and deployments; returns the name under which the API server knows the service."""
    cluster.run("load", "--nodes", "6", "--pods", "0")
    cluster.kubectl("create", "namespace", NAMESPACE)
    for number in range(DEPLOYMENTS):
        template = {"metadata": {"labels": {"app": f"d{number}"}}, "spec": container("64Mi")}
        cluster.kubectl("create", "-f", "-", stdin=json.dumps({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": f"d{number}", "namespace": NAMESPACE},
            "spec": {"replicas": 1, "selector": {"matchLabels": {"app": f"d{number}"}}, "template": template}}))
    cluster.run("wait-metrics")
    return json.loads(cluster.kubectl("--context", "dev-admin", "auth", "whoami", "-o", "json"))[
        "status"]["userInfo"]["username"]


class MixedRun:
    """What is asked of the service over all its lives, and what it has answered."""

    def __init__(self, dice):
        self.dice = dice
        self.writes, self.events = MixedWrites(dice), Events(dice)
        self.pending = set()   # keys of writes without a final answer
        self.checkpoints = []  # signed ones: no later history may contradict them

    def configure(self, helix, cluster, config, ledger):
        """Writes the service's configuration, and makes its keys."""
        keys = os.path.join(cluster.folder, "keys")
        with open(config, "w", encoding="utf-8") as file:
            json.dump({"listen": f"127.0.0.1:{free_port()}", "ledger": ledger, "kubeconfig": [cluster.kubeconfig],
                       "targets": [{"context": "dev-admin"}], "recovery_grace_s": 1, "metrics_every_s": 2,
                       "lease_s": LEASE_S, "state": os.path.join(cluster.folder, "state"), "signing": keys,
                       "outbox": [self.events.destination()]}, file)
        subprocess.run([helix, "keys", "generate", keys, "--name", "example.com/helix"], check=True,
                       stdout=subprocess.DEVNULL)

    def settle(self, service):
        """Asks again for what has no final answer; it all gets one while the service lives."""
        for key in sorted(self.pending):
            until = time.monotonic() + 60
            while service.alive() and time.monotonic() < until:
                if self.writes.ask(service, key):
                    self.pending.discard(key)
                    break
                time.sleep(0.05)
        self.events.settle(service)

    def ask(self, service):
        """One more write, and now and then what else a service is asked."""
        key = self.writes.next()
        self.pending.add(key)
        if self.writes.ask(service, key):
            self.pending.discard(key)
        chance = self.dice.random()
        if chance < 0.3:
            self.events.ask(service)
        elif chance < 0.45:
            self.events.resend_one(service)
        elif chance < 0.6:
            answer = service.ask_text("/v1/ledger/checkpoint")
            if answer and answer[0] == 200:
                self.checkpoints.append(answer[1])

    def end(self, service):
        """The last life: all gets its answer, and arrives."""
        self.settle(service)
        begun = sorted(self.writes.answers)  # of the others nothing is kept: they would be asked anew
        for key in self.dice.sample(begun, min(KEYS_ASKED_AGAIN, len(begun))):
            expect(f"{key} has a final answer", self.writes.ask(service, key))
        self.events.drain(service)
