"""Links on a terminal (OSC 8): a short text that opens a long address."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROGRAMS = frozenset({"iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby", "rio"})
_OWN_VARIABLES = ("WT_SESSION", "KITTY_WINDOW_ID", "KONSOLE_VERSION")
_FIRST_VTE = 5000
"""VTE 0.50, as ``VTE_VERSION`` writes it: the first that has links (GNOME Terminal, Tilix and their like)."""
_OPENED, _BETWEEN = "\x1b]8;;", "\x1b\\"


def has_links(environ: Mapping[str, str]) -> bool:
    """Return whether the terminal is known to have links: a wrong yes would hide the address for good."""
    term = environ.get("TERM", "")
    # A multiplexer keeps its terminal's variables, and may swallow the link.
    if not term or term == "dumb" or term.startswith(("screen", "tmux")) or "TMUX" in environ or "STY" in environ:
        return False
    vte = environ.get("VTE_VERSION", "")
    return (
        environ.get("TERM_PROGRAM") in _PROGRAMS
        or any(environ.get(name) for name in _OWN_VARIABLES)
        or (vte.isdecimal() and int(vte) >= _FIRST_VTE)
    )


def link(address: str) -> str:
    """Return the text that shows as the address's host and opens the address."""
    host = printable(urlsplit(address).netloc, limit=200)
    # Printable, or the address could end the sequence and begin another.
    return f"{_OPENED}{printable(address, limit=len(address))}{_BETWEEN}this link to {host}{_OPENED}{_BETWEEN}"
