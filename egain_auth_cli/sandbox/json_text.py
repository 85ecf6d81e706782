"""Reads JSON that anybody may have sent."""

from __future__ import annotations

import json
from typing import NoReturn


def read_json(text: str | bytes) -> object:
    """Read a JSON text.

    Raises:
        ValueError: It is none: NaN and infinity are no JSON, though Python would read them.
        RecursionError: It is nested too deep.
    """
    return json.loads(text, parse_constant=_refuse)


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)
