"""A token for another provider's token (RFC 8693 §2.1, with eGain's ``registration_id``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.errors import SettingMissing
from egain_auth_cli.flows.record import CLIENT_SECRET, FlowOption, FlowRecord, Grant, of_actor
from egain_auth_cli.models.form_request import form_request
from egain_auth_cli.models.grants import Flow
from egain_auth_cli.models.oauth_errors import CONSOLE

if TYPE_CHECKING:
    from egain_auth_cli.models.form_request import FormRequest
    from egain_auth_cli.models.secret import Secret

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105  a name


def request(grant: Grant) -> FormRequest:
    """Build the request of eGain's page "Token Exchange flow"; scopes may be left out.

    Raises:
        SettingMissing: The other provider's token is missing.
    """
    # `registration_id` is not of RFC 8693: it names the provider's registration in eGain's console.
    fields = {
        "grant_type": GRANT,
        "subject_token": _subject_token(grant).reveal(),
        "subject_token_type": ACCESS_TOKEN,
        "registration_id": grant.registration_id or "",
    }
    if grant.scopes:
        fields["scope"] = " ".join(grant.scopes)
    return form_request(grant.url, grant.client, fields)


def _subject_token(grant: Grant) -> Secret:
    if grant.subject_token is None:
        raise SettingMissing(
            "token exchange needs the other provider's token",
            hint="give it by `--subject-token-file PATH` (`-` is stdin), `EGAIN_SUBJECT_TOKEN`, or the profile's "
            "`subject_token_command`",
        )
    return grant.subject_token


RECORD = FlowRecord(
    flow=Flow.TOKEN_EXCHANGE,
    options=(FlowOption(name="--token-exchange", help="Exchange another provider's token."),),
    persona="External identity (Okta, Azure, …)",
    platform="Web, with Token Exchange Grant Type",
    needs=("client_id", "token_url", "registration_id", CLIENT_SECRET),
    endpoints=of_actor,
    request=request,
    check=_subject_token,
    per_person=True,
    takes_subject_token=True,
    hints={
        "unauthorized_client": f"tick Token Exchange Grant Type on the client application ({CONSOLE})",
        "unsupported_grant_type": "token exchange is known on self-service alone: compare the token URL with the "
        "Metadata panel",
        "invalid_grant": "the subject token was not accepted: it must be a live JWT of the provider "
        "registered under SSO Provider, for a person whom eGain knows",
        "invalid_request": "the subject token was not accepted, or `registration_id` is not that of the provider's "
        "registration under SSO Provider",
    },
)
