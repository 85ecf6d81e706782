"""A request to the listener, parsed without trust (RFC 9112 §2 to §6)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from egain_auth_cli.sign_in import pages

if TYPE_CHECKING:
    from egain_auth_cli.sign_in.pages import Page
    from egain_auth_cli.sign_in.place import RedirectPlace

BODY_LIMIT = 64 * 1024
_MOST_HEADERS = 100
_REQUEST_LINE = re.compile(rb"([A-Z]{1,16}) (\S{1,32768}) HTTP/1\.[01]")
_HEADER = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
_FORM = "application/x-www-form-urlencoded"


class Unacceptable(Exception):
    """A request that gets a page of its own and changes nothing."""

    def __init__(self, page: Page) -> None:
        super().__init__(page.title)
        self.page = page


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Request line and headers.

    Attributes:
        method: In capitals.
        path: Of the target, without the query.
        query: Without its question mark; None where there is none.
        headers: Names in lower case; the last of several wins.
        length: Bytes of body.
    """

    method: str
    path: str
    query: str | None
    headers: dict[str, str]
    length: int


def parse_head(raw: bytes) -> Head:
    """Parse everything up to the empty line.

    Raises:
        Unacceptable: It is malformed, has too many headers, a doubled one that matters, or a body that
            is not plainly delimited.
    """
    first, *lines = raw.split(b"\r\n")
    match = _REQUEST_LINE.fullmatch(first)
    if match is None:
        raise Unacceptable(pages.BAD_REQUEST)
    if len(lines) > _MOST_HEADERS:
        raise Unacceptable(pages.HEADERS_TOO_LARGE)
    headers: dict[str, str] = {}
    for line in lines:
        header = _HEADER.fullmatch(line)
        if header is None:
            raise Unacceptable(pages.BAD_REQUEST)
        name = header[1].decode("ascii").lower()
        if name in headers and name in ("host", "origin", "content-length", "content-type"):
            raise Unacceptable(pages.BAD_REQUEST)
        headers[name] = header[2].decode("latin-1").rstrip(" \t")  # OWS alone, RFC 9110 §5.6.3
    try:
        target = match[2].decode("ascii")
    except UnicodeDecodeError:
        raise Unacceptable(pages.BAD_REQUEST) from None
    path, mark, query = target.partition("?")
    return Head(
        method=match[1].decode("ascii"),
        path=path,
        query=query if mark else None,
        headers=headers,
        length=_length(headers),
    )


def _length(headers: dict[str, str]) -> int:
    # No browser sends a form in chunks, and a body whose end can be told in two ways is refused (RFC 9112 §6.3).
    if "transfer-encoding" in headers:
        raise Unacceptable(pages.BAD_REQUEST)
    text = headers.get("content-length", "0")
    if not re.fullmatch(r"\d{1,18}", text):
        raise Unacceptable(pages.BAD_REQUEST)
    if int(text) > BODY_LIMIT:
        raise Unacceptable(pages.TOO_LARGE)
    return int(text)


def check_sender(head: Head, place: RedirectPlace, *, form_origin: str) -> None:
    """Refuse what a page elsewhere sends.

    Args:
        head: Of the request.
        place: The listener's.
        form_origin: The authorization server's origin.

    Raises:
        Unacceptable: ``Host`` is not the listener's, or ``Origin`` is there and neither the listener's nor, of a form,
            the server's.
    """
    # A page elsewhere may have a name of its own point here (DNS rebinding).
    if head.headers.get("host", "").lower() not in place.netlocs:
        raise Unacceptable(pages.BAD_REQUEST)
    allowed = {f"http://{netloc}" for netloc in place.netlocs}
    # A `form_post` comes from the server's page: its origin, or `null` where its Referrer-Policy hides that.
    allowed |= {form_origin, "null"} if head.method == "POST" else set()
    if head.headers.get("origin") not in (None, *allowed):
        raise Unacceptable(pages.FORBIDDEN)


def redirect_query(head: Head, body: bytes) -> str:
    """Return the redirect's parameters: the query of a GET, or the form of a POST (``response_mode=form_post``).

    Raises:
        Unacceptable: Wrong method, wrong content type, or parameters in both places.
    """
    if head.method == "GET":
        if body:
            raise Unacceptable(pages.BAD_REQUEST)
        return head.query or ""
    if head.method != "POST":
        raise Unacceptable(pages.METHOD)
    if head.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise Unacceptable(pages.MEDIA_TYPE)
    if head.query:
        raise Unacceptable(pages.BAD_REQUEST)
    try:
        return body.decode("ascii")
    except UnicodeDecodeError:
        raise Unacceptable(pages.BAD_REQUEST) from None
