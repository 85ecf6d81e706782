"""Plays a person at the sandbox's sign-in page, run by its path: `BROWSER` below is what `egain` is to open.

`EGAIN_SANDBOX_PERSON` names who signs in (alice), `EGAIN_SANDBOX_ACTION` what they do (approve, deny). It
talks to loopback addresses alone; an address beyond them, where the application wants its answer, is printed
as the address bar of a browser would show it.
"""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

if TYPE_CHECKING:
    from collections.abc import Mapping
    from http.client import HTTPResponse

BROWSER = f"{shlex.quote(sys.executable)} {shlex.quote(__file__)} %s"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
MOST_PAGES = 20
LARGEST_PAGE = 1 << 20
TIMEOUT_SECONDS = 30
FIRST_REDIRECT, FIRST_ERROR = 300, 400
_OWN_BUTTONS = frozenset({"signin", "approve", "deny"})


class PersonError(Exception):
    """What kept the person from the end."""


@dataclass(slots=True)
class Form:
    """A form on a page: where it goes, its hidden fields and its buttons' values."""

    action: str = ""
    hidden: dict[str, str] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)
    asks_name: bool = False


class _StayHere(HTTPRedirectHandler):
    """Leaves redirects to the person, who looks where they lead."""

    def redirect_request(self, *_args: object, **_kwargs: object) -> None:
        return


class _FormReader(HTMLParser):
    """Reads the one form of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.form: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.form = Form(action=values.get("action", ""))
        elif self.form is None:
            return
        elif tag == "input" and values.get("type") == "hidden":
            self.form.hidden[values["name"]] = values.get("value", "")
        elif tag == "input" and values.get("name") == "username":
            self.form.asks_name = True
        elif tag == "button":
            self.form.buttons.append(values.get("value", ""))


def visit(url: str, *, username: str, action: str) -> str | None:
    """Go through the pages from `url` to the application's own.

    Returns:
        The address of an application that is not on loopback, unvisited; None where the end was a page.

    Raises:
        PersonError: a page was an error, or there was no end.
    """
    fields: Mapping[str, str] | None = None
    for _ in range(MOST_PAGES):
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname not in LOOPBACK:
            return url
        status, location, page = _fetch(url, fields)
        if status >= FIRST_ERROR:
            raise PersonError(f"the page at {parts.netloc}{parts.path} answered {status}")
        if status >= FIRST_REDIRECT:
            url, fields = urljoin(url, location), None
            continue
        form = _read_form(page)
        if form is None:
            return None
        url, fields = urljoin(url, form.action), _fill_in(form, username=username, action=action)
    raise PersonError("the pages have no end")


def _fetch(url: str, fields: Mapping[str, str] | None) -> tuple[int, str, str]:
    """Get a page, or post a form, without a proxy; gives status, redirect target and text."""
    opener = build_opener(ProxyHandler({}), _StayHere())
    data = urlencode(fields).encode() if fields is not None else None
    request = Request(url, data=data, headers={"Accept": "text/html"})
    try:
        with opener.open(request, timeout=TIMEOUT_SECONDS) as response:
            return _read(response)
    except HTTPError as error:
        with error:
            return error.code, error.headers.get("Location", ""), ""
    except (URLError, OSError, HTTPException) as error:
        raise PersonError(f"nobody answers at {urlsplit(url).netloc}") from error


def _read(response: HTTPResponse) -> tuple[int, str, str]:
    text = response.read(LARGEST_PAGE).decode(errors="replace")
    return response.status, response.headers.get("Location", ""), text


def _read_form(page: str) -> Form | None:
    reader = _FormReader()
    reader.feed(page)
    reader.close()
    # A page without one of the sandbox's own buttons is the application's.
    return reader.form if reader.form and _OWN_BUTTONS.intersection(reader.form.buttons) else None


def _fill_in(form: Form, *, username: str, action: str) -> dict[str, str]:
    if form.asks_name:
        return form.hidden | {"username": username, "password": "any password", "action": "signin"}
    return form.hidden | {"action": action}


def main(arguments: list[str]) -> int:
    """Sign in at the address given."""
    action = os.environ.get("EGAIN_SANDBOX_ACTION", "approve")
    if len(arguments) != 1 or action not in {"approve", "deny"}:
        sys.stderr.write("usage: python sandbox_person.py URL\n")
        return 2
    try:
        beyond = visit(arguments[0], username=os.environ.get("EGAIN_SANDBOX_PERSON", "alice"), action=action)
    except PersonError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    if beyond is not None:
        sys.stdout.write(beyond + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
