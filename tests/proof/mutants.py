#!/usr/bin/env python3
"""Plants one mistake per rule in the gate's own sums, one at a time, and asks the differential test for it.

    tests/proof/mutants.py BUILD_FOLDER [CASES [WORD]]      WORD: only mutants whose name has it

The build folder lends the test's objects and the libraries; nothing in it or in the sources is changed. Ends with 1
unless every mutant is caught.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
JUDGEMENT = "domain/gate/judgement.cpp"
LANDSCAPE = "domain/gate/landscape.cpp"
PROBLEM = "domain/gate/unit_problem.cpp"

# what is planted, where, what stands there, what is put in its place
MUTANTS = [
    ("floor: one byte past the limit passes", JUDGEMENT,
     "unit.after > row.limit", "unit.after > row.limit + 1"),
    ("floor of roomy units: one byte past the limit passes", JUDGEMENT,
     "after > row.limit || stale", "after > row.limit + 1 || stale"),
    ("break unit that pods only leave: one byte below its floor counts as above", JUDGEMENT,
     "if (unit.used > row.limit) {", "if (unit.used > row.limit + 1) {"),
    ("relief: a move that lowers nothing passes", JUDGEMENT,
     "if (released <= 0) unit.why", "if (released < 0) unit.why"),
    ("room: one pod too few finds room", PROBLEM,
     "std::min(most, room / wanted);", "std::min(most, room / wanted - 1);"),
    ("tie: what waits for the old ones never comes", PROBLEM,
     "return left > 0 ? 0 : kind.most;", "return left > -1 ? 0 : kind.most;"),
    ("tie: one for one, one too few", PROBLEM,
     "kind.coupled_total - left)", "kind.coupled_total - left - 1)"),
    ("leaving: the last pod of a class never goes", PROBLEM,
     "gone <= old.uses.size()", "gone < old.uses.size()"),
    ("leaving: each pod releases one byte too much", PROBLEM,
     "used -= old.uses[gone - 1];", "used -= old.uses[gone - 1] + 1;"),
    ("crowd: one pod that finds no room is overlooked", LANDSCAPE,
     "return room >= std::min(bound, group.count);", "return room + 1 >= std::min(bound, group.count);"),
    ("candidates: one pod too few may land", LANDSCAPE,
     "const std::int64_t bound = std::min(group.count, group.per_node_most);",
     "const std::int64_t bound = std::min(group.count, group.per_node_most) - (group.count > 1 ? 1 : 0);"),
    ("unseen: a pod that no figure shows is one byte smaller", LANDSCAPE,
     "sum += *each;", "sum += *each - 1;"),
]


def build_mutant(build: pathlib.Path, work: pathlib.Path, file: str, before: str, after: str) -> pathlib.Path:
    text = (ROOT / file).read_text()
    if before not in text:
        sys.exit(f"{file} has no: {before}")
    source = work / "mutant.cpp"
    source.write_text(text.replace(before, after, 1))
    subprocess.run(["c++", f"-I{ROOT}", "-O0", "-std=c++20", "-c", source, "-o", work / "mutant.o"], check=True)
    objects = build / "tests/proof/CMakeFiles/proof_differential_test.dir"
    libraries = ["adapters/smt/libhelix_smt.a", "adapters/lean_process/libhelix_lean_process.a",
                 "adapters/child_process/libhelix_child_process.a", "service/ports/libhelix_ports.a",
                 "domain/libhelix_domain.a"]
    # The mutant comes before the library, so that the linker never takes its original.
    subprocess.run(["c++", "-o", work / "test", objects / "differential_test.cpp.o",
                    *(objects / "__/oracle").glob("*.o"), work / "mutant.o",
                    *(build / library for library in libraries),
                    "-lrapidcheck", "-lgtest_main", "-lgtest", "-lz3", "-lpthread"], check=True)
    return work / "test"


def main() -> int:
    build = pathlib.Path(sys.argv[1]).resolve()
    cases = sys.argv[2] if len(sys.argv) > 2 else "3000"
    environment = {**os.environ, "HELIX_PROPERTY_CASES": cases, "HELIX_LEAN_GATE": ""}
    chosen = [mutant for mutant in MUTANTS if len(sys.argv) < 4 or sys.argv[3] in mutant[0]]
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, file, before, after in chosen:
            test = build_mutant(build, pathlib.Path(folder), file, before, after)
            ran = subprocess.run([test, "--gtest_filter=*JudgedAlike", "--gtest_fail_fast"], env=environment,
                                 capture_output=True, text=True, check=False)
            after_tests = re.search(r"after (\d+) test", ran.stdout)
            if ran.returncode == 0 or after_tests is None:
                missed += 1
                print(f"MISSED  {name}", flush=True)
            else:
                print(f"caught  {name} (case {after_tests.group(1)})", flush=True)
    print(f"{len(chosen) - missed} of {len(chosen)} mutants caught")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
