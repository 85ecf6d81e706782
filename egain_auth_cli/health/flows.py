"""The six ways to a token, whom each is for, and whether a profile is ready for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from egain_auth_cli.errors import EgainError
from egain_auth_cli.models.grants import Flow, Subject
from egain_auth_cli.settings.resolve import FlowOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.settings.resolve import Settings
    from egain_auth_cli.tokens.keep_secret import SecretPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowInfo:
    """One flow.

    Attributes:
        flow: Its name.
        option: The command line's option.
        persona: Whom the token stands for, in eGain's words.
        platform: Which Platform of a client application it takes.
        needs: What it needs, in words.
        missing: What the profile lacks of it; None where no profile was looked at.
    """

    flow: Flow
    option: str
    persona: str
    platform: str
    needs: tuple[str, ...]
    missing: tuple[str, ...] | None = None

    @property
    def ready(self) -> bool:
        """Whether nothing is missing."""
        return self.missing == ()


_SECRET = "client secret"  # noqa: S105  a name
_ABOUT: dict[Flow, tuple[str, str, tuple[str, ...]]] = {
    Flow.PKCE: (
        "User or Customer who signs in",
        "Single Page Application, Public Client/Native",
        ("client_id", "authorization_url", "token_url", "scopes"),
    ),
    Flow.AUTHORIZATION_CODE: (
        "User or Customer who signs in",
        "Web",
        ("client_id", "authorization_url", "token_url", "scopes", _SECRET),
    ),
    Flow.CLIENT_CREDENTIALS: ("Client App itself", "Web", ("client_id", "token_url", "scopes", _SECRET)),
    Flow.ANONYMOUS: ("Anonymous Customer", "any, or none", ("token_url", "scopes")),
    Flow.ON_BEHALF_OF: (
        "Client App on behalf of a User or Customer",
        "Web",
        ("client_id", "token_url", "scopes", _SECRET),
    ),
    Flow.TOKEN_EXCHANGE: (
        "External identity (Okta, Azure, …)",
        "Web, with Token Exchange Grant Type",
        ("client_id", "token_url", "registration_id", _SECRET),
    ),
}


def list_flows(
    resolve: Callable[[FlowOptions], Settings] | None, locate: Callable[[Settings], SecretPlace]
) -> tuple[FlowInfo, ...]:
    """Give every flow, with what a profile lacks for it.

    Args:
        resolve: Resolves settings; None where there is no profile to look at.
        locate: Finds where the client secret comes from.
    """
    return tuple(_info(flow, resolve, locate) for flow in Flow)


def _info(
    flow: Flow, resolve: Callable[[FlowOptions], Settings] | None, locate: Callable[[Settings], SecretPlace]
) -> FlowInfo:
    persona, platform, needs = _ABOUT[flow]
    missing = None if resolve is None else _missing(flow, needs, resolve, locate)
    option = "--on-behalf-of USERNAME" if flow is Flow.ON_BEHALF_OF else flow.option
    return FlowInfo(flow=flow, option=option, persona=persona, platform=platform, needs=needs, missing=missing)


def _missing(
    flow: Flow,
    needs: tuple[str, ...],
    resolve: Callable[[FlowOptions], Settings],
    locate: Callable[[Settings], SecretPlace],
) -> tuple[str, ...]:
    settings = resolve(FlowOptions(flow=flow, subject=Subject.USERNAME if flow is Flow.ON_BEHALF_OF else None))
    lacking = [name for name in needs if name != _SECRET and not getattr(settings, name).value]
    if _SECRET in needs and "client_id" not in lacking and "token_url" not in lacking:
        try:
            if locate(settings).source is None:
                lacking.append(_SECRET)
        except EgainError:
            lacking.append(_SECRET)
    return tuple(lacking)
