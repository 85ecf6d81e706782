"""The cases of every fuzzing target, seeds and what was found, run once without the fuzzer."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CASES = sorted(path for path in HERE.glob("cases/*/*"))


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_case_of_the_fuzzer_is_handled(case: Path) -> None:
    import_module(f"fuzz.targets.{case.parent.name}").check(case.read_bytes())


def test_every_target_has_cases_and_every_case_a_target() -> None:
    targets = {path.stem for path in HERE.glob("targets/[a-z]*.py")}

    assert targets == {path.parent.name for path in CASES}


def test_shells_of_this_machine_read_the_exports_of_all_cases() -> None:
    exports = import_module("fuzz.targets.exports")

    exports.check_batch([case.read_bytes() for case in CASES if case.parent.name == "exports"])
