"""The heads of a request and of its answer as lines for a person, without what authenticates: fit for a ticket."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HIDDEN = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "www-authenticate", "x-egain-session"}
)
_VALUE = re.compile(r"(?<=[?&])([^=&#\s]*)=([^&#\s]+)")
_PLAIN = frozenset({"$lang", "$pagenum", "$pagesize", "$sort", "$order", "$level", "$attribute"})
"""Names of eGain's queries whose values are about the answer's form; any other may be about a person, or a secret."""
_ADDRESSES = frozenset({"location", "content-location", "link", "referer"})


def head_lines(mark: str, first: str, headers: Iterable[tuple[bytes, bytes]]) -> Iterator[str]:
    """Yield the lines of a head.

    Args:
        mark: ``>`` for what is sent, ``<`` for what comes.
        first: The request line or the status line.
        headers: As they are on the wire.
    """
    yield f"{mark} {_without_values(first)}"
    for name, value in headers:
        text = name.decode("latin-1")
        yield f"{mark} {text}: {_shown(text.lower(), value.decode('latin-1'))}"


def _shown(name: str, value: str) -> str:
    if name in _ADDRESSES:
        return _without_values(value)
    if name not in _HIDDEN:
        return value
    scheme, blank, _ = value.partition(" ")  # which kind of credential it is may be the whole question
    return f"{scheme} ****" if blank and name.endswith("authorization") else "****"


def _without_values(text: str) -> str:
    return _VALUE.sub(lambda found: found[0] if found[1].lower() in _PLAIN else f"{found[1]}=****", text)
