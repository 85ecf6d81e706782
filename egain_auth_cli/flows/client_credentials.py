"""Client credentials, for a client application and for an anonymous customer (RFC 6749 §4.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.models.form_request import Client, FormRequest, form_request

if TYPE_CHECKING:
    from collections.abc import Sequence


def client_credentials_request(url: str, client: Client, *, scopes: Sequence[str]) -> FormRequest:
    """Build the request of the guide's "For a Client App" and "For an Anonymous Customer".

    Args:
        url: The token endpoint; the anonymous one has a query of its own.
        client: With its secret.
        scopes: As they go on the wire.
    """
    fields = {"grant_type": "client_credentials"}
    if scopes:
        fields["scope"] = " ".join(scopes)
    return form_request(url, client, fields)
