"""The keys of a profile's table: which there are and what each may hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar, cast

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
from egain_auth_cli.sanitize import printable
from egain_auth_cli.settings.profile import Endpoint, FlowTable, Profile

if TYPE_CHECKING:
    from enum import StrEnum

T = TypeVar("T")
Checker = Callable[[object, str], object]

PROFILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_VSCHAR = re.compile(r"[\x20-\x7e]+")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # scope-token, RFC 6749 §3.3
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")  # BCP 47


def check_profile_name(name: str) -> str:
    """Give the name back if a profile may have it.

    Raises:
        ConfigError: The name is empty, too long, or has a character beyond letters, digits and ``. _ -``.
    """
    if not PROFILE_NAME.fullmatch(name):
        raise ConfigError(
            f"`{printable(name, limit=80)}` cannot be a profile's name",
            hint="use up to 64 letters, digits, `.`, `_` and `-`, beginning with a letter or digit",
        )
    return name


def _text(value: object, field: str) -> str | None:
    if not isinstance(value, str):
        raise _wrong(field, "a text")
    if value and not _VSCHAR.fullmatch(value):
        raise _wrong(field, "printable ASCII")
    return value or None


def _verbatim(value: object, field: str) -> str:
    text = _text(value, field)
    return text or ""


def _url(value: object, field: str) -> str | None:
    text = _text(value, field)
    return None if text is None else check_url(text, field=field)


def _api_url(value: object, field: str) -> str | None:
    text = _text(value, field)
    return None if text is None else check_url(text, field=field, query=False)


def _scope_prefix(value: object, field: str) -> str:
    text = _verbatim(value, field)
    if text and not _SCOPE.fullmatch(text):
        raise _wrong(field, "a text without spaces, quotes and backslashes")
    return text


def _language(value: object, field: str) -> str | None:
    text = _text(value, field)
    if text is not None and not _LANGUAGE.fullmatch(text):
        raise _wrong(field, "a language tag such as `en-US`")
    return text


def _choice(kind: type[StrEnum]) -> Checker:
    def check(value: object, field: str) -> StrEnum | None:
        text = _text(value, field)
        try:
            return None if text is None else kind(text)
        except ValueError:
            raise _wrong(field, " or ".join(f"`{member.value}`" for member in kind)) from None

    return check


def _texts(value: object, field: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise _wrong(field, "a list of texts")
    return tuple(value)


def _scopes(value: object, field: str) -> tuple[str, ...]:
    return check_scopes(_texts(value, field), field)


def check_scopes(scopes: tuple[str, ...], field: str) -> tuple[str, ...]:
    """Give the scopes back if each is a ``scope-token`` of RFC 6749 §3.3.

    Raises:
        ConfigError: One of them has a space, a quote, a backslash or a control character.
    """
    for scope in scopes:
        if not _SCOPE.fullmatch(scope):
            raise _wrong(field, f"scopes; `{printable(scope, limit=80)}` is none")
    return scopes


def _redirect_uris(value: object, field: str) -> tuple[str, ...]:
    return tuple(check_url(uri, field=field) for uri in _texts(value, field))


def _wrong(field: str, wanted: str) -> ConfigError:
    return ConfigError(
        f"`{field}` must be {wanted}", hint=f"see `egain profile set --help` for what `{field}` may hold"
    )


PROFILE_KEYS: dict[str, Checker] = {
    "deployment": _choice(Deployment),
    "client_id": _text,
    "flow": _choice(Flow),
    "actor": _choice(Actor),
    "api_url": _api_url,
    "metadata_url": _url,
    "scope_prefix": _scope_prefix,
    "domain_hint": _verbatim,
    "language": _language,
    "redirect_uris": _redirect_uris,
    "client_secret_command": _texts,
    "token_cache": _choice(TokenCacheKind),
    "secret_store": _choice(SecretStoreKind),
}
ENDPOINT_KEYS: dict[str, Checker] = {
    "authorization_url": _url,
    "token_url": _url,
    "revocation_url": _url,
    "issuer": _url,
}
FLOW_KEYS: dict[str, Checker] = {
    "scopes": _scopes,
    "client_auth": _choice(ClientAuth),
    "registration_id": _text,
}
LIST_KEYS = frozenset({"redirect_uris", "client_secret_command", "scopes"})


def known_keys() -> tuple[str, ...]:
    """Name every key that ``profile set`` takes, dotted as in TOML."""
    return (
        *PROFILE_KEYS,
        *(f"endpoints.{name}.{key}" for name in ENDPOINTS for key in ENDPOINT_KEYS),
        *(f"flows.{flow.value}.{key}" for flow in Flow for key in FLOW_KEYS),
    )


def checker_of(key: str) -> Checker | None:
    """Find the checker of a dotted key, or None if there is no such key."""
    match key.split("."):
        case [name]:
            return PROFILE_KEYS.get(name)
        case ["endpoints", table, name] if table in ENDPOINTS:
            return ENDPOINT_KEYS.get(name)
        case ["flows", flow, name] if flow in set(Flow):
            return FLOW_KEYS.get(name)
        case _:
            return None


def parse_profile(name: str, table: Mapping[str, object]) -> Profile:
    """Check a ``[profiles.NAME]`` table and give it as a value. Unknown keys are left alone.

    Raises:
        ConfigError: A known key holds what it must not; the message names the dotted key.
    """
    root = f"profiles.{name}"
    endpoints = {
        key: Endpoint(**_checked(sub, f"{root}.endpoints.{key}", ENDPOINT_KEYS))
        for key, sub in _tables(table, "endpoints", root).items()
        if key in ENDPOINTS
    }
    flows = {
        Flow(key): FlowTable(**_checked(sub, f"{root}.flows.{key}", FLOW_KEYS))
        for key, sub in _tables(table, "flows", root).items()
        if key in set(Flow)
    }
    return Profile(name=name, endpoints=endpoints, flows=flows, **_checked(table, root, PROFILE_KEYS))


def _checked(table: Mapping[str, object], root: str, keys: Mapping[str, Checker]) -> dict[str, T]:
    return {key: cast("T", check(table[key], f"{root}.{key}")) for key, check in keys.items() if key in table}


def _tables(table: Mapping[str, object], key: str, root: str) -> Mapping[str, Mapping[str, object]]:
    value = table.get(key, {})
    if not isinstance(value, dict) or not all(isinstance(sub, dict) for sub in value.values()):
        raise _wrong(f"{root}.{key}", "a table of tables")
    return value
