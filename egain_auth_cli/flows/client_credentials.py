"""A client application as itself (RFC 6749 §4.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.flows.record import CLIENT_SECRET, FlowOption, FlowRecord, Grant
from egain_auth_cli.models.form_request import form_request
from egain_auth_cli.models.grants import ClientAuth, Deployment, Flow
from egain_auth_cli.models.oauth_errors import CHECK_APPLICATION, CONSOLE

if TYPE_CHECKING:
    from egain_auth_cli.models.form_request import FormRequest


def request(grant: Grant) -> FormRequest:
    """Build the request of the guide's "For a Client App"; "For an Anonymous Customer" has the same form."""
    fields = {"grant_type": "client_credentials"}
    if grant.scopes:
        fields["scope"] = " ".join(grant.scopes)
    return form_request(grant.url, grant.client, fields)


RECORD = FlowRecord(
    flow=Flow.CLIENT_CREDENTIALS,
    options=(FlowOption(name="--client-credentials", help="The client application itself."),),
    persona="Client App itself",
    platform="Web",
    needs=("client_id", "token_url", "scopes", CLIENT_SECRET),
    endpoints=lambda *_: ("client",),
    request=request,
    # The guide's commercial example sends Basic; every other example of it sends the secret in the body.
    client_auth={Deployment.COMMERCIAL: ClientAuth.BASIC},
    personas=("client",),
    hints={
        "invalid_grant": CHECK_APPLICATION,
        "invalid_scope": f"grant it as an Application permission on the Permissions tab ({CONSOLE}); "
        "on commercial the scope is `.default` with the `scope_prefix` of the Metadata panel",
    },
)
