"""What to do about a path that the API does not have, or has for another method."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from egain_auth_cli.call.catalogue import find_operations, fits_path, operation_of, operations, path_of
from egain_auth_cli.models.command_words import command_line
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from egain_auth_cli.call.catalogue import Operation


def methods_hint(target: str, *, allowed: str) -> str:
    """Return with which methods a path can be called; empty where nobody says.

    Args:
        target: What was called.
        allowed: The server's ``Allow``, which counts where the path is not documented.
    """
    segments = path_of(target).split("/")
    methods = dict.fromkeys(one.method for one in operations() if fits_path(one.path.split("/"), segments))
    if methods:
        return f"the path is documented for {', '.join(f'`{method}`' for method in methods)}"
    return f"the server takes `{printable(allowed, limit=60)}` there" if allowed else ""


def other_path_hint(method: str, target: str) -> str:
    """Return what was meant by a path that is not documented."""
    path = path_of(target)
    known = {one.path for one in operations() if one.method == method.upper()}
    close = get_close_matches(path, known, n=1, cutoff=0.8)
    meant = f"did you mean `{close[0]}`? " if close else ""
    words = (part for part in reversed(path.split("/")) if part.isalpha())
    word = next((each for each in words if find_operations(each)), "")
    return f"{meant}`{command_line(['egain', 'call', '--list', *([word] if word else [])])}` shows documented paths"


def ids_hint(
    operation: Operation, target: str, query: Sequence[tuple[str, str]], *, said: str, persona: str | None
) -> str:
    """Return which ids of a documented path, or of its query, to check; empty where it has none.

    Args:
        operation: What was called.
        target: With which ids.
        query: Of the request.
        said: The server's text, which may name those that it does not know.
        persona: Whom the token stands for; None where nobody knows.
    """
    found = list(_ids(operation, target))
    in_query = [(name, printable(value, limit=80), "") for name, value in query if value]
    named = [each for each in (*found, *in_query) if each[1] in said] or found
    if not named:
        return ""
    ids = " and ".join(f"`{value}` (`{name}`)" for name, value, _ in named)
    hint = f"check the id{'s' if len(named) > 1 else ''} {ids}"
    listing = operation_of("GET", named[0][2])  # none for an id of the query
    if listing is None or listing.required or (listing.personas and persona not in listing.personas):
        return hint
    return f"{hint}; `{command_line(['egain', 'call', 'GET', named[0][2]])}` shows those that there are"


def _ids(operation: Operation, target: str) -> Iterator[tuple[str, str, str]]:
    """Yield for each id in a path its name, itself, and the path before it."""
    segments = path_of(target).split("/")
    for number, (name, value) in enumerate(zip(operation.path.split("/"), segments, strict=True)):
        if name.startswith("{"):
            yield name[1:-1], printable(value, limit=80), "/".join(segments[:number])
