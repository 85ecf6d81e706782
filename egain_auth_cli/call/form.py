"""A body of ``--form`` fields: ``multipart/form-data``, its files streamed (RFC 7578)."""

from __future__ import annotations

import mimetypes
import re
import secrets
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.call.body import Opened
from egain_auth_cli.call.file_body import file_body
from egain_auth_cli.errors import UsageError
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from egain_auth_cli.call.body import Body

_OPTION = re.compile(r";(type|filename)=([^;]*)$")


class FormField(NamedTuple):
    """A field as typed.

    Attributes:
        name: Its name.
        value: Its text; None where it is a file.
        path: The file; None where it is a text.
        body: The file's content; likewise.
        content_type: Of the file, by what its name says where nothing is given; None for a text.
        filename: As the server is to see it; None for the file's own.
    """

    name: str
    value: str | None
    path: Path | None = None
    body: Body | None = None
    content_type: str | None = None
    filename: str | None = None


class FormBody:
    """The fields as one body.

    Args:
        fields: In order.
    """

    def __init__(self, fields: Sequence[FormField]) -> None:
        self._fields = fields
        self.content_type = f"multipart/form-data; boundary=egain-{secrets.token_hex(16)}"

    @property
    def replayable(self) -> bool:
        """Whether every file can be read again."""
        return all(one.body is None or one.body.replayable for one in self._fields)

    def open(self) -> Opened:
        """Return the pieces, with their length where every file says its own.

        Raises:
            UsageError: A file cannot be read.
        """
        from egain_auth_cli.transport.multipart import Part, multipart

        parts = []
        for one in self._fields:
            if one.body is None:
                parts.append(Part(one.name, (one.value or "").encode("utf-8", "surrogateescape")))
                continue
            content, length = one.body.open()
            name = one.filename or (one.path.name if one.path else None)
            parts.append(Part(one.name, content, name, one.content_type, length))
        return Opened(*multipart(parts, content_type=self.content_type))

    def curl_words(self) -> list[str]:
        """Return the fields as curl takes them."""
        words = []
        for one in self._fields:
            if one.path is None:
                words += ["--form-string", shlex.quote(f"{one.name}={one.value}")]
                continue
            more = f";type={one.content_type}" if one.content_type else ""
            more += f";filename={_in_quotes(one.filename)}" if one.filename else ""
            words += ["--form", shlex.quote(f"{one.name}=@{_in_quotes(str(one.path))}{more}")]
        return words


def form_field(text: str, warn: Callable[[str], None]) -> FormField:
    """Read a ``--form`` option.

    Args:
        text: As typed.
        warn: Told where a file changes while it is sent.

    Raises:
        UsageError: It is malformed, or its file is not there.
    """
    name, found, value = text.partition("=")
    if not found or not name:
        raise UsageError(
            f"`--form` takes NAME=VALUE or NAME=@FILE, not `{printable(text, limit=80)}`",
            hint="such as `--form file=@form.pdf`",
        )
    if not value.startswith("@"):
        _check_name(name)
        return FormField(name, value)
    given: dict[str, str] = {}
    while (match := _OPTION.search(value)) is not None:
        given[match[1]] = match[2]
        value = value[: match.start()]
    path = Path(value[1:])
    body = file_body(value[1:], warn)
    _check_name(name)
    _check_name(given.get("filename") or path.name)
    guessed = mimetypes.guess_type(given.get("filename") or path.name)[0]
    content_type = given.get("type") or guessed or "application/octet-stream"
    if not (content_type.isascii() and content_type.isprintable()):
        raise UsageError(f"`{printable(content_type, limit=80)}` is no content type", hint="such as `;type=image/png`")
    return FormField(name, None, path, body, content_type, given.get("filename") or None)


def _check_name(name: str) -> None:
    """Refuse a name that has no bytes of its own in a form, which is UTF-8."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raise UsageError(
            f"the name `{printable(name, limit=200)}` in `--form` is not UTF-8", hint="give one by `;filename=NAME`"
        ) from None


def _in_quotes(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
