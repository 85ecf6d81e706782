"""The Secret Service seen from outside the tool: what it holds, locking it, stopping it, a session without it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from system.person import wait_until
from system.places import SESSION, SYSTEM

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SHOW_SESSION = 'printf "%s\\n" "$DBUS_SESSION_BUS_ADDRESS" "$XDG_RUNTIME_DIR" "$HOME"; read -r _ || true'
PASS_PHRASE = "pass-phrase"
"""As `with-keyring` has it."""
_SECRETS = "org.freedesktop.secrets"


@dataclass(frozen=True)
class KeyringSession:
    """A D-Bus session with a keyring."""

    environ: Mapping[str, str]

    def items(self) -> list[str]:
        """Name the items of the service `egain`, unlocked or not."""
        return re.findall(r"^attribute\.username = (.*)$", self._search(), re.MULTILINE)

    def lookup(self, item: str) -> str:
        """Return an item's secret, as anybody's program gets it."""
        return self._run("secret-tool", "lookup", "service", "egain", "username", item)

    def store(self, item: str, secret: str) -> None:
        """Put another secret in an item's place."""
        self._run("secret-tool", "clear", "service", "egain", "username", item)
        self._run("secret-tool", "store", "--label", item, "service", "egain", "username", item, stdin=secret)

    def refresh_token(self, profile: str, flow: str = "pkce") -> str:
        """Return the refresh token of a stored login."""
        token: str = json.loads(self.lookup(f"{profile}/login/{flow}/user"))["value"]["refresh_token"]
        return token

    def clear(self) -> None:
        """Remove what a test has left."""
        while self.items():
            self._run("secret-tool", "clear", "service", "egain")

    def lock(self) -> None:
        """Lock the collection, as a screen saver does."""
        self._call(
            _SECRETS,
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service.Lock",
            "array:objpath:/org/freedesktop/secrets/aliases/default",
        )

    def unlock(self) -> None:
        """Unlock it as its owner does, by logging in anew."""
        os.kill(self.daemon, signal.SIGTERM)
        wait_until(lambda: not self._is_served(), what="the keyring's process to end")
        self._run("gnome-keyring-daemon", "--unlock", "--components=secrets", stdin=PASS_PHRASE)
        wait_until(self._is_served, what="the keyring's process to be there")

    @property
    def daemon(self) -> int:
        """The keyring's process."""
        bus = "org.freedesktop.DBus"
        said = self._call(bus, "/", f"{bus}.GetConnectionUnixProcessID", f"string:{_SECRETS}")
        return int(said.split()[-1])

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop the keyring's process for a while: it takes calls and never answers."""
        if sys.platform == "win32":
            raise NotImplementedError
        daemon = self.daemon
        os.kill(daemon, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(daemon, signal.SIGCONT)

    def kill(self) -> None:
        """Kill the keyring's process; the bus starts another one, locked, when it is asked for."""
        if sys.platform == "win32":
            raise NotImplementedError
        os.kill(self.daemon, signal.SIGKILL)

    def connections(self) -> set[str]:
        """Name the connections of the bus; the asker's own is a new one each time."""
        bus = "org.freedesktop.DBus"
        names = set(self._call(bus, "/", f"{bus}.ListNames").split())
        return {name for name in names if name.startswith(":")}

    def _is_served(self) -> bool:
        bus = "org.freedesktop.DBus"
        return "true" in self._call(bus, "/", f"{bus}.NameHasOwner", f"string:{_SECRETS}")

    def _search(self) -> str:
        done = subprocess.run(
            ["secret-tool", "search", "--all", "service", "egain"],
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,  # it shows attributes there
            text=True,
            timeout=20,
            check=False,
        )
        return done.stdout

    def _call(self, destination: str, path: str, method: str, *arguments: str) -> str:
        return self._run(
            "dbus-send", "--session", "--print-reply=literal", f"--dest={destination}", path, method, *arguments
        )

    def _run(self, *words: str, stdin: str = "") -> str:
        done = subprocess.run(
            words, env=self.environ, input=stdin, capture_output=True, text=True, timeout=20, check=False
        )
        assert done.returncode == 0, f"`{words[0]}` ended with {done.returncode}: {done.stderr}"
        return done.stdout


def shared_session() -> KeyringSession:
    """Return the session that `run` made for all tests."""
    return KeyringSession(SESSION)


@contextmanager
def own_session() -> Iterator[KeyringSession]:
    """Make a session for one test, which may break it."""
    with subprocess.Popen(
        [SYSTEM / "with-keyring", "bash", "-c", _SHOW_SESSION],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PATH": SESSION["PATH"]},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            address, runtime, home = (process.stdout.readline().rstrip("\n") for _ in range(3))
            environ = {"DBUS_SESSION_BUS_ADDRESS": address, "XDG_RUNTIME_DIR": runtime, "HOME": home}
            yield KeyringSession({"PATH": SESSION["PATH"], **environ})
        finally:
            process.stdin.close()
