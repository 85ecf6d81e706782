"""The pages a person sees: sign-in, consent, errors. No script, no outside resource, all escaped by Jinja."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Response, render_template

from egain_auth_cli.sandbox.people import PEOPLE
from egain_auth_cli.sandbox.scopes import bare_scopes, describe_scope

if TYPE_CHECKING:
    from egain_auth_cli.sandbox.issued import Transaction


def render_sign_in(transaction: Transaction, *, username: str = "", message: str = "", status: int = 200) -> Response:
    """Ask who is there; `message` says what was wrong with the last try."""
    people = [person for person in PEOPLE if person.actor == transaction.request.realm.actor]
    return _render("sign_in.html", transaction, status=status, username=username, message=message, people=people)


def render_consent(transaction: Transaction) -> Response:
    """Ask whether the application may have what it asks for, in words."""
    scopes = bare_scopes(transaction.request.wire_scope, realm=transaction.request.realm)
    return _render("consent.html", transaction, scopes={scope: describe_scope(scope) for scope in scopes})


def render_error(text: str, *, status: int) -> Response:
    """Say what went wrong where no redirect may happen."""
    return _render("error.html", None, status=status, message=text)


def _render(template: str, transaction: Transaction | None, *, status: int = 200, **values: object) -> Response:
    return Response(
        render_template(template, transaction=transaction, **values),
        status=status,
        headers={
            "Cache-Control": "no-store",
            "Content-Security-Policy": _security_policy(transaction),
            # The address of the sign-in page holds the state: it is not to reach another site.
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
        },
    )


def _security_policy(transaction: Transaction | None) -> str:
    """Allow the page its own style and form.

    NOTE: browsers hold `form-action` against the redirect that follows a form too, so the
    application's origin is in it.
    """
    target = ""
    if transaction:
        parts = urlsplit(transaction.request.payload.redirect_uri)
        target = f" {parts.scheme}://{parts.netloc}"
    return (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self'{target}"
    )
