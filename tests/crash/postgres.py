"""A real PostgreSQL server of the test's own, on a Unix socket in a fresh folder."""
import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time


class Postgres:
    """`url` while the block lasts."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="helix-pg-")
        self.tools = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self.as_user = []
        if os.geteuid() == 0:  # the server refuses to run as root
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self.as_user = ["runuser", "-u", "postgres", "--"]
        self.data = os.path.join(self.folder, "data")
        self._run("initdb", "-D", self.data, "-A", "trust", "-U", "helix", "--no-sync")
        self.launch()
        os.chmod(self.folder, 0o755)
        self.url = f"postgresql://helix@/postgres?host={self.folder}"
        return self

    def launch(self):
        """Starts the server, and waits until it answers."""
        self.process = subprocess.Popen(
            [*self.as_user, os.path.join(self.tools, "postgres"), "-D", self.data, "-k", self.folder, "-c", "listen_addresses="],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while subprocess.run([os.path.join(self.tools, "pg_isready"), "-h", self.folder, "-q"], check=False).returncode:
            if time.monotonic() > until or self.process.poll() is not None:
                raise SystemExit("PostgreSQL did not start")
            time.sleep(0.05)

    def kill(self):
        """SIGKILL for all its processes at once."""
        self._signal(signal.SIGKILL)
        self.process.wait(timeout=60)

    def freeze(self):
        """All its processes stand still: connections stay, nobody answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self):
        self._signal(signal.SIGCONT)
        self.process.send_signal(signal.SIGCONT)  # runuser stops with what it runs

    def _signal(self, number):
        with open(os.path.join(self.data, "postmaster.pid"), encoding="ascii") as file:
            first = int(file.readline())
        with open(f"/proc/{first}/task/{first}/children", encoding="ascii") as file:
            rest = [int(one) for one in file.read().split()]
        for one in (first, *rest):  # the first one first: it makes no new ones then
            try:
                os.kill(one, number)
            except ProcessLookupError:
                pass

    def __exit__(self, *_):
        self._run("pg_ctl", "stop", "-D", self.data, "-m", "fast")
        self.process.wait(timeout=60)
        shutil.rmtree(self.folder, ignore_errors=True)

    def sql(self, text):
        """Runs it as the owner of everything."""
        self._run("psql", "-h", self.folder, "-U", "helix", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-qc", text)

    def _run(self, tool, *words):
        subprocess.run([*self.as_user, os.path.join(self.tools, tool), *words], check=True, stdout=subprocess.DEVNULL)
