"""The request: what the person typed, as values, and checked before a socket opens or a token is acquired."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from egain_auth_cli.call.fields import json_body, json_value
from egain_auth_cli.call.url import api_request_url
from egain_auth_cli.errors import UsageError
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from egain_auth_cli.terminal import Terminal

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # a header's name, RFC 9110 §5.6.2
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
# Who connects, what is sent and how it is framed is for `egain` to say; the token goes to the profile's API alone.
_OURS = frozenset({"authorization", "host", "content-length", "transfer-encoding", "connection", "proxy-authorization"})
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_GIT_BASH = re.compile(r"[A-Za-z]:[\\/](?:.*?[\\/])?(?:Git|msys64|msys32|PortableGit)(?=[\\/])", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequest:
    """What to call.

    Attributes:
        method: As typed.
        target: A path, or a URL of the profile's origin.
        api_url: The profile's.
        language: For Accept-Language.
        query: Pairs for the query.
        headers: Pairs, as typed.
        body: None, the bytes, a file to stream, or a stream that can be read once.
        timeout: Seconds for all of it; None for the defaults.
        retries: How often a request is repeated after 429, 502, 503, 504 or a lost connection.
        retry_unsafe: Whether POST and PATCH are repeated too.
    """

    method: str
    target: str
    api_url: str
    language: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | Path | BinaryIO | None = None
    timeout: float | None = None
    retries: int = 2
    retry_unsafe: bool = False

    def at(self, target: str) -> CallRequest:
        """Return the same request for another page, whose link has its own query."""
        return replace(self, target=target, query=())


@dataclass(frozen=True, slots=True)
class CheckedCall:
    """A request as it goes on the wire, but for its token.

    Attributes:
        method: In capitals.
        url: Of the profile's origin and base path, percent-encoded.
        headers: The person's, and the defaults that they do not replace.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallInput:
    """The arguments and options of ``call``, as typed, under the names of ``egain call --help``."""

    method: str | None
    path: str | None
    query: list[str]
    header: list[str]
    data: str | None
    field: list[str]
    typed_field: list[str]
    include: bool
    output: Path | None
    filter: str | None
    paginate: bool
    slurp: bool
    max_pages: int | None
    retry: int
    retry_unsafe: bool
    timeout: float | None
    dry_run: bool

    def check(self) -> None:
        """Refuse what does not go together.

        Raises:
            UsageError: An argument is missing, or two options exclude each other.
        """
        if self.method is None or self.path is None:
            raise UsageError(
                "`call` takes METHOD and PATH", hint="such as `egain call GET /knowledge/portalmgr/v4/portals`"
            )
        if self.data is not None and (self.field or self.typed_field):
            raise UsageError("`-d` is the whole body: it does not go with `-f` and `-F`", hint="use one or the other")
        if (self.field or self.typed_field) and self.method.upper() in ("GET", "HEAD"):
            raise UsageError(
                f"{self.method.upper()} has no body for `-f` and `-F`", hint="use `-q NAME=VALUE` for the query"
            )
        if (self.slurp or self.max_pages) and not self.paginate:
            raise UsageError("`--slurp` and `--max-pages` go with `--paginate`", hint="add `--paginate`")
        if self.paginate and (self.method.upper() != "GET" or self.output or self.include):
            raise UsageError("`--paginate` is for GET, without `-i` and `-o`", hint="redirect the output with `>`")
        if self.output is not None and self.filter is not None:
            raise UsageError(
                "`--filter` writes to standard output: it does not go with `-o`", hint="redirect it with `>`"
            )

    def request(self, terminal: Terminal, *, api_url: str, language: str) -> CallRequest:
        """Return the request that was typed.

        Args:
            terminal: Says whether standard input can be a body; told of a path that was mended.
            api_url: The API's base.
            language: For Accept-Language.

        Raises:
            UsageError: A pair, a path, a file or a value is malformed.
        """
        return CallRequest(
            method=self.method or "",
            target=_unmangled(self.path or "", terminal),
            api_url=api_url,
            language=language,
            query=tuple(_pair(text, "=", "-q", "NAME=VALUE") for text in self.query),
            headers=_headers(self.header),
            body=self._body(terminal),
            timeout=self.timeout,
            retries=self.retry,
            retry_unsafe=self.retry_unsafe,
        )

    def _body(self, terminal: Terminal) -> bytes | Path | BinaryIO | None:
        if self.field or self.typed_field:
            fields: list[tuple[str, object]] = [*(_pair(text, "=", "-f", "NAME=STRING") for text in self.field)]
            typed = (_pair(text, "=", "-F", "NAME=JSON") for text in self.typed_field)
            return json_body(fields + [(name, json_value(text, name)) for name, text in typed])
        return None if self.data is None else _data(self.data, terminal)


def _data(given: str, terminal: Terminal) -> bytes | Path | BinaryIO:
    if not given.startswith("@"):
        return given.encode("utf-8", "surrogateescape")
    if given != "@-":
        path = Path(given[1:])
        if not given[1:] or not path.is_file():
            shown = printable(given[1:], limit=200)
            raise UsageError(f"`{shown}` is no file", hint="give `-d @FILE`, or `-d @-` for stdin")
        return path
    if terminal.stdin_is_terminal or sys.stdin is None:
        raise UsageError("standard input has no body", hint="pipe it: `… | egain call POST /path -d @-`")
    return sys.stdin.buffer


def _headers(given: Sequence[str]) -> tuple[tuple[str, str], ...]:
    pairs = (_pair(text, ":", "-H", "'Name: value'") for text in given)
    return tuple((name.strip(" \t"), value.strip(" \t")) for name, value in pairs)


def _unmangled(path: str, terminal: Terminal) -> str:
    """Undo what Git Bash makes of ``/path``: a Windows path below its own folder."""
    if not _DRIVE.match(path):
        return path
    match = _GIT_BASH.match(path)
    if match is None:
        raise UsageError(
            f"`{printable(path, limit=200)}` is a Windows path, not a path of the API",
            hint="Git Bash rewrites `/path`: set `MSYS_NO_PATHCONV=1` before the command",
        )
    undone = path[match.end() :].replace("\\", "/")
    terminal.say(f"note: Git Bash rewrote the path; `{printable(undone, limit=200)}` is called")
    return undone


def _pair(text: str, mark: str, option: str, form: str) -> tuple[str, str]:
    name, found, value = text.partition(mark)
    if not found or not name.strip():
        raise UsageError(f"`{option}` takes {form}, not `{printable(text, limit=80)}`", hint="see `egain call --help`")
    return name, value


def check_call(request: CallRequest) -> CheckedCall:
    """Check method, path and headers before any socket opens and any token is acquired.

    Raises:
        UsageError: One of them is not sent as it stands, or the path leaves the profile's API.
    """
    url = api_request_url(request.api_url, request.target, request.query)
    method = request.method.upper()
    if method not in METHODS:
        raise UsageError(
            f"`{printable(request.method, limit=40)}` is not a method that is sent",
            hint=f"use one of {', '.join(METHODS)}",
        )
    return CheckedCall(method, url, _wire_headers(request))


def _wire_headers(request: CallRequest) -> tuple[tuple[str, str], ...]:
    given = {name.lower() for name, _ in request.headers}
    for name, value in request.headers:
        if not _TOKEN.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise UsageError(
                f"the header `{printable(name, limit=60)}` is not sent: it holds a character that no header has",
                hint="write it as `-H 'Name: value'`, printable ASCII",
            )
        if name.lower() in _OURS:
            raise UsageError(f"the header `{name}` is set by `egain` itself", hint=f"leave out `-H '{name}: …'`")
    # eGain documents 406 for most requests without Accept-Language.
    defaults = [("Accept", "application/json"), ("Accept-Language", request.language), ("Accept-Encoding", "gzip")]
    if request.body is not None:
        defaults.append(("Content-Type", "application/json"))
    return (*(pair for pair in defaults if pair[0].lower() not in given), *request.headers)
