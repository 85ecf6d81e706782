"""Every setting, told once: its key in ``config.toml``, its variable, its default, and what it may hold.

``Profile``, ``Settings``, the environment's variables, ``profile set`` and its help come from this table; what cannot
(the fields of the dataclasses, the fast path's list) is held to it by a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from egain_auth_cli.models.grants import (
    ENDPOINTS,
    Actor,
    ClientAuth,
    Deployment,
    Flow,
    SecretStoreKind,
    TokenCacheKind,
)
from egain_auth_cli.settings import checkers

if TYPE_CHECKING:
    from egain_auth_cli.settings.checkers import Checker

DEFAULT_REDIRECT_URI = "http://localhost:8400/callback"


class Place(StrEnum):
    """Where a key stands in a profile's table."""

    PROFILE = "profile"
    ENDPOINT = "endpoints"
    FLOW = "flows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One setting.

    Attributes:
        name: Its key in ``config.toml``, and its name in ``Settings`` where it is resolved.
        help: Its line in the help of ``profile set``.
        check: Says what it may hold.
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

    def read_variable(self, text: str) -> object:
        """Return the checked value of the variable: a list of scopes is separated by spaces, another has one item.

        Raises:
            ConfigError: It may not hold this; the variable is named.
        """
        if not self.listed:
            return self.check(text, self.variable)
        return self.check(text.split() if self.name == "scopes" else [text], self.variable)


KEYS = (
    Key(
        name="deployment",
        help="which eGain: self-service or commercial",
        check=checkers.choice(Deployment),
        resolved=False,
    ),
    Key(
        name="client_id", help="the client application's ID", check=checkers.text, variable="EGAIN_CLIENT_ID", own=True
    ),
    Key(
        name="flow",
        help="what `egain token` uses when no flow is named",
        check=checkers.choice(Flow),
        variable="EGAIN_FLOW",
    ),
    Key(name="actor", help="who acts: user or customer", check=checkers.choice(Actor), default=Actor.USER),
    Key(
        name="api_url",
        help="the API's base (Domain URL, API Domain)",
        check=checkers.base_url,
        variable="EGAIN_API_URL",
        own=True,
    ),
    Key(name="metadata_url", help="where the endpoints came from", check=checkers.url, resolved=False),
    Key(
        name="scope_prefix",
        help="put before each scope, as in Metadata",
        check=checkers.scope_prefix,
        variable="EGAIN_SCOPE_PREFIX",
        own=True,
        default="",
    ),
    Key(
        name="domain_hint",
        help="added to the authorization URL where it has none",
        check=checkers.verbatim,
        variable="EGAIN_DOMAIN_HINT",
        own=True,
        default="",
    ),
    Key(name="language", help="sent as Accept-Language, such as en-US", check=checkers.language, default="en-US"),
    Key(
        name="redirect_uris",
        help="registered redirect URLs, tried in order",
        check=checkers.urls,
        variable="EGAIN_REDIRECT_URI",
        own=True,
        default=(DEFAULT_REDIRECT_URI,),
        listed=True,
    ),
    Key(
        name="client_secret_command",
        help="a command and its arguments that prints the secret",
        check=checkers.texts,
        default=(),
        listed=True,
    ),
    Key(
        name="token_cache",
        help="where access tokens wait: file, keyring or none",
        check=checkers.choice(TokenCacheKind),
        default=TokenCacheKind.FILE,
    ),
    Key(
        name="secret_store",
        help="where secrets and logins are kept: keyring, file or none",
        check=checkers.choice(SecretStoreKind),
        default=SecretStoreKind.KEYRING,
    ),
    Key(
        name="authorization_url",
        help="where the person signs in",
        check=checkers.url,
        place=Place.ENDPOINT,
        variable="EGAIN_AUTHORIZATION_URL",
        own=True,
    ),
    Key(
        name="token_url",
        help="where tokens come from (Access Token URL)",
        check=checkers.url,
        place=Place.ENDPOINT,
        variable="EGAIN_TOKEN_URL",
        own=True,
    ),
    Key(
        name="revocation_url",
        help="where logins are revoked, if the server can",
        check=checkers.url,
        place=Place.ENDPOINT,
    ),
    Key(name="issuer", help="what `iss` in the redirect must equal", check=checkers.url, place=Place.ENDPOINT),
    Key(
        name="scopes",
        help="what is asked for",
        check=checkers.scopes,
        place=Place.FLOW,
        variable="EGAIN_SCOPE",
        default=(),
        listed=True,
    ),
    Key(
        name="client_auth",
        help="how the secret is sent: basic or body",
        check=checkers.choice(ClientAuth),
        place=Place.FLOW,
        variable="EGAIN_CLIENT_AUTH",
        own=True,  # its default depends on flow and deployment: see ``resolve``
    ),
    Key(
        name="registration_id",
        help="the other provider's registration, for token exchange",
        check=checkers.text,
        place=Place.FLOW,
        variable="EGAIN_REGISTRATION_ID",
        own=True,
    ),
)
KEY = {key.name: key for key in KEYS}
"""The settings by name; no name stands in two places."""


def keys_at(place: Place) -> dict[str, Key]:
    """Return the keys of one place by name."""
    return {key.name: key for key in KEYS if key.place is place}


def key_at(path: str) -> Key | None:
    """Find the key of a path such as ``flows.pkce.scopes``, dotted as in TOML; None if there is no such key."""
    *table, name = path.split(".")
    match table:
        case []:
            place = Place.PROFILE
        case ["endpoints", endpoint] if endpoint in ENDPOINTS:
            place = Place.ENDPOINT
        case ["flows", flow] if flow in set(Flow):
            place = Place.FLOW
        case _:
            return None
    return keys_at(place).get(name)


def known_paths() -> tuple[str, ...]:
    """Name every key that ``profile set`` takes, dotted as in TOML."""
    return (
        *keys_at(Place.PROFILE),
        *(f"endpoints.{name}.{key}" for name in ENDPOINTS for key in keys_at(Place.ENDPOINT)),
        *(f"flows.{flow.value}.{key}" for flow in Flow for key in keys_at(Place.FLOW)),
    )


def keys_help() -> str:
    """Return the keys as the help of ``profile set`` lists them: those of a profile, an endpoint, a flow."""
    lines = ["Keys:", *_key_lines(Place.PROFILE)]
    lines += ["endpoints.ENDPOINT.KEY, with ENDPOINT one of", f"  {', '.join(ENDPOINTS)}", *_key_lines(Place.ENDPOINT)]
    lines += ["flows.FLOW.KEY, with FLOW one of", f"  {', '.join(Flow)}", *_key_lines(Place.FLOW)]
    return "\n".join(lines)


def _key_lines(place: Place) -> list[str]:
    return [f"  {key.name:<22} {key.help}" for key in keys_at(place).values()]
