"""JSON documents of the API: held in bounds, their numbers kept as they are written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from egain_auth_cli.errors import BadAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENT_LIMIT = 256 * 1024 * 1024
"""Bytes of a document that is filtered or paged, which must be held in memory."""
_DIGITS = 4000
"""Of an integer that is read as one; Python refuses those with more than 4,300."""


class Number(float):
    """A number that keeps its text, where reading and writing it would change that.

    Attributes:
        text: As it was sent.
    """

    made = False
    text: str

    @classmethod
    def read(cls, text: str) -> float:
        """Return a number of JSON, plain where nothing is lost."""
        value = float(text)
        if repr(value) == text:
            return value
        cls.made = True
        number = cls(value)
        number.text = text
        return number

    @classmethod
    def read_integer(cls, text: str) -> float | int:
        """Return an integer of JSON."""
        return cls.read(text) if len(text) > _DIGITS or text == "-0" else int(text)


Number.__name__ = "float"  # by which JMESPath's functions tell what they are given


def bounded(body: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a body that must be held in memory, up to ``DOCUMENT_LIMIT``.

    Raises:
        BadAnswer: It is longer.
    """
    taken = 0
    for piece in body:
        taken += len(piece)
        if taken > DOCUMENT_LIMIT:
            raise BadAnswer("the answer is too long to be filtered", hint="write it to a file: `-o FILE`")
        yield piece


def parse_json(raw: bytes) -> object:
    """Return the document of a body.

    Raises:
        BadAnswer: It is not JSON; `NaN` and `Infinity` are not.
    """
    try:
        document: object = json.loads(
            raw, parse_float=Number.read, parse_int=Number.read_integer, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError):
        raise BadAnswer(
            "the answer is no JSON, so it cannot be filtered or paged", hint="leave the option out"
        ) from None
    return document


def _refuse_constant(name: str) -> object:
    raise ValueError(name)


def compact_json(value: object) -> str:
    """Return JSON on one line, with text outside ASCII as it is.

    Raises:
        BadAnswer: It holds a number that JSON does not have, as a filter's arithmetic may give.
    """
    try:
        # The library writes a number anew, whatever its class; so those that keep their text are written here.
        return _written(value) if Number.made else _dumps(value)
    except (ValueError, RecursionError):
        raise BadAnswer(
            "the result is a number that JSON does not have, or nested too deeply", hint="see the `--filter`"
        ) from None


def indented_json(value: object) -> str:
    """Return JSON for a person, with text outside ASCII as it is.

    Raises:
        BadAnswer: It is nested too deeply.
    """
    try:
        return _written(value, "\n")
    except RecursionError:
        raise BadAnswer("the answer is nested too deeply", hint="write it to a file: `-o FILE`") from None


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _written(value: object, indent: str = "") -> str:
    """Return JSON; on lines of its own what is in it, where there is an indentation, which begins with a line break."""
    if isinstance(value, Number):
        return value.text
    inner = f"{indent}  " if indent else ""
    if isinstance(value, dict) and value:
        colon = ": " if indent else ":"
        pairs = [f"{_dumps(key)}{colon}{_written(one, inner)}" for key, one in value.items()]
        return "{" + inner + f",{inner}".join(pairs) + indent + "}"
    if isinstance(value, list) and value:
        return "[" + inner + f",{inner}".join([_written(one, inner) for one in value]) + indent + "]"
    return _dumps(value)


def on_one_line(raw: bytes) -> bytes:
    """Return a document of JSON as it was sent, in UTF-8 and without the line breaks between its tokens."""
    encoding = json.detect_encoding(raw)
    if encoding != "utf-8":
        raw = raw.decode(encoding, "surrogatepass").encode("utf-8", "surrogatepass")
    # A line break within a text is written as an escape in JSON: every one that stands there is between tokens.
    return raw.strip().replace(b"\r", b"").replace(b"\n", b"")
