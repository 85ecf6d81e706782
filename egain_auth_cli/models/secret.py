"""A value that must not be shown by accident."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, ClassVar

from egain_auth_cli.sanitize import MASK, remember_secret

if TYPE_CHECKING:
    from collections.abc import Callable


class Secret:
    """A secret that only ``reveal()`` gives away.

    ``repr``, ``str`` and ``format`` return ``****``; comparison takes constant time; it cannot be pickled.
    The redactor learns the value at once, so it is masked wherever it would reach stderr or a log.

    Attributes:
        before_the_first: Called once, before this process holds its first secret.
    """

    __slots__ = ("_value",)
    before_the_first: ClassVar[Callable[[], None] | None] = None

    def __init__(self, value: str) -> None:
        if Secret.before_the_first is not None:
            Secret.before_the_first()
            Secret.before_the_first = None
        remember_secret(value)
        self._value = value

    def reveal(self) -> str:
        """Return the value itself."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        ours, theirs = (one.reveal().encode("utf-8", "surrogatepass") for one in (self, other))
        return hmac.compare_digest(ours, theirs)

    __hash__ = None  # type: ignore[assignment]  # a secret is never a key

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written out")
