"""JMESPath expressions over JSON answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from egain_auth_cli.errors import UsageError
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from collections.abc import Callable


def json_filter(expression: str) -> Callable[[object], object]:
    """Compile a JMESPath expression.

    Returns:
        What applies it to a document; raises ``UsageError`` where it does not fit the data.

    Raises:
        UsageError: The expression is malformed.
    """
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        compiled = jmespath.compile(expression)
    except (JMESPathError, RecursionError) as exc:
        raise _bad(expression, str(exc).partition("\n")[0]) from None

    def apply(document: object) -> object:
        try:
            found: object = compiled.search(document)
        except (JMESPathError, TypeError, RecursionError) as exc:
            raise _bad(expression, str(exc).partition("\n")[0]) from None
        return found

    return apply


def result_text(value: object) -> str:
    """Return a result as a line: a text bare, anything else as compact JSON."""
    return value if isinstance(value, str) else compact_json(value)


def compact_json(value: object) -> str:
    """Return JSON on one line, with text outside ASCII as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _bad(expression: str, why: str) -> UsageError:
    return UsageError(
        f"the filter `{printable(expression, limit=120)}` cannot be used: {printable(why, limit=160)}",
        hint="JMESPath: `portal[].name`, `paginationInfo.count`; see jmespath.org",
    )
