"""A token for a named person, asked by a client application: eGain's password grant without a password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.models.form_request import Client, FormRequest, form_request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from egain_auth_cli.models.grants import Subject


def on_behalf_of_request(
    url: str, client: Client, *, scopes: Sequence[str], subject: Subject, name: str
) -> FormRequest:
    """Build the request of eGain's page "On-Behalf-Of flow".

    Args:
        url: The user's or the customer's endpoint.
        client: With its secret.
        scopes: As they go on the wire.
        subject: Which field names the person.
        name: The user name, user id or e-mail.
    """
    fields = {"grant_type": "password", subject.value: name}
    if scopes:
        fields["scope"] = " ".join(scopes)
    return form_request(url, client, fields)
