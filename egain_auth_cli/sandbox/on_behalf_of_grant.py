"""eGain's on-behalf-of: `grant_type=password` with a subject in place of a password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidRequestError

from egain_auth_cli.sandbox.people import Actor, find_person
from egain_auth_cli.sandbox.realms import GrantType
from egain_auth_cli.sandbox.sandbox_grant import ApplicationGrant

if TYPE_CHECKING:
    from egain_auth_cli.sandbox.people import Person

_SUBJECT_FIELDS = {
    Actor.USER: frozenset({"subject_username", "subject_userid"}),
    Actor.CUSTOMER: frozenset({"subject_email"}),
}


class OnBehalfOfGrant(ApplicationGrant):
    """A client application for a user (by name or id) or a customer (by e-mail address)."""

    GRANT_TYPE = GrantType.PASSWORD

    def find_subject(self) -> Person:
        """Find the person whom the one subject parameter names.

        Raises:
            InvalidRequestError: no subject, several, or one that the endpoint's actor does not have.
            InvalidGrantError: nobody of that name.
        """
        form, actor = self.request.form, self.request.realm.actor
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
