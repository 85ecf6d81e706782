"""The check of ``doctor`` on keys that nothing reads: a slip of the pen changes nothing, and says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.health.check import Check, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from egain_auth_cli.settings.profile import Config


def check_keys(config: Config, name: str | None) -> Iterator[Check]:
    """Yield a warning for each key of a profile that is not known."""
    for note in config.notes(name) if name in config.names and name is not None else ():
        said, _, meant = note.partition("; ")
        yield warning("keys", said, meant or "`egain profile set --help` lists the keys")
