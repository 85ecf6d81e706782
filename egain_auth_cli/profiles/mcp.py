"""The configuration of eGain's MCP server as a profile's table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.models.grants import Deployment
from egain_auth_cli.profiles.metadata import HINT, deployment_of

if TYPE_CHECKING:
    from collections.abc import Mapping

# The names in the server's own ~/.egain-mcp/config.json, and those of its environment (eGain/egain-mcp-server).
_MCP_FILE = {
    "clientId": "client_id",
    "redirectUri": "redirect_uri",
    "authUrl": "authorization_url",
    "accessUrl": "token_url",
    "scopePrefix": "scope_prefix",
    "environmentUrl": "environment_url",
}
_MCP_ENVIRONMENT = {
    "CLIENT_ID": "client_id",
    "REDIRECT_URL": "redirect_uri",
    "AUTH_URL": "authorization_url",
    "ACCESS_TOKEN_URL": "token_url",
    "SCOPE_PREFIX": "scope_prefix",
    "EGAIN_URL": "environment_url",
    "API_DOMAIN": "api_url",
}


def profile_from_mcp(document: Mapping[str, object]) -> dict[str, Any] | None:
    """Return the profile's table of an MCP server configuration, its file or its ``env`` block; None if it is neither.

    Raises:
        ConfigError: A field is missing; it is named.
    """
    block = _mcp_block(document)
    if block is None:
        return None
    fields, names = block
    found = {new: str(fields[old]) for old, new in names.items() if isinstance(fields.get(old), str)}
    for old, new in names.items():
        if new in ("client_id", "authorization_url", "token_url") and not found.get(new):
            raise ConfigError(f"the MCP configuration has no `{old}`", hint=HINT)
    deployment = deployment_of(found["authorization_url"])
    environment = urlsplit(found.get("environment_url", ""))
    api_url = found.get("api_url") or _api_url_for(found["token_url"], deployment)
    hint = f"{environment.netloc}{environment.path}".rstrip("/")
    return {
        "deployment": deployment.value if deployment else None,
        "client_id": found["client_id"],
        "flow": "pkce",  # the only one that the MCP server has
        "api_url": api_url,
        "scope_prefix": found.get("scope_prefix"),
        "domain_hint": hint if deployment is Deployment.COMMERCIAL else None,
        "redirect_uris": [found["redirect_uri"]] if found.get("redirect_uri") else [],
        "endpoints": {"user": {"authorization_url": found["authorization_url"], "token_url": found["token_url"]}},
    }


def _mcp_block(document: Mapping[str, object]) -> tuple[Mapping[str, object], Mapping[str, str]] | None:
    """Find the fields and what each is called: in the server's own file, or in a client's ``env`` block."""
    servers = document.get("mcpServers")
    if isinstance(servers, dict):
        for server in servers.values():
            env = server.get("env") if isinstance(server, dict) else None
            if isinstance(env, dict) and "AUTH_URL" in env:
                return env, _MCP_ENVIRONMENT
        return None
    if "authUrl" in document or "accessUrl" in document:
        return document, _MCP_FILE
    return (document, _MCP_ENVIRONMENT) if "AUTH_URL" in document else None


def _api_url_for(token_url: str, deployment: Deployment | None) -> str | None:
    """Return the API of eGain's cloud that a token URL belongs to; None for another host's: nobody can guess it."""
    host = urlsplit(token_url).hostname or ""
    if deployment is Deployment.SELF_SERVICE and host.endswith(".egain.cloud"):
        return f"https://api.{host}"
    match = re.fullmatch(r"login(-[a-z0-9]+)?\.egain\.cloud", host)
    return f"https://api{match[1] or ''}.egain.cloud" if match and deployment is Deployment.COMMERCIAL else None
