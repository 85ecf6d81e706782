"""The Python API: eGain tokens for ``httpx`` clients, or as a text.

::

    import httpx
    from egain_auth_cli.auth import EgainAuth, access_token

    auth = EgainAuth(profile="acme", flow="client-credentials")
    with httpx.Client(base_url=auth.api_url, auth=auth) as client:
        client.get("/knowledge/portalmgr/v4/portals", headers={"Accept-Language": "en-US"})

    token = access_token(profile="acme")

Profiles, logins and the cache are those of the ``egain`` command. Every error is an
``egain_auth_cli.errors.EgainError`` with ``message``, ``hint`` and ``code``.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from egain_auth_cli.errors import UsageError
from egain_auth_cli.models.grants import Actor, Flow
from egain_auth_cli.runtime import Runtime
from egain_auth_cli.settings.resolve import FlowOptions
from egain_auth_cli.terminal import Terminal
from egain_auth_cli.tokens.acquire import DEFAULT_MIN_VALID, TokenRequest
from egain_auth_cli.tokens.holder import HeldToken
from egain_auth_cli.transport.bearer_auth import BearerAuth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from egain_auth_cli.models.secret import Secret

__all__ = ["EgainAuth", "access_token"]


class EgainAuth(BearerAuth):
    """An ``httpx.Auth`` for ``httpx.Client`` and ``httpx.AsyncClient``.

    It acquires the token when the first request is made, renews it before it expires, makes one renewal for any
    number of requests and processes, and repeats a request once after a 401 (RFC 6750 §3.1) unless its body is a
    stream. Requests to another origin than the profile's API are refused.

    Args:
        profile: As ``-p`` names it; None for the default one, or the environment's client.
        flow: A flow's name, such as ``client-credentials``; None for the profile's.
        actor: ``user`` or ``customer``; None for the profile's.
        scopes: Asked for instead of the profile's.
        min_valid: Seconds of life that a cached token must still have.

    Attributes:
        api_url: The profile's API base, for ``base_url``.

    Raises:
        ConfigError: The profile or a setting is missing or invalid.
        UsageError: There is no such flow or actor.
    """

    def __init__(
        self,
        *,
        profile: str | None = None,
        flow: str | None = None,
        actor: str | None = None,
        scopes: Sequence[str] = (),
        min_valid: int = DEFAULT_MIN_VALID,
    ) -> None:
        self._source = _Source(profile=profile, flow=flow, actor=actor, scopes=scopes, min_valid=min_valid)
        self.api_url = self._source.request.settings.need("api_url")
        super().__init__(api_url=self.api_url, acquire=self._source.acquire)


def access_token(
    *,
    profile: str | None = None,
    flow: str | None = None,
    actor: str | None = None,
    scopes: Sequence[str] = (),
    min_valid: int = DEFAULT_MIN_VALID,
) -> str:
    """Give an access token, from the cache or fresh; the arguments are those of ``EgainAuth``.

    Raises:
        LoginRequired: Nobody is signed in; a browser is never opened.
        EgainError: Whatever else ``egain token`` would say.
    """
    return _Source(profile=profile, flow=flow, actor=actor, scopes=scopes, min_valid=min_valid).acquire(None).reveal()


class _Source:
    """Tokens of one profile and flow."""

    def __init__(
        self, *, profile: str | None, flow: str | None, actor: str | None, scopes: Sequence[str], min_valid: int
    ) -> None:
        self._runtime = Runtime(os.environ, Terminal(os.environ))
        self._runtime.options.profile = profile
        try:
            options = FlowOptions(
                flow=None if flow is None else Flow(flow),
                actor=None if actor is None else Actor(actor),
                scopes=tuple(scopes),
            )
        except ValueError as exc:
            raise UsageError(str(exc), hint=f"flows: {', '.join(Flow)}; actors: {', '.join(Actor)}") from None
        self.request = TokenRequest(settings=self._runtime.settings(options), min_valid=min_valid)
        service = self._runtime.token_service(self.request.settings)
        self._held = HeldToken(service, self.request, clock=self._runtime.clock)

    def acquire(self, rejected: Secret | None) -> Secret:
        """Give a token, another one than ``rejected``."""
        return self._held.token() if rejected is None else self._held.renewed(rejected)
