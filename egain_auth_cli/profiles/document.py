"""``config.toml`` as nested tables that are edited in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from egain_auth_cli.settings.profile import profile_missing

if TYPE_CHECKING:
    from collections.abc import Mapping


def profiles_of(document: dict[str, Any]) -> dict[str, Any]:
    """Return the table of profiles, made where there is none."""
    # A super table: TOML needs no `[profiles]` above `[profiles.acme]`, and none is written.
    if "profiles" not in document:
        document["profiles"] = new_table(of_tables=True)
    profiles: dict[str, Any] = document["profiles"]
    return profiles


def existing_table(document: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a profile's table.

    Raises:
        ProfileMissing: There is none of this name.
    """
    profiles = profiles_of(document)
    if name not in profiles:
        raise profile_missing(name, tuple(profiles))
    table: dict[str, Any] = profiles[name]
    return table


def new_table(*, of_tables: bool = False) -> Any:  # noqa: ANN401  tomlkit's tables behave as nested dicts
    """Return an empty table; one that holds tables alone gets no header of its own."""
    import tomlkit

    return tomlkit.table(is_super_table=of_tables)


def merge(table: dict[str, Any], values: Mapping[str, Any]) -> None:
    """Put nested values into a table, keeping what they do not name."""
    for key, value in values.items():
        if isinstance(value, dict):
            of_tables = all(isinstance(inner, dict) for inner in value.values())
            merge(table.setdefault(key, new_table(of_tables=of_tables)), value)
        else:
            table[key] = value


def without_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of nested values without what is None or empty."""
    kept: dict[str, Any] = {}
    for key, value in values.items():
        inner = without_empty(value) if isinstance(value, dict) else value
        if inner not in (None, "", (), [], {}):
            kept[key] = list(inner) if isinstance(inner, tuple) else inner
    return kept
