"""The names in a request's query against those that are documented."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from egain_auth_cli.models.command_words import quoted
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from egain_auth_cli.call.catalogue import Operation

_ALIKE = 0.6  # of difflib's measure: `page` is `$pagenum`, `limit` nothing


def whole_query(target: str, query: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the pairs in the query of a path or URL, and those beside it."""
    return (*parse_qsl(urlsplit(target).query, keep_blank_values=True), *query)


def missing_names(operation: Operation, given: Sequence[str]) -> str:
    """Return the options that name what the query is documented to need and does not have."""
    return " ".join(f"-q {quoted(f'{name}=…')}" for name in operation.required if name not in given)


def unknown_names(operation: Operation, given: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each name that is not documented, and what to do about it, in words."""
    known = (*operation.required, *operation.optional)
    bare = {_bare(name): name for name in known}
    for name in dict.fromkeys(given):
        if name in known:
            continue
        close = get_close_matches(_bare(name), bare, n=1, cutoff=_ALIKE)
        if close:
            advice = f"did you mean `{bare[close[0]]}`?"
        else:
            advice = f"it takes {', '.join(f'`{one}`' for one in known)}" if known else "it takes no query"
        yield printable(name, limit=60), advice


def _bare(name: str) -> str:
    return name.lower().lstrip("$")
