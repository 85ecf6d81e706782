"""The heads of a request and of its answer as lines for a person, without what authenticates: fit for a ticket."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from egain_auth_cli.models.urls import without_userinfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SECRET = re.compile(r"auth|cookie|credential|key|passw|secret|session|signature|token")
"""In the name of a header, whoever made it up."""
_CHALLENGE = re.compile(r"^(\S+)(?:.*?(error=\"[a-z_]{1,40}\"))?.*$")
_VALUE = re.compile(r"(?<=[?&#])([^=&#\s]*)=([^&#\s]+)")
_PLAIN = frozenset({"$lang", "$pagenum", "$pagesize", "$sort", "$order", "$level", "$attribute"})
"""Names of eGain's queries whose values are about the answer's form; any other may be about a person, or a secret."""


def head_lines(mark: str, first: str, headers: Iterable[tuple[bytes, bytes]]) -> Iterator[str]:
    """Yield the lines of a head.

    Args:
        mark: ``>`` for what is sent, ``<`` for what comes.
        first: The request line or the status line.
        headers: As they are on the wire.
    """
    yield f"{mark} {without_values(first)}"
    for name, value in headers:
        text = name.decode("latin-1")
        yield f"{mark} {text}: {_shown(text.lower(), value.decode('latin-1'))}"


def is_secret(header: str) -> bool:
    """Return whether a header's value may authenticate somebody, by its name."""
    return _SECRET.search(header.lower()) is not None


def without_values(text: str) -> str:
    """Return a URL, or what holds one, without its user name and password and the values of its query and fragment."""
    hidden = without_userinfo(text)
    return _VALUE.sub(lambda found: found[0] if found[1].lower() in _PLAIN else f"{found[1]}=****", hidden)


def _shown(name: str, value: str) -> str:
    if not is_secret(name):
        return without_values(value)
    if name == "www-authenticate" and (found := _CHALLENGE.match(value)):  # why a token was refused
        return " ".join(part for part in found.groups() if part) + " ****"
    scheme, blank, _ = value.partition(" ")  # which kind of credential it is may be the whole question
    return f"{scheme} ****" if blank and name.endswith("authorization") else "****"
