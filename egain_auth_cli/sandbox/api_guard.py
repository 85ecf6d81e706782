"""Decides who may call an API resource: token, rate, persona, scope, language, query, in this order."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from flask import g, request

from egain_auth_cli.sandbox.api_error import ApiError
from egain_auth_cli.sandbox.authorization_server import current_server
from egain_auth_cli.sandbox.people import Actor
from egain_auth_cli.sandbox.registrations import CALLS_PER_WINDOW, WINDOW_SECONDS, find_registration
from egain_auth_cli.sandbox.scopes import allows, bare_scopes

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.sandbox.issued import IssuedToken

# The documented values, in lower case: eGain compares without regard to case.
_DOCUMENTED = "en-us es-es fr-fr it-it de-de nl-nl pt-br pt-pt da-dk ru-ru fr-ca zh-cn ja-jp ko-kr sv-se"
LANGUAGES = frozenset(_DOCUMENTED.split())
PERSONS = frozenset({Actor.USER, Actor.CUSTOMER, Actor.ANONYMOUS})
EVERYONE = frozenset(Actor)

P = ParamSpec("P")
T = TypeVar("T")


def admit(
    scope: str,
    actors: frozenset[Actor],
    *,
    query: frozenset[str] = frozenset(),
    required: frozenset[str] = frozenset(),
    language: bool = True,
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Let only requests that have all this through to a view, with their token in `g.token`.

    The view raises ApiError for the first of eGain's objections that applies.
    """

    def guard(view: Callable[P, T]) -> Callable[P, T]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            g.token = token = _find_token()
            _count_call(token.client_id)
            if token.actor not in actors:
                raise ApiError("403-112", "This actor may not use this URL.", details={"actor": str(token.actor)})
            if not allows(bare_scopes(token.scope, realm=token.realm), scope):
                raise ApiError("403-197", "A scope is missing.", details={"scope": scope})
            if language and request.headers.get("Accept-Language", "").lower() not in LANGUAGES:
                raise ApiError("406-100", "The Accept-Language header is missing or has an unsupported value.")
            _check_query(query, required=required)
            return view(*args, **kwargs)

        return guarded

    return guard


def _find_token() -> IssuedToken:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not value:
        challenge = {"WWW-Authenticate": "Bearer"}
        raise ApiError("401-104", "The Authorization header is invalid or missing.", headers=challenge)
    token = current_server().state.find_access_token(value)
    if token is None:
        challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        raise ApiError("401-101", "The authorization is invalid or has expired.", headers=challenge)
    return token


def _count_call(client_id: str) -> None:
    registration = find_registration(client_id)
    if registration is None or not registration.throttled:
        return
    started, calls = current_server().state.count_call(client_id)
    reset = datetime.fromtimestamp(math.ceil(started + WINDOW_SECONDS), tz=UTC)
    headers = {
        "X-RateLimit-Limit": str(CALLS_PER_WINDOW),
        "X-RateLimit-Remaining": str(max(0, CALLS_PER_WINDOW - calls)),
        # eGain's specification has a date here, in UTC, where others have seconds.
        "X-RateLimit-Reset": reset.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if calls > CALLS_PER_WINDOW:
        raise ApiError("429-001", "There were too many requests.", headers=headers)
    g.rate_limit_headers = headers


def _check_query(known: frozenset[str], *, required: frozenset[str]) -> None:
    for name, values in request.args.lists():
        if name not in known:
            raise ApiError("400-101", "A query parameter is not supported.", details={"parameter": name})
        if len(values) > 1:
            raise ApiError("400-108", "A query parameter is in the request twice.", details={"parameter": name})
    for name in sorted(required):
        if not request.args.get(name):
            raise ApiError("400-112", "A required query parameter is missing.", details={"parameter": name})
