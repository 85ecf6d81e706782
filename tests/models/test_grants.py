"""The six flows: their options and the endpoints that they use."""

from __future__ import annotations

import pytest

from egain_auth_cli.models.grants import Actor, Flow, Subject, endpoint_names


@pytest.mark.parametrize(
    ("flow", "option", "signs_in"),
    [
        (Flow.PKCE, "--pkce", True),
        (Flow.AUTHORIZATION_CODE, "--auth-code", True),
        (Flow.CLIENT_CREDENTIALS, "--client-credentials", False),
        (Flow.ANONYMOUS, "--anonymous", False),
        (Flow.ON_BEHALF_OF, "--on-behalf-of", False),
        (Flow.TOKEN_EXCHANGE, "--token-exchange", False),
    ],
)
def test_flow_knows_its_option_and_whether_a_person_signs_in(flow: Flow, option: str, signs_in: bool) -> None:
    assert (option, signs_in) == (flow.option, flow.signs_in)


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
    assert names == endpoint_names(flow, actor, subject)
