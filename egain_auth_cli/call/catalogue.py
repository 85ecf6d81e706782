"""eGain's published operations: who may call each, with which scope and query. ``operations.tsv`` has them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import NamedTuple
from urllib.parse import urlsplit

ON_BEHALF_OF = frozenset({"obo", "obo-c"})
CLIENT = "client"
PERSONAS = {
    "user": "a user", "obo": "on behalf of a user", "customer": "a customer", "obo-c": "on behalf of a customer",
    "anonymous": "an anonymous customer", CLIENT: "an application",
}  # fmt: skip
"""Those whom a token may stand for, in words."""
_NONE = "-"


class Operation(NamedTuple):
    """An operation, as eGain's API descriptions have it; what they do not say is empty.

    Attributes:
        method: Such as ``GET``.
        path: With ``{names}`` where an id goes.
        group: Its chapter.
        personas: Who may call it: user, obo (on behalf of a user), customer, obo-c, anonymous, client.
        delegated: What a person's token may have as scopes: any one of these, the words of which go together.
        on_behalf_of: Likewise a token on behalf of somebody.
        client: Likewise an application's own.
        required: Names of the query that it cannot do without.
        optional: The others.
        language: Whether it wants Accept-Language.
        body: ``json`` where it takes one, ``json!`` where it must have one.
        paged: Whether it answers in pages.
        release: The one release that has it, of 21.22 and 21.23; empty where both have.
    """

    method: str
    path: str
    group: str
    personas: tuple[str, ...]
    delegated: tuple[str, ...]
    on_behalf_of: tuple[str, ...]
    client: tuple[str, ...]
    required: tuple[str, ...]
    optional: tuple[str, ...]
    language: bool
    body: str
    paged: bool
    release: str

    @property
    def scopes(self) -> tuple[str, ...]:
        """Every scope that it takes, of whatever kind."""
        found = (scope for one in (*self.delegated, *self.on_behalf_of, *self.client) for scope in one.split())
        return tuple(dict.fromkeys(found))

    def scopes_of(self, persona: str) -> tuple[str, ...]:
        """Return what a persona's token may have as scopes for it: any one, the words of which go together."""
        if persona == CLIENT:
            return self.client
        return self.on_behalf_of if persona in ON_BEHALF_OF else self.delegated

    @property
    def application_scope(self) -> str:
        """What an application is given by name of what its ``.default`` stands for: ``<hub>.<manager>.<action>``."""
        action = "read" if self.method == "GET" else "manage"
        return ".".join([*self.path.split("/")[1:3], action])


@cache
def operations() -> tuple[Operation, ...]:
    """Return every operation of the table."""
    text = files("egain_auth_cli").joinpath("call/operations.tsv").read_text(encoding="utf-8")
    return tuple(_operation(line.split("\t")) for line in text.splitlines()[1:] if line)


def _operation(cells: list[str]) -> Operation:
    method, path, group, *lists, language, body, paged, release = ("" if cell == _NONE else cell for cell in cells)
    personas, required, optional = (tuple(lists[index].split()) for index in (0, 4, 5))
    delegated, on_behalf_of, client = (tuple(cell.split("|")) if cell else () for cell in lists[1:4])
    return Operation(
        method, path, group, personas, delegated, on_behalf_of, client, required, optional,
        language == "yes", body, paged == "yes", release,
    )  # fmt: skip


def find_operations(*words: str) -> tuple[Operation, ...]:
    """Return the operations that have every word in method, path, group, persona, scope or release.

    A path may have ids where the documented one has placeholders.
    """
    return tuple(one for one in operations() if all(_has(one, word.lower()) for word in words))


def _has(one: Operation, word: str) -> bool:
    searched = " ".join((one.method, one.path, one.group, *one.personas, *one.scopes, one.release))
    return word in searched.lower() or fits_path(one.path.lower().split("/"), path_of(word).split("/"))


def operation_of(method: str, target: str) -> Operation | None:
    """Find the operation that a request is for; the one with the fewest placeholders, where several fit."""
    wanted, segments = "GET" if method.upper() == "HEAD" else method.upper(), path_of(target).split("/")
    fitting = (one for one in operations() if one.method == wanted and fits_path(one.path.split("/"), segments))
    return min(fitting, key=lambda one: one.path.count("{"), default=None)


def path_of(target: str) -> str:
    """Return the path of what is called, which is a path or a URL."""
    return urlsplit(target).path if "://" in target else target.partition("?")[0]


def fits_path(template: list[str], segments: list[str]) -> bool:
    """Tell whether segments are those of a documented path, with anything in a placeholder's place."""
    same = (one == other or (one.startswith("{") and other) for one, other in zip(template, segments, strict=False))
    return len(template) == len(segments) and all(same)
