"""The user's own message bus, on which the keyring of a Linux desktop listens."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import sys
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "DBUS_SESSION_BUS_ADDRESS"
_SECONDS = 1.0


def find_session_bus(environ: Mapping[str, str]) -> str | None:
    """Return the address of the user's bus where no variable has it, as under cron, su and systemd timers, or None.

    As `gdbus` looks for it: a socket ``bus`` of this user, in the runtime folder.
    """
    if sys.platform == "win32" or environ.get(VARIABLE):
        return None
    user = os.getuid()
    path = f"{_runtime_folder(environ, user)}/bus"
    with contextlib.suppress(OSError, ValueError):
        found = os.stat(path)  # noqa: PTH116  a text is what the address holds
        if stat.S_ISSOCK(found.st_mode) and found.st_uid == user:
            return f"unix:path={path}"
    return None


def _runtime_folder(environ: Mapping[str, str], user: int) -> str:
    """Return this user's runtime folder; after `su` the variable may still name another's."""
    named = environ.get("XDG_RUNTIME_DIR")
    with contextlib.suppress(OSError, ValueError):
        if named and os.stat(named).st_uid == user:  # noqa: PTH116  as above
            return named
    return f"/run/user/{user}"


def dead_address(environ: Mapping[str, str]) -> str | None:
    """Return the address that a variable has, where nobody listens there: of a session that is over, say."""
    given = environ.get(VARIABLE, "")
    address = _unix_address(given)
    if sys.platform == "win32" or address is None:
        return None
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(_SECONDS)
        try:
            one.connect(address)
        except (OSError, ValueError):
            return given
    return None


def _unix_address(text: str) -> str | None:
    """Return the first address of the Unix domain in a list of D-Bus addresses, or None."""
    for one in text.split(";"):
        transport, _, pairs = one.partition(":")
        named = dict(pair.partition("=")[::2] for pair in pairs.split(","))
        if transport == "unix" and "path" in named:
            return unquote(named["path"])
        if transport == "unix" and "abstract" in named:
            return f"\0{unquote(named['abstract'])}"
    return None
