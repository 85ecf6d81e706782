"""The access log: one JSON line for each request, with the names of what was sent and never a value."""

from __future__ import annotations

import json
import os
import re
import threading
from typing import IO, TYPE_CHECKING

from werkzeug.exceptions import HTTPException

from egain_auth_cli.sandbox.realms import GrantType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from flask import Request

# What is longer or stranger than a name may be a value that lost its name.
_NAME = re.compile(r"\$?[A-Za-z][A-Za-z0-9_.\[\]-]{0,31}")


class AccessLog:
    """Appends to a file of mode 0600; without a path it does nothing."""

    def __init__(self, path: Path | None) -> None:
        # A second Ctrl-C may come while the first one is closing the file in the same thread.
        self._lock = threading.RLock()
        self._file: IO[str] | None = None
        if path is not None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            self._file = os.fdopen(os.open(path, flags, 0o600), "w", buffering=1, encoding="utf-8")

    def write(self, http: Request, *, status: int) -> None:
        """Write the line of one request."""
        with self._lock:
            if self._file is not None:
                self._file.write(json.dumps(_describe(http, status=status)) + "\n")

    def close(self) -> None:
        """Close the file; later requests are not logged."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None


def _describe(http: Request, *, status: int) -> dict[str, object]:
    form = form_of(http)
    grant = form.get("grant_type")
    return {
        "method": http.method,
        "path": http.path,
        "status": status,
        "client_auth": _name_authentication(http, form),
        "grant": grant if grant is None or grant in set(GrantType) else "unknown",
        "form": names_of(form),
        "query": names_of(http.args),
    }


def _name_authentication(http: Request, form: Mapping[str, str]) -> str:
    if http.headers.get("Authorization", "").lower().startswith("basic"):
        return "basic"
    return "body" if "client_secret" in form else "none"


def form_of(http: Request) -> Mapping[str, str]:
    """Return the form of a request; nothing where it cannot be read."""
    try:
        return http.form
    except HTTPException:
        return {}


def names_of(parameters: Iterable[str]) -> list[str]:
    """Return the names in order, and of one that may be no name only that."""
    return sorted(name if _NAME.fullmatch(name) else "(not a name)" for name in parameters)
