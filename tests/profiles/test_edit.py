"""Adding, changing, renaming and removing profiles, with what belongs to them."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any

import pytest
from fakes.clock import FakeClock
from fakes.profiles import ACME
from fakes.secret_store import FakeSecretStore, locked_store
from fakes.token_cache import FakeTokenCache
from fakes.tokens import make_token, receive

from egain_auth_cli.commands.profile_make import profile_editor
from egain_auth_cli.errors import ConfigError, EgainError, ProfileMissing, StoreError, UsageError
from egain_auth_cli.models.grants import Actor, Flow, SecretStoreKind
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.runtime import Runtime
from egain_auth_cli.stores.secret_store import client_secret_item, login_item
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
        return profile_editor(self.runtime)

    def put(self, text: str = ACME) -> None:
        self.path.parent.mkdir(exist_ok=True)
        self.path.write_text(text)
        self.store.items |= SECRETS

    def profile(self, name: str = "acme") -> Profile:
        return self.runtime.config().profile(name)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_first_profile_becomes_the_default_and_later_ones_do_not(office: Office) -> None:
    added = [office.service.add(name, {"client_id": name}) for name in ("one", "two")]
    config = office.runtime.config()

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
def test_bad_profile_is_not_added(office: Office, name: str, values: dict[str, Any]) -> None:
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
def test_bad_key_or_value_changes_nothing(office: Office, key: str, text: str, kind: type[EgainError]) -> None:
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

    assert office.runtime.config().default_profile == "other"


def keeps_everything(office: Office, name: str) -> bool:
    items = {
        item.replace(name, "acme", 1) if item.startswith(name) else item: value
        for item, value in office.store.items.items()
    }
    return all(items.get(item) == value for item, value in SECRETS.items())


@pytest.mark.parametrize("call", range(1, 30))
def test_rename_loses_no_secret_whichever_call_of_the_keyring_fails(office: Office, call: int) -> None:
    office.put()
    office.store.fail_at(call)
    failed = False
    try:
        office.service.rename("acme", "new")
    except StoreError:
        failed = True
    office.store.mend()
    (name,) = office.runtime.config().names

    assert keeps_everything(office, name)
    assert failed or name == "new"


@pytest.mark.parametrize("call", range(1, 12))
def test_remove_that_fails_keeps_the_profile_and_can_be_repeated(office: Office, call: int) -> None:
    office.put()
    office.store.fail_at(call)
    try:
        office.service.remove("acme")
    except StoreError:
        assert office.runtime.config().names == ("acme",)
        office.store.mend()
        office.service.remove("acme")

    assert (office.runtime.config().names, office.store.items) == ((), {"other/client-secret": "made-up-other"})


def test_rename_that_cannot_write_the_file_leaves_the_secrets_in_place(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.put()

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(ConfigError, match=r"(?i)no space left"):
            office.service.rename("acme", "new")

    assert (office.store.items, office.runtime.config().names) == (SECRETS, ("acme",))


def test_rename_whose_last_sync_fails_is_done(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.put()
    fsync = os.fsync

    def fail(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(5, "Input/output error")
        fsync(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        office.service.rename("acme", "new")

    moved = {item.replace("acme/", "new/"): value for item, value in SECRETS.items()}
    assert (office.store.items, office.runtime.config().names) == (moved, ("new",))


@pytest.mark.parametrize("verb", ["remove", "rename"])
def test_profile_that_goes_leaves_no_record_of_a_renewal(office: Office, tmp_path: Path, verb: str) -> None:
    office.put()
    journal = office.runtime.login_place(SecretStoreKind.KEYRING).journal
    receive(journal, LOGIN, make_token(refresh="made-up-refresh-2"), key="k", replaces=Secret("made-up-refresh-1"))
    if verb == "remove":
        office.service.remove("acme")
    else:
        office.service.rename("acme", "new")

    assert journal.recover(LOGIN) is None
    if verb == "rename":
        assert journal.recover(LOGIN.replace("acme/", "new/")) is not None


def test_broken_profile_can_be_removed(office: Office) -> None:
    office.put('[profiles.acme]\nflow = "broken"\n')
    office.service.remove("acme")

    assert office.runtime.config().names == ()


def test_locked_keyring_is_told_and_changes_nothing(office: Office) -> None:
    office.put()
    office.store = locked_store()
    with pytest.raises(StoreError, match="locked"):
        office.service.remove("acme")
    with pytest.raises(StoreError, match="locked"):
        office.service.rename("acme", "new")

    assert office.path.read_text() == ACME
