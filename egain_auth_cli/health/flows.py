"""The ways to a token, whom each is for, and whether a profile is ready for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from egain_auth_cli.flows import RECORDS
from egain_auth_cli.flows.record import CLIENT_SECRET
from egain_auth_cli.settings.settings import FlowOptions
from egain_auth_cli.tokens.keep_secret import locate_secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.flows.record import FlowRecord
    from egain_auth_cli.settings.settings import Settings
    from egain_auth_cli.tokens.credentials import Credentials


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowReadiness:
    """A flow, and what a profile lacks for it.

    Attributes:
        record: The flow.
        missing: What the profile lacks of its needs; None where no profile was looked at.
    """

    record: FlowRecord
    missing: tuple[str, ...] | None = None

    @property
    def ready(self) -> bool:
        """Whether nothing is missing."""
        return self.missing == ()


def list_flows(
    resolve: Callable[[FlowOptions], Settings] | None, credentials: Callable[[Settings], Credentials]
) -> tuple[FlowReadiness, ...]:
    """Return every flow, with what a profile lacks for it.

    Args:
        resolve: Resolves settings; None where there is no profile to look at.
        credentials: Returns what is stored for settings.
    """
    return tuple(
        FlowReadiness(record=record, missing=None if resolve is None else _missing(record, resolve, credentials))
        for record in RECORDS.values()
    )


def _missing(
    record: FlowRecord,
    resolve: Callable[[FlowOptions], Settings],
    credentials: Callable[[Settings], Credentials],
) -> tuple[str, ...]:
    settings = resolve(FlowOptions(flow=record.flow, subject=record.options[0].subject))
    lacking = [name for name in record.needs if name != CLIENT_SECRET and not getattr(settings, name).value]
    # Without client ID and token URL there is nothing that a stored secret could belong to.
    if (
        record.needs_secret
        and not {"client_id", "token_url"} & set(lacking)
        and locate_secret(credentials(settings), settings).source is None
    ):
        lacking.append(CLIENT_SECRET)
    return tuple(lacking)
