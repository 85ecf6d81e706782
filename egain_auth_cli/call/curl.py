"""``call --dry-run``: the same request as a line for ``sh``, with a command in the token's place."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from egain_auth_cli.call.request import CheckedCall


def curl_line(checked: CheckedCall, body: bytes | Path | BinaryIO | None, *, token: str) -> str:
    """Return the curl command of a request, for any POSIX shell.

    Args:
        checked: The request.
        body: Its body.
        token: What the shell puts in the token's place: ``$(egain token …)`` or ``$EGAIN_ACCESS_TOKEN``.
    """
    # --disable comes first: the person's own .curlrc must not change the request.
    words = ["curl", "--disable", "--silent", "--show-error", "--globoff", "--path-as-is", "--compressed"]
    plain_head = checked.method == "HEAD" and body is None
    words += ["--head"] if plain_head else ["--request", checked.method]
    words.append(shlex.quote(checked.url))
    for name, value in checked.headers:
        words += ["--header", shlex.quote(f"{name}: {value}" if value else f"{name};")]
    if body is None and checked.method in ("POST", "PUT", "PATCH"):
        words += ["--header", "'Content-Length: 0'"]  # as the call sends it
    words += ["--header", f'"Authorization: Bearer {token}"']
    if isinstance(body, bytes):
        words += ["--data-raw", shlex.quote(body.decode("utf-8", "surrogateescape"))]
    elif isinstance(body, Path):
        name = str(body)
        words += ["--data-binary", shlex.quote(f"@./{name}" if name.startswith("-") else f"@{name}")]
    elif body is not None:
        words += ["--data-binary", "@-"]
    return " ".join(words)
