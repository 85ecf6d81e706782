"""A token for another provider's token (RFC 8693 §2.1, with eGain's ``registration_id``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.models.form_request import Client, FormRequest, form_request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from egain_auth_cli.models.secret import Secret

GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105  a name


def token_exchange_request(
    url: str, client: Client, *, scopes: Sequence[str], subject_token: Secret, registration_id: str
) -> FormRequest:
    """Build the request of eGain's page "Token Exchange flow".

    Args:
        url: The token endpoint.
        client: With its secret.
        scopes: As they go on the wire; may be empty.
        subject_token: The other provider's access token, a JWT.
        registration_id: What the console calls the provider's registration.
    """
    fields = {
        "grant_type": GRANT,
        "subject_token": subject_token.reveal(),
        "subject_token_type": ACCESS_TOKEN,
        "registration_id": registration_id,
    }
    if scopes:
        fields["scope"] = " ".join(scopes)
    return form_request(url, client, fields)
