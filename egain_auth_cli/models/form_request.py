"""A form post to an OAuth endpoint, as data (RFC 6749 §2.3.1, §4)."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote_plus, urlencode

from egain_auth_cli.models.grants import ClientAuth
from egain_auth_cli.models.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from egain_auth_cli.models.token import TokenSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The client application.

    Attributes:
        client_id: Its ID.
        secret: None for a public client.
        client_auth: How a secret is sent.
        source: Where the secret was found, in words.
    """

    client_id: str
    secret: Secret | None = None
    client_auth: ClientAuth = ClientAuth.BODY
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRequest:
    """A post of ``application/x-www-form-urlencoded``.

    Attributes:
        url: The endpoint, its own query included.
        fields: The form, in order; values may be secret.
        authorization: The Authorization header, or None.
        replayable: Whether sending it twice does no harm; a code or a rotating refresh token is used up.
    """

    url: str
    fields: Mapping[str, str]
    authorization: Secret | None = None
    replayable: bool = True

    def __repr__(self) -> str:
        return f"FormRequest(url={self.url!r}, fields={sorted(self.fields)})"

    def body(self) -> bytes:
        """Return the form as bytes on the wire."""
        return urlencode(self.fields).encode("ascii")


def form_request(url: str, client: Client, fields: Mapping[str, str], *, replayable: bool = True) -> FormRequest:
    """Add the client's identity to a form, by exactly one authentication method.

    Basic credentials are form-encoded before they are joined (RFC 6749 §2.3.1); with Basic the form has no
    ``client_id``. A public client sends its ``client_id`` alone.
    """
    # Azure AD B2C refuses a secret from a public client (AADB2C90084), an empty one too.
    if client.secret is None:
        return FormRequest(url=url, fields={**fields, "client_id": client.client_id}, replayable=replayable)
    if client.client_auth is ClientAuth.BASIC:
        pair = f"{quote_plus(client.client_id)}:{quote_plus(client.secret.reveal())}"
        # A secret of its own: a server may echo it without the word before it.
        credentials = Secret(b64encode(pair.encode("ascii")).decode("ascii"))
        header = Secret(f"Basic {credentials.reveal()}")
        return FormRequest(url=url, fields=dict(fields), authorization=header, replayable=replayable)
    both = {"client_id": client.client_id, "client_secret": client.secret.reveal()}
    return FormRequest(url=url, fields={**fields, **both}, replayable=replayable)


class GrantSender(Protocol):
    """Whatever sends a grant to its token endpoint."""

    def request_token(self, form: FormRequest) -> TokenSet:
        """Send the form and return the token of the answer.

        Raises:
            GrantRefused: The endpoint answered an OAuth error.
            NetworkError: It was not reached in time, or its answer is not a token answer.
        """
        ...
