"""The real `helix serve` over its built-in simulation, for tests: a free port, a folder of its own, tokens if wanted."""

import hashlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile

TOKENS = {"read": "reader-token", "propose": "proposer-token", "act": "actor-token"}
START_LIMIT_S = 120
ANSWER_LIMIT_S = 60


class Answer:
    """A response, read whole."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers  # names in lower case
        self.body = body

    @property
    def media_type(self):
        return self.headers.get("content-type", "").split(";")[0].strip()

    def json(self):
        return json.loads(self.body)


class Service:
    def __init__(self, helix, tokens=False):
        self.helix = helix
        self.tokens = tokens
        self.folder = tempfile.mkdtemp(prefix="helix-openapi-")
        self.ledger = os.path.join(self.folder, "ledger.db")
        self.log_path = os.path.join(self.folder, "log")

    def __enter__(self):
        command = [self.helix, "serve", "--simulate", "--listen", "127.0.0.1:0", "--ledger", self.ledger,
                   "--log-level", "debug"]
        if self.tokens:
            path = os.path.join(self.folder, "tokens")
            with open(path, "w", encoding="utf-8") as file:
                for role, token in TOKENS.items():
                    file.write(f"{role}er:{role}:{hashlib.sha256(token.encode()).hexdigest()}\n")
            command += ["--tokens", path]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        before = signal.signal(signal.SIGALRM, lambda *_: self.process.kill())
        signal.alarm(START_LIMIT_S)
        found = None
        for line in self.process.stdout:
            found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
            if found:
                break
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        if not found:
            raise SystemExit("the service did not start:\n" + self.log())
        self.url = found.group(0)
        self.port = int(found.group(1))
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=60)
        self.process.stdout.close()
        shutil.rmtree(self.folder)

    def alive(self):
        return self.process.poll() is None

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def routes(self):
        """(method, pattern) of every route, as the service says at its start."""
        events = [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]
        return [(event["method"], event["pattern"]) for event in events if event["event"] == "service.route"]

    def memory_bytes(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return 1024 * int(re.search(r"VmRSS:\s+(\d+) kB", file.read()).group(1))

    def ask(self, method, target, headers=None, body=None, token="act"):
        """One request on a connection of its own; `token` is a role, or None for no token."""
        headers = dict(headers or {})
        if self.tokens and token:
            headers.setdefault("Authorization", "Bearer " + TOKENS[token])
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_LIMIT_S)
        try:
            connection.putrequest(method, target, skip_host="Host" in headers, skip_accept_encoding=True)
            if body is not None and "Content-Length" not in headers:
                headers["Content-Length"] = str(len(body))
            for name, value in headers.items():
                connection.putheader(name, value)
            try:
                connection.endheaders(body)
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before it was sent whole; the answer may be there
            return self._read(connection.getresponse())
        finally:
            connection.close()

    @staticmethod
    def _read(response):
        headers = {name.lower(): value for name, value in response.getheaders()}
        if headers.get("content-type", "").startswith("text/event-stream"):
            return Answer(response.status, headers, b"")
        return Answer(response.status, headers, response.read())

    def raw(self, data):
        """Sends bytes as they are and gives the status of the answer; 0 when the connection ends without one."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=ANSWER_LIMIT_S) as link:
            try:
                link.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                pass
            answer = b""
            try:
                while b"\r\n" not in answer:
                    piece = link.recv(65536)
                    if not piece:
                        break
                    answer += piece
            except ConnectionResetError:
                pass
        found = re.match(rb"HTTP/1\.1 (\d{3}) ", answer)
        return int(found.group(1)) if found else 0

    def get_json(self, target):
        return self.ask("GET", target).json()

    def events(self, target, count, headers=None):
        """The first `count` frames of a stream as dictionaries."""
        headers = dict(headers or {})
        if self.tokens:
            headers.setdefault("Authorization", "Bearer " + TOKENS["read"])
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_LIMIT_S)
        frames, frame = [], {}
        try:
            connection.request("GET", target, headers=headers)
            response = connection.getresponse()
            while len(frames) < count:
                line = response.readline().decode().rstrip("\r\n")
                if not line:
                    if "data" in frame:
                        frames.append(frame)
                    frame = {}
                    continue
                name, _, value = line.partition(":")
                frame[name] = value.removeprefix(" ")
        finally:
            connection.close()
        return frames
