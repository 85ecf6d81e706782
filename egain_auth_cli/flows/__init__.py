"""eGain's flows, each in a file of its own: its record, which names what builds the request to the token endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.flows import (
    anonymous,
    authorization_code,
    client_credentials,
    on_behalf_of,
    pkce,
    token_exchange,
)
from egain_auth_cli.models.grants import Flow

if TYPE_CHECKING:
    from egain_auth_cli.flows.record import FlowRecord

RECORDS: dict[Flow, FlowRecord] = {
    Flow.PKCE: pkce.RECORD,
    Flow.AUTHORIZATION_CODE: authorization_code.RECORD,
    Flow.CLIENT_CREDENTIALS: client_credentials.RECORD,
    Flow.ANONYMOUS: anonymous.RECORD,
    Flow.ON_BEHALF_OF: on_behalf_of.RECORD,
    Flow.TOKEN_EXCHANGE: token_exchange.RECORD,
}
"""Every flow's record, in the order in which flows are listed."""


def sign_in_records() -> tuple[FlowRecord, ...]:
    """Return the records of the flows where a person signs in."""
    return tuple(record for record in RECORDS.values() if record.signs_in)
