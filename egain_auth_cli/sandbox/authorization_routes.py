"""The authorization endpoint's routes: request, sign-in and consent (RFC 6749 §3.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749.errors import OAuth2Error
from flask import Blueprint, g, request

from egain_auth_cli.sandbox.authorization_server import current_server
from egain_auth_cli.sandbox.oauth_request import FormRequest, domain_hints
from egain_auth_cli.sandbox.pages import render_consent, render_error, render_sign_in
from egain_auth_cli.sandbox.people import find_person
from egain_auth_cli.sandbox.realms import REALMS, Realm
from egain_auth_cli.sandbox.registrations import REGISTRATIONS, find_registration

if TYPE_CHECKING:
    from flask import Response

    from egain_auth_cli.sandbox.issued import Transaction

_STALE = "This sign-in has ended or was never begun. Start again from the application."
_OTHER_CLIENT = "Ask again as one of these; in a profile of egain, client_id names it."
_OTHER_REDIRECT = (
    "Ask again with one of these, character by character; http://127.0.0.1/callback stands for any port. In a profile "
    "of egain, redirect_uris names them. In a tenant, an administrator adds the one received to the client application."
)

blueprint = Blueprint("authorization", __name__)


def begin_sign_in(realm: Realm) -> Response:
    """Check an authorization request and show the sign-in page."""
    hints = request.args.getlist("domain_hint")
    if realm.commercial and (len(hints) != 1 or hints[0] not in domain_hints(request, realm=realm)):
        return render_error("The domain_hint is missing, or names no environment of this server.", status=400)
    server = current_server()
    oauth_request = FormRequest(request, realm=realm, parameters=request.args)
    try:
        server.get_consent_grant(oauth_request)
    except OAuth2Error as error:
        if error.redirect_uri:
            return server.handle_error_response(oauth_request, error)
        return _refuse_on_a_page(oauth_request, error)
    return render_sign_in(server.state.open_transaction(oauth_request))


def _refuse_on_a_page(oauth_request: FormRequest, error: OAuth2Error) -> Response:
    """Say what is wrong with the client or its redirect URI, and which there are: no redirect can be trusted then."""
    text, payload = error.get_error_description() or error.error, oauth_request.payload
    client = find_registration(payload.client_id)
    if oauth_request.doubled & {"client_id", "redirect_uri"}:
        return render_error(text, status=400)
    if client is None:
        known = [one.client_id for one in REGISTRATIONS]
        return render_error(text, status=400, received=payload.client_id, known=known, advice=_OTHER_CLIENT)
    return render_error(
        text, status=400, received=payload.redirect_uri, known=client.redirect_uris, advice=_OTHER_REDIRECT
    )


def continue_sign_in(realm: Realm) -> Response:
    """Take what a person did on the sign-in or the consent page."""
    action = request.form.get("action")
    g.transaction = transaction = current_server().state.find_transaction(request.form.get("transaction", ""))
    if transaction is None or transaction.request.realm != realm:
        return render_error(_STALE, status=400)
    if action == "signin":
        return _sign_in(transaction)
    if action == "deny" or (action == "approve" and transaction.person):
        return _finish(transaction, approved=action == "approve")
    return render_error("The form has no such button.", status=400)


def _sign_in(transaction: Transaction) -> Response:
    username, realm = request.form.get("username", "").strip(), transaction.request.realm
    person = find_person(username=username)
    if person is None:
        message = "Nobody here has this user name."
    elif person.actor != realm.actor:
        message = f"{person.username} is not a {realm.actor}, and this sign-in is for a {realm.actor}."
    elif not request.form.get("password"):
        message = "The password is missing."
    else:
        transaction.person = person
        return render_consent(transaction)
    return render_sign_in(transaction, username=username, message=message, status=403)


def _finish(transaction: Transaction, *, approved: bool) -> Response:
    server = current_server()
    if not server.state.close_transaction(transaction):
        return render_error(_STALE, status=400)
    with server.state.lock:
        response: Response = server.create_authorization_response(
            transaction.request,
            grant_user=transaction.person if approved else None,
            grant=server.get_authorization_grant(transaction.request),
        )
    # A form was posted: 303 makes sure that the application gets a GET.
    response.status_code = 303
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


for _realm in REALMS:
    for _method, _view in (("GET", begin_sign_in), ("POST", continue_sign_in)):
        if _realm.authorize_path:
            blueprint.add_url_rule(
                _realm.authorize_path, f"{_method}-{_realm.name}", _view, methods=[_method], defaults={"realm": _realm}
            )
