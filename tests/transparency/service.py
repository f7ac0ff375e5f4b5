"""The real service on a port of the system's choice, and its client, for the tests beside this file."""
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request

failures = []


def body_bytes(body):
    """A text goes out as it is spelled."""
    return body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()


def expect(what, holds, context=""):
    if not holds:
        failures.append(what)
        print(f"FAILED: {what}\n{context}", file=sys.stderr)


def finish():
    sys.exit(1 if failures else 0)


class Service:
    """`helix serve --simulate` on the ledger in `folder`, until the block ends."""

    def __init__(self, program, folder, *flags):
        self.program = os.path.abspath(program)
        self.folder = folder
        self.ledger = os.path.join(folder, "ledger.db")
        self.flags = flags
        self.url = None

    def command(self):
        return [self.program, "serve", "--simulate", "--listen", "127.0.0.1:0", "--ledger", self.ledger,
                *self.flags]

    def refusal(self):
        """Starts it where it must not start: its exit code and what it says."""
        done = subprocess.run(self.command(), capture_output=True, text=True, timeout=60)
        return done.returncode, done.stderr

    def __enter__(self):
        log = os.path.join(self.folder, "log")
        with open(log, "ab") as stderr:
            self.process = subprocess.Popen(self.command(), stdout=subprocess.PIPE, stderr=stderr, text=True)
        for line in self.process.stdout:
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            if found:
                self.url = found.group(0)
                return self
        with open(log, encoding="utf-8") as said:
            raise SystemExit("the service did not start:\n" + said.read())

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=60)
        self.process.stdout.close()

    def request(self, path, body=None, content_type="application/json"):
        request = urllib.request.Request(self.url + path, data=body_bytes(body))
        if body is not None:
            request.add_header("Content-Type", content_type)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read().decode()

    def get(self, path):
        return json.loads(self.request(path))

    def status(self, path):
        """The status and the problem of a request that is refused."""
        try:
            self.request(path)
        except urllib.error.HTTPError as refused:
            return refused.code, json.loads(refused.read())
        return 200, {}

    def grow(self, count, first=0):
        """Appends `count` records: events of other systems are the cheapest."""
        for begin in range(first, first + count, 50):
            batch = [{"specversion": "1.0", "id": str(number), "source": "test://grow", "type": "test.grown",
                      "data": {"number": number}} for number in range(begin, min(begin + 50, first + count))]
            self.request("/v1/events", batch, "application/cloudevents-batch+json")

    def run(self, *words, code=0, stdin=None, server=True):
        """Runs one command and returns what it prints, on stdout and on stderr; without `server` nothing answers it."""
        environment = {"PATH": os.environ["PATH"], "HELIX_SERVER": self.url if server else "http://127.0.0.1:1"}
        done = subprocess.run([self.program, *words], env=environment, input=stdin, capture_output=True, text=True,
                              timeout=120, cwd=self.folder)
        said = done.stdout + done.stderr
        expect(f"`helix {' '.join(words)}` ends with {code}, not {done.returncode}", done.returncode == code, said)
        if code != 0:
            expect(f"`helix {' '.join(words)}` says why in one line", done.stderr.count("\n") == 1, said)
        return done.stdout, done.stderr

    def helix(self, *words, code=0, stdin=None, server=True):
        """The same; returns what a command prints, or why it failed."""
        out, err = self.run(*words, code=code, stdin=stdin, server=server)
        return out if code == 0 else err

    def file(self, name, content=None):
        """A path in the folder; written when there is content."""
        path = os.path.join(self.folder, name)
        if content is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(content if isinstance(content, str) else json.dumps(content))
        return path
