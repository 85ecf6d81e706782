"""Times of whole processes, as ratios to a rival or to a bare interpreter measured in the same run.

Pairs are interleaved and the median of their ratios is printed; ``build/bench.json`` holds the same figures.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAIRS = 25
_WARM = 2


@dataclass(frozen=True, kw_only=True)
class Case:
    """Two commands to compare, and the most that their ratio may be."""

    name: str
    ours: list[str]
    theirs: list[str]
    bound: float | None


@dataclass(frozen=True, kw_only=True)
class Row:
    """What was measured of a case: medians in milliseconds, and the median of the pairs' ratios."""

    case: str
    ours_ms: float
    theirs_ms: float
    ratio: float
    bound: float | None
    pairs: int


def main() -> int:
    """Measure every case and print a table; 0 if no bound is passed."""
    with tempfile.TemporaryDirectory(prefix="egain-bench-") as folder:
        environ = _environment(Path(folder))
        with _sandbox(environ):
            rows = [_measure(case, environ) for case in _cases(environ)]
    width = max(len(row.case) for row in rows)
    for row in rows:
        bound = "" if row.bound is None else f"  (bound {row.bound})"
        print(f"{row.case:<{width}}  {row.ours_ms:7.1f} ms / {row.theirs_ms:7.1f} ms = {row.ratio:.2f}{bound}")
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    (build / "bench.json").write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n", encoding="utf-8")
    return 0 if all(row.bound is None or row.ratio <= row.bound for row in rows) else 1


def _cases(environ: dict[str, str]) -> list[Case]:
    bare = [sys.executable, "-c", "pass"]
    egain = str(Path(sys.executable).with_name("egain"))
    subprocess.run([egain, "token", "--client-credentials"], env=environ, check=True, stdout=subprocess.DEVNULL)
    return [
        Case(name="egain --version / python -c pass", ours=[egain, "--version"], theirs=bare, bound=None),
        Case(
            name="cached egain token / python -c pass",
            ours=[egain, "token", "--client-credentials"],
            theirs=bare,
            bound=None,
        ),
        Case(name="egain --help / python -c pass", ours=[egain, "--help"], theirs=bare, bound=None),
    ]


def _measure(case: Case, environ: dict[str, str]) -> Row:
    for _ in range(_WARM):
        _time(case.ours, environ)
        _time(case.theirs, environ)
    pairs = [(_time(case.ours, environ), _time(case.theirs, environ)) for _ in range(PAIRS)]
    return Row(
        case=case.name,
        ours_ms=1000 * statistics.median(ours for ours, _ in pairs),
        theirs_ms=1000 * statistics.median(theirs for _, theirs in pairs),
        ratio=statistics.median(ours / theirs for ours, theirs in pairs),
        bound=case.bound,
        pairs=len(pairs),
    )


def _time(command: list[str], environ: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    return kept | {"EGAIN_CONFIG_DIR": str(folder / "config"), "EGAIN_CACHE_DIR": str(folder / "cache")}


class _sandbox:  # noqa: N801  reads as a function
    """A sandbox in a process of its own, for as long as the body runs."""

    def __init__(self, environ: dict[str, str]) -> None:
        self._environ = environ

    def __enter__(self) -> None:
        command = [sys.executable, "-m", "egain_auth_cli", "sandbox", "--port", "0"]
        self._process = subprocess.Popen(command, env=self._environ, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def __exit__(self, *exc_info: object) -> None:
        self._process.terminate()
        self._process.wait(20)


if __name__ == "__main__":
    raise SystemExit(main())
