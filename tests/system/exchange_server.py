"""idpyoidc's authorization server on loopback: its token endpoint, and one API resource that names the token's person.

A program for an environment that has idpyoidc; it prints its address and a subject token, and ends with its standard
input. Everything that is decided about a token is decided by idpyoidc.
"""
# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from idpyoidc.message.oidc import AuthorizationRequest
from idpyoidc.server import Server
from idpyoidc.server.authn_event import create_authn_event
from idpyoidc.server.authz import AuthzHandling
from idpyoidc.server.client_authn import verify_client
from idpyoidc.server.configure import ASConfiguration
from idpyoidc.server.exception import ClientAuthenticationError, UnAuthorizedClient
from idpyoidc.server.user_info import UserInfo

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
SCOPES = ["openid", "core.aiservices.read", "knowledge.portalmgr.read"]
PROVIDER, REDIRECT_URI = "provider-app", "https://provider.example/callback"
SECRET = "exchange-secret"
APPLICATIONS = {
    PROVIDER: ("client_secret_post", ["authorization_code"]),
    "exchange-body": ("client_secret_post", [EXCHANGE]),
    "exchange-basic": ("client_secret_basic", [EXCHANGE]),
    "exchange-off": ("client_secret_post", ["authorization_code"]),
}
PERSON = "diana"


class Provider:
    """One authorization server: a provider's tokens go in, others come out."""

    def __init__(self, issuer: str) -> None:
        self._lock = threading.Lock()
        server = Server(ASConfiguration(conf=_configuration(issuer), base_path="."), cwd=".")
        self._context = server.context
        self._context.map_supported_to_preferred()
        for client_id, (method, grants) in APPLICATIONS.items():
            self._context.cdb[client_id] = {
                "client_secret": SECRET,
                "client_salt": "salt",
                "redirect_uris": [(REDIRECT_URI, None)],
                "response_types": ["code"],
                "token_endpoint_auth_method": method,
                "grant_types_supported": grants,
                "allowed_scopes": SCOPES,
            }
        self._tokens = server.get_endpoint("token")

    def subject_token(self) -> str:
        """Sign the person in at another application and give its access token."""
        sessions = self._context.session_manager
        asked = AuthorizationRequest(
            client_id=PROVIDER, redirect_uri=REDIRECT_URI, scope=SCOPES, state="state", response_type="code"
        )
        session = sessions.create_session(create_authn_event(PERSON), asked, PERSON, client_id=PROVIDER)
        grant = self._context.authz(session, asked)
        code = grant.mint_token(
            session_id=sessions.encrypted_session_id(PERSON, PROVIDER, grant.id),
            context=self._context,
            token_class="authorization_code",
            token_handler=sessions.token_handler["authorization_code"],
            usage_rules=grant.usage_rules.get("authorization_code", {}),
        )
        form = {"grant_type": "authorization_code", "code": code.value, "redirect_uri": REDIRECT_URI}
        answer = self.answer({**form, "client_id": PROVIDER, "client_secret": SECRET}, None)[1]
        return str(answer["access_token"])

    def answer(self, form: dict[str, str], authorization: str | None) -> tuple[int, dict[str, Any]]:
        """Return status and body of the token endpoint's answer."""
        headers = {} if authorization is None else {"authorization": authorization}
        with self._lock:
            try:
                request = self._tokens.parse_request(dict(form), {"headers": headers})
                done = request if "error" in request else self._tokens.process_request(request=request)
            except (ClientAuthenticationError, UnAuthorizedClient) as refused:
                return 401, {"error": "invalid_client", "error_description": str(refused)}
            if "error" in done:
                return 400, done.to_dict()
            if isinstance(done["response_args"], dict):
                return 200, done["response_args"]
            return 200, json.loads(self._tokens.do_response(request=request, **done)["response"])

    def describe(self, access_token: str) -> dict[str, Any] | None:
        """Say whose a token is; None where it is not this server's or not live."""
        with self._lock:
            sessions = self._context.session_manager
            try:
                known = sessions.get_session_info_by_token(access_token, handler_key="access_token")
                token = sessions.find_token(known["branch_id"], access_token)
            except Exception:  # noqa: BLE001  whatever it is, the token is no good
                return None
            if token is None or not token.is_active():
                return None
            return {"user": known["user_id"], "client": known["client_id"], "scope": sorted(token.scope)}


def _configuration(issuer: str) -> dict[str, Any]:
    endpoints = "idpyoidc.server.oauth2"
    minting = {
        "authorization_code": {"supports_minting": ["access_token"], "max_usage": 1},
        "access_token": {"supports_minting": ["access_token"], "expires_in": 600},
    }
    return {
        "issuer": issuer,
        "preference": {},
        "keys": {"uri_path": "jwks.json", "key_defs": [{"type": "EC", "crv": "P-256", "use": ["sig"]}]},
        "endpoint": {
            "authorization": {
                "path": "authorization", "class": f"{endpoints}.authorization.Authorization", "kwargs": {}
            },
            "token": {
                "path": "token",
                "class": f"{endpoints}.token.Token",
                "kwargs": {"client_authn_method": ["client_secret_basic", "client_secret_post"]},
            },
        },
        "authentication": {
            "none": {"acr": "none", "class": "idpyoidc.server.user_authn.user.NoAuthn", "kwargs": {"user": PERSON}}
        },
        "userinfo": {"class": UserInfo, "kwargs": {"db": {}}},
        "client_authn": verify_client,
        "authz": {
            "class": AuthzHandling,
            "kwargs": {"grant_config": {"usage_rules": minting, "expires_in": 43200}},
        },
        "token_handler_args": {
            "code": {"lifetime": 600},
            "token": {
                "class": "idpyoidc.server.token.jwt_token.JWTToken", "kwargs": {"lifetime": 3600, "aud": [issuer]}
            },
        },
    }  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    provider: Provider
    log: Path

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode("ascii")
        form = dict(parse_qsl(body, keep_blank_values=True, strict_parsing=True))
        authorization = self.headers.get("Authorization")
        with self.log.open("a") as log:
            log.write(json.dumps({"path": self.path, "params": sorted(form), "auth": bool(authorization)}) + "\n")
        if self.path != "/token":
            self._send(404, {})
            return
        self._send(*self.provider.answer(form, authorization))

    def do_GET(self) -> None:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        known = self.provider.describe(token) if scheme == "Bearer" and self.path == "/me" else None
        self._send(401 if known is None else 200, known or {})

    def _send(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: a request line holds values."""


def main(log: Path) -> None:
    """Serve until standard input ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    issuer = f"http://127.0.0.1:{server.server_port}"
    _Handler.provider, _Handler.log = Provider(issuer), log
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(json.dumps({"issuer": issuer, "subject_token": _Handler.provider.subject_token()}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
