"""eGain's flows, each told once in a file of its own: its record, and the request to the token endpoint."""

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

if TYPE_CHECKING:
    from egain_auth_cli.flows.record import FlowRecord
    from egain_auth_cli.models.grants import Flow

RECORDS: dict[Flow, FlowRecord] = {
    module.RECORD.flow: module.RECORD
    for module in (pkce, authorization_code, client_credentials, anonymous, on_behalf_of, token_exchange)
}
"""Every flow's record, in the order in which flows are listed."""


def sign_in_records() -> tuple[FlowRecord, ...]:
    """Return the records of the flows where a person signs in."""
    return tuple(record for record in RECORDS.values() if record.signs_in)
