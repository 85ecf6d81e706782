"""An anonymous customer: client credentials at an endpoint of its own, with an identity that is not checked."""

from __future__ import annotations

from egain_auth_cli.flows import client_credentials
from egain_auth_cli.flows.record import FlowOption, FlowRecord
from egain_auth_cli.models.grants import ClientAuth, Flow
from egain_auth_cli.models.oauth_errors import CHECK_APPLICATION

RECORD = FlowRecord(
    flow=Flow.ANONYMOUS,
    options=(FlowOption(name="--anonymous", help="An anonymous customer."),),
    persona="Anonymous Customer",
    platform="any, or none",
    needs=("token_url", "scopes"),
    endpoints=lambda *_: ("anonymous",),
    request=client_credentials.request,
    # What eGain's own clients send to the anonymous endpoint, which wants both fields and checks neither.
    placeholder="DUMMY_VALUE_NEEDED",
    client_auth_alone=ClientAuth.BODY,
    personas=("anonymous",),
    hints={"invalid_grant": CHECK_APPLICATION},
)
