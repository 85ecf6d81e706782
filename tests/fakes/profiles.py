"""Profiles and settings for tests."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from egain_auth_cli.settings.profile import Config
from egain_auth_cli.settings.resolve import resolve_settings
from egain_auth_cli.settings.settings import FlowOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from egain_auth_cli.settings.settings import Settings

ACME = """
version = 1
default_profile = "acme"

[profiles.acme]
deployment = "self-service"
client_id = "acme-client"
flow = "pkce"
api_url = "https://api.acme.test"
secret_store = "keyring"

[profiles.acme.endpoints.user]
authorization_url = "https://login.acme.test/U/authorize"
token_url = "https://login.acme.test/U/token"
revocation_url = "https://login.acme.test/U/revoke"

[profiles.acme.endpoints.customer]
authorization_url = "https://login.acme.test/C/authorize"
token_url = "https://login.acme.test/C/token"

[profiles.acme.endpoints.client]
token_url = "https://login.acme.test/client/token"

[profiles.acme.endpoints.anonymous]
token_url = "https://login.acme.test/anonymous/token?user_type=customer"

[profiles.acme.flows.pkce]
scopes = ["knowledge.read", "core.read"]

[profiles.acme.flows.authorization-code]
scopes = ["knowledge.read"]

[profiles.acme.flows.client-credentials]
scopes = ["app.manage"]
client_auth = "body"

[profiles.acme.flows.anonymous]
scopes = ["anonymous.read"]

[profiles.acme.flows.on-behalf-of]
scopes = ["obo.read"]

[profiles.acme.flows.token-exchange]
scopes = ["exchange.read"]
registration_id = "okta-1"
"""


def make_config(text: str = ACME) -> Config:
    """Read a configuration from a text."""
    return Config(tomllib.loads(text), Path("config.toml"))


def make_settings(
    options: FlowOptions | None = None, environ: Mapping[str, str] | None = None, text: str = ACME, **more: Any
) -> Settings:
    """Resolve settings; ``more`` are fields of the options."""
    return resolve_settings(options or FlowOptions(**more), environ or {}, make_config(text))


def altered(**keys: str) -> str:
    """Give ACME with some top-level keys of the profile replaced; a value is TOML."""
    lines = ACME.split("\n")
    for key, value in keys.items():
        mark = lines.index("[profiles.acme]")
        lines = [
            line
            for number, line in enumerate(lines)
            if not (number > mark and line.startswith(f"{key} =") and number < mark + 8)
        ]
        lines.insert(mark + 1, f"{key} = {value}")
    return "\n".join(lines)
