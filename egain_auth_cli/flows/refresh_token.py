"""A new access token for a stored login (RFC 6749 §6): what the flows with a sign-in do instead of a new grant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.models.form_request import Client, FormRequest, form_request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from egain_auth_cli.models.secret import Secret


def refresh_request(url: str, client: Client, *, refresh_token: Secret, scopes: Sequence[str] = ()) -> FormRequest:
    """Build a refresh. It is never sent twice: a rotating server takes the second for theft.

    Args:
        url: The token endpoint.
        client: As at the login: with its secret for a Web application, without for a public client.
        refresh_token: The newest one.
        scopes: A part of what was granted; empty asks for the same again.
    """
    fields = {"grant_type": "refresh_token", "refresh_token": refresh_token.reveal()}
    if scopes:
        fields["scope"] = " ".join(scopes)
    return form_request(url, client, fields, replayable=False)
