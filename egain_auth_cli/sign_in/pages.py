"""The fixed pages that the listener shows. Nothing of a request is ever echoed."""

from __future__ import annotations

from typing import NamedTuple

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width"></head>
<body><main><h1>{title}</h1><p>{text}</p></main></body></html>
"""

# The address of the redirect holds the code: nothing may cache it, frame it or send it on as a referrer.
_HEADERS = (
    "Cache-Control: no-store\r\n"
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Connection: close\r\n"
)


class Page(NamedTuple):
    """One of the pages.

    Attributes:
        status: Code and reason of the status line.
        title: Heading, and title of the window.
        text: The paragraph below it.
        extra: Further header lines, each with its line end.
    """

    status: str
    title: str
    text: str
    extra: str = ""

    def render(self) -> bytes:
        """Return the whole answer as bytes."""
        body = _PAGE.format(title=self.title, text=self.text).encode()
        head = (
            f"HTTP/1.1 {self.status}\r\nContent-Type: text/html; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\n{self.extra}{_HEADERS}\r\n"
        )
        return head.encode("ascii") + body


def moved(path: str) -> bytes:
    """Return the answer that sends the browser to ``path`` on the listener, so that the code leaves its address bar."""
    return f"HTTP/1.1 303 See Other\r\nLocation: {path}\r\nContent-Length: 0\r\n{_HEADERS}\r\n".encode("ascii")


DONE = Page("200 OK", "You are signed in", "egain has its token. You can close this page and go back to the terminal.")
FAILED = Page(
    "200 OK",
    "Sign-in did not succeed",
    "egain has no token. The terminal says why and what to do next. You can close this page.",
)
REFUSED = Page(
    "400 Bad Request",
    "This is not the answer egain waits for",
    "Go back to the terminal and open the address it shows. egain is still waiting.",
)
ANSWERED = Page("409 Conflict", "egain has its answer already", "You can close this page and go back to the terminal.")
NOT_FOUND = Page("404 Not Found", "There is nothing here", "egain waits for a sign-in on another path.")
BAD_REQUEST = Page("400 Bad Request", "The request cannot be read", "egain is still waiting for the sign-in.")
FORBIDDEN = Page("403 Forbidden", "The request comes from elsewhere", "egain is still waiting for the sign-in.")
METHOD = Page(
    "405 Method Not Allowed",
    "Wrong method",
    "egain is still waiting for the sign-in.",
    "Allow: GET, POST\r\n",
)
TOO_LARGE = Page("413 Content Too Large", "The request is too large", "egain is still waiting for the sign-in.")
MEDIA_TYPE = Page("415 Unsupported Media Type", "Wrong content type", "egain is still waiting for the sign-in.")
HEADERS_TOO_LARGE = Page(
    "431 Request Header Fields Too Large",
    "The request is too large",
    "egain is still waiting for the sign-in.",
)
