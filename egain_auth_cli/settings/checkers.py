"""What a setting may hold: each checker takes a value and the name to complain of, and returns what is kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.models.urls import check_url
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from enum import StrEnum

Checker = Callable[[object, str], object]
"""Takes a value and the field's name; raises ``ConfigError`` for one that the field may not hold."""

PROFILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_VSCHAR = re.compile(r"[\x20-\x7e]+")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # scope-token, RFC 6749 §3.3
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")  # BCP 47


def check_profile_name(name: str) -> str:
    """Return the name if a profile may have it.

    Raises:
        ConfigError: The name is empty, too long, or has a character beyond letters, digits and ``. _ -``.
    """
    if not PROFILE_NAME.fullmatch(name):
        raise ConfigError(
            f"`{printable(name, limit=80)}` cannot be a profile's name",
            hint="use up to 64 letters, digits, `.`, `_` and `-`, beginning with a letter or digit",
        )
    return name


def text(value: object, field: str) -> str | None:
    """Take printable ASCII; an empty text counts as none."""
    if not isinstance(value, str):
        raise wrong(field, "a text")
    if value and not _VSCHAR.fullmatch(value):
        raise wrong(field, "printable ASCII")
    return value or None


def verbatim(value: object, field: str) -> str:
    """Take printable ASCII, empty included."""
    return text(value, field) or ""


def url(value: object, field: str) -> str | None:
    """Take the URL of an endpoint, its own query included."""
    given = text(value, field)
    return None if given is None else check_url(given, field=field)


def base_url(value: object, field: str) -> str | None:
    """Take a URL that paths are joined to: without a query."""
    given = text(value, field)
    return None if given is None else check_url(given, field=field, query=False)


def scope_prefix(value: object, field: str) -> str:
    """Take what stands before each scope, verbatim."""
    given = verbatim(value, field)
    if given and not _SCOPE.fullmatch(given):
        raise wrong(field, "a text without spaces, quotes and backslashes")
    return given


def language(value: object, field: str) -> str | None:
    """Take a language tag (BCP 47)."""
    given = text(value, field)
    if given is not None and not _LANGUAGE.fullmatch(given):
        raise wrong(field, "a language tag such as `en-US`")
    return given


def choice(kind: type[StrEnum]) -> Checker:
    """Return the checker of a setting that holds one of a few words."""

    def check(value: object, field: str) -> StrEnum | None:
        given = text(value, field)
        try:
            return None if given is None else kind(given)
        except ValueError:
            raise wrong(field, " or ".join(f"`{member.value}`" for member in kind)) from None

    return check


def texts(value: object, field: str) -> tuple[str, ...]:
    """Take a list of texts."""
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise wrong(field, "a list of texts")
    return tuple(value)


def scopes(value: object, field: str) -> tuple[str, ...]:
    """Take a list of scopes."""
    return check_scopes(texts(value, field), field)


def check_scopes(given: tuple[str, ...], field: str) -> tuple[str, ...]:
    """Return the scopes if each is a ``scope-token`` of RFC 6749 §3.3.

    Raises:
        ConfigError: One of them has a space, a quote, a backslash or a control character.
    """
    for scope in given:
        if not _SCOPE.fullmatch(scope):
            raise wrong(field, f"scopes; `{printable(scope, limit=80)}` is none")
    return given


def urls(value: object, field: str) -> tuple[str, ...]:
    """Take a list of URLs."""
    return tuple(check_url(one, field=field) for one in texts(value, field))


def wrong(field: str, wanted: str) -> ConfigError:
    """Return the error of a field that holds something else than what is wanted."""
    return ConfigError(
        f"`{field}` must be {wanted}", hint=f"see `egain profile set --help` for what `{field}` may hold"
    )
