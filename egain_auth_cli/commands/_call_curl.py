"""``call --dry-run``: the same request as a line for ``sh``, with a command in the token's place."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from egain_auth_cli.services.call_service import CheckedCall


def curl_line(checked: CheckedCall, body: bytes | Path | BinaryIO | None, *, token: str) -> str:
    """Give the line.

    Args:
        checked: The request.
        body: Its body.
        token: What the shell puts in the token's place: ``$(egain token …)`` or ``$EGAIN_ACCESS_TOKEN``.
    """
    words = ["curl", "--silent", "--show-error", "--globoff", "--path-as-is"]
    words += ["--head"] if checked.method == "HEAD" else ["--request", checked.method]
    words.append(shlex.quote(checked.url))
    for name, value in checked.headers:
        if name == "Accept-Encoding":
            words.append("--compressed")
        else:
            words += ["--header", shlex.quote(f"{name}: {value}" if value else f"{name};")]
    words += ["--header", f'"Authorization: Bearer {token}"']
    if isinstance(body, bytes):
        words += ["--data-raw", shlex.quote(body.decode("utf-8", "surrogateescape"))]
    elif isinstance(body, Path):
        words += ["--data-binary", shlex.quote(f"@{body}")]
    elif body is not None:
        words += ["--data-binary", "@-"]
    return " ".join(words)
