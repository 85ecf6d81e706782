"""The tenant and the client applications of every sandbox: fixed, public, worth nothing elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

TENANT = "TMSANDBOX000001"
GATEWAY = "f51302dd-7036-41b5-b619-e1a52a67c780"
USER_POLICY = "B2C_1A_User_V3_SignIn_OIDC"
CUSTOMER_POLICY = "B2C_1A_Customer_V3_SignUpOrSignIn_OIDC"
SCOPE_PREFIX = "https://api.egain.cloud/auth/"
DOMAIN_HINT = "sandbox"
REGISTRATION_ID = "sandbox-idp"
SUBJECT_ISSUER = "https://idp.example"

REDIRECT_URIS = (
    "http://localhost:8400/callback",
    "http://127.0.0.1:8401/callback",
    "http://127.0.0.1/callback",
    "https://oauth.pstmn.io/v1/callback",
)

CALLS_PER_WINDOW = 3
WINDOW_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRegistration:
    """One client application, as an administrator would have registered it."""

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
    redirect_uris: tuple[str, ...] = REDIRECT_URIS

    @property
    def public(self) -> bool:
        """Whether the application has no secret at all (SPA)."""
        return self.client_secret is None

    def allows_redirect(self, redirect_uri: str) -> bool:
        """Compare with the registered URIs, character by character.

        See: RFC 8252 §7.3, any port where a loopback IP address is registered without one.
        """
        return redirect_uri in self.redirect_uris or any(
            _differs_by_port_alone(registered, redirect_uri) for registered in self.redirect_uris
        )


REGISTRATIONS = (
    ClientRegistration(
        client_id="sandbox-app",
        client_secret="sandbox-secret",
        note="every flow; PKCE without the secret",
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


def _differs_by_port_alone(registered: str, requested: str) -> bool:
    """Tell whether a loopback address registered without a port is the requested one but for its port."""
    known = urlsplit(registered)
    if known.port is not None or known.scheme != "http" or not _is_loopback_address(known.hostname):
        return False
    try:
        port = urlsplit(requested).port
    except ValueError:
        return False
    return port is not None and requested == registered.replace(known.netloc, f"{known.netloc}:{port}", 1)


def _is_loopback_address(host: str | None) -> bool:
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False
