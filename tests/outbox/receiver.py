"""A receiver of CloudEvents over real HTTP that can be made to misbehave."""
import http.server
import json
import os
import socket
import struct
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from ports import keep_port  # noqa: E402


class Receiver:
    """Listens on a port of the system's choice. `behave(event)` says what to do with a request: a status, a tuple
    (status, headers), "cut" (the connection is reset with no answer), "slow" (no answer until `hurry` is set) or
    "take, cut" (taken, but the answer is lost)."""

    def __init__(self):
        self.behave = lambda event: 204
        self.hurry = threading.Event()
        self.changed = threading.Condition()
        self.taken = []       # events in the order of their arrival
        self.requests = []    # (event, what was done, headers)
        self.connections = 0
        self.kept = keep_port()  # it stays this receiver's while it is closed
        self.port = self.kept.getsockname()[1]
        self.server = None
        self.open()

    def open(self):
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                receiver.connections += 1

            def do_POST(self):
                receiver.handle(self)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            allow_reuse_address = True

            def handle_error(self, *_):
                """A killed sender resets its connection: that is what these tests do."""

        self.server = Server(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        """Nobody listens there any more; connections that stand are answered 503 and closed."""
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hvcp/events?tenant=1"

    def handle(self, request):
        body = request.rfile.read(int(request.headers["Content-Length"]))
        event = json.loads(body)
        with self.changed:
            what = self.behave(event)
            self.requests.append((event, what, dict(request.headers), request.path))
            if what == "take, cut" or (isinstance(what, int) and 200 <= what < 300):
                self.taken.append(event)
            self.changed.notify_all()
        if what == "slow":
            self.hurry.wait(60)
        if what in ("slow", "cut", "take, cut"):
            # SO_LINGER 0: the connection is reset
            request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            request.close_connection = True
            request.connection.close()
            return
        status, headers = what if isinstance(what, tuple) else (what, {})
        answer = b"x" * 10
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        if status == 204:
            answer = b""
        request.send_header("Content-Length", str(len(answer)))
        request.end_headers()
        request.wfile.write(answer)

    def wait(self, holds, seconds, what):
        """Waits until `holds()`; the condition is looked at after each request."""
        with self.changed:
            if not self.changed.wait_for(holds, seconds):
                raise SystemExit(f"waited {seconds} s in vain: {what}; taken {len(self.taken)}, "
                                 f"requests {[(r[0]['data']['seq'], r[1]) for r in self.requests[-8:]]}")

    def first_arrivals(self):
        """The seqs in the order in which each arrived first."""
        with self.changed:
            return list(dict.fromkeys(event["data"]["seq"] for event in self.taken))
