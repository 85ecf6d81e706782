"""A person signs in to a Web application (RFC 6749 §4.1), and the code exchange that PKCE shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.flows.record import CLIENT_SECRET, FlowOption, FlowRecord, Grant, of_actor
from egain_auth_cli.models.form_request import Client, form_request
from egain_auth_cli.models.grants import Flow
from egain_auth_cli.models.oauth_errors import CONSOLE

if TYPE_CHECKING:
    from egain_auth_cli.models.form_request import FormRequest


def request(grant: Grant) -> FormRequest:
    """Build the exchange as the guide's "Exchange Authorization Code for an Access Token" has it.

    With the client's secret (RFC 6749 §4.1.3) or with a verifier (RFC 7636 §4.5), never with both: eGain refuses a
    secret from a public client.
    """
    code = grant.code.reveal() if grant.code else ""
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": grant.redirect_uri}
    client = grant.client
    if grant.verifier is not None:
        fields["code_verifier"] = grant.verifier.reveal()
        client = Client(client_id=client.client_id)
    return form_request(grant.url, client, fields, replayable=False)


RECORD = FlowRecord(
    flow=Flow.AUTHORIZATION_CODE,
    options=(FlowOption(name="--auth-code", help="A stored login by authorization code with a client secret."),),
    login_help="Authorization code with a client secret.",
    persona="User or Customer who signs in",
    platform="Web",
    needs=("client_id", "authorization_url", "token_url", "scopes", CLIENT_SECRET),
    endpoints=of_actor,
    request=request,
    signs_in=True,
    personas=("user", "customer"),
    hints={
        "unauthorized_client": f"this flow takes the Platform Web ({CONSOLE}); at a Single Page Application a person "
        "signs in by `egain login --pkce`",
    },
)
