"""The cases of every fuzzing target, seeds and what was found, run once without the fuzzer."""

from __future__ import annotations

import random
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from figures import amount

from egain_auth_cli import sanitize

if TYPE_CHECKING:
    from figures import Measured

HERE = Path(__file__).parent
MUTATED = amount(2_000, 1_000_000)
CASES = sorted(path for path in HERE.glob("cases/*/*"))


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_case_of_the_fuzzer_is_handled(case: Path) -> None:
    import_module(f"fuzz.targets.{case.parent.name}").check(case.read_bytes())


@pytest.mark.figure("cases mutated at random", "1,000,000 request URLs and 1,000,000 shown texts, none gets through")
@pytest.mark.parametrize("target", ["request_url", "sanitizer"])
def test_mutated_cases_are_handled(target: str, measured: Measured) -> None:
    chance = random.Random(target)
    seeds = [case.read_bytes() for case in CASES if case.parent.name == target]
    check = import_module(f"fuzz.targets.{target}").check
    for _ in range(MUTATED):
        sanitize._known_secrets.clear()
        one, other = chance.choice(seeds), chance.choice(seeds)
        at, to = sorted((chance.randrange(len(one) + 1), chance.randrange(len(one) + 1)))
        check(one[:at] + chance.choice((b"", chance.randbytes(2), other[at:to], other)) + one[to:])
    measured(MUTATED, target)


def test_every_target_has_cases_and_every_case_a_target() -> None:
    targets = {path.stem for path in HERE.glob("targets/[a-z]*.py")}

    assert targets == {path.parent.name for path in CASES}


def test_shells_of_this_machine_read_the_exports_of_all_cases() -> None:
    exports = import_module("fuzz.targets.exports")

    exports.check_batch([case.read_bytes() for case in CASES if case.parent.name == "exports"])
