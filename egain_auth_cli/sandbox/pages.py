"""The pages a person sees: sign-in, consent, errors, last requests. No script, no outside resource, all escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Response, render_template

from egain_auth_cli.sandbox.people import PEOPLE
from egain_auth_cli.sandbox.scopes import bare_scopes, describe_scope
from egain_auth_cli.sanitize import printable
from egain_auth_cli.sign_in.page_frame import Mark, document, security_policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from egain_auth_cli.sandbox.issued import Transaction
    from egain_auth_cli.sandbox.recent_requests import SeenRequest

_REFRESH_SECONDS = 3
_FOOTER = 'eGain sandbox: a server on your own machine, where nothing is real. <a href="/">Its last requests</a>'


def render_sign_in(transaction: Transaction, *, username: str = "", message: str = "", status: int = 200) -> Response:
    """Ask who is there; `message` says what was wrong with the last try."""
    people = [person for person in PEOPLE if person.actor == transaction.request.realm.actor]
    values = {"transaction": transaction, "username": username, "message": message, "people": people}
    return _answer(_page("sign_in.html", "Sign in", values), status=status, transaction=transaction)


def render_consent(transaction: Transaction) -> Response:
    """Ask whether the application may have what it asks for, in words."""
    scopes = bare_scopes(transaction.request.wire_scope, realm=transaction.request.realm)
    values = {"transaction": transaction, "scopes": {scope: describe_scope(scope) for scope in scopes}}
    return _answer(_page("consent.html", "Allow access?", values), transaction=transaction)


def render_error(
    text: str, *, status: int, received: str | None = None, known: Iterable[str] = (), advice: str = ""
) -> Response:
    """Say what went wrong where no redirect may happen.

    Args:
        text: What it was.
        status: Of the answer.
        received: The value that was wrong.
        known: Those that would have been right.
        advice: What to do.
    """
    shown = printable(received) if received else ""
    values = {"message": text, "received": shown, "known": tuple(known), "advice": advice}
    return _answer(_page("error.html", "This did not work", values, mark=Mark.BAD), status=status)


def render_requests(requests: Sequence[SeenRequest], *, url: str) -> Response:
    """Show what was asked of the sandbox, anew every few seconds."""
    content = render_template("requests.html", requests=requests, url=url)
    return _answer(_frame(content, "Last requests", wide=True, refresh=_REFRESH_SECONDS))


def _page(template: str, heading: str, values: Mapping[str, object], *, mark: Mark = Mark.PLAIN) -> str:
    return _frame(render_template(template, **values), heading, mark=mark)


def _frame(content: str, heading: str, *, mark: Mark = Mark.PLAIN, wide: bool = False, refresh: int = 0) -> str:
    title = f"{heading} - eGain sandbox"
    return document(content, heading=heading, title=title, footer=_FOOTER, mark=mark, wide=wide, refresh=refresh)


def _answer(page: str, *, status: int = 200, transaction: Transaction | None = None) -> Response:
    return Response(
        page,
        status=status,
        headers={
            "Cache-Control": "no-store",
            "Content-Security-Policy": security_policy(form_action=f"'self'{_target(transaction)}"),
            # The address of the sign-in page holds the state: it is not to reach another site.
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
        },
    )


def _target(transaction: Transaction | None) -> str:
    """Return the application's origin: browsers hold `form-action` against the redirect that follows a form too."""
    if transaction is None:
        return ""
    parts = urlsplit(transaction.request.payload.redirect_uri)
    return f" {parts.scheme}://{parts.netloc}"
