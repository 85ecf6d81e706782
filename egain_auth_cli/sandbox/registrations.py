"""The client applications of every sandbox: fixed, public, worth nothing elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from authlib.oauth2.rfc6749 import ClientMixin

from egain_auth_cli.sandbox.realms import GrantType

# The forms that public material about eGain registers: loopback with and without a port, and Postman's callback.
REDIRECT_URIS = (
    "http://localhost:8400/callback",
    "http://127.0.0.1:8401/callback",
    "http://127.0.0.1/callback",
    "https://oauth.pstmn.io/v1/callback",
)

CALLS_PER_WINDOW = 3
WINDOW_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRegistration(ClientMixin):
    """One client application, as an administrator would have registered it and as Authlib asks about it.

    Attributes:
        note: What it is for, as the sandbox prints it.
        client_secret: None for a public client.
        pkce: Whether it may use PKCE.
        token_exchange: Whether `Token Exchange Grant Type` is ticked.
        refresh_tokens: Whether it is given any.
        secret_expired: Whether its secret is refused as expired.
        throttled: Whether its API calls are counted, and refused with 429.
        string_expiry: Whether `expires_in` is a string, as Azure AD B2C has it.
        encoded_errors: Whether errors in the redirect are base64 of URL-encoded text, as eGain sends some.
        any_scope_on_behalf: Whether a person's own scopes may be had on behalf of one: eGain's portal says so, and its
            API descriptions have scopes of their own for it.
        contrary: Whether the API answers its tokens as the other of two documents has it that contradict each other.
        redirect_uris: Compared character by character.
    """

    client_id: str
    note: str
    client_secret: str | None = None
    pkce: bool = True
    token_exchange: bool = True
    refresh_tokens: bool = True
    secret_expired: bool = False
    throttled: bool = False
    string_expiry: bool = False
    encoded_errors: bool = False
    any_scope_on_behalf: bool = False
    contrary: bool = False
    redirect_uris: tuple[str, ...] = REDIRECT_URIS

    @property
    def public(self) -> bool:
        """Whether the application has no secret at all (SPA)."""
        return self.client_secret is None

    def check_grant_type(self, grant_type: str) -> bool:
        """Tell whether this application may use a grant."""
        if grant_type == GrantType.TOKEN_EXCHANGE and not self.token_exchange:
            return False
        if grant_type == GrantType.REFRESH_TOKEN and not self.refresh_tokens:
            return False
        return grant_type == GrantType.AUTHORIZATION_CODE or not self.public

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Compare with the registered URIs, character by character."""
        return redirect_uri in self.redirect_uris or _take_off_port(redirect_uri) in self.redirect_uris


REGISTRATIONS = (
    ClientRegistration(
        client_id="sandbox-app", client_secret="sandbox-secret", note="every flow; PKCE without the secret"
    ),
    ClientRegistration(
        client_id="sandbox-spa",
        refresh_tokens=False,
        note="Single Page Application: PKCE only, no secret, no refresh token",
    ),
    ClientRegistration(
        client_id="sandbox-web",
        client_secret="sandbox-web-secret",
        pkce=False,
        note="Web: every flow but PKCE, which is refused",
    ),
    ClientRegistration(client_id="sandbox-web-pkce", note="Web: PKCE without a secret, as eGain's Flask sample has it"),
    ClientRegistration(
        client_id="sandbox-any-scope",
        client_secret="sandbox-any-scope-secret",
        any_scope_on_behalf=True,
        note="any scope on behalf of a person, not those with `.onbehalfof.` alone",
    ),
    ClientRegistration(
        client_id="sandbox-contrary",
        client_secret="sandbox-contrary-secret",
        contrary=True,
        note="`count` is pages, /portals/user is in a list, retrieve takes an application's own token",
    ),
    ClientRegistration(
        client_id="sandbox-expired",
        client_secret="sandbox-expired-secret",
        pkce=False,
        secret_expired=True,
        note="its secret has expired: invalid_client",
    ),
    ClientRegistration(
        client_id="sandbox-noexchange",
        client_secret="sandbox-noexchange-secret",
        token_exchange=False,
        note="Token Exchange Grant Type is off",
    ),
    ClientRegistration(
        client_id="sandbox-throttled",
        client_secret="sandbox-throttled-secret",
        throttled=True,
        note=f"{CALLS_PER_WINDOW} API calls in {WINDOW_SECONDS} seconds, then 429",
    ),
    ClientRegistration(
        client_id="sandbox-string-expiry",
        client_secret="sandbox-string-expiry-secret",
        string_expiry=True,
        note="`expires_in` is a string, `token_type` is lower case",
    ),
    ClientRegistration(
        client_id="sandbox-b64",
        client_secret="sandbox-b64-secret",
        encoded_errors=True,
        note="errors in the redirect are base64 of URL-encoded text",
    ),
    ClientRegistration(
        client_id="odd:id/%+&=",
        client_secret="p%20+w:d&=/~",
        note="`sandbox-odd`: id and secret must be form-encoded before Basic (RFC 6749 2.3.1)",
    ),
)


def find_registration(client_id: str | None) -> ClientRegistration | None:
    """Find the client application of exactly this id."""
    return next((known for known in REGISTRATIONS if known.client_id == client_id), None)


def _take_off_port(uri: str) -> str | None:
    """Take the port off a URI at 127.0.0.1; None where it has none.

    See: RFC 8252 §7.3, any port will do where a loopback IP address is registered without one. The name
    `localhost` is not meant: it may lead elsewhere (§8.3).
    """
    try:
        parts = urlsplit(uri)
        port = f":{parts.port}"
    except ValueError:
        return None
    return uri.replace(port, "", 1) if parts.netloc == f"127.0.0.1{port}" else None
