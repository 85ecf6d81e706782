"""Dotted paths of keys, as ``profile set`` takes them and its help lists them."""

from __future__ import annotations

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


def keys_help() -> str:
    """Return the keys as the help of ``profile set`` lists them: those of a profile, an endpoint, a flow."""
    lines = ["Keys:", *_key_lines(Place.PROFILE)]
    lines += ["endpoints.ENDPOINT.KEY, with ENDPOINT one of", f"  {', '.join(ENDPOINTS)}", *_key_lines(Place.ENDPOINT)]
    lines += ["flows.FLOW.KEY, with FLOW one of", f"  {', '.join(Flow)}", *_key_lines(Place.FLOW)]
    return "\n".join(lines)


def _key_lines(place: Place) -> list[str]:
    return [f"  {key.name:<22} {key.help}" for key in keys_at(place).values()]
