#!/usr/bin/env python3
"""Holds the conftest policies against their cases, with the real conftest.

usage: check.py GATES POLICIES CASES

GATES is where conftest was built, unless HELIX_GATES says otherwise; without a conftest there the exit code is 77 (not
tested), or 1 when HELIX_GATES promised one.

Each file of CASES belongs to one policy. A case changes the sound workload beside CASES (`set`: JSON pointer to value,
null removes), may give data (`data`, below `trial`), and says what conftest must find: that and nothing else.
"""
import copy
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import yaml

policies, cases = pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
conftest = os.path.join(os.environ.get("HELIX_GATES") or sys.argv[1], "conftest")
if not os.access(conftest, os.X_OK):
    print(f"{conftest} is not built (target gates)", file=sys.stderr)
    sys.exit(1 if "HELIX_GATES" in os.environ else 77)
COUNT = 13
failures = []


def expect(holds, what):
    if not holds:
        failures.append(what)


def changed(manifest, pointer, value):
    """Sets or removes what `pointer` names; what leads there must exist."""
    *way, last = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    for step in way:
        manifest = manifest[int(step)] if isinstance(manifest, list) else manifest[step]
    if value is None:
        manifest.pop(last)
    else:
        manifest[last] = value


def judge(manifests, data, folder):
    """What conftest finds in each manifest: its results, in the manifests' order. One run for all."""
    given = folder / "data.json"
    given.write_text(json.dumps({"trial": data}))
    files = []
    for number, manifest in enumerate(manifests):
        files.append(folder / f"{number}.json")
        files[-1].write_text(json.dumps(manifest))
    command = [conftest, "test", "--output", "json", "--policy", policies, "--data", given, *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    try:
        results = {entry["filename"]: entry for entry in json.loads(done.stdout)}
    except ValueError:
        sys.exit(f"{command}\nexit code {done.returncode}\n{done.stdout}\n{done.stderr}")
    return [results[str(file)] for file in files]


def findings(result):
    found = [("deny", one) for one in result.get("failures", [])]
    return found + [("warn", one) for one in result.get("warnings", [])]


def check_form(where, weight, one):
    """What every finding must carry, so that it can be counted once and mended by who reads it."""
    metadata = one.get("metadata", {})
    expect(metadata.get("policy") in names, f"{where}: metadata.policy names no policy: {one}")
    expect(metadata.get("query", "").startswith(f"data.main.{weight}_"), f"{where}: {one}")
    mend, container = metadata.get("mend"), metadata.get("container")
    expect(mend and one["msg"].endswith(f"; mend: {mend}"), f"{where}: the message does not say how to mend it: {one}")
    subject = f'container "{container}" ' if container else '"mefine-static" '
    expect(container is not None and subject in one["msg"], f"{where}: the message does not name its subject: {one}")


def check_case(where, case, result):
    left = findings(result)
    for weight, one in left:
        check_form(where, weight, one)
    for wanted in case["expect"]:
        weight = "deny" if "deny" in wanted else "warn"
        fits = [(w, one) for w, one in left
                if w == weight and one["metadata"].get("policy") == wanted[weight]
                and one["metadata"].get("container") == wanted["container"] and wanted.get("says", "") in one["msg"]]
        expect(fits, f"{where}: not found: {wanted}; found: {left}")
        if fits:
            left.remove(fits[0])
    expect(not left, f"{where}: found beside what was expected: {left}")
    expect(result["successes"] + len(findings(result)) > 0, f"{where}: nothing was evaluated")


names = {path.stem.replace("_", "-") for path in policies.glob("*.rego")}
expect(len(names) == COUNT, f"{len(names)} policies, not {COUNT}: {sorted(names)}")
sound = yaml.safe_load((cases.parent / "sound.yaml").read_text())
groups = {}  # data as text -> [(where, case, manifest)]
for name in sorted(names):
    listed = yaml.safe_load((cases / f"{name}.yaml").read_text())
    expect(any(not case["expect"] for case in listed), f"{name}: no passing case")
    expect(any(name in one.values() for case in listed for one in case["expect"]), f"{name}: no failing case")
    for case in listed:
        manifest = copy.deepcopy(sound)
        for pointer, value in case.get("set", {}).items():
            changed(manifest, pointer, value)
        data = json.dumps(case.get("data", {}), sort_keys=True)
        groups.setdefault(data, []).append((f"{name}, {case['name']}", case, manifest))

# The first trial's story: three warnings and no deny, and none at all once mended.
story = yaml.safe_load((cases.parent / "mefine-static.yaml").read_text())
three = [{"warn": policy, "container": "web"} for policy in ("limits", "read-only-root", "liveness")]
for data in ({"layer": "L2"}, {}):
    group = groups.setdefault(json.dumps(data), [])
    group.append(("mefine-static as it was", {"expect": three}, story))
    group.append(("mefine-static mended", {"expect": []}, sound))

with tempfile.TemporaryDirectory(prefix="helix-policies-") as folder:
    for data, group in groups.items():
        results = judge([manifest for _, _, manifest in group], json.loads(data), pathlib.Path(folder))
        for (where, case, _), result in zip(group, results):
            check_case(where, case, result)

for failure in failures:
    print(f"FAILED: {failure}", file=sys.stderr)
print(f"{sum(map(len, groups.values()))} cases of {len(names)} policies, {len(failures)} failures")
sys.exit(1 if failures else 0)
