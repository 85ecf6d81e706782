"""A token for a named person, asked by a client application: eGain's password grant without a password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.errors import SettingMissing
from egain_auth_cli.flows.record import CLIENT_SECRET, FlowOption, FlowRecord, Grant
from egain_auth_cli.models.form_request import form_request
from egain_auth_cli.models.grants import Actor, Flow, Subject
from egain_auth_cli.models.oauth_errors import CONSOLE

if TYPE_CHECKING:
    from egain_auth_cli.models.form_request import FormRequest


def request(grant: Grant) -> FormRequest:
    """Build the request of eGain's page "On-Behalf-Of flow".

    Raises:
        SettingMissing: No person is named.
    """
    field, person = _person(grant)
    # eGain's name for it; the grant has no password (and is not the one of RFC 6749 §4.3).
    fields = {"grant_type": "password", field: person}
    if grant.scopes:
        fields["scope"] = " ".join(grant.scopes)
    return form_request(grant.url, grant.client, fields)


def _person(grant: Grant) -> tuple[str, str]:
    if grant.subject is None or grant.subject_name is None:
        raise SettingMissing(
            "on-behalf-of needs the person",
            hint="add `--on-behalf-of USERNAME`, `--on-behalf-of-userid ID` or `--on-behalf-of-email EMAIL`; in Python "
            "`on_behalf_of=` and its like",
        )
    return grant.subject.value, grant.subject_name


def _endpoints(_: Actor, subject: Subject | None) -> tuple[str, ...]:
    """Name the endpoint tables: a user name or id goes to the user's, an e-mail to the customer's.

    Commercial instances have an endpoint for this grant alone; on self-service it is the persona's own.
    """
    persona = Actor.CUSTOMER if subject is Subject.EMAIL else Actor.USER
    return (f"on_behalf_of_{persona.value}", persona.value)


RECORD = FlowRecord(
    flow=Flow.ON_BEHALF_OF,
    options=(
        FlowOption(
            name="--on-behalf-of",
            metavar="USERNAME",
            subject=Subject.USERNAME,
            help="On behalf of a user, by user name.",
        ),
        FlowOption(
            name="--on-behalf-of-userid",
            metavar="ID",
            subject=Subject.USERID,
            help="On behalf of a user, by user id.",
        ),
        FlowOption(
            name="--on-behalf-of-email",
            metavar="EMAIL",
            subject=Subject.EMAIL,
            help="On behalf of a customer, by e-mail.",
        ),
    ),
    persona="Client App on behalf of a User or Customer",
    platform="Web",
    needs=("client_id", "token_url", "scopes", CLIENT_SECRET),
    endpoints=_endpoints,
    request=request,
    check=_person,
    per_person=True,
    personas=("obo", "obo-c"),
    hints={
        "invalid_grant": "eGain does not know this person: `--on-behalf-of USERNAME` and "
        "`--on-behalf-of-userid ID` name a user, `--on-behalf-of-email EMAIL` a customer",
        "invalid_scope": "on-behalf-of has scopes of its own, such as `knowledge.portalmgr.onbehalfof.read`: "
        f"grant them on the Permissions tab ({CONSOLE})",
        "unauthorized_client": "on-behalf-of takes a client application of Platform Web with a secret",
    },
)
