"""The pages a person sees: sign-in, consent, errors. No script, no outside resource, all escaped by Jinja."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Response, render_template

from egain_auth_cli.sandbox.people import PEOPLE
from egain_auth_cli.sandbox.scopes import bare_scopes, describe_scope

if TYPE_CHECKING:
    from egain_auth_cli.sandbox.oauth_request import FormRequest
    from egain_auth_cli.sandbox.people import Person


def render_sign_in(
    request: FormRequest, *, transaction: str, username: str = "", message: str = "", status: int = 200
) -> Response:
    """Ask who is there; `message` says what was wrong with the last try."""
    page = render_template(
        "sign_in.html",
        client_id=request.client.client_id,
        realm=request.realm,
        transaction=transaction,
        username=username,
        message=message,
        people=[person for person in PEOPLE if person.actor == request.realm.actor],
    )
    return _answer(page, status=status, redirect_uri=request.payload.redirect_uri)


def render_consent(request: FormRequest, *, transaction: str, person: Person) -> Response:
    """Ask whether the application may have what it asks for, in words."""
    scopes = bare_scopes(request.wire_scope, realm=request.realm)
    page = render_template(
        "consent.html",
        client_id=request.client.client_id,
        realm=request.realm,
        transaction=transaction,
        person=person,
        scopes={scope: describe_scope(scope) for scope in scopes},
    )
    return _answer(page, status=200, redirect_uri=request.payload.redirect_uri)


def render_error(text: str, *, status: int) -> Response:
    """Say what went wrong where no redirect may happen."""
    return _answer(render_template("error.html", message=text), status=status)


def _answer(page: str, *, status: int, redirect_uri: str | None = None) -> Response:
    return Response(
        page,
        status=status,
        content_type="text/html; charset=utf-8",
        headers={
            "Cache-Control": "no-store",
            "Content-Security-Policy": _security_policy(redirect_uri),
            # The address of the sign-in page holds the state: it is not to reach another site.
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
        },
    )


def _security_policy(redirect_uri: str | None) -> str:
    """Allow the page its own style and form.

    NOTE: browsers hold `form-action` against the redirect that follows a form too, so the
    application's origin is in it.
    """
    target = ""
    if redirect_uri:
        parts = urlsplit(redirect_uri)
        target = f" {parts.scheme}://{parts.netloc}"
    return (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self'{target}"
    )
