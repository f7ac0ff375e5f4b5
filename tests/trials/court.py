"""A court on a real cluster, for the stories of this folder: the cluster, the service, `pemos`, and what they wrote."""

import datetime
import http.client
import json
import os
import re
import signal
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "openapi"))

from service import Answer  # noqa: E402

CLUSTER = os.environ.get("HELIX_TESTCLUSTER") or os.path.join(ROOT, "build/testcluster/helix-testcluster")
GATES = os.environ.get("HELIX_GATES") or os.path.join(ROOT, "build/gates")
TRIALS = "/apis/eose.ca/v1/namespaces/chaos-trial/trendaltrials"
SUBJECT = "/apis/apps/v1/namespaces/pemos-system/deployments/mefine-static"
DIGEST = "registry.example/mefine-static@sha256:" + "5" * 64
MERGE = "application/merge-patch+json"
failures = []


def expect(what, holds, context=""):
    if not holds:
        failures.append(what)
        print(f"FAILED: {what}: {str(context)[:1500]}", file=sys.stderr, flush=True)


def until(holds, what, seconds=60):
    """Waits for what `holds` gives to be true, and gives it."""
    end = time.monotonic() + seconds
    while True:
        found = holds()
        if found:
            return found
        if time.monotonic() > end:
            raise SystemExit("never: " + (what() if callable(what) else what))
        time.sleep(0.02)


def seconds_of(text):
    """Seconds since 1970 of a time as records and status write it."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def missing():
    """The exit code of a story whose cluster or gates have not been built; 0: they have."""
    if os.path.exists(CLUSTER) and os.path.exists(GATES + "/conftest"):
        return 0
    print("build the targets testcluster and gates first")
    return 1 if "HELIX_TESTCLUSTER" in os.environ else 77


def trial(name, **spec):
    """A TrendalTrial of mefine-static; what is not said is that of trial.yaml."""
    return {"apiVersion": "eose.ca/v1", "kind": "TrendalTrial",
            "metadata": {"name": name, "namespace": "chaos-trial", "annotations": {"gamma1": "14.134725141734693"}},
            "spec": {"subject": {"deployment": "mefine-static", "namespace": "pemos-system"}, "sostleTarget": "L2",
                     "gates": ["conftest", "kyverno", "gatekeeper", "falco", "trivy"], "warmthFloor": 0.5,
                     "duration": "3s", "crew": "BOSUN", "trialId": name.upper(), "pendingGates": "Tolerate", **spec}}


class Court:
    def __init__(self, helix, folder, contract=None):
        self.helix, self.folder, self.contract, self.service = os.path.abspath(helix), folder, contract, None
        self.ledger = folder + "/l.db"
        self.pemos = folder + "/pemos"  # the same program by its other name
        os.symlink(self.helix, self.pemos)
        # It ends with its standard input, however this process ends.
        self.cluster = subprocess.Popen(
            [CLUSTER, "up", "--dir", folder + "/c", "--foreground", "--until-stdin-closes"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for line in self.cluster.stdout:
            if "KUBECONFIG" in line:
                break
        self.kubeconfig = folder + "/c/kubeconfig"
        self.environment = {"PATH": os.environ["PATH"], "KUBECONFIG": self.kubeconfig}
        with open(self.kubeconfig, encoding="utf-8") as file:  # JSON is YAML, too
            self.access = json.load(file)
        subprocess.run([CLUSTER, "load", "--dir", folder + "/c", "--nodes", "3", "--pods", "0"], check=True)
        self.run("crds", "install")
        for namespace in ("chaos-trial", "pemos-system"):
            self.kubectl("create", "namespace", namespace)

    def configure(self, context="admin", kubeconfig=None, **court):
        """Writes the service's configuration, to hold from its next start on."""
        with open(self.folder + "/helix.yaml", "w", encoding="utf-8") as file:
            json.dump({"listen": "127.0.0.1:0", "ledger": self.ledger, "kubeconfig": [kubeconfig or self.kubeconfig],
                       "targets": [{"name": "dev", "context": context}], "recovery_grace_s": 1,
                       "court": {"conftest": GATES + "/conftest", "records": self.folder + "/records", **court}}, file)

    def start(self, fault=None):
        """Starts the service. False: it ended before it listened, as `fault` (service/ports/fault_point.hpp) may want."""
        environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
        if fault:
            environment["HELIX_FAULT"] = fault
        with open(self.folder + "/log", "ab") as log:
            self.service = subprocess.Popen([self.helix, "serve", "--config", self.folder + "/helix.yaml"], text=True,
                                            env=environment, stdout=subprocess.PIPE, stderr=log)
        found = None
        for line in self.service.stdout:
            found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
            if found:
                break
        if not found:
            return False
        self.port = int(found.group(1))
        self.environment["HELIX_SERVER"] = found.group(0)
        return True

    def is_ready(self):
        return self.ask("GET", "/readyz").status == 200

    def alive(self):
        return self.service.poll() is None

    def kill(self):
        """kill -9. Returns how the service ended."""
        if self.alive():
            self.service.send_signal(signal.SIGKILL)
        self.service.stdout.close()
        return self.service.wait(timeout=60)

    def live(self, fault, until_then):
        """One life of the service: it dies where `fault` says, else by SIGKILL once `until_then` holds.

        Returns whether the fault came first."""
        self.start(fault)
        until(lambda: not self.alive() or until_then(), "the service dies or does its work")
        by_itself = not self.alive()
        ended = self.kill()
        expect("it ends by SIGKILL alone", ended == -signal.SIGKILL, ended)
        return by_itself

    def live_on(self):
        """Starts the service for good."""
        expect("it starts", self.start())
        until(self.is_ready, "the service is ready")

    def stop_service(self):
        self.service.terminate()
        expect("it ends when told to", self.service.wait(timeout=60) == 0, self.service.returncode)
        self.service.stdout.close()

    def stop(self):
        """Ends all; shows the end of the service's log where something failed."""
        if self.service and self.alive():
            self.stop_service()
        self.cluster.stdin.close()
        self.cluster.wait(timeout=60)
        if failures and os.path.exists(self.folder + "/log"):
            with open(self.folder + "/log", encoding="utf-8") as log:
                sys.stderr.write("the service's log ends with\n" + log.read()[-3000:])

    def kubectl(self, *words, stdin=None):
        done = subprocess.run([CLUSTER, "kubectl", *words], env=self.environment, input=stdin, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"kubectl {' '.join(words)}: {done.stderr}")
        return done.stdout

    def run(self, *words, code=0, stdin=None, kubeconfig=None, seconds=90):
        """`pemos` with these words; all that it said. `code`: the exit code it is to end with."""
        environment = self.environment | ({"KUBECONFIG": kubeconfig} if kubeconfig else {})
        try:
            done = subprocess.run([self.pemos, *words], env=environment, input=stdin, capture_output=True, text=True,
                                  timeout=seconds)
        except subprocess.TimeoutExpired as late:
            expect(f"`pemos {' '.join(words)}` ends within {seconds} s", False, late.stdout)
            return (late.stdout or b"").decode()
        print(f"$ pemos {' '.join(words)}\n{done.stdout}{done.stderr}(exit code {done.returncode})", flush=True)
        expect(f"`pemos {' '.join(words)}` ends with {code}", done.returncode == code, done.stdout + done.stderr)
        expect("no escape sequence goes into a pipe", "\x1b" not in done.stdout + done.stderr)
        return done.stdout + done.stderr

    def ask(self, method, path, body=None, headers=None):
        """One request to the service."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        link.request(method, path, body if body is None or isinstance(body, bytes) else json.dumps(body).encode(),
                     headers or {})
        answer = link.getresponse()
        result = Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        link.close()
        return result

    def case(self, operation, status, path, body=None, headers=None):
        """Asks, expects `status`, and holds the answer against the description."""
        method = self.contract.operations[operation][0]
        answer = self.ask(method, path, body, headers)
        self.contract.check(operation, answer, f"{operation} {path}", path)
        expect(f"{method} {path} is {status}", answer.status == status, answer.body)
        return answer.json() if answer.body else {}

    def cluster_ask(self, method, path, body=None, media="application/json"):
        """One request to the API server, as a user who may do everything; its status and JSON."""
        user = next(one["user"] for one in self.access["users"] if one["name"] == "dev-admin")
        trust = ssl.create_default_context(cafile=self.folder + "/c/pki/ca.crt")
        host = self.access["clusters"][0]["cluster"]["server"].removeprefix("https://")
        link = http.client.HTTPSConnection(host, context=trust, timeout=60)
        link.request(method, path, None if body is None else json.dumps(body),
                     {"Authorization": "Bearer " + user["token"], "Content-Type": media})
        answer = link.getresponse()
        result = answer.status, json.loads(answer.read() or b"{}")
        link.close()
        return result

    def put(self, *objects):
        """Applies objects to the cluster; a list, or what a file of it holds."""
        self.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))

    def kubeconfig_of(self, user, credentials):
        """A kubeconfig with one context, named like its user."""
        path = f"{self.folder}/{user}.kubeconfig"
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"apiVersion": "v1", "kind": "Config", "clusters": self.access["clusters"],
                       "users": [{"name": user, "user": credentials}], "current-context": user,
                       "contexts": [{"name": user, "context": {"cluster": "test", "user": user}}]}, file)
        os.chmod(path, 0o600)
        return path

    def subject(self):
        return self.cluster_ask("GET", SUBJECT)[1]

    def replica_set(self):
        """The subject's current one."""
        sets = self.cluster_ask("GET", "/apis/apps/v1/namespaces/pemos-system/replicasets")[1]["items"]
        return max((one for one in sets if one["metadata"]["name"].startswith("mefine-static-")),
                   key=lambda one: int(one["metadata"]["annotations"]["deployment.kubernetes.io/revision"]))

    def status(self, name):
        """The trial's status as the API server has it."""
        return self.cluster_ask("GET", f"{TRIALS}/{name}")[1].get("status", {})

    def gate(self, name, gate):
        """What the trial's status says of one gate; {} while it says nothing."""
        return next((one for one in self.status(name).get("gates", []) if one["name"] == gate), {})

    def await_evidence(self, name, gate, evidence, seconds=60):
        """Waits until a gate's evidence in the status is that; what else the status says of it."""
        return until(lambda: self.gate(name, gate).get("evidence") == evidence and self.gate(name, gate),
                     lambda: f"{gate} of {name} is {evidence}, but {self.gate(name, gate)}", seconds)

    def await_final(self, name, seconds=60):
        return until(lambda: self.status(name).get("final") and self.status(name),
                     lambda: f"{name} is final, but {json.dumps(self.status(name))}", seconds)

    def rows(self, like):
        """(kind, body) of the ledger's records whose kind is like that, oldest first."""
        link = sqlite3.connect(self.ledger)
        found = link.execute("SELECT kind, body FROM records WHERE kind LIKE ? ORDER BY seq", (like,)).fetchall()
        link.close()
        return [(kind, json.loads(body)) for kind, body in found]

    def records(self, name, kind=None):
        """(kind, body) of the ledger's records about trial `name`, oldest first."""
        return [(told, body) for told, body in self.rows("trial.%") if body["trial"] == name and kind in (None, told)]

    def cycles(self):
        """The receipts of the helix, oldest first."""
        return [body for _, body in self.rows("helix.cycle")]

    def verify(self):
        done = subprocess.run([self.helix, "ledger", "verify", self.ledger], capture_output=True, text=True)
        expect("the ledger's chain is whole", done.returncode == 0, done.stdout + done.stderr)


def tell(story, *parts):
    """Runs the story's beginning and its parts in one court; the process's exit code."""
    if missing():
        return missing()
    folder = tempfile.mkdtemp(prefix="helix-trials-")
    court = Court(sys.argv[1], folder)
    begun = time.monotonic()
    try:
        for part in (story, *parts):
            at = time.monotonic()
            try:
                part(court)
            except SystemExit as end:  # the others may hold all the same
                expect(part.__name__, False, end)
            print(f"{part.__name__}: {time.monotonic() - at:.1f} s", flush=True)
    finally:
        court.stop()
    print(f"{len(failures)} failures, {time.monotonic() - begun:.0f} s")
    if not failures:
        subprocess.run(["rm", "-rf", folder], check=True)
    return 1 if failures else 0
