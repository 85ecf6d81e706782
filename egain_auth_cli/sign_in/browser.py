"""Opening the authorization URL: the browser's own words never reach our output, and no secret of ours reaches it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from egain_auth_cli.models.command_words import command_words, windows_program
from egain_auth_cli.sanitize import printable
from egain_auth_cli.settings.environment import without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_QUICK_SECONDS = 10.0
"""A launcher that fails does so within this time; a browser that runs on is left alone."""


def browser_commands(environ: Mapping[str, str], url: str) -> list[list[str]]:
    """Return the commands that may open ``url``, best first; none where there is no browser.

    ``BROWSER`` may list several, separated as in ``PATH``; ``%s`` in one stands for the URL. No shell is used.
    """
    given = environ.get("BROWSER")
    if given:
        return [command for part in given.split(os.pathsep) if (command := _from_text(part, url))]
    if sys.platform == "darwin":
        return [["open", url]]
    # Not `start`, which is cmd.exe's: that would read `&` and `%` in the URL.
    opener = ["rundll32.exe", "url.dll,FileProtocolHandler", url]
    if sys.platform == "win32":
        return [[windows_program(opener[0], environ), *opener[1:]]]
    # Neither of Windows' own takes the URL through a shell or a PowerShell text.
    windows = [["wslview", url], opener] if _in_wsl(environ) else []
    has_display = environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")
    return [*windows, *([["xdg-open", url], ["sensible-browser", url]] if has_display else [])]


def _from_text(text: str, url: str) -> list[str]:
    try:
        words = command_words(text)
    except ValueError:
        return []
    if words and words[-1] == "&":  # webbrowser's mark for "do not wait"; we never do
        words.pop()
    if not words:
        return []
    return [word.replace("%s", url) for word in words] if any("%s" in word for word in words) else [*words, url]


def _in_wsl(environ: Mapping[str, str]) -> bool:
    if "WSL_DISTRO_NAME" in environ or "WSL_INTEROP" in environ:
        return True
    try:
        return "microsoft" in Path("/proc/sys/kernel/osrelease").read_text(encoding="ascii", errors="replace").lower()
    except OSError:
        return False


class Browser:
    """Opens URLs in the person's browser.

    Args:
        environ: ``BROWSER``, ``DISPLAY`` and the like; the child gets it without any ``EGAIN_*`` secret.
        notify: Told of another browser that is opened in place of one that failed, and when none could be.
        trace: Told which program is started.
    """

    def __init__(
        self, environ: Mapping[str, str], *, notify: Callable[[str], None], trace: Callable[[str], None]
    ) -> None:
        self._environ = environ
        self._notify = notify
        self._trace = trace
        self._started = ""

    def open(self, url: str, is_wanted: Callable[[], bool]) -> str | None:
        """Start a browser and return at once; nothing is raised.

        Args:
            url: What to open.
            is_wanted: Asked before another browser is tried in place of one that failed.

        Returns:
            Why none could be started; None where one was. What becomes of that one is told.
        """
        commands = browser_commands(self._environ, url)
        if not commands:
            return "there is no display"
        left = iter(commands)
        child = self._start_next(left)
        if child is None:
            return f"`{printable(commands[0][0])}` cannot be started"
        threading.Thread(target=self._watch, args=(child, left, is_wanted), daemon=True).start()
        return None

    def _start_next(self, left: Iterator[list[str]]) -> subprocess.Popen[bytes] | None:
        for command in left:
            program = shutil.which(command[0], path=self._environ.get("PATH"))
            if program is None:
                continue
            try:
                child = subprocess.Popen(  # noqa: S603  the person's own browser, no shell
                    [program, *command[1:]],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=without_secrets(self._environ),
                    start_new_session=True,
                )
            except OSError:
                continue
            self._started = f"`{printable(command[0])}`"
            self._trace(f"browser: {self._started}")
            return child
        return None

    # xdg-open and its like end at once where they fail; a browser that they start in the foreground does not.
    def _watch(
        self, child: subprocess.Popen[bytes] | None, left: Iterator[list[str]], is_wanted: Callable[[], bool]
    ) -> None:
        while child is not None:
            try:
                status = child.wait(_QUICK_SECONDS)
            except subprocess.TimeoutExpired:
                return
            if status == 0 or not is_wanted():
                return
            failed, child = self._started, self._start_next(left)
            if child is not None:
                self._notify(f"{failed} did not open it; trying {self._started}")
        self._notify("the browser could not be started: open the address yourself")
