"""The grants that a client application asks for with its secret, in one request and without a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidRequestError, UnauthorizedClientError
from authlib.oauth2.rfc6749.grants import TokenEndpointMixin

from egain_auth_cli.sandbox.client_authentication import require_secret
from egain_auth_cli.sandbox.people import Actor, find_person
from egain_auth_cli.sandbox.realms import GrantType
from egain_auth_cli.sandbox.scopes import grant_scope
from egain_auth_cli.sandbox.token_issuer import IssuingGrant

if TYPE_CHECKING:
    from egain_auth_cli.sandbox.people import Person

_SUBJECT_FIELDS = {
    Actor.USER: frozenset({"subject_username", "subject_userid"}),
    Actor.CUSTOMER: frozenset({"subject_email"}),
}


class ApplicationGrant(IssuingGrant, TokenEndpointMixin):
    """A grant of one request, without a refresh token (RFC 6749 §4.4.3)."""

    def validate_token_request(self) -> None:
        """Authenticate the client, then check its permission, its parameters and its scope."""
        request = self.request
        request.client = self.authenticate_token_endpoint_client()
        require_secret(request)
        if not request.client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError("This client may not use this grant.")
        request.user = self.find_subject()
        request.wire_scope = grant_scope(
            request.payload.scope,
            realm=request.realm,
            grant_type=self.GRANT_TYPE,
            any_on_behalf=request.client.any_scope_on_behalf,
        )

    def create_token_response(self) -> tuple[int, dict[str, object], object]:
        """Issue the token."""
        return 200, self.generate_token(self.request.user, self.request.wire_scope), self.TOKEN_RESPONSE_HEADER

    def find_subject(self) -> Person | None:
        """Find the person for whom the application acts; none unless a grant says so."""
        return None


class ClientCredentialsGrant(ApplicationGrant):
    """A client application for itself (RFC 6749 §4.4), or at an anonymous endpoint for someone unknown."""

    GRANT_TYPE = GrantType.CLIENT_CREDENTIALS


class OnBehalfOfGrant(ApplicationGrant):
    """A client application for a user (by name or id) or a customer (by e-mail address).

    eGain calls it `grant_type=password`, but there is no password: a subject is in its place.
    """

    GRANT_TYPE = GrantType.PASSWORD

    def find_subject(self) -> Person:
        """Find the person whom the one subject parameter names.

        Raises:
            InvalidRequestError: no subject, several, or one that the endpoint's actor does not have.
            InvalidGrantError: nobody of that name.
        """
        form, actor = self.request.form, self.request.realm.actor
        # Exactly one: eGain documents the three as alternatives, and does not say which of two would win.
        given = [name for name in form if name.startswith("subject_")]
        if len(given) != 1 or given[0] not in _SUBJECT_FIELDS[actor]:
            names = " or ".join(sorted(_SUBJECT_FIELDS[actor]))
            raise InvalidRequestError(f"The request must name its subject once, by {names}.")
        person = find_person(
            username=form.get("subject_username"),
            user_id=form.get("subject_userid"),
            email=form.get("subject_email"),
        )
        if person is None or person.actor != actor:
            raise InvalidGrantError("The subject does not exist.")
        return person
