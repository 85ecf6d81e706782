"""A person signs in to a public client, with Proof Key for Code Exchange (RFC 7636)."""

from __future__ import annotations

from egain_auth_cli.flows import authorization_code
from egain_auth_cli.flows.record import FlowOption, FlowRecord, of_actor
from egain_auth_cli.models.grants import Flow
from egain_auth_cli.models.oauth_errors import CONSOLE

RECORD = FlowRecord(
    flow=Flow.PKCE,
    options=(FlowOption(name="--pkce", help="A stored login by authorization code with PKCE."),),
    login_help="Authorization code with PKCE, for a public client.",
    persona="User or Customer who signs in",
    platform="Single Page Application, Public Client/Native",
    needs=("client_id", "authorization_url", "token_url", "scopes"),
    endpoints=of_actor,
    request=authorization_code.request,
    signs_in=True,
    public_client=True,
    personas=("user", "customer"),
    hints={
        "unauthorized_client": f"PKCE takes the Platform Single Page Application or Public Client/Native ({CONSOLE}); "
        "at a Web application a person signs in by `egain login --auth-code`",
    },
)
