"""The code exchange, with a secret (RFC 6749 §4.1.3) or with a verifier (RFC 7636 §4.5), never with both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.models.form_request import Client, FormRequest, form_request

if TYPE_CHECKING:
    from egain_auth_cli.models.secret import Secret


def code_request(
    url: str, client: Client, *, code: Secret, redirect_uri: str, verifier: Secret | None = None
) -> FormRequest:
    """Build the exchange as the guide's "Exchange Authorization Code for an Access Token" has it.

    Args:
        url: The token endpoint.
        client: With its secret for a Web application; a public client's secret is None.
        code: From the redirect.
        redirect_uri: The very string of the authorization request.
        verifier: PKCE's, for a public client.
    """
    fields = {"grant_type": "authorization_code", "code": code.reveal(), "redirect_uri": redirect_uri}
    if verifier is not None:
        fields["code_verifier"] = verifier.reveal()
        client = Client(client_id=client.client_id)
    return form_request(url, client, fields, replayable=False)
