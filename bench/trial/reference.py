"""The PEMLAAM formula in Python: the peer of bench_trial.

usage: reference.py CASES ANSWERS

Reads evidence sets, one JSON list a line, scores them in whole hundredths, writes "raw warmth floor verdict final" for
each, and prints the CPU seconds that the scoring alone took. Then it scores once more with floating-point numbers, and
prints in how many cases the raw sum is no longer the exact one, and in how many the verdict differs.
"""
import json
import sys
import time

GATES = ("conftest", "kyverno", "gatekeeper", "falco", "trivy")
WEIGHTS = {
    "conftest-deny": 30, "conftest-warn": 5, "kyverno-violation": 25, "gatekeeper-violation": 25,
    "gatekeeper-warn": 5, "falco-critical": 100, "falco-high": 35, "falco-medium": 15, "falco-low": 5,
    "trivy-critical": 40, "trivy-high": 15, "recorded": 0, "waived": 0,
}
ALWAYS = {"conftest-deny", "falco-critical", "falco-high", "trivy-critical"}
STRICT = ALWAYS | {"falco-medium", "kyverno-violation", "gatekeeper-violation"}
EVERYTHING = {grade for grade, weight in WEIGHTS.items() if weight}
ALL = set(GATES)
# floor, required gates, hard denies
LAYERS = (
    (30, {"trivy", "gatekeeper"}, ALWAYS),
    (40, {"trivy", "kyverno", "gatekeeper"}, ALWAYS | {"gatekeeper-violation"}),
    (50, ALL, ALWAYS),
    (60, ALL, ALWAYS),
    (70, ALL, STRICT),
    (80, ALL, STRICT),
    (0, set(), EVERYTHING),
    (0, ALL, EVERYTHING),
)


def score(case, one):
    """`one` is the unit: 1 for whole hundredths, 0.01 for floating point."""
    layer, floor, asked, tolerate, unlimited, without_digest, approved, served, found, testimonies = case
    law_floor, required, denies = LAYERS[layer]
    asked = set(asked)
    waiting = asked | required
    clean = set()
    grades = []
    heard = False
    for gate, state, defects in testimonies:
        grades += defects
        if state in ("CLEAN", "VIOLATIONS"):
            heard = True
            waiting.discard(gate)
        if state == "CLEAN" and not defects:
            clean.add(gate)
    raw = 100 * one
    for grade in grades:
        raw -= WEIGHTS[grade] * one
    if unlimited:
        raw -= 20 * one
    for _ in asked & clean:
        raw += 10 * one
    warmth = min(max(raw, 0), 100 * one)
    floor = max(floor, law_floor) * one
    hard = layer == 6 or not denies.isdisjoint(grades) or (layer == 7 and unlimited)
    capped = (not heard or (waiting and not tolerate) or "falco-medium" in grades
              or (unlimited and layer >= 3) or (without_digest and layer >= 4)
              or (layer == 7 and (clean != ALL or warmth < 100 * one)))
    warm = warmth >= floor + 20 * one
    unapproved = layer in (5, 7) and not approved
    guilty = unlimited or any(WEIGHTS[grade] for grade in grades)
    if hard or warmth < floor:
        verdict = "DENY"
    elif not found or (not heard and not guilty):
        verdict = "PENDING"
    else:
        verdict = "ADMIT" if warm and not capped and not unapproved else "WATCH"
    awaits_approval = verdict == "WATCH" and warm and not capped and unapproved
    settled = not waiting or tolerate or raw + 10 * one * len(asked & waiting) < floor
    final = hard or (served and found and verdict != "PENDING" and settled and not awaits_approval)
    return raw, warmth, floor, verdict, bool(final)


def main():
    with open(sys.argv[1]) as lines:
        cases = [json.loads(line) for line in lines]
    start = time.process_time()
    answers = [score(case, 1) for case in cases]
    seconds = time.process_time() - start
    with open(sys.argv[2], "w") as out:
        for raw, warmth, floor, verdict, final in answers:
            out.write(f"{raw} {warmth} {floor} {verdict} {int(final)}\n")
    floating = [score(case, 0.01) for case in cases]
    drifted = sum(rough[0] != exact[0] / 100 for rough, exact in zip(floating, answers))
    misjudged = sum(rough[3] != exact[3] for rough, exact in zip(floating, answers))
    print(seconds, drifted, misjudged)


main()
