"""Drives a real sandbox over a socket, as an application and a person would."""

from __future__ import annotations

import base64
import hashlib
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote_plus, urlsplit

import httpx

from egain_auth_cli.sandbox.realms import CUSTOMER_POLICY, GATEWAY, SCOPE_PREFIX, TENANT, USER_POLICY
from egain_auth_cli.sandbox.registrations import find_registration
from egain_auth_cli.sandbox.server import SandboxServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

USER = f"/system/auth/{TENANT}-U/oauth2"
CUSTOMER = f"/system/auth/{TENANT}-C/oauth2"
COMMERCIAL_USER = f"/{GATEWAY}/{USER_POLICY}/oauth2/v2.0"
COMMERCIAL_CUSTOMER = f"/{GATEWAY}/{CUSTOMER_POLICY}/oauth2/v2.0"
COMMERCIAL_CLIENT = f"/global/{GATEWAY}/oauth2/v2.0"
ANONYMOUS = f"/core/authmgr/v3/oauth2/v2.0/anonymous/token?user_type=customer&domain_hint={TENANT}"
PORTALS = "/knowledge/portalmgr/v4"
REDIRECT = "http://localhost:8400/callback"
SCOPE = "knowledge.portalmgr.read"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"


@dataclass
class Clock:
    """Time that passes when it is told to."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Driver:
    """One sandbox and a client that speaks to it."""

    server: SandboxServer
    http: httpx.Client
    clock: Clock = field(default_factory=Clock)

    def authorize(self, base: str = USER, *, pkce: bool = False, **changes: str | None) -> httpx.Response:
        """Open the authorization endpoint with some parameters changed."""
        return self.authorize_with(changes, base, pkce=pkce)

    def authorize_with(
        self, changes: Mapping[str, str | None], base: str = USER, *, pkce: bool = False
    ) -> httpx.Response:
        """Open the authorization endpoint; a change to None leaves a parameter out."""
        parameters: dict[str, str | None] = {
            "client_id": "sandbox-app",
            "response_type": "code",
            "redirect_uri": REDIRECT,
            "scope": SCOPE,
            "state": "s t&te",
        }
        if pkce:
            parameters |= {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
        parameters.update(changes)
        query = {name: value for name, value in parameters.items() if value is not None}
        return self.http.get(f"{base}/authorize", params=query)

    def press(self, page: httpx.Response, action: str, **fields: str) -> httpx.Response:
        """Press a button of the form on a page."""
        transaction = re.search(r'name="transaction" value="([^"]+)"', page.text)
        target = re.search(r'action="([^"]+)"', page.text)
        assert transaction
        assert target
        return self.http.post(target[1], data={"transaction": transaction[1], "action": action, **fields})

    def sign_in(self, page: httpx.Response, person: str = "alice") -> httpx.Response:
        """Sign in on the first page."""
        return self.press(page, "signin", username=person, password="whatever")

    def obtain_code(self, base: str = USER, *, person: str = "alice", pkce: bool = False, **changes: str | None) -> str:
        """Go through both pages and give the code."""
        page = self.authorize(base, pkce=pkce, **changes)
        return redirected(self.press(self.sign_in(page, person), "approve"))["code"]

    def post(self, path: str, **fields: str) -> httpx.Response:
        """Post a form."""
        return self.http.post(path, data=fields)

    def exchange_code(self, code: str, base: str = USER, **changes: str) -> httpx.Response:
        """Redeem a code with the secret in the body."""
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
        return self.post(f"{base}/token", **(fields | credentials() | changes))

    def exchange_pkce(self, code: str, base: str = USER, **changes: str) -> httpx.Response:
        """Redeem a code with its verifier."""
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
        fields |= {"client_id": "sandbox-app", "code_verifier": VERIFIER}
        return self.post(f"{base}/token", **(fields | changes))

    def refresh(self, token: str, base: str = USER, **changes: str) -> httpx.Response:
        """Redeem a refresh token with the secret in the body."""
        fields = {"grant_type": "refresh_token", "refresh_token": token}
        return self.post(f"{base}/token", **(fields | credentials() | changes))

    def client_token(self, client_id: str = "sandbox-app", scope: str = "knowledge.portalmgr.manage") -> str:
        """Get a client application's access token."""
        fields = {"grant_type": "client_credentials", "scope": scope} | credentials(client_id)
        return str(self.post(f"{USER}/token", **fields).json()["access_token"])

    def user_token(self, base: str = USER, person: str = "alice", scope: str = SCOPE) -> str:
        """Get a signed-in person's access token."""
        code = self.obtain_code(base, person=person, scope=scope)
        return str(self.exchange_code(code, base).json()["access_token"])

    def call(
        self, token: str, path: str, *, method: str = "GET", content: bytes | None = None, **headers: str
    ) -> httpx.Response:
        """Call an API resource; `headers` come on top of the usual ones."""
        usual = {"Authorization": f"Bearer {token}", "Accept-Language": "en-US"}
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.request(method, path, headers=usual | changed, content=content)


@contextmanager
def start_sandbox(*, token_lifetime: int = 3600, access_log: Path | None = None) -> Iterator[Driver]:
    """Start a sandbox on any port."""
    clock = Clock()
    with (
        SandboxServer(token_lifetime=token_lifetime, access_log=access_log, clock=clock) as server,
        httpx.Client(base_url=server.url, trust_env=False, timeout=30) as http,
    ):
        yield Driver(server=server, http=http, clock=clock)


def credentials(client_id: str = "sandbox-app") -> dict[str, str]:
    """Return a client's id and secret as body fields."""
    registration = find_registration(client_id)
    assert registration
    return {"client_id": client_id, "client_secret": registration.client_secret or ""}


def basic(client_id: str, secret: str, *, encode: bool = True) -> dict[str, str]:
    """Return a Basic header, form-encoded first or not (RFC 6749 2.3.1)."""
    quoted = f"{quote_plus(client_id)}:{quote_plus(secret)}" if encode else f"{client_id}:{secret}"
    return {"Authorization": f"Basic {base64.b64encode(quoted.encode()).decode()}"}


def redirected(response: httpx.Response) -> dict[str, str]:
    """Return the parameters of the redirect to the application."""
    assert response.status_code == 303
    return {name: values[0] for name, values in parse_qs(urlsplit(response.headers["Location"]).query).items()}


def refusal(response: httpx.Response) -> tuple[int, str]:
    """Return the status and the OAuth error of a refused form."""
    assert response.headers["Cache-Control"] == "no-store"
    return response.status_code, response.json()["error"]


def api_code(response: httpx.Response) -> str:
    """Return eGain's error code, whose first digits must be the status."""
    code = str(response.json()["code"])
    assert code.startswith(f"{response.status_code}-")
    return code


def prefixed(*scopes: str) -> str:
    """Return scopes with the commercial prefix."""
    return " ".join(SCOPE_PREFIX + scope for scope in scopes)


def sha256(content: bytes) -> str:
    """Return the digest that the echo resource answers."""
    return hashlib.sha256(content).hexdigest()
