from __future__ import annotations

import json
import sys

import pytest
from fakes.secret_store import FakeSecretStore
from hypothesis import example, given
from hypothesis import strategies as st

from egain_auth_cli.errors import BindingChanged, StoreError
from egain_auth_cli.models.binding import Binding
from egain_auth_cli.models.grants import Actor, Flow
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.sanitize import redact
from egain_auth_cli.stores.secret_store import (
    BoundSecrets,
    NoSecretStore,
    client_secret_item,
    login_item,
    login_items,
    tokens_item,
)
from egain_auth_cli.tokens.stored_login import StoredLogin

USE = Binding(client_id="c", token_origins=("https://login.acme.test",), api_origin="https://api.acme.test")


@pytest.fixture
def kept() -> FakeSecretStore:
    return FakeSecretStore()


@pytest.fixture
def secrets(kept: FakeSecretStore) -> BoundSecrets:
    return BoundSecrets(kept)


def test_secret_comes_back_for_the_use_it_was_stored_for(secrets: BoundSecrets) -> None:
    secrets.set("item", Secret("made-up-secret"), use=USE)

    assert Secret("made-up-secret") == secrets.get("item", use=USE, remedy="x")
    assert secrets.binding("item") == USE


@given(st.one_of(st.text(), st.recursive(st.none() | st.floats() | st.text(), st.lists).map(json.dumps)))
@example('{"a":1,"a":2}')
@example('{"a": 1}')
@example('{"a":1.50}')
def test_any_text_is_given_back_as_it_was(text: str) -> None:
    one = BoundSecrets(FakeSecretStore())
    one.set("item", Secret(text), use=USE)

    found = one.get("item", use=USE, remedy="x")
    assert found is not None
    assert found.reveal() == text


def test_login_costs_little_more_than_its_token(secrets: BoundSecrets, kept: FakeSecretStore) -> None:
    login = StoredLogin(Secret("made-up-" * 200), ("knowledge.portalmgr.read",), person='a "b"')
    secrets.set("item", login.as_secret(), use=USE)
    found = secrets.get("item", use=USE, remedy="x")

    assert "\\\\" not in kept.items["item"]  # nothing is escaped twice
    assert found is not None
    assert StoredLogin.from_secret(found) == login


def test_login_of_release_0_1_is_read(secrets: BoundSecrets, kept: FakeSecretStore) -> None:
    inner = json.dumps({"refresh_token": "made-up", "scopes": ["a"]})
    kept.items["item"] = json.dumps({"v": 1, **USE.as_dict(), "value": inner})

    found = secrets.get("item", use=USE, remedy="x")

    assert found is not None
    assert StoredLogin.from_secret(found).refresh_token.reveal() == "made-up"


def test_nothing_stored_is_none(secrets: BoundSecrets) -> None:
    found = [secrets.get("item", use=USE, remedy="x"), secrets.binding("item"), secrets.unbound("item")]

    assert found == [None] * 3


def test_secret_that_is_deleted_is_gone_and_was_there_once(secrets: BoundSecrets) -> None:
    secrets.set("item", Secret("made-up-secret"), use=USE)

    assert [secrets.delete("item"), secrets.delete("item")] == [True, False]
    assert secrets.unbound("item") is None


@pytest.mark.parametrize(
    ("use", "named"),
    [
        (Binding(client_id="other", token_origins=USE.token_origins, api_origin=USE.api_origin), "client ID"),
        (Binding(client_id="c", token_origins=("https://evil.test",), api_origin=USE.api_origin), "token URL"),
        (Binding(client_id="c", token_origins=USE.token_origins, api_origin="https://evil.test"), "API URL"),
    ],
)
def test_secret_is_not_given_for_another_use(secrets: BoundSecrets, use: Binding, named: str) -> None:
    secrets.set("item", Secret("made-up-secret"), use=USE)

    with pytest.raises(BindingChanged, match=named) as caught:
        secrets.get("item", use=use, remedy="egain secret set")

    assert "egain secret set" in (caught.value.hint or "")
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "made-up-secret",
        "[]",
        '"x"',
        "5",
        "null",
        "{}",
        '{"value": "x"}',
        '{"v": 1, "value": 5}',
        '{"v": 2, "value": "x"}',
        "[" * 100000,
    ],
)
def test_something_that_is_not_ours_is_refused_and_not_shown(
    secrets: BoundSecrets, kept: FakeSecretStore, raw: str
) -> None:
    kept.items["item"] = raw

    with pytest.raises(StoreError, match="did not write") as caught:
        secrets.get("item", use=USE, remedy="x")

    assert "made-up" not in caught.value.message
    assert "made-up-secret" not in redact("made-up-secret" if raw == "made-up-secret" else "")


def test_secret_that_nests_as_deep_as_the_interpreter_reads_is_kept_as_the_text_that_it_is(
    secrets: BoundSecrets,
) -> None:
    for depth in range(sys.getrecursionlimit() - 200, sys.getrecursionlimit() + 10):
        secret = Secret(f'{{"a":{"[" * depth}{"]" * depth}}}')
        secrets.set("item", secret, use=USE)

        assert secrets.unbound("item") == secret


def test_items_are_told_apart_by_owner_kind_flow_and_actor() -> None:
    items = [
        client_secret_item("a"),
        tokens_item("a"),
        *(login_item("a", flow, actor) for flow in (Flow.PKCE, Flow.AUTHORIZATION_CODE) for actor in Actor),
        client_secret_item("b"),
        tokens_item("b"),
        login_item("b", Flow.PKCE, Actor.USER),
    ]

    assert len(items) == len(set(items))
    assert set(login_items("a")) == set(items[2:6])


def test_store_of_a_profile_that_keeps_nothing_keeps_nothing() -> None:
    store = NoSecretStore()

    assert (store.get("x"), store.delete("x"), store.describe()) == (None, False, "nowhere")
    with pytest.raises(StoreError, match="keeps no secrets"):
        store.set("x", "made-up-secret")
