"""oidc-provider as a process, and what its access log says of the requests that it got."""

from __future__ import annotations

import json
import socket
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from joserfc.jwk import RSAKey

from system.places import BUILD, SESSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from system.egain_command import Egain

_BELOW_EPHEMERAL = range(20000, 32000)


@dataclass(frozen=True)
class Seen:
    """One request: never a value of what was sent, only the names."""

    method: str
    path: str
    status: int
    auth: str | None
    grant: str | None
    params: list[str]
    query: list[str]
    user_agent: str


@dataclass(frozen=True)
class AuthorizationServer:
    """A server that runs."""

    issuer: str
    log: Path

    def requests(self, path: str | None = None) -> list[Seen]:
        """Return the requests so far, of one path if wished; a request is there before its answer is."""
        seen = [Seen(**json.loads(line)) for line in self.log.read_text().splitlines()] if self.log.exists() else []
        return [one for one in seen if path in {None, one.path}]

    def forget_requests(self) -> None:
        """Begin a new log."""
        self.log.unlink(missing_ok=True)

    def add_profile(self, egain: Egain, name: str, *options: str, client_id: str) -> None:
        """Make a profile of the tool's for a client of this server."""
        egain.do(
            "profile", "add", name, "--client-id", client_id,
            "--authorization-url", f"{self.issuer}/auth", "--token-url", f"{self.issuer}/token",
            "--revocation-url", f"{self.issuer}/token/revocation", "--api-url", self.issuer, *options,
        )  # fmt: skip


@cache
def _signing_key() -> str:
    return json.dumps(RSAKey.generate_key(2048).as_dict(private=True))


@contextmanager
def serving(folder: Path, environ: Mapping[str, str]) -> Iterator[AuthorizationServer]:
    """Run a server on a port of its own until the block ends."""
    log = folder / "access.jsonl"
    with (folder / "server.log").open("w") as errors:
        process = subprocess.Popen(
            ["node", BUILD / "server.mjs"],
            env={
                "PATH": SESSION["PATH"],
                "PORT": "0",
                "ACCESS_LOG": str(log),
                "SIGNING_KEY": _signing_key(),
                **environ,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    with process:
        try:
            assert process.stdout is not None
            ready = process.stdout.readline()
            assert ready, f"the server did not start: {(folder / 'server.log').read_text()}"
            yield AuthorizationServer(json.loads(ready)["issuer"], log)
        finally:
            process.terminate()


def free_port() -> int:
    """Find a port for a registered redirect URI, where the system puts no connection of its own accord."""
    for port in _BELOW_EPHEMERAL:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("there is no free port")
