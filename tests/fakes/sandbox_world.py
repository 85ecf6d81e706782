"""The sandbox's client applications, each with a profile of its own, in both deployments' shapes."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from egain_auth_cli.sandbox.profile_document import commercial_profile_document, profile_document
from fakes.world import add_profile

if TYPE_CHECKING:
    from egain_auth_cli.sandbox.server import SandboxServer
    from fakes.process import Egain

REDIRECT_URIS = ["http://127.0.0.1/callback"]
DOCUMENTS = {"self-service": profile_document, "commercial": commercial_profile_document}


def use_client(
    egain: Egain, sandbox: SandboxServer, client_id: str, *, deployment: str = "self-service", **changes: Any
) -> dict[str, str]:
    """Make a client application's profile the only one, and give the environment with its secret."""
    values = DOCUMENTS[deployment](sandbox.url) | {"client_id": client_id, "redirect_uris": REDIRECT_URIS} | changes
    egain.config_file.unlink(missing_ok=True)
    add_profile(egain, "acme", values)
    secret = next(one.client_secret for one in sandbox.registrations if one.client_id == client_id)
    return {"EGAIN_CLIENT_SECRET": secret} if secret else {}


def claims_of(token: str) -> dict[str, Any]:
    """Read a JWT's claims."""
    part = token.strip().split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


def error_of(shown: str) -> dict[str, Any]:
    """Return the error that ``--error-format json`` writes as its last line."""
    error: dict[str, Any] = json.loads(shown.splitlines()[-1])["error"]
    return error
