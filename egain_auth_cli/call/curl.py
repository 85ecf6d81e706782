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
    """Return the curl command of a request, for any POSIX shell; without a token it is not run.

    Args:
        checked: The request.
        body: Its body.
        token: What the shell puts in the token's place: ``$(egain token …)`` or ``${EGAIN_ACCESS_TOKEN:?}``.
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
    # Not in a word of its own, which every user of the machine could read.
    header = ["printf", r"'Authorization: Bearer %s\n'", '"$token"', "|"]
    long_text = body.data if isinstance(body, BytesBody) and len(body.data) > _LONGEST_WORD else None
    body_words = [] if body is None else ["--data-binary", "@-"] if long_text is not None else body.curl_words()
    if body is None or (isinstance(body, BytesBody) and long_text is None):
        line = [*header, *words, "--header", "@-", *body_words]
    else:
        # Standard input may be the body's, by whatever name, so the header comes by another descriptor.
        line = ["{", *header, *words, "--header", "@/dev/fd/3", *body_words, "3<&0", "0<&4;", "}", "4<&0"]
    if long_text is not None:
        line = ["printf", "%s", shlex.quote(long_text.decode("utf-8", "surrogateescape")), "|", *line]
    return " ".join([f"token={token}", "&&", *line])
