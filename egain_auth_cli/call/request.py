"""The request: what the person typed, as values, and checked before a socket opens or a token is acquired."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from egain_auth_cli.call.body import BytesBody, body_of, text_of
from egain_auth_cli.call.fields import json_body, json_value
from egain_auth_cli.call.url import api_request_url
from egain_auth_cli.errors import UsageError
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from egain_auth_cli.call.body import Body
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
        without: Names of default headers that are not sent, in lower case.
        body: None for none.
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
    without: frozenset[str] = frozenset()
    body: Body | None = None
    timeout: float | None = None
    retries: int = 2
    retry_unsafe: bool = False

    def at(self, target: str) -> CallRequest:
        """Return the same request for another page, whose link has its own query."""
        return replace(self, target=target, query=())

    def question(self, target: str) -> CallRequest:
        """Return the request that asks for the state of a job which this one has begun."""
        return replace(self, method="GET", target=target, query=(), body=None)


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
    form: list[str]
    include: bool
    dump_header: Path | None
    output: Path | None
    filter: str | None
    lines: bool
    paginate: bool
    slurp: bool
    parallel: int
    max_pages: int | None
    wait: bool
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
        for wrong, message, hint in self._contradictions(self.method.upper()):
            if wrong:
                raise UsageError(message, hint=hint)

    def _contradictions(self, method: str) -> Iterator[tuple[object, str, str]]:
        """Yield what does not go together, whether it is so, and what to do instead."""
        bodies = sum((self.data is not None, bool(self.field or self.typed_field), bool(self.form)))
        yield bodies > 1, "`-d`, `-f` with `-F`, and `--form` are a body each", "use one of them"
        fields = bool(self.field or self.typed_field or self.form) and method in ("GET", "HEAD")
        yield fields, f"{method} has no body for fields", "use `-q NAME=VALUE` for the query"
        paged = self.slurp or self.max_pages or self.parallel > 1
        needs = "`--slurp`, `--max-pages` and `--parallel` go with `--paginate`"
        yield paged and not self.paginate, needs, "add `--paginate`"
        alone = method != "GET" or self.output or self.include or self.dump_header or self.wait
        only = "`--paginate` is for GET, without `-i`, `-D`, `-o` and `--wait`"
        yield self.paginate and alone, only, "redirect the output with `>`"
        filtered = "`--filter` writes to standard output: it does not go with `-o`"
        yield self.output and self.filter is not None, filtered, "redirect it with `>`"
        yield self.lines and self.filter is None, "`--lines` goes with `--filter`", "add `--filter 'portal[].name'`"
        yield self.lines and self.slurp, "`--lines` and `--slurp` are two forms of one output", "use one of them"

    def again(self, command: list[str]) -> list[str]:
        """Return the command line that goes on with a list, but for its path.

        Args:
            command: As far as ``call`` and the options of its token.
        """
        options: list[str] = [*command, "GET"]
        for text in self.header:
            options += ["-H", text]
        options += ["--filter", self.filter] if self.filter is not None else []
        options += ["--lines"] if self.lines else []
        options += ["--paginate", *(["--slurp"] if self.slurp else [])]
        return [*options, *(["--parallel", str(self.parallel)] if self.parallel > 1 else [])]

    def request(self, terminal: Terminal, *, api_url: str, language: str) -> CallRequest:
        """Return the request that was typed.

        Args:
            terminal: Says whether standard input can be a body; told of a path that was mended.
            api_url: The API's base.
            language: For Accept-Language.

        Raises:
            UsageError: A pair, a path, a file or a value is malformed.
        """
        headers = list(_headers(self.header))
        return CallRequest(
            method=self.method or "",
            target=_unmangled(self.path or "", terminal),
            api_url=api_url,
            language=language,
            query=tuple(_pair(text, "=", "-q", "NAME=VALUE") for text in self.query),
            headers=tuple((name, value) for name, value, given in headers if given),
            without=frozenset(name.lower() for name, _, given in headers if not given),
            body=self._body(terminal),
            timeout=self.timeout,
            retries=self.retry,
            retry_unsafe=self.retry_unsafe,
        )

    def _body(self, terminal: Terminal) -> Body | None:
        if self.form:
            from egain_auth_cli.call.form import FormBody, form_field

            return FormBody([form_field(text) for text in self.form])
        if self.field or self.typed_field:
            fields: list[tuple[str, object]] = [*(_pair(text, "=", "-f", "NAME=STRING") for text in self.field)]
            typed = (_pair(text, "=", "-F", "NAME=JSON") for text in self.typed_field)
            # `@FILE` is a file's text, as a JSON string: an article's content, say.
            values = (
                (name, text_of(text[1:], terminal) if text.startswith("@") else json_value(text, name))
                for name, text in typed
            )
            return BytesBody(json_body([*fields, *values]))
        return None if self.data is None else body_of(self.data, terminal)


def _headers(given: Iterable[str]) -> Iterator[tuple[str, str, bool]]:
    """Yield name, value and whether it is sent: `Name:` takes a default away, `Name;` sends it empty as in curl."""
    for text in given:
        if text.startswith("@"):
            yield from _headers(_header_file(text[1:]))
            continue
        if ":" not in text and text.endswith(";"):
            yield text[:-1].strip(" \t"), "", True
            continue
        name, value = _pair(text, ":", "-H", "'Name: value'")
        yield name.strip(" \t"), value.strip(" \t"), bool(value.strip(" \t"))


def _header_file(name: str) -> list[str]:
    """Return the header lines of a file; empty ones and those that begin with `#` are passed over."""
    try:
        text = Path(name).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or "it is no text"
        raise UsageError(
            f"`{printable(name, limit=200)}` cannot be read: {reason.lower()}", hint="check `-H @FILE`"
        ) from exc
    return [line for line in text.splitlines() if line.strip() and not line.startswith(("#", "@"))]


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
    given = {name.lower() for name, _ in request.headers} | request.without
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
        defaults.append(("Content-Type", request.body.content_type))
    return (*(pair for pair in defaults if pair[0].lower() not in given), *request.headers)
