"""A person at a browser: what they will do, and what they saw."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from system.places import BUILD, SESSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_SECONDS = 60.0
_STEP = 0.05
_COMMAND = [shutil.which("node", path=SESSION["PATH"]) or "node", str(BUILD / "login.mjs")]


@dataclass(frozen=True)
class Page:
    """A page that the browser came to rest on; of the address's query the names alone."""

    origin: str
    path: str
    query: list[str]
    hash: str
    status: int
    title: str
    text: str

    @property
    def heading(self) -> str:
        """The first line of its text."""
        return self.text.partition("\n")[0]


@dataclass(frozen=True)
class Look:
    """How a page looks in one colour scheme on one screen; lengths in CSS pixels, contrasts as WCAG has them."""

    heading: str
    scheme: str
    viewport: int
    declared: str
    font: str
    background: str
    content: float
    contrasts: list[tuple[str, float]]
    buttons: list[dict[str, Any]]
    fields: list[dict[str, Any]]
    scripts: int
    resources: list[str]


@dataclass(frozen=True)
class Person:
    """Signs in through the command that `acts` puts into `BROWSER`."""

    log: Path

    def acts(self, action: str = "approve", *, user: str = "alice", looks: bool = False) -> dict[str, str]:
        """Return the environment in which the tool's browser is this person.

        Args:
            action: `approve`, `deny`, `close` the browser without an answer, or `stay` and watch.
            user: Their name; any password does.
            looks: Whether each page is measured, see `looks`.
        """
        command = shlex.join(_COMMAND)
        environ = {
            "BROWSER": f"{command} %s",
            "CHROMIUM": shutil.which("chromium", path=SESSION["PATH"]) or "chromium",
            "LOGIN_LOG": str(self.log),
            "LOGIN_ACTION": action,
            "LOGIN_USER": user,
        }
        # For who wants to see what is measured: the beginning of the names of pictures.
        pictures = os.environ.get("LOGIN_SCREENSHOTS")
        seen = {"LOGIN_SCREENSHOTS": pictures} if pictures else {}
        return environ | ({"LOGIN_LOOKS": "1", **seen} if looks else {})

    def visits(self, *urls: str, looks: bool = False) -> None:
        """Go to some pages, one after the other, and leave."""
        environ = {**SESSION, **self.acts("close", looks=looks)}
        subprocess.run([*_COMMAND, *urls], env=environ, stdout=subprocess.DEVNULL, timeout=_SECONDS, check=True)

    @contextmanager
    def watches(self, url: str) -> Iterator[None]:
        """Have a page open until the block ends."""
        environ = {**SESSION, **self.acts("stay")}
        with subprocess.Popen([*_COMMAND, url], env=environ, stdout=subprocess.DEVNULL) as browser:
            try:
                yield
            finally:
                browser.terminate()

    def wait(self) -> list[Page]:
        """Wait until the browser is closed; the pages that the person saw, in their order."""
        wait_until(lambda: bool(self._said("closed")), what="the browser to be closed")
        return self.pages

    @property
    def pages(self) -> list[Page]:
        """The pages so far."""
        errors = self._said("error")
        assert not errors, errors
        return [Page(**page) for page in self._said("page")]

    @property
    def looks(self) -> list[Look]:
        """What was measured, four times a page: in light and dark, on a phone and on a desktop."""
        return [Look(**look) for look in self._said("look")]

    @property
    def reloaded(self) -> list[str]:
        """The text of the page that is watched, each time that it renewed itself."""
        return self._said("reloaded")

    @property
    def console(self) -> list[str]:
        """What the browser's console said of errors."""
        return self._said("console")

    @property
    def foreign(self) -> list[str]:
        """The origins beyond this machine that a page asked for."""
        return self._said("foreign")

    @property
    def came(self) -> bool:
        """Whether a browser was opened at all."""
        return bool(self._said("pid"))

    def leave(self) -> None:
        """End a browser that the test has left open."""
        if not self.came or self._said("closed"):
            return
        with suppress(ProcessLookupError):
            os.kill(self._said("pid")[-1], signal.SIGTERM)
        wait_until(lambda: bool(self._said("closed")), what="the browser to be closed")

    def _said(self, what: str) -> list[Any]:
        # A line that is being written has no end yet.
        lines = self.log.read_text().rpartition("\n")[0].splitlines() if self.log.exists() else []
        return [event[what] for line in lines if what in (event := json.loads(line))]


def wait_until(is_so: Callable[[], bool], *, what: str, seconds: float = _SECONDS) -> None:
    """Look again and again until it is so; the test fails if that takes too long."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {what}"
        time.sleep(_STEP)
