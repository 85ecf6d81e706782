"""What a request to the sandbox was in OAuth's terms, told by the names of its fields and never by a secret value."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from flask import g

from egain_auth_cli.sandbox.access_log import form_of, names_of
from egain_auth_cli.sandbox.people import Actor
from egain_auth_cli.sandbox.realms import GrantType
from egain_auth_cli.sandbox.recent_requests import SeenRequest
from egain_auth_cli.sandbox.registrations import find_registration
from egain_auth_cli.sandbox.steps import AUTHORIZE_PATHS, TOKEN_PATHS, grant_of, is_anonymous, step_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Request, Response

# A part of a path that is longer or stranger than those of the API may be a value that went astray.
_PART = re.compile(r"[A-Za-z0-9_.~$:-]{0,40}")
_ERROR = re.compile(r"[a-z_]{1,40}")
_API_CODE = re.compile(r"\d{3}-\d{3}")
_IN_REDIRECT = ("code", "state", "iss", "error", "error_description")
_WHOSE = {
    Actor.USER: "a user",
    Actor.CUSTOMER: "a customer",
    Actor.CLIENT: "the client application itself",
    Actor.ANONYMOUS: "an anonymous customer",
}
_FLOWS = {
    GrantType.CLIENT_CREDENTIALS: "client-credentials",
    GrantType.PASSWORD: "on-behalf-of",
    GrantType.TOKEN_EXCHANGE: "token-exchange",
    GrantType.REFRESH_TOKEN: "refresh of a login",
}


def describe(http: Request, answer: Response, *, now: float) -> SeenRequest:
    """Describe a request that has its answer.

    Args:
        http: The request; what its view found out is in Flask's `g`.
        answer: Its answer.
        now: Epoch seconds.
    """
    form = form_of(http)
    body = g.get("body")
    names = {*names_of(http.args), *names_of(form), *(names_of(body) if isinstance(body, dict) else ())}
    step = step_of(http, form)
    return SeenRequest(
        time=datetime.fromtimestamp(now, tz=UTC).astimezone().strftime("%H:%M:%S"),
        method=http.method,
        path="/".join(part if _PART.fullmatch(part) else "(…)" for part in http.path.split("/")),
        step=step.name,
        lesson=step.lesson,
        flow=_flow_of(http, form),
        client=_client_of(http, form),
        fields=tuple(sorted(names)),
        outcome=_outcome_of(http, answer),
        went_well=answer.status_code < HTTPStatus.BAD_REQUEST and "error" not in _redirected(answer),
    )


def _flow_of(http: Request, form: Mapping[str, str]) -> str:
    if (token := g.get("token")) is not None:
        return f"with a token of {_WHOSE[token.actor]}{', had on behalf of them' if token.on_behalf_of else ''}"
    if (transaction := g.get("transaction")) is not None:
        return _sign_in_flow(transaction.request.form)
    if http.path in AUTHORIZE_PATHS:
        return _sign_in_flow(http.args)
    grant = grant_of(form) if http.path in TOKEN_PATHS else None
    if grant == GrantType.AUTHORIZATION_CODE:
        return "pkce" if "code_verifier" in form else "authorization-code"
    if grant is not None and is_anonymous(http):
        return "anonymous"
    return _FLOWS.get(grant, "") if grant else ""


def _sign_in_flow(names: Mapping[str, str]) -> str:
    return "pkce" if "code_challenge" in names else "authorization-code"


def _client_of(http: Request, form: Mapping[str, str]) -> str:
    if (token := g.get("token")) is not None:
        named = token.client_id
    elif (transaction := g.get("transaction")) is not None:
        named = transaction.request.client.client_id
    else:
        basic = http.authorization
        header = unquote_plus(basic.username or "") if basic is not None and basic.type == "basic" else ""
        named = header or form.get("client_id") or http.args.get("client_id") or ""
    # What is not registered may be a secret in the wrong field.
    return "" if not named else named if find_registration(named) else "one that is not registered"


def _outcome_of(http: Request, answer: Response) -> str:
    status = answer.status_code
    words = f"{status} {HTTPStatus(status).phrase}"
    if (parameters := _redirected(answer)) and (names := ", ".join(sorted(parameters))):
        error = parameters.get("error", "")
        return f"{words}: sent back with {names}{f' ({error})' if _ERROR.fullmatch(error) else ''}"
    told = answer.get_json(silent=True) if answer.is_json and _is_oauth_or_error(http, status) else None
    if not isinstance(told, dict):
        return words
    for key, form in (("error", _ERROR), ("code", _API_CODE)):
        if isinstance(told.get(key), str) and form.fullmatch(told[key]):
            return f"{words}: {told[key]}"
    return f"{words}: answered with {', '.join(names_of(told))}" if status == HTTPStatus.OK else words


def _is_oauth_or_error(http: Request, status: int) -> bool:
    return http.path in TOKEN_PATHS or status >= HTTPStatus.BAD_REQUEST


def _redirected(answer: Response) -> dict[str, str]:
    if answer.status_code != HTTPStatus.SEE_OTHER:
        return {}
    return {name: value for name, value in parse_qsl(urlsplit(answer.location or "").query) if name in _IN_REDIRECT}
