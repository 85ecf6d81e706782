from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from fakes.clock import FakeClock
from fakes.profiles import ACME
from fakes.secret_store import FakeSecretStore, locked_store
from fakes.token_cache import FakeTokenCache
from fakes.tokens import make_token

from egain_auth_cli.errors import ConfigError, EgainError, ProfileMissing, StoreError, UsageError
from egain_auth_cli.models.grants import Actor, ClientAuth, Deployment, Flow
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.profiles.add import ProfileFields, profile_values
from egain_auth_cli.profiles.documented_urls import commercial_urls, self_service_urls
from egain_auth_cli.runtime import Runtime
from egain_auth_cli.stores.journal import Journal
from egain_auth_cli.stores.secret_store import client_secret_item, login_item
from egain_auth_cli.stores.token_cache import CacheKey
from egain_auth_cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from egain_auth_cli.profiles.edit import ProfileEditor
    from egain_auth_cli.settings.profile import Profile

LOGIN = login_item("acme", Flow.PKCE, Actor.USER)
SECRETS = {
    client_secret_item("acme"): "made-up-client-secret",
    LOGIN: "made-up-login",
    "other/client-secret": "made-up-other",
}


class Office:
    """A profile service on a real file, with secrets and tokens in memory."""

    def __init__(self, tmp_path: Path) -> None:
        self.environ = {"EGAIN_CONFIG_DIR": str(tmp_path / "config"), "EGAIN_CACHE_DIR": str(tmp_path / "cache")}
        self.store = FakeSecretStore()
        self.cache = FakeTokenCache()
        self.runtime = Runtime(self.environ, Terminal({}), clock=FakeClock())
        self.runtime.secret_store = lambda _: self.store  # type: ignore[method-assign,assignment]
        self.runtime.token_cache = lambda _: self.cache  # type: ignore[method-assign,assignment]
        self.path = tmp_path / "config" / "config.toml"

    @property
    def service(self) -> ProfileEditor:
        return self.runtime.profile_service()

    def put(self, text: str = ACME) -> None:
        self.path.parent.mkdir(exist_ok=True)
        self.path.write_text(text)
        self.store.items |= SECRETS

    def profile(self, name: str = "acme") -> Profile:
        return self.service.config().profile(name)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_first_profile_becomes_the_default_and_later_ones_do_not(office: Office) -> None:
    added = [office.service.add(name, {"client_id": name}) for name in ("one", "two")]
    config = office.service.config()

    assert (added, config.names, config.default_profile) == ([True, False], ("one", "two"), "one")


def test_added_profile_is_written_without_what_it_does_not_say(office: Office) -> None:
    values: dict[str, Any] = {
        "client_id": "c",
        "flow": None,
        "api_url": "",
        "redirect_uris": ("http://localhost:1/",),
        "client_secret_command": [],
        "endpoints": {"user": {"token_url": "https://acme.test/t", "issuer": None}, "customer": {}},
        "flows": {},
    }
    office.service.add("acme", values)

    expected = (
        'version = 1\ndefault_profile = "acme"\n\n[profiles.acme]\nclient_id = "c"\n'
        'redirect_uris = ["http://localhost:1/"]\n\n[profiles.acme.endpoints.user]\ntoken_url = "https://acme.test/t"\n'
    )
    lines = [line for line in office.path.read_text().splitlines() if line]
    assert sorted(line for line in expected.splitlines() if line) == sorted(lines)


@pytest.mark.parametrize(
    ("name", "values"), [("../x", {}), ("acme", {"api_url": "http://evil.test"}), ("acme", {"flow": "x"})]
)
def test_bad_profile_is_not_added(office: Office, name: str, values: dict[str, Any]) -> None:  # I03, I04
    with pytest.raises(ConfigError):
        office.service.add(name, values)

    assert not office.path.exists()


def test_taken_name_is_refused_unless_the_profile_is_to_be_replaced(office: Office) -> None:
    office.put()
    with pytest.raises(ConfigError, match="there is a profile `acme` already"):
        office.service.add("acme", {"client_id": "new"})
    office.service.add(
        "acme", {"client_id": "new", "endpoints": {"user": {"token_url": "https://new.test/t"}}}, replace=True
    )

    profile = office.profile()
    assert (
        profile.client_id,
        profile.flow,
        profile.endpoints["user"].token_url,
    ) == ("new", Flow.PKCE, "https://new.test/t")
    assert profile.endpoints["user"].authorization_url == "https://login.acme.test/U/authorize"


@pytest.mark.parametrize(
    ("key", "text", "written"),
    [
        ("client_id", "new", 'client_id = "new"'),
        ("flow", "anonymous", 'flow = "anonymous"'),
        ("endpoints.client.token_url", "https://new.test/t", 'token_url = "https://new.test/t"'),
        ("endpoints.on_behalf_of_user.token_url", "https://new.test/t", "[profiles.acme.endpoints.on_behalf_of_user]"),
        ("flows.client-credentials.scopes", "a b", 'scopes = ["a", "b"]'),
        ("flows.client-credentials.scopes", '["a b c".x]', None),
        ("redirect_uris", "http://localhost:1/", 'redirect_uris = ["http://localhost:1/"]'),
        (
            "redirect_uris",
            '["http://localhost:1/", "http://localhost:2/"]',
            'redirect_uris = ["http://localhost:1/", "http://localhost:2/"]',
        ),
        ("client_secret_command", '["vault", "read x"]', 'client_secret_command = ["vault", "read x"]'),
    ],
)
def test_key_is_set_as_toml(office: Office, key: str, text: str, written: str | None) -> None:
    office.put()
    if written is None:
        with pytest.raises(UsageError, match="is no list"):
            office.service.set("acme", key, text)
        return
    office.service.set("acme", key, text)

    assert written in office.path.read_text()
    assert office.profile().name == "acme"


def test_empty_text_removes_a_key(office: Office) -> None:
    office.put()
    office.service.set("acme", "flow", "")
    office.service.set("acme", "flow", "")

    assert office.profile().flow is None


@pytest.mark.parametrize(
    ("key", "text", "kind"),
    [
        ("client_ids", "x", UsageError),
        ("zzzzzzzzzzzz", "x", UsageError),
        ("endpoints.user", "x", UsageError),
        ("api_url", "http://evil.test", ConfigError),
        ("flow", "password", ConfigError),
        ("redirect_uris", "http://evil.test/", ConfigError),
        ("redirect_uris", "[" * 5000, UsageError),
    ],
)
def test_bad_key_or_value_changes_nothing(office: Office, key: str, text: str, kind: type[EgainError]) -> None:  # I04
    office.put()
    with pytest.raises(kind):
        office.service.set("acme", key, text)

    assert office.path.read_text() == ACME


@pytest.mark.parametrize("verb", ["set", "use", "remove", "rename"])
def test_missing_profile_is_told(office: Office, verb: str) -> None:
    office.put()
    calls: dict[str, Callable[[], object]] = {
        "set": lambda: office.service.set("acm", "flow", "pkce"),
        "use": lambda: office.service.use("acm"),
        "remove": lambda: office.service.remove("acm"),
        "rename": lambda: office.service.rename("acm", "new"),
    }

    with pytest.raises(ProfileMissing) as caught:
        calls[verb]()
    assert "did you mean `acme`" in (caught.value.hint or "")


def test_used_profile_is_the_default(office: Office) -> None:
    office.put()
    office.service.add("other", {"client_id": "c"})
    office.service.use("other")

    assert office.service.config().default_profile == "other"


def test_renamed_profile_keeps_its_secrets_its_settings_and_its_place_as_default(office: Office) -> None:  # S12
    office.put()
    before = office.profile()
    office.cache.save(CacheKey(owner="acme", made_of={}), make_token())
    office.service.rename("acme", "new")
    after = office.profile("new")

    assert (office.service.config().names, office.service.config().default_profile) == (("new",), "new")
    assert (before.endpoints, before.flows, before.client_id) == (after.endpoints, after.flows, after.client_id)
    expected = {
        "new/client-secret": "made-up-client-secret",
        LOGIN.replace("acme", "new"): "made-up-login",
        "other/client-secret": "made-up-other",
    }
    assert (expected, {}) == (office.store.items, office.cache.kept)


@pytest.mark.parametrize("new", ["acme", "other"])
def test_profile_is_not_renamed_to_a_taken_name(office: Office, new: str) -> None:
    office.put()
    office.service.add("other", {"client_id": "c"})

    with pytest.raises(ConfigError, match="already"):
        office.service.rename("acme", new)
    assert set(SECRETS) == set(office.store.items)


def keeps_everything(office: Office, name: str) -> bool:
    items = {
        item.replace(name, "acme", 1) if item.startswith(name) else item: value
        for item, value in office.store.items.items()
    }
    return all(items.get(item) == value for item, value in SECRETS.items())


@pytest.mark.parametrize("call", range(1, 30))
def test_rename_loses_no_secret_whichever_call_of_the_keyring_fails(office: Office, call: int) -> None:  # S12
    office.put()
    office.store.fail_at(call)
    failed = False
    try:
        office.service.rename("acme", "new")
    except StoreError:
        failed = True
    office.store.mend()
    (name,) = office.service.config().names

    assert keeps_everything(office, name)
    assert failed or name == "new"


@pytest.mark.parametrize("call", range(1, 12))
def test_remove_that_fails_keeps_the_profile_and_can_be_repeated(office: Office, call: int) -> None:  # S12
    office.put()
    office.store.fail_at(call)
    try:
        office.service.remove("acme")
    except StoreError:
        assert office.service.config().names == ("acme",)
        office.store.mend()
        office.service.remove("acme")

    assert (office.service.config().names, office.store.items) == ((), {"other/client-secret": "made-up-other"})


def test_rename_that_cannot_write_the_file_leaves_the_secrets_in_place(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:  # S12
    import os

    office.put()

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(ConfigError, match=r"(?i)no space left"):
            office.service.rename("acme", "new")

    assert (office.store.items, office.service.config().names) == (SECRETS, ("acme",))


def test_removed_profile_leaves_nothing(office: Office) -> None:  # S12
    office.put()
    office.cache.save(CacheKey(owner="acme", made_of={}), make_token())
    office.service.add("last", {"client_id": "c"})
    office.service.remove("acme")
    config = office.service.config()

    assert (config.names, config.default_profile) == (("last",), None)
    assert (office.store.items, office.cache.kept) == ({"other/client-secret": "made-up-other"}, {})


@pytest.mark.parametrize("verb", ["remove", "rename"])
def test_profile_that_goes_leaves_no_record_of_a_renewal(office: Office, tmp_path: Path, verb: str) -> None:  # S12
    office.put()
    journal = Journal(office.runtime.paths.journal_dir)
    journal.received(LOGIN, make_token(refresh="made-up-refresh-2"), key="k", replaces=Secret("made-up-refresh-1"))
    if verb == "remove":
        office.service.remove("acme")
    else:
        office.service.rename("acme", "new")

    assert journal.recover(LOGIN) is None
    if verb == "rename":
        moved = f"{office.store.items}{[path.read_text() for path in office.runtime.paths.journal_dir().glob('*')]}"
        assert "made-up-refresh-2" in moved


def test_broken_profile_can_be_removed(office: Office) -> None:
    office.put('[profiles.acme]\nflow = "broken"\n')
    office.service.remove("acme")

    assert office.service.config().names == ()


def test_locked_keyring_is_told_and_changes_nothing(office: Office) -> None:  # S12
    office.put()
    office.store = locked_store()
    with pytest.raises(StoreError, match="locked"):
        office.service.remove("acme")
    with pytest.raises(StoreError, match="locked"):
        office.service.rename("acme", "new")

    assert office.path.read_text() == ACME


# What ``profile add`` derives

GUIDE = "https://login.egain.cloud/f51302dd-7036-41b5-b619-e1a52a67c780"
TENANT = "https://ai.egain.cloud/system/auth/TMPRODB88619984"
ANONYMOUS = "/anonymous/token?user_type=customer&domain_hint"


def test_self_service_tenant_has_the_guides_urls() -> None:
    values = profile_values(ProfileFields(deployment=Deployment.SELF_SERVICE, tenant="TMPRODB88619984", client_id="c"))

    expected = {
        "user": {"authorization_url": f"{TENANT}-U/oauth2/authorize", "token_url": f"{TENANT}-U/oauth2/token"},
        "customer": {"authorization_url": f"{TENANT}-C/oauth2/authorize", "token_url": f"{TENANT}-C/oauth2/token"},
        "client": {"token_url": f"{TENANT}-U/oauth2/token"},
        "anonymous": {
            "token_url": f"https://api.ai.egain.cloud/core/authmgr/v3/oauth2/v2.0{ANONYMOUS}=TMPRODB88619984"
        },
        "on_behalf_of_user": {"token_url": f"{TENANT}-U/oauth2/token"},
        "on_behalf_of_customer": {"token_url": f"{TENANT}-C/oauth2/token"},
    }
    assert expected == values["endpoints"]
    assert (
        values["deployment"],
        values["api_url"],
        values["client_id"],
    ) == ("self-service", "https://api.ai.egain.cloud", "c")
    assert values["flows"]["client-credentials"]["client_auth"] == "body"


@pytest.mark.parametrize("domain", ["developerv3api.egain.cloud", "https://developerv3api.egain.cloud/"])
def test_commercial_instance_has_the_guides_urls(domain: str) -> None:
    values = profile_values(ProfileFields(deployment=Deployment.COMMERCIAL, domain=domain))
    user, customer = "B2C_1A_User_V3_SignIn_OIDC", "B2C_1A_Customer_V3_SignUpOrSignIn_OIDC"

    hint = "?domain_hint=developerv3api.egain.cloud"
    expected = {
        "user": {
            "authorization_url": f"{GUIDE}/{user}/oauth2/v2.0/authorize{hint}",
            "token_url": f"{GUIDE}/{user}/oauth2/v2.0/token",
        },
        "customer": {
            "authorization_url": f"{GUIDE}/{customer}/oauth2/v2.0/authorize{hint}",
            "token_url": f"{GUIDE}/{customer}/oauth2/v2.0/token",
        },
        "client": {"token_url": f"{GUIDE.replace('cloud/', 'cloud/global/')}/oauth2/v2.0/token"},
        "anonymous": {"token_url": f"https://login.egain.cloud/internal/oauth2/v2.0{ANONYMOUS}=api.egain.cloud"},
    }
    assert expected == values["endpoints"]
    assert (values["deployment"], values["api_url"]) == ("commercial", "https://api.egain.cloud")
    assert values["flows"]["client-credentials"] == {"client_auth": "basic", "scopes": [".default"]}


def test_other_gateway_takes_the_place_of_the_guides() -> None:
    urls = commercial_urls("acme.test", "my-gateway")

    assert urls.endpoints["client"]["token_url"] == "https://login.egain.cloud/global/my-gateway/oauth2/v2.0/token"


@pytest.mark.parametrize(
    ("tenant", "domain", "kind"), [("T", None, "self-service"), (None, "acme.test", "commercial"), (None, None, None)]
)
def test_deployment_follows_from_what_is_given(tenant: str | None, domain: str | None, kind: str | None) -> None:
    assert kind == profile_values(ProfileFields(tenant=tenant, domain=domain))["deployment"]


@pytest.mark.parametrize(
    "fields",
    [
        {"deployment": Deployment.SELF_SERVICE, "domain": "acme.test"},
        {"deployment": Deployment.SELF_SERVICE, "tenant": "T", "gateway": "g"},
        {"deployment": Deployment.COMMERCIAL, "tenant": "T"},
        {"tenant": "../x"},
        {"tenant": "a b"},
        {"tenant": "x" * 65},
        {"domain": "evil.test/?x"},
        {"domain": "user@evil.test"},
        {"domain": "evil.test#x"},
        {"domain": "acme.test", "gateway": "../x"},
    ],
)
def test_what_does_not_go_together_is_refused(fields: dict[str, Any]) -> None:  # I04
    with pytest.raises(UsageError):
        profile_values(ProfileFields(**fields))


def test_given_urls_take_the_place_of_the_documented() -> None:
    fields = ProfileFields(
        tenant="T",
        authorization_url="https://own.test/a",
        token_url="https://own.test/t",
        client_token_url="https://own.test/ct",
        anonymous_token_url="https://own.test/at",
        revocation_url="https://own.test/r",
        api_url="https://api.own.test",
        redirect_uris=("http://localhost:1/",),
        scope_prefix="p/",
        domain_hint="d",
    )
    values = profile_values(fields)

    expected = {
        "authorization_url": "https://own.test/a",
        "token_url": "https://own.test/t",
        "revocation_url": "https://own.test/r",
    }
    assert expected == values["endpoints"]["user"]
    assert tuple(values["endpoints"][name]["token_url"] for name in ("client", "anonymous")) == (
        "https://own.test/ct",
        "https://own.test/at",
    )
    assert (values["api_url"], values["scope_prefix"], values["domain_hint"]) == ("https://api.own.test", "p/", "d")


@pytest.mark.parametrize(
    ("flow", "actor", "table"),
    [
        (None, None, "user"),
        (Flow.PKCE, Actor.CUSTOMER, "customer"),
        (Flow.CLIENT_CREDENTIALS, None, "client"),
        (Flow.ANONYMOUS, None, "anonymous"),
        (Flow.ON_BEHALF_OF, None, "on_behalf_of_user"),
    ],
)
def test_token_url_is_that_of_the_flow_and_actor(flow: Flow | None, actor: Actor | None, table: str) -> None:
    values = profile_values(ProfileFields(flow=flow, actor=actor, token_url="https://own.test/t"))

    assert values["endpoints"][table]["token_url"] == "https://own.test/t"
    assert values["endpoints"]["client"]["token_url"] == "https://own.test/t"


def test_flow_scopes_and_client_authentication_fill_that_flows_table() -> None:
    fields = ProfileFields(flow=Flow.ANONYMOUS, scopes=("a", "b"), client_auth=ClientAuth.BASIC)

    assert profile_values(fields)["flows"] == {"anonymous": {"scopes": ["a", "b"], "client_auth": "basic"}}


def test_scopes_without_a_flow_fill_every_flows_table() -> None:
    flows = profile_values(ProfileFields(scopes=("a",), client_auth=ClientAuth.BASIC))["flows"]

    assert {flow.value for flow in Flow} == set(flows)
    assert {"a"} == set(itertools.chain.from_iterable(table["scopes"] for table in flows.values()))
    assert [name for name, table in flows.items() if "client_auth" in table] == ["client-credentials"]


@pytest.mark.parametrize(
    "fields",
    [
        ProfileFields(deployment=Deployment.SELF_SERVICE, tenant="TMPRODB88619984", client_id="c", flow=Flow.PKCE),
        ProfileFields(deployment=Deployment.COMMERCIAL, domain="acme.egain.cloud", client_id="c", scopes=("a",)),
        ProfileFields(token_url="https://own.test/t"),
    ],
)
def test_whatever_is_derived_can_be_written_and_read(office: Office, fields: ProfileFields) -> None:
    office.service.add("acme", profile_values(fields))

    assert office.profile().endpoints["client"].token_url


def test_documented_urls_are_usable() -> None:
    assert self_service_urls("T").api_url.startswith("https://")
