"""The pages that the listener shows. Nothing of a request is echoed before its state has proved right."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.errors import LoginTimedOut
from egain_auth_cli.models.oauth_errors import CANCELLED as CANCELLED_CODE
from egain_auth_cli.sanitize import printable
from egain_auth_cli.sign_in.page_frame import Mark, document, security_policy

if TYPE_CHECKING:
    from egain_auth_cli.errors import EgainError

_CLOSE = "You may close this page and go back to the terminal."
_WAITS = "egain is still waiting for the sign-in."
_FOOTER = "egain, tokens for the eGain REST APIs"
_LITERAL = re.compile(r"`([^`]*)`")
_LONGEST_NAME = 80

# The address of the redirect holds the code: nothing may cache it, frame it or send it on as a referrer.
_HEADERS = (
    "Cache-Control: no-store\r\n"
    f"Content-Security-Policy: {security_policy()}\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Connection: close\r\n"
)


class Page(NamedTuple):
    """One of the pages.

    Attributes:
        status: Code and reason of the status line.
        title: Heading, and title of the window.
        paragraphs: Texts below it; what stands in backticks is shown as code.
        mark: What it is about.
        extra: Further header lines, each with its line end.
    """

    status: str
    title: str
    paragraphs: tuple[str, ...]
    mark: Mark = Mark.PLAIN
    extra: str = ""

    @property
    def path(self) -> str:
        """Where a page that ends a sign-in is shown."""
        return "/done" if self.mark is Mark.GOOD else "/failed"

    def render(self) -> bytes:
        """Return the whole answer as bytes."""
        content = "\n".join(f"<p>{_as_html(text)}</p>" for text in self.paragraphs)
        page = document(content, heading=self.title, title=f"{self.title} - egain", footer=_FOOTER, mark=self.mark)
        body = page.encode("utf-8", "replace")
        head = (
            f"HTTP/1.1 {self.status}\r\nContent-Type: text/html; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\n{self.extra}{_HEADERS}\r\n"
        )
        return head.encode("ascii") + body


def _as_html(text: str) -> str:
    return _LITERAL.sub(r"<code>\1</code>", escape(text))


def moved(path: str) -> bytes:
    """Return the answer that sends the browser to ``path`` on the listener, so that the code leaves its address bar."""
    return f"HTTP/1.1 303 See Other\r\nLocation: {path}\r\nContent-Length: 0\r\n{_HEADERS}\r\n".encode("ascii")


def signed_in(*, profile: str | None, person: str | None) -> Page:
    """Return the page of a login that is there and kept.

    Args:
        profile: Whose login it is; None where the environment names the client application.
        person: Who it is for, unverified; None where the answer did not tell.
    """
    whose = f"the profile `{_name(profile)}`" if profile else "the client application of the environment"
    told = f"As {_name(person)}, for {whose}." if person else f"For {whose}."
    return Page("200 OK", "You are signed in", (told, _CLOSE), Mark.GOOD)


def failed(error: EgainError) -> Page:
    """Return the page of a login that came to nothing: what happened and what to do, as the terminal has it."""
    if isinstance(error, LoginTimedOut):
        title = "The sign-in has expired"
    elif CANCELLED_CODE in error.message:
        title = "Sign-in was cancelled"
    elif error.oauth_error == "access_denied":
        title = "Sign-in was not approved"
    else:
        title = FAILED.title
    todo = (f"What to do: {_told(error.hint)}.",) if error.hint else ()
    told = _told(error.message)
    return FAILED._replace(title=title, paragraphs=(f"{told[:1].upper()}{told[1:]}.", *todo, _CLOSE))


def _name(text: str) -> str:
    return printable(text, limit=_LONGEST_NAME).replace("`", "'")


def _told(text: str) -> str:
    return printable(text).removesuffix(".")


FAILED = Page(
    "200 OK",
    "Sign-in did not succeed",
    ("egain has no token. The terminal says why and what to do next.", "You may close this page."),
    Mark.BAD,
)
REFUSED = Page(
    "400 Bad Request",
    "This is not the answer egain waits for",
    ("Go back to the terminal and open the address that it shows.", _WAITS),
    Mark.BAD,
)
ANSWERED = Page("409 Conflict", "egain has its answer already", (_CLOSE,))
NOT_FOUND = Page("404 Not Found", "There is nothing here", ("egain waits for a sign-in on another path.",), Mark.BAD)
BAD_REQUEST = Page("400 Bad Request", "The request cannot be read", (_WAITS,), Mark.BAD)
FORBIDDEN = Page("403 Forbidden", "The request comes from elsewhere", (_WAITS,), Mark.BAD)
METHOD = Page("405 Method Not Allowed", "Wrong method", (_WAITS,), Mark.BAD, "Allow: GET, POST\r\n")
TOO_LARGE = Page("413 Content Too Large", "The request is too large", (_WAITS,), Mark.BAD)
MEDIA_TYPE = Page("415 Unsupported Media Type", "Wrong content type", (_WAITS,), Mark.BAD)
HEADERS_TOO_LARGE = Page(
    "431 Request Header Fields Too Large",
    "The request is too large",
    (_WAITS,),
    Mark.BAD,
)
