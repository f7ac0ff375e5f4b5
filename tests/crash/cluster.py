"""The real test cluster, as a context manager for tests in Python."""
import json
import os
import shutil
import subprocess
import tempfile


class Cluster:
    def __init__(self, program):
        self.program = program
        self.folder = tempfile.mkdtemp(prefix="helix-crash-")

    def __enter__(self):
        # It ends with its standard input, however this process ends.
        self.process = subprocess.Popen(
            [self.program, "up", "--dir", os.path.join(self.folder, "cluster"), "--foreground", "--until-stdin-closes"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line.startswith("export KUBECONFIG="):
                return self
        raise SystemExit("the test cluster did not start")

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def kubeconfig(self):
        return os.path.join(self.folder, "cluster", "kubeconfig")

    def run(self, *words):
        subprocess.run([self.program, words[0], "--dir", os.path.join(self.folder, "cluster"), *words[1:]], check=True,
                       stdout=subprocess.DEVNULL)

    def kubectl(self, *words, stdin=None):
        done = subprocess.run([self.program, "kubectl", "--kubeconfig", self.kubeconfig, *words], input=stdin, text=True,
                              capture_output=True)
        if done.returncode != 0:
            raise SystemExit(f"kubectl {' '.join(words)}: {done.stderr}")
        return done.stdout

    def objects(self, kind, namespace):
        items = json.loads(self.kubectl("get", kind, "-n", namespace, "-o", "json"))["items"]
        return {item["metadata"]["name"]: item for item in items}

    def audit(self):
        """The API server's audit log: what was asked of it, one event a request."""
        with open(os.path.join(self.folder, "cluster", "log", "audit.jsonl"), encoding="utf-8") as log:
            return [json.loads(line) for line in log if line.endswith("\n")]
