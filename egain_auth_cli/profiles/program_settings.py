"""The settings of eGain's MCP server and of its sample programs as fields of a profile."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.models.grants import Deployment, Flow
from egain_auth_cli.models.urls import check_url
from egain_auth_cli.profiles.fields import ProfileFields
from egain_auth_cli.profiles.inference import flow_of
from egain_auth_cli.profiles.metadata import HINT, api_url_of
from egain_auth_cli.profiles.url_shapes import shape_of
from egain_auth_cli.sanitize import split_list, without_blanks

if TYPE_CHECKING:
    from collections.abc import Mapping

# The names in the server's own ~/.egain-mcp/config.json (eGain/egain-mcp-server), then those of variables: of that
# server today and formerly, and of the samples (eGain/python-reference-examples, eGain/typescript-reference-examples).
_FILE = {
    "client_id": ("clientId",),
    "authorization_url": ("authUrl",),
    "token_url": ("accessUrl",),
    "redirect_uri": ("redirectUri",),
    "scope_prefix": ("scopePrefix",),
    "environment_url": ("environmentUrl",),
}
_VARIABLES = {
    "client_id": ("CLIENT_ID", "EGAIN_CLIENT_ID"),
    "authorization_url": ("AUTH_URL", "EGAIN_AUTH_URL", "EGAIN_AUTHORIZATION_URL"),
    "token_url": ("ACCESS_TOKEN_URL", "ACCESS_URL", "EGAIN_TOKEN_URL", "EGAIN_ACCESS_TOKEN_URL"),
    "redirect_uri": ("REDIRECT_URL", "EGAIN_REDIRECT_URI", "EGAIN_REDIRECT_URL", "REDIRECT_URI"),
    "scope_prefix": ("SCOPE_PREFIX", "EGAIN_SCOPE_PREFIX"),
    "environment_url": ("EGAIN_URL", "EGAIN_ENVIRONMENT_URL"),
    "api_url": ("API_DOMAIN", "EGAIN_API_DOMAIN", "EGAIN_API_URL"),
    "scopes": ("EGAIN_SCOPE", "EGAIN_SCOPES", "SCOPE"),
    "secret": ("EGAIN_CLIENT_SECRET", "CLIENT_SECRET"),
}
_ADDRESSES = ("authorization_url", "token_url")
_MCP_ALONE = ("EGAIN_URL", "EGAIN_ENVIRONMENT_URL", "environmentUrl", "authUrl", "AUTH_URL", "ACCESS_URL")
"""Names that no sample has: such settings are the MCP server's, which asks for three scopes of its own."""
_SCOPES = ("knowledge.portalmgr.manage", "knowledge.portalmgr.read", "core.aiservices.read")
_UNFILLED = re.compile(r"<[^<>]*>|your_\w+")
"""What the samples' templates have in place of a value."""


def fields_of_program(document: Mapping[str, object]) -> ProfileFields | None:
    """Return what the settings of an eGain program say; None if these are none.

    Raises:
        ConfigError: A setting is missing, or no usable URL; it is named.
    """
    block = _block(document)
    if block is None:
        return None
    values, names = block
    found = {field: value for field, ours in names.items() if (value := _filled(values, ours))}
    needed = ["client_id", "token_url"]
    is_mcp = any(name in values for name in _MCP_ALONE)
    needed += ["authorization_url"] if is_mcp else []
    for field in needed:
        if field not in found:
            raise _missing(values, names[field])
    for field in _ADDRESSES:
        if field in found:
            check_url(found[field], field=_named(values, names[field]))
    own = split_list(found.get("scopes", ""))
    fields = ProfileFields(
        client_id=found["client_id"],
        scopes=own or (_SCOPES if is_mcp else ()),
        scope_prefix=found.get("scope_prefix"),
        redirect_uris=split_list(found.get("redirect_uri", "")),
        domain_hint=_domain_hint(found),
        authorization_url=found.get("authorization_url"),
        token_url=found["token_url"],
        api_url=api_url_of(found["api_url"], field=_named(values, names["api_url"])) if "api_url" in found else None,
    )
    return replace(fields, flow=_flow(fields, secret="secret" in found))


def holds_secret(document: Mapping[str, object]) -> bool:
    """Return whether there is a client secret among the settings; none is taken out of a file."""
    block = _block(document)
    return block is not None and bool(_filled(block[0], _VARIABLES["secret"]))


def _block(document: Mapping[str, object]) -> tuple[Mapping[str, object], Mapping[str, tuple[str, ...]]] | None:
    """Find the settings and what each is called: in the server's own file, an MCP client's, or variables."""
    servers = document.get("mcpServers")
    if isinstance(servers, dict):
        return _of_mcp_client(servers)
    if _has_address(document, _FILE):
        return document, _FILE
    return (document, _VARIABLES) if _has_address(document, _VARIABLES) else None


def _of_mcp_client(
    servers: Mapping[str, object],
) -> tuple[Mapping[str, object], Mapping[str, tuple[str, ...]]] | None:
    for server in servers.values():
        if not isinstance(server, dict):
            continue
        env = server.get("env")
        if isinstance(env, dict) and _has_address(env, _VARIABLES):
            # Its server takes the API from an argument alone.
            api_domain = _argument(server, "--api-domain")
            return env | ({_VARIABLES["api_url"][0]: api_domain} if api_domain else {}), _VARIABLES
    if any("egain" in str(server).lower() for server in servers.values()):
        raise ConfigError(
            "this names eGain's MCP server, but its settings are not here",
            hint="they are in its own file: import `~/.egain-mcp/config.json`, or the `.env` beside the server",
        )
    return None


def _has_address(values: Mapping[str, object], names: Mapping[str, tuple[str, ...]]) -> bool:
    return any(name in values for field in _ADDRESSES for name in names[field])


def _argument(server: Mapping[str, object], option: str) -> str | None:
    """Return the value of an option among a server's arguments, in either of its forms."""
    listed = server.get("args")
    args = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
    for one, following in zip(args, [*args[1:], ""], strict=False):
        name, equals, value = one.partition("=")
        if name == option:
            return value if equals else following
    return None


def _filled(values: Mapping[str, object], names: tuple[str, ...]) -> str | None:
    """Return the value of the first name that has one."""
    return next((text for name in names if (text := _text(values, name))), None)


def _named(values: Mapping[str, object], names: tuple[str, ...]) -> str:
    """Return the first name that has a value, of some of which one has."""
    return next(name for name in names if _text(values, name))


def _text(values: Mapping[str, object], name: str) -> str | None:
    value = values.get(name)
    text = without_blanks(value) if isinstance(value, str) else ""
    return text if text and not _UNFILLED.fullmatch(text) else None


def _missing(values: Mapping[str, object], names: tuple[str, ...]) -> ConfigError:
    """Name a setting as it stands in the file without a value, else by every name that it may have."""
    empty = next((name for name in names if name in values), None)
    if empty is not None:
        return ConfigError(f"`{empty}` is not filled in", hint=HINT)
    *others, last = [f"`{name}`" for name in names]
    return ConfigError(f"the settings have no {', '.join(others)}{' or ' if others else ''}{last}", hint=HINT)


def _flow(fields: ProfileFields, *, secret: bool) -> Flow:
    likely = flow_of(fields, secret=secret)
    if likely is not None or fields.authorization_url is None:
        return likely or Flow.CLIENT_CREDENTIALS
    return Flow.AUTHORIZATION_CODE if secret else Flow.PKCE


def _domain_hint(found: Mapping[str, str]) -> str | None:
    shape = shape_of(found.get("authorization_url", ""))
    if shape is None or shape.deployment is not Deployment.COMMERCIAL or "environment_url" not in found:
        return None
    return re.split("[?#]", found["environment_url"].rpartition("://")[2])[0].rstrip("/")
