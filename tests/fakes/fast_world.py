"""A world in which the fast path and the full program answer the same questions: no network, a clock set by hand."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import platformdirs
import tomlkit
from platformdirs.macos import MacOS
from platformdirs.unix import Unix

from egain_auth_cli import _fastpath, cli
from egain_auth_cli.models.grants import Flow
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.models.token import TokenSet
from egain_auth_cli.runtime import Runtime
from egain_auth_cli.settings.settings import FlowOptions
from egain_auth_cli.stores import fast_file, paths
from egain_auth_cli.terminal import Terminal
from fakes.elsewhere import Elsewhere
from fakes.tokens import keep_token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

START = 1_900_000_000.0
LIFETIME = 3600


class Shown(NamedTuple):
    """What a call wrote to the two descriptors, and what it gave."""

    status: int | None
    out: bytes
    err: bytes


def captured(call: Callable[[], int | None]) -> Shown:
    """Run a call with standard output and error as a process has them, in files."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        kept = [os.dup(1), os.dup(2)]
        streams = sys.stdout, sys.stderr
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
        try:
            status = call()
        finally:
            sys.stdout.close()
            sys.stderr.close()
            sys.stdout, sys.stderr = streams
            for number, handle in enumerate(kept, 1):
                os.dup2(handle, number)
                os.close(handle)
        out.seek(0)
        err.seek(0)
        return Shown(status, out.read(), err.read())


def profile(token_url: str = "http://127.0.0.1:9/token", **changes: Any) -> dict[str, Any]:
    """A profile whose tokens need no network but the endpoint, which is a function here."""
    endpoint = {"token_url": token_url, "authorization_url": "http://127.0.0.1:9/authorize"}
    values = {
        "client_id": "id-one",
        "flow": "client-credentials",
        "api_url": "http://127.0.0.1:9",
        "secret_store": "file",
        "endpoints": {
            **{name: dict(endpoint) for name in ("user", "customer")},
            **{name: {"token_url": token_url} for name in ("client", "anonymous")},
        },
        "flows": {flow.value: {"scopes": ["a.read"]} for flow in Flow},
    }
    return values | changes


@dataclass
class FastWorld:
    """Folders, an environment, a clock and a token endpoint."""

    home: Path
    system: str = "linux"
    now: float = START
    issued: int = 0
    document: dict[str, Any] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def lived_in(cls, monkeypatch: pytest.MonkeyPatch, system: str = "linux") -> Iterator[FastWorld]:
        """Return a world in a new folder; its clock and endpoint are everybody's meanwhile.

        Of another system it has the folders; what stamps tell is this one's.
        """
        with tempfile.TemporaryDirectory() as folder, monkeypatch.context() as patched:
            for name in list(os.environ):
                if name.startswith(("EGAIN_", "XDG_")):
                    patched.delenv(name)
            one = cls(Path(folder), system)
            for module in (_fastpath, fast_file, paths):
                patched.setattr(module, "sys", Elsewhere(sys, {"platform": system}))
            patched.setattr(platformdirs, "PlatformDirs", MacOS if system == "darwin" else Unix)
            patched.setenv("HOME", folder)
            patched.setenv("XDG_RUNTIME_DIR", f"{folder}/run")
            patched.setenv("EGAIN_CLIENT_SECRET", "made-up-secret-canary")
            (one.home / "run").mkdir(mode=0o700)
            patched.setattr(Runtime.__init__, "__kwdefaults__", {"clock": lambda: one.now})
            patched.setattr(time, "time", lambda: one.now)
            patched.setattr("egain_auth_cli.transport.token_endpoint.TokenEndpoint.request_token", one.give)
            one.write(default_profile="one", profiles={"one": profile(), "two": profile(client_id="id-two")})
            yield one

    @property
    def config(self) -> Path:
        folder = "Library/Application Support" if self.system == "darwin" else ".config"
        return Path(os.environ.get("EGAIN_CONFIG_DIR") or self.home / folder / "egain") / "config.toml"

    @property
    def fast_files(self) -> list[Path]:
        return sorted(self.home.rglob("fast/*"))

    def write(self, **document: Any) -> None:
        """Write ``config.toml`` as an editor would."""
        self.document = {"version": 1, **document}
        self.config.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.config.write_text(tomlkit.dumps(self.document), encoding="utf-8")
        self.config.chmod(0o600)

    def change(self, **changes: Any) -> None:
        """Change keys of the profile ``one``."""
        self.write(
            default_profile=self.document["default_profile"],
            profiles=self.document["profiles"] | {"one": self.document["profiles"]["one"] | changes},
        )

    def give(self, *_: object) -> TokenSet:
        """Issue a token."""
        self.issued += 1
        return TokenSet(
            access_token=Secret(f"made-up-token-{self.issued}"),
            expires_at=int(self.now) + LIFETIME,
            obtained_at=int(self.now),
            scope=None,
            refresh_token=Secret(f"made-up-refresh-token-{self.issued}"),
        )

    def sign_in(self, flow: Flow = Flow.PKCE) -> None:
        """Store a login of the default profile."""
        runtime = Runtime(os.environ, Terminal(os.environ))
        settings = runtime.settings(FlowOptions(flow=flow))
        token = self.give()
        runtime.credentials(settings).logins.store(settings, token)
        keep_token(runtime, settings, token)

    def fast(self, *argv: str) -> Shown:
        """Ask the fast path."""
        return captured(lambda: _fastpath.answer(list(argv)))

    def full(self, *argv: str) -> Shown:
        """Ask the full program."""
        return captured(lambda: cli.execute(list(argv)))

    def kept(self) -> dict[str, tuple[int, int, int]]:
        """Everything on the disk."""
        found = {str(path): path.lstat() for path in sorted(self.home.rglob("*"))}
        return {name: (one.st_mtime_ns, one.st_ino, one.st_size) for name, one in found.items()}


def spoil(path: Path, how: str, number: int) -> None:
    """Damage a fast file, or put another one in its place."""
    if path.is_symlink() or not path.is_file():
        return
    data = path.read_bytes()
    if how == "chmod":
        path.chmod(number % 0o1000)
    elif how == "link":
        other = path.with_name(f"{path.name}-elsewhere")
        path.rename(other)
        path.symlink_to(other)
    else:
        others = sorted(one for one in path.parent.iterdir() if one.is_file() and one != path)
        swapped = others[number % len(others)].read_bytes() if others else data
        path.write_bytes({"cut": data[: number % (len(data) + 1)], "append": data + b"x" * number}.get(how, swapped))
        path.chmod(0o600)
