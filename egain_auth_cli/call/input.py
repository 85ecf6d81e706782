"""What the person typed after ``egain call``: checked for what does not go together, and read as a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from egain_auth_cli.call.body import BytesBody
from egain_auth_cli.call.fields import json_body, json_value
from egain_auth_cli.call.file_body import body_of, text_of
from egain_auth_cli.call.request import RETRIES, CallRequest
from egain_auth_cli.call.slips import check_name_of_query, meant_target
from egain_auth_cli.errors import UsageError
from egain_auth_cli.sanitize import printable
from egain_auth_cli.transport.wire_log import is_secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from egain_auth_cli.call.body import Body
    from egain_auth_cli.terminal import Terminal


_EXAMPLES = {
    "-q": "-q '$lang=en-US'",
    "-H": "-H 'Accept-Language: en-US'",
    "-f": "-f name=one",
    "-F": "-F count=3",
}


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
        typed = self.form and any(text.partition(":")[0].strip().lower() == "content-type" for text in self.header)
        yield (
            typed,
            "a form has a Content-Type of its own",
            "leave out `-H 'Content-Type: …'`, or use `-d`",
        )
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

    def typed(self) -> list[str]:
        """Return the words of the request, method and path first, without secrets and the options of its token."""
        words = [self.method or "", self.path or ""]
        words += [word for text in self.query for word in ("-q", _without_secret(text, "="))]
        words += self._header_words()
        bodies = (("-d", [self.data] if self.data is not None else []), ("-f", self.field), ("-F", self.typed_field))
        words += [
            word for option, texts in (*bodies, ("--form", self.form)) for text in texts for word in (option, text)
        ]
        words += ["-i"] if self.include else []
        words += ["-D", str(self.dump_header)] if self.dump_header is not None else []
        words += ["-o", str(self.output)] if self.output is not None else []
        words += ["--wait"] if self.wait else []
        words += ["--retry-unsafe"] if self.retry_unsafe else []
        words += ["--max-pages", str(self.max_pages)] if self.max_pages is not None else []
        return [*words, *self._reading_words()]

    def again(self, command: list[str]) -> list[str]:
        """Return the command line that goes on with a list, but for its path.

        Args:
            command: As far as ``call`` and the options of its token.
        """
        return [*command, "GET", *self._header_words(), *self._reading_words()]

    def _header_words(self) -> list[str]:
        return [word for text in self.header for word in ("-H", _without_secret(text, ": "))]

    def _reading_words(self) -> list[str]:
        options = ["--timeout", f"{self.timeout:g}"] if self.timeout is not None else []
        options += ["--retry", str(self.retry)] if self.retry != RETRIES else []
        options += ["--filter", self.filter] if self.filter is not None else []
        options += ["--lines"] if self.lines else []
        options += ["--paginate"] if self.paginate else []
        options += ["--slurp"] if self.slurp else []
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
        headers = list(_headers(self.header, terminal))
        return CallRequest(
            method=self.method or "",
            target=meant_target(self.path or "", terminal),
            api_url=api_url,
            language=language,
            query=tuple(_query_pairs(self.query)),
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

            return FormBody([form_field(text, terminal.warn) for text in self.form])
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


def _headers(given: Iterable[str], terminal: Terminal) -> Iterator[tuple[str, str, bool]]:
    """Yield name, value and whether it is sent: `Name:` takes a default away, `Name;` sends it empty as in curl.

    `@FILE` has a header a line; empty lines and those that begin with `#` are passed over.
    """
    for text in given:
        if text.startswith("@"):
            lines = (line.removesuffix("\r") for line in text_of(text[1:], terminal).split("\n"))
            yield from _headers((line for line in lines if line.strip() and line[0] not in "#@"), terminal)
            continue
        if ":" not in text and text.endswith(";"):
            yield text[:-1].strip(" \t"), "", True
            continue
        name, value = _pair(text, ":", "-H", "'Name: value'")
        yield name.strip(" \t"), value.strip(" \t"), bool(value.strip(" \t"))


def _query_pairs(given: Iterable[str]) -> Iterator[tuple[str, str]]:
    for text in given:
        check_name_of_query(text)
        yield _pair(text, "=", "-q", "NAME=VALUE")


def _without_secret(text: str, mark: str) -> str:
    """Return a pair as typed, but for a value that its name says is secret."""
    name, found, _ = text.partition(mark.strip())
    return f"{name}{mark}…" if found and is_secret(name) else text


def _pair(text: str, mark: str, option: str, form: str) -> tuple[str, str]:
    name, found, value = text.partition(mark)
    if not found or not name.strip():
        raise UsageError(
            f"`{option}` takes {form}, not `{printable(text, limit=80)}`", hint=f"such as `{_EXAMPLES[option]}`"
        )
    return name, value
