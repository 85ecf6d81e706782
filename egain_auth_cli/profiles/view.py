"""Settings and profiles as rows and as JSON, each value with its source."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from egain_auth_cli.terminal.paint import Style, Styled

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


NAMES_WIDTH = (22,)
"""Columns of the names before values, at least."""


def setting_rows(settings: Settings) -> Iterator[tuple[str, ...]]:
    """Yield a row for each setting that has a value, name, value and source, and one for each source passed over."""
    for name, one in settings.resolved():
        # The JSON form has every setting; lines are for a person, who looks for those in use.
        if one.value in (None, "", ()):
            continue
        value = " ".join(map(str, one.value)) if isinstance(one.value, tuple) else str(one.value)
        yield name, value, _aside(one.source)
        for other in one.passed_over:
            yield "", Styled(f"passed over: {other}", Style.WARNING)


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


def profile_rows(profile: Profile, settings: Settings) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a profile, each value with its source."""
    yield from setting_rows(settings)
    source = _aside(f"profile {profile.name}")
    for name, endpoint in profile.endpoints.items():
        for key, url in asdict(endpoint).items():
            if url:
                yield f"endpoints.{name}.{key}", url, source
    for flow, table in profile.flows.items():
        if table.scopes:
            yield f"flows.{flow.value}.scopes", " ".join(table.scopes), source
        if table.client_auth:
            yield f"flows.{flow.value}.client_auth", table.client_auth.value, source
        if table.registration_id:
            yield f"flows.{flow.value}.registration_id", table.registration_id, source
        if table.subject_token_command:
            yield f"flows.{flow.value}.subject_token_command", str(list(table.subject_token_command)), source


def _aside(source: str) -> str:
    return Styled(f"  ({source})", Style.ASIDE)


def _plain(value: object) -> object:
    return list(map(str, value)) if isinstance(value, tuple) else value
