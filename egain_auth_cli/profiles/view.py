"""Settings and profiles as lines and as JSON, each value with its source."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from egain_auth_cli.settings.profile import Profile
    from egain_auth_cli.settings.settings import Settings


def setting_document(settings: Settings) -> dict[str, object]:
    """Return every resolved setting as JSON-able values."""
    return {
        name: {"value": _plain(one.value), "source": one.source, "passed_over": list(one.passed_over)}
        for name, one in settings.resolved()
    }


def setting_lines(settings: Settings) -> Iterator[str]:
    """Yield one line for each setting that has a value, and one for each source passed over."""
    for name, one in settings.resolved():
        # The JSON form has every setting; lines are for a person, who looks for those in use.
        if one.value in (None, "", ()):
            continue
        value = " ".join(map(str, one.value)) if isinstance(one.value, tuple) else str(one.value)
        yield f"{name:<22} {value}  ({one.source})"
        for other in one.passed_over:
            yield f"{'':<22} passed over: {other}"


def profile_document(profile: Profile, settings: Settings) -> dict[str, object]:
    """Return a profile as JSON-able values."""
    return {
        "name": profile.name,
        "settings": setting_document(settings),
        "endpoints": {name: asdict(one) for name, one in profile.endpoints.items()},
        "flows": {
            flow.value: {
                "scopes": list(one.scopes or ()),
                "client_auth": one.client_auth,
                "registration_id": one.registration_id,
                "subject_token_command": list(one.subject_token_command or ()),
            }
            for flow, one in profile.flows.items()
        },
    }


def profile_lines(profile: Profile, settings: Settings) -> Iterator[str]:
    """Yield the lines of a profile, each value with its source."""
    yield from setting_lines(settings)
    source = f"(profile {profile.name})"
    for name, endpoint in profile.endpoints.items():
        for key, url in asdict(endpoint).items():
            if url:
                yield f"endpoints.{name}.{key} {url}  {source}"
    for flow, table in profile.flows.items():
        if table.scopes:
            yield f"flows.{flow.value}.scopes {' '.join(table.scopes)}  {source}"
        if table.client_auth:
            yield f"flows.{flow.value}.client_auth {table.client_auth.value}  {source}"
        if table.registration_id:
            yield f"flows.{flow.value}.registration_id {table.registration_id}  {source}"
        if table.subject_token_command:
            yield f"flows.{flow.value}.subject_token_command {list(table.subject_token_command)}  {source}"


def _plain(value: object) -> object:
    return list(map(str, value)) if isinstance(value, tuple) else value
