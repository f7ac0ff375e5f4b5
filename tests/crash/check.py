"""What does not hold is told at once, and counted."""
import sys

failures = []


def expect(what, holds, context=""):
    if not holds:
        failures.append(what)
        print(f"FAILED: {what}\n{context}", file=sys.stderr, flush=True)
