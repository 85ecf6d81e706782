"""The libraries that only an extra of the package installs."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from egain_auth_cli.errors import UsageError
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def libraries_of(extra: str) -> Iterator[None]:
    """Tell a person which library an import misses.

    Args:
        extra: ``proxy`` or ``sandbox``, by its name in ``pyproject.toml``.

    Raises:
        UsageError: It is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as exc:
        raise UsageError(
            f"the {extra} needs `{printable(str(exc.name), limit=60)}`, which is not installed",
            hint='install egain with it, in its checkout: `pipx install --force ".[proxy,sandbox]"`',
        ) from exc
