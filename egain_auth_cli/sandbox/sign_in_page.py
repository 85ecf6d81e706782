"""The pages a person sees: sign-in, consent, errors. No script, no outside resource, all escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Response

from egain_auth_cli.sandbox.people import PEOPLE
from egain_auth_cli.sandbox.scopes import bare_scopes, describe_scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from egain_auth_cli.sandbox.oauth_request import FormRequest
    from egain_auth_cli.sandbox.people import Person

_STYLE = """
:root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif; }
body { margin: 0; display: grid; min-height: 100vh; place-items: center; }
main { box-sizing: border-box; width: min(26rem, 100%); padding: 2rem; }
h1 { font-size: 1.5rem; line-height: 1.25; }
label { display: block; margin-top: 1rem; font-weight: 600; }
input { box-sizing: border-box; width: 100%; margin-top: .25rem; padding: .5rem; font: inherit; }
button { margin: 1.5rem .5rem 0 0; padding: .6rem 1.4rem; font: inherit; cursor: pointer; }
.message { padding: .75rem 1rem; border-left: .3rem solid #c62828; }
.note { font-size: .9rem; }
"""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} - eGain sandbox</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{content}
</main>
</body>
</html>
"""

_SIGN_IN = """{message}
<p>Sign in to the sandbox as {kind} for the application <strong>{client}</strong>.</p>
<form method="post" action="{action}">
<input type="hidden" name="transaction" value="{transaction}">
<label for="username">User name</label>
<input id="username" name="username" list="people" value="{username}" autocomplete="username"
  autocapitalize="none" spellcheck="false" required autofocus>
<datalist id="people">{people}</datalist>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required
  aria-describedby="any">
<p class="note" id="any">Any password will do: this server is on your own machine.</p>
<button name="action" value="signin">Sign in</button>
</form>"""

_CONSENT = """<p>You are signed in as <strong>{person}</strong>.
The application <strong>{client}</strong> asks to:</p>
<ul>{scopes}</ul>
<form method="post" action="{action}">
<input type="hidden" name="transaction" value="{transaction}">
<button name="action" value="approve">Approve</button>
<button name="action" value="deny">Deny</button>
</form>"""


def render_sign_in(
    request: FormRequest, *, transaction: str, username: str = "", message: str = "", status: int = 200
) -> Response:
    """Ask who is there; `message` says what was wrong with the last try."""
    people = [person for person in PEOPLE if person.actor == request.realm.actor]
    content = _SIGN_IN.format(
        message=f'<p class="message" role="alert">{escape(message)}</p>' if message else "",
        kind=f"a {request.realm.actor}",
        client=escape(request.client.get_client_id()),
        action=escape(request.realm.authorize_path or ""),
        transaction=escape(transaction),
        username=escape(username),
        people="".join(f'<option value="{person.username}">{person.full_name}</option>' for person in people),
    )
    return _render("Sign in", content, status=status, redirect_uri=request.payload.redirect_uri)


def render_consent(request: FormRequest, *, transaction: str, person: Person) -> Response:
    """Ask whether the application may have what it asks for, in words."""
    content = _CONSENT.format(
        person=escape(person.full_name),
        client=escape(request.client.get_client_id()),
        scopes=_list_scopes(bare_scopes(request.wire_scope, realm=request.realm)),
        action=escape(request.realm.authorize_path or ""),
        transaction=escape(transaction),
    )
    return _render("Allow access?", content, status=200, redirect_uri=request.payload.redirect_uri)


def render_error(text: str, *, status: int) -> Response:
    """Say what went wrong where no redirect may happen."""
    return _render("This did not work", f'<p class="message" role="alert">{escape(text)}</p>', status=status)


def _list_scopes(scopes: Sequence[str]) -> str:
    return "".join(f"<li>{escape(describe_scope(scope))} <code>{escape(scope)}</code></li>" for scope in scopes)


def _render(title: str, content: str, *, status: int, redirect_uri: str | None = None) -> Response:
    page = _PAGE.format(title=escape(title), style=_STYLE, content=content)
    return Response(
        page,
        status=status,
        content_type="text/html; charset=utf-8",
        headers={
            "Cache-Control": "no-store",
            "Content-Security-Policy": _security_policy(redirect_uri),
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
