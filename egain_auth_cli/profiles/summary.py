"""A profile that is about to be made, as a person checks it: what its flow will use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from egain_auth_cli.models.grants import ClientAuth, SecretStoreKind
from egain_auth_cli.profiles.document import without_empty
from egain_auth_cli.settings.profile import Config
from egain_auth_cli.settings.resolve import resolve_settings
from egain_auth_cli.settings.settings import FlowOptions
from egain_auth_cli.stores.atomic import of_mode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from egain_auth_cli.settings.settings import Settings

_KEPT = {
    SecretStoreKind.KEYRING: "in the keyring",
    SecretStoreKind.FILE: f"in plain files{of_mode()}",
    SecretStoreKind.NONE: "nowhere",
}


def summary_rows(name: str, values: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield a row for each thing that the profile's flow will use.

    Args:
        name: Its name.
        values: Its table, with a flow.
    """
    # As resolved: what is shown is what every command will find.
    config = Config({"profiles": {name: without_empty(values)}}, Path("config.toml"))
    for label, value in _rows(resolve_settings(FlowOptions(profile=name), {}, config)):
        if value:
            yield "", label, value


def _rows(settings: Settings) -> Iterator[tuple[str, str | None]]:
    record = settings.need_flow()
    yield "deployment", settings.deployment
    yield "flow", f"{record.flow.value}: {record.persona}"
    yield "platform", record.platform
    yield "actor", settings.actor.value.value if record.signs_in else None
    yield "client ID", settings.client_id.value
    if record.signs_in:
        yield "authorization URL", settings.authorization_url.value
    yield "token URL", settings.token_url.value
    yield "API", settings.api_url.value or "none; `egain call` needs one"
    if record.signs_in:
        yield "instance", settings.domain_hint.value
        yield "redirect URL", " ".join(settings.redirect_uris.value)
    yield "scopes", " ".join(settings.wire_scopes)
    if record.needs_secret or record.signs_in:
        yield "secrets are kept", _KEPT[settings.secret_store.value]
    if record.needs_secret:
        yield "client secret", "sent by Basic" if settings.client_auth.value is ClientAuth.BASIC else "sent in the body"
