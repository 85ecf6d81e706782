"""Decides who may call an API resource: token, rate, persona, scope, language, query, in this order."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import g, request

from egain_auth_cli.sandbox.api_error import ApiError
from egain_auth_cli.sandbox.people import Actor
from egain_auth_cli.sandbox.registrations import CALLS_PER_WINDOW, WINDOW_SECONDS, find_registration
from egain_auth_cli.sandbox.scopes import allows

if TYPE_CHECKING:
    from egain_auth_cli.sandbox.issued import IssuedToken
    from egain_auth_cli.sandbox.state import SandboxState

# The documented values, in lower case: eGain compares without regard to case.
LANGUAGES = frozenset(
    [
        "en-us",
        "es-es",
        "fr-fr",
        "it-it",
        "de-de",
        "nl-nl",
        "pt-br",
        "pt-pt",
        "da-dk",
        "ru-ru",
        "fr-ca",
        "zh-cn",
        "ja-jp",
        "ko-kr",
        "sv-se",
    ]
)

PERSONS = frozenset({Actor.USER, Actor.CUSTOMER, Actor.ANONYMOUS})
EVERYONE = frozenset(Actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What one resource asks of a request."""

    scope: str
    actors: frozenset[Actor]
    query: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    language: bool = True


class ApiGuard:
    """Checks API requests against the tokens of one sandbox."""

    def __init__(self, state: SandboxState) -> None:
        self.state = state

    def admit(self, access: Access) -> IssuedToken:
        """Let a request through and give its token.

        Raises:
            ApiError: the first of eGain's objections that applies.
        """
        token = self._find_token()
        self._count(token)
        if token.actor not in access.actors:
            raise ApiError("403-112", "This actor may not use this URL.", details={"actor": str(token.actor)})
        if not allows(token.scopes, access.scope):
            raise ApiError("403-197", "A scope is missing.", details={"scope": access.scope})
        if access.language and request.headers.get("Accept-Language", "").lower() not in LANGUAGES:
            raise ApiError("406-100", "The Accept-Language header is missing or has an unsupported value.")
        _check_query(access)
        return token

    def _find_token(self) -> IssuedToken:
        challenge = {"WWW-Authenticate": "Bearer"}
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not value:
            raise ApiError("401-104", "The Authorization header is invalid or missing.", headers=challenge)
        token = self.state.find_access_token(value)
        if token is None:
            challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            raise ApiError("401-101", "The authorization is invalid or has expired.", headers=challenge)
        return token

    def _count(self, token: IssuedToken) -> None:
        registration = find_registration(token.client_id)
        if registration is None or not registration.throttled:
            return
        window = self.state.count_call(token.client_id)
        reset = datetime.fromtimestamp(math.ceil(window.started + WINDOW_SECONDS), tz=UTC)
        headers = {
            "X-RateLimit-Limit": str(CALLS_PER_WINDOW),
            "X-RateLimit-Remaining": str(max(0, CALLS_PER_WINDOW - window.calls)),
            "X-RateLimit-Reset": reset.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        if window.calls > CALLS_PER_WINDOW:
            raise ApiError("429-001", "There were too many requests.", headers=headers)
        g.rate_limit_headers = headers


def _check_query(access: Access) -> None:
    for name in request.args:
        if name not in access.query:
            raise ApiError("400-101", "A query parameter is not supported.", details={"parameter": name})
        if len(request.args.getlist(name)) > 1:
            raise ApiError("400-108", "A query parameter is in the request twice.", details={"parameter": name})
    for name in sorted(access.required):
        if not request.args.get(name):
            raise ApiError("400-112", "A required query parameter is missing.", details={"parameter": name})
