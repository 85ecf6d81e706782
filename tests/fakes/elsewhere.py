"""A module as it is on another system, for those of the package that are to find themselves there."""

from __future__ import annotations

from typing import Any


class Elsewhere:
    """Some of its names are others, some are not there."""

    def __init__(self, real: Any, changed: dict[str, Any], missing: frozenset[str] = frozenset()) -> None:
        self._real, self._changed, self._missing = real, changed, missing

    def __getattr__(self, name: str) -> Any:
        if name in self._missing:
            raise AttributeError(f"no {name} on this system")
        return self._changed[name] if name in self._changed else getattr(self._real, name)
