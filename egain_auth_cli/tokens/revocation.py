"""Revocation of a refresh token, or of an access token where there is none (RFC 7009)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.errors import AuthError, NetworkError
from egain_auth_cli.models.form_request import Client, form_request

if TYPE_CHECKING:
    from egain_auth_cli.models.secret import Secret
    from egain_auth_cli.transport.token_endpoint import TokenEndpoint

_REDIRECT = 300


def revoke_token(endpoint: TokenEndpoint, url: str, client: Client, token: Secret, kind: str) -> None:
    """Ask the server to revoke a token. Status 200 means done, for a token it never knew as well (§2.2).

    Args:
        endpoint: Sends the form.
        url: The revocation endpoint.
        client: Authenticates as at the token endpoint.
        token: What to revoke.
        kind: ``refresh_token`` or ``access_token``, sent as the hint.

    Raises:
        AuthError: The server refused.
        NetworkError: It was not reached, or failed.
    """
    form = form_request(url, client, {"token": token.reveal(), "token_type_hint": kind})
    answer = endpoint.post(form, doing="revoking the login")
    if answer.status < _REDIRECT:
        return
    error = AuthError if 400 <= answer.status < 500 else NetworkError  # noqa: PLR2004
    raise error(
        f"the server did not revoke the login (status {answer.status}): its token may still be live",
        hint="what was stored here is gone; end the session in eGain, or wait for the token to expire",
        status=answer.status,
    )
