"""One target under atheris: ``fuzzer.py TARGET OUT [ARGUMENT]...``. Findings are written to OUT, and it goes on."""

from __future__ import annotations

import hashlib
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import atheris

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BATCH = 256
"""Cases that go to ``check_batch`` at once."""

name, out, *arguments = sys.argv[1:]
with atheris.instrument_imports(include=["egain_auth_cli"]):
    target = import_module(f"fuzz.targets.{name}")
    sanitize = import_module("egain_auth_cli.sanitize")

check_batch: Callable[[Sequence[bytes]], None] | None = getattr(target, "check_batch", None)
found: set[str] = set()
batch: list[bytes] = []


def run_one(data: bytes) -> None:
    sanitize._known_secrets.clear()  # which a case before this one has left
    attempt(target.check, data)
    if check_batch is not None:
        batch.append(data)
        if len(batch) == BATCH:
            search(check_batch, batch)
            batch.clear()


def search(check: Callable[[Sequence[bytes]], None], cases: list[bytes]) -> None:
    """Judge a batch, and write the first case of it that fails."""
    try:
        check(cases)
    except Exception:  # noqa: BLE001  whatever it is, it is a finding
        if len(cases) == 1:
            attempt(lambda data: check([data]), cases[0])
        else:
            search(check, cases[: len(cases) // 2])
            search(check, cases[len(cases) // 2 :])


def attempt(check: Callable[[bytes], None], data: bytes) -> None:
    """Judge a case, and write one that fails as no other has failed before."""
    try:
        check(data)
    except Exception as exc:  # noqa: BLE001  whatever it is, it is a finding
        where = traceback.extract_tb(exc.__traceback__)[-1]
        kind = f"{type(exc).__name__} in {where.filename}:{where.lineno}"
        if kind not in found:
            found.add(kind)
            path = Path(out) / f"crash-{hashlib.sha256(data).hexdigest()[:12]}"
            path.write_bytes(data)
            sys.stderr.write(f"FOUND {path.name}: {kind}: {str(exc)[:300]}\n")


atheris.Setup([sys.argv[0], *arguments], run_one)
atheris.Fuzz()
