"""Every setting, told once: its key in ``config.toml``, its variable, its default, and what it may hold.

Checking a profile, resolving settings, the environment's variables, ``profile set`` and its help go by this table. What
cannot (the fields of ``Profile`` and ``Settings``, the fast path's list) is held to it by a test.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.models.grants import (
    ENDPOINTS,
    Actor,
    ClientAuth,
    Deployment,
    Flow,
    SecretStoreKind,
    TokenCacheKind,
)
from egain_auth_cli.models.urls import check_url
from egain_auth_cli.sanitize import printable, split_list

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Checker = Callable[[object, str], object]

DEFAULT_REDIRECT_URI = "http://localhost:8400/callback"
_VSCHAR = re.compile(r"[\x20-\x7e]+")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # scope-token, RFC 6749 §3.3
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")  # BCP 47


def _text(value: object, field: str) -> str | None:
    if not isinstance(value, str):
        raise invalid_value(field, "a text")
    if value and not _VSCHAR.fullmatch(value):
        raise invalid_value(field, "printable ASCII")
    return value or None


def _verbatim(value: object, field: str) -> str:
    return _text(value, field) or ""


def _url(value: object, field: str) -> str | None:
    given = _text(value, field)
    return None if given is None else check_url(given, field=field)


def _base_url(value: object, field: str) -> str | None:
    given = _text(value, field)
    return None if given is None else check_url(given, field=field, query=False)


def _scope_prefix(value: object, field: str) -> str:
    given = _verbatim(value, field)
    if given and not _SCOPE.fullmatch(given):
        raise invalid_value(field, "a text without spaces, quotes and backslashes")
    return given


def _language(value: object, field: str) -> str | None:
    given = _text(value, field)
    if given is not None and not _LANGUAGE.fullmatch(given):
        raise invalid_value(field, "a language tag such as `en-US`")
    return given


_CHOICES: dict[Checker, tuple[str, ...]] = {}
"""The words of each setting that holds one of a few, by its checker."""


def _choice(kind: type[StrEnum]) -> Checker:
    """Return the checker of a setting that holds one of a few words."""

    def check(value: object, field: str) -> StrEnum | None:
        given = _text(value, field)
        try:
            return None if given is None else kind(given)
        except ValueError:
            raise invalid_value(field, " or ".join(f"`{member.value}`" for member in kind)) from None

    _CHOICES[check] = tuple(member.value for member in kind)
    return check


def _texts(value: object, field: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise invalid_value(field, "a list of texts")
    return tuple(value)


def _scopes(value: object, field: str) -> tuple[str, ...]:
    return check_scopes(_texts(value, field), field)


def check_scopes(given: tuple[str, ...], field: str) -> tuple[str, ...]:
    """Return the scopes if each is a ``scope-token`` of RFC 6749 §3.3.

    Raises:
        ConfigError: One of them has a space, a quote, a backslash or a control character.
    """
    for scope in given:
        if not _SCOPE.fullmatch(scope):
            raise invalid_value(field, f"scopes; `{printable(scope, limit=80)}` is none")
    return given


def _urls(value: object, field: str) -> tuple[str, ...]:
    return tuple(check_url(one, field=field) for one in _texts(value, field))


def invalid_value(field: str, wanted: str) -> ConfigError:
    """Return the error of a field that holds something else than what is wanted, said in words."""
    return ConfigError(
        f"`{field}` must be {wanted}", hint=f"see `egain profile set --help` for what `{field}` may hold"
    )


class Place(StrEnum):
    """Where a key stands in a profile's table."""

    PROFILE = "profile"
    ENDPOINT = "endpoints"
    FLOW = "flows"


@dataclass(frozen=True, slots=True)
class Key:
    """One setting.

    Attributes:
        name: Its key in ``config.toml``, and its name in ``Settings`` where it is resolved.
        help: Its line in the help of ``profile set``.
        check: Takes a value and the name of its field, and returns the value or raises ``ConfigError``.
        place: At the profile's top, or once an endpoint or a flow.
        variable: The environment variable that gives it; empty where there is none.
        own: Whether a profile named by ``-p`` keeps its own against the environment.
        default: What holds where nothing says otherwise.
        listed: Whether its value is a list.
        resolved: Whether it is one of ``Settings``; the others only describe the profile.
    """

    name: str
    help: str
    check: Checker
    place: Place = Place.PROFILE
    variable: str = ""
    own: bool = False
    default: object = None
    listed: bool = False
    resolved: bool = True

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that it may hold, where those are few; else nothing."""
        return _CHOICES.get(self.check, ())

    @property
    def placeholder(self) -> str:
        """What stands for a value that only the person knows, in a command that is to be completed."""
        if self.name.endswith("_url"):
            return "URL"
        if self.choices:
            return self.choices[0]
        return "ID" if self.name.endswith("_id") else self.name.upper()

    def read_variable(self, text: str) -> object:
        """Return the checked value of the variable."""
        return self.check(list(split_list(text)) if self.listed else text, self.variable)


_ENDPOINT, _FLOW = Place.ENDPOINT, Place.FLOW
# fmt: off
KEYS = (
    Key("deployment", "which eGain: self-service or commercial", _choice(Deployment), resolved=False),
    Key("client_id", "the client application's ID", _text, variable="EGAIN_CLIENT_ID", own=True),
    Key("flow", "what `egain token` uses when no flow is named", _choice(Flow), variable="EGAIN_FLOW"),
    Key("actor", "who acts: user or customer", _choice(Actor), default=Actor.USER),
    Key("api_url", "the API's base (Domain URL, API Domain)", _base_url, variable="EGAIN_API_URL", own=True),
    Key("metadata_url", "where the endpoints came from", _url, resolved=False),
    Key("scope_prefix", "put before each scope, as in Metadata", _scope_prefix, variable="EGAIN_SCOPE_PREFIX",
        own=True, default=""),
    Key("domain_hint", "added to the authorization URL where it has none", _verbatim, variable="EGAIN_DOMAIN_HINT",
        own=True, default=""),
    Key("language", "sent as Accept-Language, such as en-US", _language, default="en-US"),
    Key("redirect_uris", "registered redirect URLs, tried in order", _urls, variable="EGAIN_REDIRECT_URI", own=True,
        default=(DEFAULT_REDIRECT_URI,), listed=True),
    Key("client_secret_command", "a command and its arguments that prints the secret", _texts, default=(), listed=True),
    Key("token_cache", "where access tokens wait: file, keyring or none", _choice(TokenCacheKind),
        variable="EGAIN_TOKEN_CACHE", default=TokenCacheKind.FILE),
    Key("secret_store", "where secrets and logins are kept: keyring, file or none", _choice(SecretStoreKind),
        default=SecretStoreKind.KEYRING),
    Key("authorization_url", "where the person signs in", _url, _ENDPOINT, "EGAIN_AUTHORIZATION_URL", own=True),
    Key("token_url", "where tokens come from (Access Token URL)", _url, _ENDPOINT, "EGAIN_TOKEN_URL", own=True),
    Key("revocation_url", "where logins are revoked, if the server can", _url, _ENDPOINT),
    Key("issuer", "what `iss` in the redirect must equal", _url, _ENDPOINT),
    Key("scopes", "what is asked for", _scopes, _FLOW, "EGAIN_SCOPE", default=(), listed=True),
    # Its default depends on flow and deployment: see ``resolve``.
    Key("client_auth", "how the secret is sent: basic or body", _choice(ClientAuth), _FLOW, "EGAIN_CLIENT_AUTH",
        own=True),
    Key("registration_id", "the other provider's registration, for token exchange", _text, _FLOW,
        "EGAIN_REGISTRATION_ID", own=True),
    Key("subject_token_command", "a command and its arguments that prints the other provider's token", _texts, _FLOW,
        default=(), listed=True),
)
# fmt: on
KEY = {key.name: key for key in KEYS}
"""The settings by name; no name stands in two places."""
_AT: dict[Place, dict[str, Key]] = {place: {key.name: key for key in KEYS if key.place is place} for place in Place}


def keys_at(place: Place) -> dict[str, Key]:
    """Return the keys of one place by name."""
    return _AT[place]


def check_profile_table(root: str, table: Mapping[str, object]) -> dict[str, Any]:
    """Return the checked values of a profile's table; its ``endpoints`` and ``flows`` hold a dict for each table.

    Args:
        root: What messages put before each key.
        table: As parsed; unknown keys are left out.

    Raises:
        ConfigError: A known key holds what it must not; the message names the dotted key.
    """
    values = _checked(table, root, Place.PROFILE)
    for place, known in ((Place.ENDPOINT, ENDPOINTS), (Place.FLOW, tuple(Flow))):
        tables = table.get(place.value, {})
        if not isinstance(tables, dict) or not all(isinstance(inner, dict) for inner in tables.values()):
            raise invalid_value(f"{root}.{place.value}", "a table of tables")
        values[place.value] = {
            name: _checked(inner, f"{root}.{place.value}.{name}", place)
            for name, inner in tables.items()
            if name in known
        }
    return values


def _checked(table: Mapping[str, object], root: str, place: Place) -> dict[str, Any]:
    return {name: key.check(table[name], f"{root}.{name}") for name, key in _AT[place].items() if name in table}
