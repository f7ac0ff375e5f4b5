"""A relay to a PostgreSQL server, on Unix sockets: the link that goes dead without a word."""
import os
import socket
import tempfile
import threading

PORT_FILE = ".s.PGSQL.5432"


class Relay:
    """`folder` is what clients name as their host. While `cut()` lasts nothing is carried and nobody is told: no reset,
    no end, as when a cable is pulled. `mend()` carries on with what was on its way."""

    def __init__(self, server_folder):
        self.server = os.path.join(server_folder, PORT_FILE)
        self.folder = tempfile.mkdtemp(prefix="helix-relay-")
        self.flows = threading.Event()
        self.flows.set()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(os.path.join(self.folder, PORT_FILE))
        self.listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        self.flows.clear()

    def mend(self):
        self.flows.set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.mend()
        self.listener.close()
        os.unlink(os.path.join(self.folder, PORT_FILE))
        os.rmdir(self.folder)

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        self.flows.wait()
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(self.server)
        except OSError:
            client.close()
            return
        threading.Thread(target=self._carry, args=(server, client), daemon=True).start()
        self._carry(client, server)

    def _carry(self, source, sink):
        try:
            while True:
                some = source.recv(65536)
                self.flows.wait()
                if not some:
                    break
                sink.sendall(some)
        except OSError:
            pass
        for one in (source, sink):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
