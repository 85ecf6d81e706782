"""The authorization endpoint's routes: request, sign-in and consent (RFC 6749 §3.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749.errors import OAuth2Error
from flask import Blueprint, request

from egain_auth_cli.sandbox.oauth_request import FormRequest, domain_hints
from egain_auth_cli.sandbox.people import find_person
from egain_auth_cli.sandbox.realms import REALMS, Realm, find_realm
from egain_auth_cli.sandbox.sign_in_page import render_consent, render_error, render_sign_in

if TYPE_CHECKING:
    from flask import Response

    from egain_auth_cli.sandbox.authorization_server import AuthorizationServer
    from egain_auth_cli.sandbox.issued import Transaction

SEE_OTHER = 303
_STALE = "This sign-in has ended or was never begun. Start again from the application."


class AuthorizationRoutes:
    """The pages of one server."""

    def __init__(self, server: AuthorizationServer) -> None:
        self.server = server
        self.state = server.state

    def make_blueprint(self) -> Blueprint:
        """Bind the routes of every realm in which a person signs in."""
        blueprint = Blueprint("authorization", __name__)
        for realm in REALMS:
            if realm.authorize_path:
                blueprint.add_url_rule(realm.authorize_path, f"begin-{realm.name}", self.begin_sign_in, methods=["GET"])
                blueprint.add_url_rule(
                    realm.authorize_path, f"continue-{realm.name}", self.continue_sign_in, methods=["POST"]
                )
        return blueprint

    def begin_sign_in(self) -> Response:
        """Check an authorization request and show the sign-in page."""
        realm = _current_realm()
        if realm.commercial and _hint_is_wrong(realm):
            return render_error("The domain_hint is missing, or names no environment of this server.", status=400)
        oauth_request = FormRequest(request, realm=realm, parameters=request.args)
        try:
            self.server.get_consent_grant(oauth_request)
        except OAuth2Error as error:
            if error.redirect_uri:
                return self.server.handle_error_response(oauth_request, error)
            return render_error(error.get_error_description() or error.error, status=400)
        return render_sign_in(oauth_request, transaction=self.state.open_transaction(oauth_request))

    def continue_sign_in(self) -> Response:
        """Take what a person did on the sign-in or the consent page."""
        name, action = request.form.get("transaction", ""), request.form.get("action")
        transaction = self.state.find_transaction(name)
        if transaction is None or transaction.request.realm != _current_realm():
            return render_error(_STALE, status=400)
        if action == "signin":
            return self._sign_in(transaction, name=name)
        if action == "deny" or (action == "approve" and transaction.person):
            return self._finish(name, approved=action == "approve")
        return render_error("The form has no such button.", status=400)

    def _sign_in(self, transaction: Transaction, *, name: str) -> Response:
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
            return render_consent(transaction.request, transaction=name, person=person)
        return render_sign_in(transaction.request, transaction=name, username=username, message=message, status=403)

    def _finish(self, name: str, *, approved: bool) -> Response:
        transaction = self.state.close_transaction(name)
        if transaction is None:
            return render_error(_STALE, status=400)
        with self.state.lock:
            response: Response = self.server.create_authorization_response(
                transaction.request,
                grant_user=transaction.person if approved else None,
                grant=self.server.get_authorization_grant(transaction.request),
            )
        # A form was posted: 303 makes sure that the application gets a GET.
        response.status_code = SEE_OTHER
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response


def _current_realm() -> Realm:
    realm = find_realm(request.path)
    if realm is None:
        raise LookupError(request.path)
    return realm


def _hint_is_wrong(realm: Realm) -> bool:
    hints = request.args.getlist("domain_hint")
    return len(hints) != 1 or hints[0] not in domain_hints(request, realm=realm)
