"""Documented endpoints of the API for reading: path, who may call it, and its scope. ``operations.tsv`` has them."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from egain_auth_cli.flows import RECORDS

if TYPE_CHECKING:
    from egain_auth_cli.flows.record import FlowRecord


class ApiPath(NamedTuple):
    """One endpoint.

    Attributes:
        method: ``GET``, in every row so far.
        path: With ``{names}`` where an id goes.
        personas: Who may call it: user, customer, anonymous, client, obo.
        scope: The delegated scope.
        note: What it answers, and what it needs besides.
    """

    method: str
    path: str
    personas: tuple[str, ...]
    scope: str
    note: str

    @property
    def flows(self) -> tuple[FlowRecord, ...]:
        """The flows whose token may call it."""
        found = (one for persona in self.personas for one in RECORDS.values() if persona in one.personas)
        return tuple({one.flow: one for one in found}.values())


@cache
def api_paths() -> tuple[ApiPath, ...]:
    """Return every endpoint of the table."""
    text = files("egain_auth_cli").joinpath("call/operations.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines()[1:] if line]
    return tuple(
        ApiPath(method, path, tuple(personas.split()), scope, note) for method, path, personas, scope, note in rows
    )


def find_paths(word: str) -> tuple[ApiPath, ...]:
    """Return the endpoints whose path, scope or note has the word."""
    wanted = word.lower()
    return tuple(one for one in api_paths() if wanted in f"{one.path} {one.scope} {one.note}".lower())


def path_of(target: str) -> ApiPath | None:
    """Find the endpoint that a request's path belongs to."""
    path = urlsplit(target).path if "://" in target else target.partition("?")[0]
    # A fixed path first: `/portals/user` would fit `/portals/{portalID}` as well.
    exact = next((one for one in api_paths() if one.path == path), None)
    return exact or next((one for one in api_paths() if re.fullmatch(_pattern(one.path), path)), None)


def _pattern(template: str) -> str:
    return re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template))
