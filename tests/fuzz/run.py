"""Fuzzes the targets one after the other, from their cases on: ``run.py RUNS [TARGET]...``; a line of figures each.

Inputs that reach something new are kept in ``build/fuzz-corpus`` for the next time, findings in ``cases/TARGET``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
TARGETS = sorted(path.stem for path in HERE.glob("targets/[a-z]*.py"))
CORPUS = HERE.parent.parent / "build" / "fuzz-corpus"
LIMITS = ["-max_len=1024", "-timeout=20", "-rss_limit_mb=2048"]
_COUNT = re.compile(r"stat::number_of_executed_units:\s*(\d+)")


def main(runs: str, *chosen: str) -> int:
    """Return the exit status: 1 where something was found."""
    unknown = set(chosen) - set(TARGETS)
    if unknown:
        sys.stderr.write(f"no such target: {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}\n")
        return 2
    return int(any([fuzz(target, runs) for target in chosen or TARGETS]))  # noqa: C419  all of them, whatever is found


def fuzz(target: str, runs: str) -> bool:
    """Fuzz one target; return whether there are findings."""
    corpus, cases = CORPUS / target, HERE / "cases" / target
    corpus.mkdir(parents=True, exist_ok=True)
    former = set(cases.iterdir())
    command = [sys.executable, str(HERE / "fuzzer.py"), target, str(cases), *LIMITS, f"-runs={runs}"]
    command += ["-print_final_stats=1", f"-artifact_prefix={cases}/", str(corpus), str(cases)]
    begun = time.monotonic()
    environ = os.environ | {"PYTHONPATH": str(HERE.parent), "TZ": "Asia/Kolkata"}  # local time is never UTC by chance
    done = subprocess.run(command, env=environ, stderr=subprocess.PIPE, text=True, errors="replace", check=False)
    seconds, count = time.monotonic() - begun, _COUNT.search(done.stderr)
    found = set(cases.iterdir()) - former
    sys.stdout.write(f"{target:18}{count[1] if count else '?':>9} cases {seconds:6.0f} s  {len(found)} findings\n")
    sys.stdout.write("".join(f"  {line}\n" for line in done.stderr.splitlines() if line.startswith("FOUND ")))
    sys.stdout.flush()
    if done.returncode:
        sys.stderr.write(done.stderr[-3000:])
    return bool(found or done.returncode)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
