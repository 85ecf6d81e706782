"""JMESPath expressions over JSON answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.call.document import compact_json
from egain_auth_cli.errors import BadAnswer, UsageError
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def json_filter(expression: str) -> Callable[[object], object]:
    """Compile a JMESPath expression.

    Returns:
        What applies it to a document; raises ``BadAnswer`` where it does not fit the data.

    Raises:
        UsageError: The expression is malformed.
    """
    import jmespath
    from jmespath import functions

    class _Functions(functions.Functions):  # type: ignore[misc]  # it has no types
        @functions.signature({"types": []})  # type: ignore[untyped-decorator]
        def _func_to_string(self, value: object) -> str:
            return result_text(value)  # the library's own writes each number anew

    options = jmespath.Options(custom_functions=_Functions())
    try:
        compiled = jmespath.compile(expression)
    except Exception as exc:  # noqa: BLE001  the library has its own errors, and lets others through
        raise _bad(expression, str(exc).partition("\n")[0]) from None

    def apply(document: object) -> object:
        try:
            found: object = compiled.search(document, options=options)
        except Exception as exc:  # noqa: BLE001  likewise: an answer can be anything
            why = printable(str(exc).partition("\n")[0], limit=160)
            raise BadAnswer(
                f"the filter `{printable(expression, limit=120)}` does not fit the answer: {why}",
                hint="see the answer without `--filter`",
            ) from None
        return found

    return apply


def result_lines(value: object, *, split: bool) -> Iterator[str]:
    """Yield a result as lines: one, or one for each element of a list."""
    yield from map(result_text, value) if split and isinstance(value, list) else (result_text(value),)


def result_text(value: object) -> str:
    """Return a result as a line: a text bare, anything else as compact JSON."""
    return value if isinstance(value, str) else compact_json(value)


def _bad(expression: str, why: str) -> UsageError:
    return UsageError(
        f"the filter `{printable(expression, limit=120)}` cannot be used: {printable(why, limit=160)}",
        hint="JMESPath: `portal[].name`, `paginationInfo.count`; see jmespath.org",
    )
