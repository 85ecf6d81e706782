"""The guide's examples as values, and a profile of them whose hosts are scripted servers."""

from __future__ import annotations

import tomllib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import tomlkit

from fakes.hostile_server import HostileServer, Recorded, token_answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fakes.process import Egain

_GUIDE = Path(__file__).parents[1] / "conformance" / "guide"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenExample:
    """A request to a token endpoint; see ``guide/token_requests.toml``."""

    name: str
    source: str
    profile: list[str]
    settings: dict[str, str]
    command: list[str]
    client_secret: str
    subject_token: str
    method: str
    url: str
    content_type: str
    authorization: str
    form: dict[str, str]

    @property
    def environ(self) -> dict[str, str]:
        """What comes by the environment."""
        given = {"EGAIN_CLIENT_SECRET": self.client_secret, "EGAIN_SUBJECT_TOKEN": self.subject_token}
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationExample:
    """An authorization request; see ``guide/authorization_requests.toml``."""

    name: str
    source: str
    profile: list[str]
    login: list[str]
    base: str
    url: str


def read_guide(name: str) -> dict[str, Any]:
    """Read one of the guide's files."""
    return tomllib.loads((_GUIDE / name).read_text())


TOKEN_REQUESTS = [TokenExample(**one) for one in read_guide("token_requests.toml")["request"]]
CODE_EXCHANGES = [TokenExample(**one) for one in read_guide("token_requests.toml")["code_exchange"]]
AUTHORIZATION_REQUESTS = [AuthorizationExample(**one) for one in read_guide("authorization_requests.toml")["request"]]


def add_profile(egain: Egain, options: list[str], settings: Mapping[str, str]) -> None:
    """Make the profile ``guide`` with the real command."""
    for argv in (
        ["profile", "add", "guide", *options],
        ["profile", "set", "guide", "secret_store", "file"],
        *(["profile", "set", "guide", key, value] for key, value in settings.items()),
    ):
        done = egain.run(*argv)
        assert done.status == 0, done.err


@dataclass(frozen=True, slots=True)
class Hosts:
    """One scripted server in the place of each host that a profile names."""

    servers: dict[str, HostileServer]

    @classmethod
    @contextmanager
    def of_profile(cls, egain: Egain) -> Iterator[Hosts]:
        """Put servers in the place of the profile's hosts; paths and queries stay as they are."""
        document = tomlkit.parse(egain.config_file.read_text()).unwrap()
        profile = document["profiles"]["guide"]
        hosts = cls({})
        try:
            for table in (profile, *profile["endpoints"].values()):
                for key, value in table.items():
                    if key.endswith("_url"):
                        table[key] = hosts.replace(value)
            egain.config_file.write_text(tomlkit.dumps(document))
            yield hosts
        finally:
            for server in hosts.servers.values():
                server.__exit__()

    def replace(self, url: str) -> str:
        """Return a URL with its origin's server in place of the origin."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self.servers:
            server = self.servers[origin] = HostileServer().__enter__()
            server.on(parts.path, token_answer())
        self.servers[origin].on(parts.path, token_answer("at-guide", scope="as asked"))
        return url.replace(origin, self.servers[origin].url, 1)

    def arrived(self) -> list[tuple[str, Recorded]]:
        """Return every request, with the address that it was meant for."""
        return [
            (origin + request.target, request) for origin, server in self.servers.items() for request in server.requests
        ]
