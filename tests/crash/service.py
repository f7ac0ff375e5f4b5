"""The real `helix serve`, to be killed, stopped and asked by tests."""
import http.client
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from ports import keep_port  # noqa: E402


class Service:
    """One process of the service; `fault` is what HELIX_FAULT says (service/ports/fault_point.hpp)."""

    def __init__(self, program, config, log, fault=None):
        environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
        if fault:
            environment["HELIX_FAULT"] = fault
        self.log = open(log, "ab")
        self.process = subprocess.Popen([program, "serve", "--config", config], env=environment, text=True,
                                        stdout=subprocess.PIPE, stderr=self.log)
        self.port = None
        for line in self.process.stdout:  # ends with the process
            if "http://" in line:
                self.port = int(line.split("http://127.0.0.1:")[1].split()[0].strip("/"))
                break

    def alive(self):
        return self.process.poll() is None

    def ask(self, method, path, body=None, headers=None, timeout=60):
        """Status, JSON and headers of the answer; None when the connection died before one came."""
        try:
            answer = self._ask(method, path, None if body is None else json.dumps(body), headers or {}, timeout)
            return answer and (answer[0], json.loads(answer[1]) if answer[1] else None, answer[2])
        except ValueError:
            return None

    def ask_text(self, path):
        """Status and text of the answer to a GET; None as above."""
        answer = self._ask("GET", path, None, {}, 60)
        return answer and (answer[0], answer[1].decode())

    def _ask(self, method, path, text, headers, timeout):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, text, {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            return answer.status, answer.read(), dict(answer.getheaders())
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def act(self, key, action, timeout=60):
        return self.ask("POST", "/v1/actions", {"target": "dev-admin", **action}, {"Idempotency-Key": key}, timeout)

    def await_writing(self, deadline_s=60):
        """True once it is ready and may write; False when it died first."""
        until = time.monotonic() + deadline_s
        while time.monotonic() < until:
            if self.port is None or not self.alive():
                return False
            answer = self.ask("GET", "/readyz")
            if answer and answer[0] == 200 and not [check for check in answer[1]["checks"] if check["name"] == "writes" and "detail" in check]:
                return True
            time.sleep(0.02)
        raise SystemExit("the service did not become ready: " + str(self.ask("GET", "/readyz")))

    def await_stopped(self, deadline_s=30):
        """Waits until the process stands still in a fault point (SIGSTOP)."""
        until = time.monotonic() + deadline_s
        while time.monotonic() < until:
            with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
                if stat.read().rsplit(")", 1)[1].split()[0] == "T":
                    return
            time.sleep(0.02)
        raise SystemExit("the process did not stop")

    def stop(self, deadline_s=30):
        """Tells it to end; whether it did so by itself, unharmed."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=deadline_s) == 0

    def kill(self):
        if self.alive():
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=30)
        self.process.stdout.close()
        self.log.close()


_kept = []


def free_port():
    """A port that a service can listen on again and again while this process lives."""
    _kept.append(keep_port())
    return _kept[-1].getsockname()[1]
