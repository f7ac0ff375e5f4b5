"""A real PostgreSQL server of the test's own, on a Unix socket in a fresh folder."""
import glob
import os
import pwd
import shutil
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
        data = os.path.join(self.folder, "data")
        self._run("initdb", "-D", data, "-A", "trust", "-U", "helix", "--no-sync")
        self.process = subprocess.Popen(
            [*self.as_user, os.path.join(self.tools, "postgres"), "-D", data, "-k", self.folder, "-c", "listen_addresses="],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while subprocess.run([os.path.join(self.tools, "pg_isready"), "-h", self.folder, "-q"], check=False).returncode:
            if time.monotonic() > until or self.process.poll() is not None:
                raise SystemExit("PostgreSQL did not start")
            time.sleep(0.05)
        os.chmod(self.folder, 0o755)
        self.url = f"postgresql://helix@/postgres?host={self.folder}"
        return self

    def __exit__(self, *_):
        self._run("pg_ctl", "stop", "-D", os.path.join(self.folder, "data"), "-m", "fast")
        self.process.wait(timeout=60)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, tool, *words):
        subprocess.run([*self.as_user, os.path.join(self.tools, tool), *words], check=True, stdout=subprocess.DEVNULL)
