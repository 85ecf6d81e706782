"""Many processes at one login whose token has expired, with somebody who signs out, in, and renames it in between."""

from __future__ import annotations

import itertools
import random
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fakes.ordeal import Ordeal, answer_when_shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fakes.process import Finished, LoadedProgram
    from fakes.world import World

USES = (("token",), ("call", "GET", "/things"), ("exec", "--", "true"))
CHANGES = {"logout": ("logout",), "login": ("login", "--force"), "rename": ("profile", "rename", "acme", "other")}
_EXPIRED, _FRESH = 30, 3600
"""Lives of tokens in seconds: less than what is asked of a token, and more."""
_PATIENCE = 60.0


@dataclass(frozen=True)
class Rush:
    """What came of it.

    Attributes:
        refused: Processes that did not get what they asked for, and were not told why.
        used: How many got it.
        spent_twice: Families of refresh tokens that the server ended.
        refreshes: How often it was asked to renew.
    """

    refused: Sequence[tuple[Sequence[str], tuple[int, str, str]]]
    used: int
    spent_twice: int
    refreshes: int


def rush(
    world: World, program: LoadedProgram, count: int, *, changes: Sequence[str], seed: int, unlocked: bool = False
) -> Rush:
    """Run so many processes at once, one of each kind of change among them."""
    ordeal = Ordeal(world, program)
    ordeal.server.expires_in = _EXPIRED
    ordeal.prepare()
    ordeal.server.expires_in = _FRESH
    if unlocked:
        ordeal.server.before = _first_waits_for_the_second()
    world.server.on("/things", ordeal.server.api)
    chance = random.Random(seed)
    lines = [chance.choice(USES) for _ in range(count - len(changes))] + [CHANGES[name] for name in changes]
    chance.shuffle(lines)
    over = threading.Event()
    browser: list[threading.Thread] = []

    def be_browser(streams: Sequence[Path]) -> None:
        for line, stderr in zip(lines, streams, strict=True):
            if line == CHANGES["login"]:
                browser.append(threading.Thread(target=answer_when_shown, args=(stderr, over.is_set)))
                browser[-1].start()

    try:
        done = program.run_at_once(world.egain, lines, meanwhile=be_browser, unlocked=unlocked)
    finally:
        over.set()
        for one in browser:
            one.join()
    known = {one.replace("rt-", "at-") for one in (*ordeal.server.good, *ordeal.server.spent)}
    outcomes = [(line, one, _is_right(line, one, known)) for line, one in zip(lines, done, strict=True)]
    refused = [(line, one.shown) for line, one, right in outcomes if not right and not _is_told(one, changes)]
    return Rush(refused, sum(right for *_, right in outcomes), len(ordeal.server.ended), ordeal.server.rotations)


def _first_waits_for_the_second() -> Callable[[], object]:
    """Return what holds the first request until there is a second one: that they meet is not left to chance."""
    numbers, together = itertools.count(), threading.Barrier(2, timeout=_PATIENCE)
    return lambda: next(numbers) < together.parties and together.wait()


def _is_right(line: Sequence[str], done: Finished, known: set[str]) -> bool:
    answers = {USES[0]: known, USES[1]: {"[]"}}.get(tuple(line), {""})
    return done.status == 0 and done.out.strip() in answers


def _is_told(done: Finished, changes: Sequence[str]) -> bool:
    """Whether a process was told that somebody else's change is why."""
    why = {"logout": (4, "nobody is signed in"), "rename": (3, "renamed or removed")}
    told = [why[name] for name in changes if name in why]
    return done.out == "" and any(done.status in (status, 125) and words in done.err for status, words in told)
