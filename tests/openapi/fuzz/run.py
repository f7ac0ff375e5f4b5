#!/usr/bin/env python3
"""Lets Schemathesis ask the running service for every operation of openapi/helix.yaml, with a fixed seed.

usage: run.py HELIX DESCRIPTION SCHEMATHESIS
"""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from service import TOKENS, Service  # noqa: E402


def main(helix, description, schemathesis):
    with Service(os.path.abspath(helix), tokens=True) as service:
        environment = os.environ | {"HELIX_TOKEN": TOKENS["act"], "PYTHONPATH": HERE, "NO_COLOR": "1"}
        command = [os.path.abspath(schemathesis), "--config-file", os.path.join(HERE, "schemathesis.toml"), "run",
                   os.path.abspath(description), "--url", service.url]
        done = subprocess.run(command, cwd=service.folder, env=environment, check=False)
        report = service.get_json("/v1/ledger/verify")
        print(f"ledger: {report}")
        if not service.alive() or not report["ok"]:
            print("the service died, or its ledger does not hold", file=sys.stderr)
            return 1
        return done.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
