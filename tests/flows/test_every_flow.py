"""Every flow is told by one record, and every part of the program is made from it: a member without one fails here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from fakes.profiles import make_settings

from egain_auth_cli import _fastpath
from egain_auth_cli.call.catalogue import operations
from egain_auth_cli.cli import LazyGroup
from egain_auth_cli.errors import SettingMissing
from egain_auth_cli.flows import RECORDS, sign_in_records
from egain_auth_cli.flows.record import CLIENT_SECRET, Grant
from egain_auth_cli.flows.refresh_token import refresh_request
from egain_auth_cli.health.flows import list_flows
from egain_auth_cli.models.form_request import Client
from egain_auth_cli.models.grants import ENDPOINTS, Actor, Flow, Subject
from egain_auth_cli.models.oauth_errors import explain
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.settings.keys import KEY
from egain_auth_cli.settings.settings import FlowOptions
from egain_auth_cli.stores.secret_store import login_items

if TYPE_CHECKING:
    from collections.abc import Iterator

URL = "https://login.acme.test/token?user_type=customer"
WEB = Client(client_id="acme-client", secret=Secret("made-up-secret"))
FULL = Grant(
    url=URL,
    client=WEB,
    subject=Subject.USERNAME,
    subject_name="jane",
    subject_token=Secret("made-up"),
    registration_id="okta",
    code=Secret("c"),
    redirect_uri="http://localhost/",
)


def options_of(command: str) -> dict[str, str]:
    """The options of a command, each with its help."""
    loaded = LazyGroup(name="egain").get_command(None, command)
    return {name: param.help for param in loaded.params for name in param.opts}


@pytest.mark.parametrize("flow", Flow)
def test_flow_has_a_record_that_tells_all_of_it(flow: Flow) -> None:
    record = RECORDS[flow]

    assert flow is record.flow
    assert record.persona
    assert record.platform
    assert set(record.needs) <= {*KEY, CLIENT_SECRET}
    assert all(option.name.startswith("--") and option.help.endswith(".") for option in record.options)


@pytest.mark.parametrize("command", ["token", "export", "exec", "call", "inspect"])
@pytest.mark.parametrize("flow", Flow)
def test_every_command_that_acquires_a_token_takes_the_options_of_the_flow(flow: Flow, command: str) -> None:
    offered = options_of(command)

    assert {one.name: one.help for one in RECORDS[flow].options}.items() <= offered.items()


@pytest.mark.parametrize("flow", Flow)
def test_login_takes_the_options_of_a_flow_that_signs_in_and_no_other(flow: Flow) -> None:
    record, offered = RECORDS[flow], options_of("login")

    expected = {one.name: record.login_help for one in record.options} if record.signs_in else {}
    assert expected == {one.name: offered[one.name] for one in record.options if one.name in offered}
    assert record.signs_in is bool(record.login_help)


@pytest.mark.parametrize("flow", Flow)
def test_flow_is_listed_with_what_a_profile_lacks(flow: Flow) -> None:
    listed = {one.record.flow: one for one in list_flows(None, lambda _: pytest.fail("no profile is looked at"))}

    assert listed[flow].missing is None


@pytest.mark.parametrize("flow", Flow)
def test_flow_resolves_settings_and_names_documented_endpoint_tables(flow: Flow) -> None:
    record = RECORDS[flow]
    settings = make_settings(FlowOptions(flow=flow, subject=record.options[0].subject))

    assert record is settings.need_flow()
    assert settings.endpoint in ENDPOINTS


@pytest.mark.parametrize("flow", Flow)
def test_logout_forgets_the_logins_of_a_flow_that_signs_in(flow: Flow) -> None:
    kept = [item for item in login_items("acme") if f"/{flow.value}/" in item]

    assert len(kept) == (len(Actor) if RECORDS[flow].signs_in else 0)


@pytest.mark.parametrize("flow", Flow)
def test_hints_of_the_flow_are_the_ones_given(flow: Flow) -> None:
    hints = RECORDS[flow].hints

    assert list(hints.values()) == [explain(error, hints=hints) for error in hints]


@pytest.mark.parametrize("flow", Flow)
def test_fast_path_takes_the_flag_of_the_flow(flow: Flow) -> None:
    flags = [one.name for one in RECORDS[flow].options if not one.metavar]

    assert [("", flag) for flag in flags] == [_fastpath.parse(["token", flag]) for flag in flags]


def test_every_persona_of_the_api_is_one_that_a_flow_has() -> None:
    held = {persona for record in RECORDS.values() for persona in record.personas}

    assert {persona for one in operations() for persona in one.personas} <= held


@pytest.mark.parametrize("flow", Flow)
def test_request_names_its_grant_and_its_client(flow: Flow) -> None:
    form = RECORDS[flow].request(FULL)

    assert {"grant_type", "client_id"} <= form.fields.keys()
    assert URL == form.url


@pytest.mark.parametrize("flow", Flow)
def test_only_a_code_is_used_up_by_being_sent(flow: Flow) -> None:
    record = RECORDS[flow]

    assert record.request(FULL).replayable is not record.signs_in


def test_refresh_token_is_never_sent_twice() -> None:
    assert not refresh_request(URL, WEB, refresh_token=Secret("r")).replayable


def forms(scopes: tuple[str, ...]) -> Iterator[bool]:
    for record in RECORDS.values():
        if not record.signs_in:
            yield "scope" in record.request(replace(FULL, scopes=scopes)).fields
    yield "scope" in refresh_request(URL, WEB, refresh_token=Secret("made-up"), scopes=scopes).fields


@pytest.mark.parametrize("scopes", [(), ("a", "b")])
def test_scope_field_is_sent_where_there_are_scopes(scopes: tuple[str, ...]) -> None:
    assert {bool(scopes)} == set(forms(scopes))


@pytest.mark.parametrize(
    ("flow", "lacking", "words"),
    [
        (Flow.ON_BEHALF_OF, {"subject": None}, "needs the person"),
        (Flow.ON_BEHALF_OF, {"subject_name": None}, "needs the person"),
        (Flow.TOKEN_EXCHANGE, {"subject_token": None}, "other provider's token"),
    ],
)
def test_grant_that_lacks_what_the_command_line_gives_is_refused(
    flow: Flow, lacking: dict[str, Any], words: str
) -> None:
    check = RECORDS[flow].check

    assert check is not None
    with pytest.raises(SettingMissing, match=words):
        check(replace(FULL, **lacking))


@pytest.mark.parametrize(
    ("flow", "option"),
    [
        (Flow.PKCE, "--pkce"),
        (Flow.AUTHORIZATION_CODE, "--auth-code"),
        (Flow.CLIENT_CREDENTIALS, "--client-credentials"),
        (Flow.ANONYMOUS, "--anonymous"),
        (Flow.ON_BEHALF_OF, "--on-behalf-of"),
        (Flow.TOKEN_EXCHANGE, "--token-exchange"),
    ],
)
def test_option_is_the_documented_one(flow: Flow, option: str) -> None:
    assert option == RECORDS[flow].option


def test_person_signs_in_for_the_two_code_flows() -> None:
    assert [Flow.PKCE, Flow.AUTHORIZATION_CODE] == [one.flow for one in sign_in_records()]


@pytest.mark.parametrize(
    ("flow", "actor", "subject", "names"),
    [
        (Flow.PKCE, Actor.USER, None, ("user",)),
        (Flow.AUTHORIZATION_CODE, Actor.CUSTOMER, None, ("customer",)),
        (Flow.CLIENT_CREDENTIALS, Actor.CUSTOMER, None, ("client",)),
        (Flow.ANONYMOUS, Actor.USER, None, ("anonymous",)),
        (Flow.ON_BEHALF_OF, Actor.USER, Subject.USERNAME, ("on_behalf_of_user", "user")),
        (Flow.ON_BEHALF_OF, Actor.CUSTOMER, Subject.USERID, ("on_behalf_of_user", "user")),
        (Flow.ON_BEHALF_OF, Actor.USER, Subject.EMAIL, ("on_behalf_of_customer", "customer")),
        (Flow.TOKEN_EXCHANGE, Actor.CUSTOMER, None, ("customer",)),
    ],
)
def test_each_flow_uses_the_documented_endpoint_tables(
    flow: Flow, actor: Actor, subject: Subject | None, names: tuple[str, ...]
) -> None:
    assert names == RECORDS[flow].endpoints(actor, subject)
