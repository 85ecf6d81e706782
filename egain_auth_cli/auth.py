"""The Python API: eGain tokens for clients of httpx, httpx2 and requests, or as a text.

::

    import httpx
    from egain_auth_cli.auth import EgainAuth, access_token

    auth = EgainAuth(profile="acme", flow="client-credentials")
    with httpx.Client(base_url=auth.api_url, auth=auth) as client:
        client.get("/knowledge/portalmgr/v4/portals", headers={"Accept-Language": "en-US"})

    token = access_token(profile="acme")

Profiles, logins and the cache are those of the ``egain`` command. A browser is never opened: sign in with
``egain login`` first. Every error is an
``egain_auth_cli.errors.EgainError`` with ``message``, ``hint`` and ``code``.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from egain_auth_cli.errors import UsageError
from egain_auth_cli.models.grants import Actor, Flow
from egain_auth_cli.runtime import Runtime
from egain_auth_cli.settings.settings import FlowOptions
from egain_auth_cli.terminal import Terminal
from egain_auth_cli.tokens.holder import TokenHolder, token_tries
from egain_auth_cli.tokens.request import DEFAULT_MIN_VALID, TokenRequest
from egain_auth_cli.tokens.subject_token import subject_token
from egain_auth_cli.transport.bearer_auth import BearerAuth

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["EgainAuth", "access_token"]


class EgainAuth(BearerAuth):
    """The ``auth`` of clients of httpx and httpx2, async ones too, and of ``requests``; an ``httpx.Auth``.

    It acquires the token when the first request is made, renews it before it expires, makes one renewal for any
    number of requests and processes, and repeats a request once after a 401 (RFC 6750 §3.1) unless its body is a
    stream; ``requests`` rewinds a file. Requests to another origin than the profile's API are refused.

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
        runtime, request = _runtime_and_request(profile, flow, actor, scopes, min_valid)
        self.api_url = request.settings.need("api_url")
        super().__init__(api_url=self.api_url, tries=partial(token_tries, _holder(runtime, request)))


def access_token(
    *,
    profile: str | None = None,
    flow: str | None = None,
    actor: str | None = None,
    scopes: Sequence[str] = (),
    min_valid: int = DEFAULT_MIN_VALID,
) -> str:
    """Return an access token, from the cache or fresh; the arguments are those of ``EgainAuth``.

    Returns:
        The token as it stands after ``Bearer`` (RFC 6750 §2.1), with ``min_valid`` seconds of life at least, or the
        freshest there is.

    Raises:
        LoginRequired: Nobody is signed in.
        EgainError: Whatever else ``egain token`` would say.
    """
    return _holder(*_runtime_and_request(profile, flow, actor, scopes, min_valid)).token().reveal()


def _runtime_and_request(
    profile: str | None, flow: str | None, actor: str | None, scopes: Sequence[str], min_valid: int
) -> tuple[Runtime, TokenRequest]:
    # A terminal without streams: a library writes nothing, warnings included.
    runtime = Runtime(os.environ, Terminal(os.environ))
    runtime.profile = profile
    try:
        options = FlowOptions(
            flow=None if flow is None else Flow(flow),
            actor=None if actor is None else Actor(actor),
            scopes=tuple(scopes),
        )
    except ValueError as exc:
        raise UsageError(str(exc), hint=f"flows: {', '.join(Flow)}; actors: {', '.join(Actor)}") from None
    settings = runtime.settings(options)
    token = None
    if settings.need_flow().takes_subject_token:
        token = subject_token(settings, runtime.environ, read=None, say=runtime.terminal.say)
    return runtime, TokenRequest(settings=settings, min_valid=min_valid, subject_token=token)


def _holder(runtime: Runtime, request: TokenRequest) -> TokenHolder:
    return TokenHolder(runtime.token_service(request.settings), request, clock=runtime.clock)
