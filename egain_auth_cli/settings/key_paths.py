"""Dotted paths of keys, as ``profile set`` takes them and its help lists them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from egain_auth_cli.models.grants import ENDPOINTS, Flow
from egain_auth_cli.settings.keys import Place, keys_at

if TYPE_CHECKING:
    from egain_auth_cli.settings.keys import Key


def key_at(path: str) -> Key | None:
    """Find the key of a path such as ``flows.pkce.scopes``, dotted as in TOML; None if there is no such key."""
    *table, name = path.split(".")
    match table:
        case []:
            place = Place.PROFILE
        case ["endpoints", endpoint] if endpoint in ENDPOINTS:
            place = Place.ENDPOINT
        case ["flows", flow] if flow in set(Flow):
            place = Place.FLOW
        case _:
            return None
    return keys_at(place).get(name)


def known_paths() -> tuple[str, ...]:
    """Name every key that ``profile set`` takes, dotted as in TOML."""
    return (
        *keys_at(Place.PROFILE),
        *(f"endpoints.{name}.{key}" for name in ENDPOINTS for key in keys_at(Place.ENDPOINT)),
        *(f"flows.{flow.value}.{key}" for flow in Flow for key in keys_at(Place.FLOW)),
    )


def unknown_keys(table: Mapping[str, object]) -> Iterator[tuple[str, str | None]]:
    """Yield each key of a profile's table that is none, dotted as in TOML, with the one that was probably meant."""
    yield from _unknown(table, (*keys_at(Place.PROFILE), Place.ENDPOINT.value, Place.FLOW.value))
    for place, names in ((Place.ENDPOINT, ENDPOINTS), (Place.FLOW, tuple(Flow))):
        tables = table.get(place.value)
        if isinstance(tables, Mapping):
            yield from _unknown(tables, names, f"{place.value}.")
            for name, inner in tables.items():
                if name in names and isinstance(inner, Mapping):
                    yield from _unknown(inner, tuple(keys_at(place)), f"{place.value}.{name}.")


def _unknown(table: Mapping[str, object], known: Sequence[str], above: str = "") -> Iterator[tuple[str, str | None]]:
    from difflib import get_close_matches

    for name in table:
        if name not in known:
            close = get_close_matches(name.lower(), known, n=1)
            yield f"{above}{name}", f"{above}{close[0]}" if close else None


def keys_help() -> str:
    """Return the keys as the help of ``profile set`` lists them: those of a profile, an endpoint, a flow."""
    lines = ["Keys:", *_key_lines(Place.PROFILE)]
    lines += ["endpoints.ENDPOINT.KEY, with ENDPOINT one of", f"  {', '.join(ENDPOINTS)}", *_key_lines(Place.ENDPOINT)]
    lines += ["flows.FLOW.KEY, with FLOW one of", f"  {', '.join(Flow)}", *_key_lines(Place.FLOW)]
    return "\n".join(lines)


def _key_lines(place: Place) -> list[str]:
    return [f"  {key.name:<22} {key.help}" for key in keys_at(place).values()]
