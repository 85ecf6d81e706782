"""``call --dry-run``: the same request as a line for ``sh``, with a command in the token's place."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from egain_auth_cli.call.body import BytesBody

if TYPE_CHECKING:
    from egain_auth_cli.call.body import Body
    from egain_auth_cli.call.request import CheckedCall

_OF_A_FORM = "multipart/form-data"
_LONGEST_WORD = 100_000
"""Bytes: no program takes a longer argument on Linux, but the shell's own `printf` does."""


def curl_line(checked: CheckedCall, body: Body | None, *, token: str) -> str:
    """Return the curl command of a request, for any POSIX shell.

    Args:
        checked: The request.
        body: Its body.
        token: What the shell puts in the token's place: ``$(egain token …)`` or ``$EGAIN_ACCESS_TOKEN``.
    """
    # --disable comes first: the person's own .curlrc must not change the request.
    given = {name.lower() for name, _ in checked.headers}
    words = ["curl", "--disable", "--silent", "--show-error", "--globoff", "--path-as-is"]
    words += ["--compressed"] if "accept-encoding" in given else []
    plain_head = checked.method == "HEAD" and body is None
    words += ["--head"] if plain_head else ["--request", checked.method]
    words.append(shlex.quote(checked.url))
    for name, value in checked.headers:
        if body is not None and value == body.content_type and value.startswith(_OF_A_FORM):
            continue  # curl makes a boundary of its own
        words += ["--header", shlex.quote(f"{name}: {value}" if value else f"{name};")]
    for name in ("Accept", *(["Content-Type"] if body is not None else [])):
        if name.lower() not in given:
            words += ["--header", f"'{name}:'"]  # or curl sends one of its own
    if body is None and checked.method in ("POST", "PUT", "PATCH"):
        words += ["--header", "'Content-Length: 0'"]  # as the call sends it
    words += ["--header", f'"Authorization: Bearer {token}"']
    if isinstance(body, BytesBody) and len(body.data) > _LONGEST_WORD:
        text = shlex.quote(body.data.decode("utf-8", "surrogateescape"))
        return " ".join(["printf", "%s", text, "|", *words, "--data-binary", "@-"])
    words += body.curl_words() if body is not None else []
    return " ".join(words)
