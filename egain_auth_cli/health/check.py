"""One check of ``doctor``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """The outcome of a check."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What was looked at, how it is, and what to do about it.

    Attributes:
        name: Stable, kebab-case.
        state: Its outcome.
        detail: One line.
        fix: What to do; empty where nothing is to be done.
    """

    name: str
    state: State
    detail: str
    fix: str = ""


def passed(name: str, detail: str) -> Check:
    """Return a check that found nothing wrong."""
    return Check(name=name, state=State.OK, detail=detail)


def warning(name: str, detail: str, fix: str) -> Check:
    """Return a check that found something to look at."""
    return Check(name=name, state=State.WARNING, detail=detail, fix=fix)


def failure(name: str, detail: str, fix: str) -> Check:
    """Return a check that found something broken."""
    return Check(name=name, state=State.FAILURE, detail=detail, fix=fix)
