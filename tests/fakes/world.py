"""What an integration test acts on: a profile whose every address is a scripted server, and what is stored for it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import tomlkit

from egain_auth_cli.models.grants import Flow
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.models.token import TokenSet
from egain_auth_cli.runtime import Runtime
from egain_auth_cli.settings.settings import FlowOptions
from egain_auth_cli.terminal import Terminal
from fakes.hostile_server import Answer, HostileServer, RotatingTokens, token_answer
from fakes.process import NOTHING, Egain, Env, Finished
from fakes.tokens import keep_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from egain_auth_cli.settings.settings import Settings

CLIENT_ID = "client-1"
CLIENT_SECRET = "secret-canary-1"
SCOPE = "knowledge.portalmgr.read"
REDIRECT_URI = "http://127.0.0.1/callback"


@dataclass
class World:
    """An installation, the server it speaks to, and one that it must never speak to."""

    egain: Egain
    server: HostileServer
    elsewhere: HostileServer
    tokens: RotatingTokens = field(default_factory=RotatingTokens)

    def add_profile(self, name: str = "acme", **changes: Any) -> None:
        """Write a profile of this server; a change to None leaves a key out."""
        add_profile(self.egain, name, self.profile() | changes)

    def profile(self) -> dict[str, Any]:
        """A self-service profile whose one token endpoint is ``/token``."""
        urls = {"authorization_url": f"{self.server.url}/authorize", "token_url": f"{self.server.url}/token"}
        table = {"scopes": [SCOPE], "client_auth": "body"}
        return {
            "deployment": "self-service",
            "client_id": CLIENT_ID,
            "flow": "pkce",
            "api_url": self.server.url,
            "redirect_uris": [REDIRECT_URI],
            "secret_store": "file",
            "endpoints": {"user": urls, "customer": urls, "client": {"token_url": urls["token_url"]}},
            "flows": {flow.value: dict(table) for flow in Flow},
        }

    def sign_in(self, *, refresh_token: str = "rt-0", access_token: str = "at-0", left: float = -10) -> None:
        """Store a login of the profile as an earlier ``login`` left it, its access token expired."""
        sign_in(self.egain, refresh_token=refresh_token, access_token=access_token, left=left)

    def rotate(self, **changes: Any) -> RotatingTokens:
        """Let the token endpoint rotate refresh tokens, and end the family on re-use."""
        for name, value in changes.items():
            setattr(self.tokens, name, value)
        self.server.on("/token", self.tokens)
        return self.tokens

    def give_tokens(self, access_token: str = "at-1", **fields: Any) -> None:
        """Let the token endpoint give the same token each time."""
        self.server.on("/token", token_answer(access_token, **fields))

    def client_token(self, *argv: str, env: Env = NOTHING) -> Finished:
        """Run ``egain token --client-credentials``, the secret in the environment."""
        return self.egain.run("token", "--client-credentials", *argv, env={"EGAIN_CLIENT_SECRET": CLIENT_SECRET, **env})

    def environment_client(self, **more: str) -> dict[str, str]:
        """Variables that need no profile."""
        given = {
            "EGAIN_CLIENT_ID": CLIENT_ID,
            "EGAIN_CLIENT_SECRET": CLIENT_SECRET,
            "EGAIN_TOKEN_URL": f"{self.server.url}/token",
            "EGAIN_API_URL": self.server.url,
            "EGAIN_SCOPE": SCOPE,
        }
        return given | more


def add_profile(egain: Egain, name: str, values: Mapping[str, Any]) -> None:
    """Write a profile into ``config.toml`` as a person's editor would; the first one is the default."""
    path = egain.config_file
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    document = tomlkit.parse(path.read_text() if path.exists() else "version = 1\n").unwrap()
    document.setdefault("default_profile", name)
    kept = {key: value for key, value in values.items() if value is not None}
    document.setdefault("profiles", {})[name] = kept
    path.write_text(tomlkit.dumps(document))
    path.chmod(0o600)


def settings_of(egain: Egain, **options: Any) -> tuple[Runtime, Settings]:
    """Resolve settings as a process with this installation's environment would."""
    runtime = Runtime(egain.environ, Terminal(egain.environ))
    return runtime, runtime.settings(FlowOptions(**options))


def sign_in(egain: Egain, *, refresh_token: str, access_token: str, left: float) -> None:
    """Store a login, its access token with so many seconds left."""
    runtime, settings = settings_of(egain)
    token = token_of(access_token, left=left, refresh_token=refresh_token)
    runtime.credentials(settings).logins.store(settings, token)
    keep_token(runtime, settings, token)


def cache_token(egain: Egain, access_token: str, *, left: float = 3000, age: int = 3600, **options: Any) -> None:
    """Put a token into the cache."""
    runtime, settings = settings_of(egain, **options)
    token = token_of(access_token, left=left, age=age)
    keep_token(runtime, settings, token)


def token_of(access_token: str, *, left: float, age: int = 3600, refresh_token: str | None = None) -> TokenSet:
    """Make a token with so many seconds left, obtained so many seconds ago."""
    now = int(time.time())
    return TokenSet(
        access_token=Secret(access_token),
        expires_at=now + int(left),
        obtained_at=now - age,
        scope=None,
        refresh_token=None if refresh_token is None else Secret(refresh_token),
    )


def stored_refresh_token(egain: Egain) -> str | None:
    """The refresh token that the next run would use."""
    runtime, settings = settings_of(egain)
    login = runtime.credentials(settings).logins.stored(settings)
    return None if login is None else login.refresh_token.reveal()


def authorization_fields(shown: str) -> dict[str, str]:
    """The fields of the authorization URL that ``login`` shows."""
    return {name: values[0] for name, values in parse_qs(urlsplit(authorization_url(shown)).query).items()}


def authorization_url(shown: str) -> str:
    """The authorization URL that ``login`` shows."""
    return next(word for word in shown.split() if "response_type=code" in word)


def redirect_of(shown: str, **fields: str) -> str:
    """The address on which the browser ends, as the server would have sent it there."""
    asked = authorization_fields(shown)
    given = {"code": "code-canary-1", "state": asked["state"], **fields}
    return asked["redirect_uri"] + "?" + "&".join(f"{name}={value}" for name, value in given.items())


def api_answer(body: bytes = b'{"portal":[]}', **more: Any) -> Answer:
    """An API's answer."""
    return Answer(headers=(("Content-Type", "application/json"), *more.pop("headers", ())), body=body, **more)
