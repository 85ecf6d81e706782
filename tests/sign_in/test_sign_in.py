"""The decisions of a login: what is proved before the browser opens, and which login is kept."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from fakes.bench import Bench
from fakes.profiles import altered
from fakes.raw_http import RawAnswer, follow, get
from fakes.secret_store import LosingSecretStore, locked_store, missing_store
from fakes.tokens import make_token

from egain_auth_cli.errors import (
    BindingChanged,
    ConfigError,
    KeyringLocked,
    KeyringMissing,
    LoginTimedOut,
    SettingMissing,
    SignInRefused,
    StoreError,
)
from egain_auth_cli.models.grants import Flow
from egain_auth_cli.sign_in.request import LoginRequest, SignedIn
from egain_auth_cli.sign_in.sign_in import SignIn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ANY_PORT = altered(redirect_uris='["http://127.0.0.1/callback"]')


class FakeBrowser:
    """Opens a URL in a thread and comes back with what its script says, as a person's browser does."""

    def __init__(self, *answers: dict[str, str], signs_in: bool = True) -> None:
        self._answers = answers if answers or not signs_in else ({"code": "made-up-code"},)
        self.urls: list[str] = []
        self.pages: list[RawAnswer] = []
        self._thread: threading.Thread | None = None

    def open(self, url: str, is_wanted: Callable[[], bool]) -> None:
        self.urls.append(url)
        self._thread = threading.Thread(target=self._go, args=(url,), daemon=True)
        self._thread.start()

    def asked(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.urls[0]).query).items()}

    def close(self) -> None:
        if self._thread is not None:
            self._thread.join(5)

    def _go(self, url: str) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        for fields in self._answers:
            query = urlencode({"state": asked["state"], **fields})
            self.pages += follow(f"{asked['redirect_uri']}?{query}")


class Desk(Bench):
    """A session service with everything around it."""

    def __init__(self, tmp_path: Path, *script: Any, browser: FakeBrowser | None = None, text: str = ANY_PORT) -> None:
        super().__init__(tmp_path, *script, text=text)
        self.browser = browser or FakeBrowser()
        self.said: list[str] = []

    def sessions(self, notify: Callable[[str], None] | None = None) -> SignIn:
        return SignIn(
            self.credentials,
            sender=self.sender,
            open_browser=self.browser.open,
            notify=notify or self.said.append,
            show_address=lambda words, address: self.said.append(f"{words}\n\n  {address}\n"),
            clock=self.clock,
            recheck=lambda: None,
            lock_seconds=5.0,
        )

    def login(self, *, flow: Flow | None = None, **request: Any) -> SignedIn:
        settings = self.settings(flow=flow)
        notify = request.pop("notify", None)
        try:
            return self.sessions(notify).login(LoginRequest(settings=settings, **({"seconds": 10.0} | request)))
        finally:
            self.browser.close()

    def address(self) -> dict[str, str]:
        """What is shown as the address to open, taken apart."""
        line = next(line.strip() for line in "\n".join(self.said).splitlines() if line.startswith("  http"))
        return {name: values[0] for name, values in parse_qs(urlsplit(line).query).items()}


def token(refresh: str | None = "made-up-refresh", **more: Any) -> Any:
    return make_token("made-up-token", refresh=refresh, **more)


def test_missing_client_secret_is_told_before_the_browser_opens(tmp_path: Path) -> None:
    desk = Desk(tmp_path)

    with pytest.raises(SettingMissing, match="no client secret"):
        desk.login(flow=Flow.AUTHORIZATION_CODE)
    assert desk.browser.urls == []


def test_second_answer_causes_no_second_exchange(tmp_path: Path) -> None:
    answers: list[int] = []
    desk = Desk(tmp_path)

    def exchange(_: Any) -> Any:
        asked = desk.browser.asked()
        answers.append(get(f"{asked['redirect_uri']}?state={asked['state']}&code=made-up-other").status)
        return token()

    desk.sender.script = [exchange]
    desk.login()

    assert (answers, len(desk.sender.forms)) == ([409], 1)


def test_without_a_browser_the_address_alone_is_shown(tmp_path: Path) -> None:
    desk = Desk(tmp_path)

    with pytest.raises(LoginTimedOut):
        desk.login(seconds=0.1, open_browser=False)
    assert desk.browser.urls == []
    assert desk.address()["response_type"] == "code"


@pytest.mark.parametrize(
    ("store", "kind"),
    [(locked_store(), KeyringLocked), (missing_store(), KeyringMissing), (LosingSecretStore(), StoreError)],
)
def test_store_is_proved_writable_before_the_browser_opens(tmp_path: Path, store: Any, kind: type[Exception]) -> None:
    desk = Desk(tmp_path)
    desk.store = store

    with pytest.raises(kind):
        desk.login(force=True)
    assert (desk.browser.urls, desk.sender.forms) == ([], [])


def test_probe_leaves_nothing_behind(tmp_path: Path) -> None:
    desk = Desk(tmp_path, token())
    desk.login()

    assert list(desk.store.items) == ["acme/login/pkce/user"]


def test_profile_that_keeps_no_secrets_signs_in_for_the_tokens_life(tmp_path: Path) -> None:
    desk = Desk(tmp_path, token(), text=ANY_PORT.replace('secret_store = "keyring"', 'secret_store = "none"'))
    desk.store.kind = desk.settings().secret_store.value

    assert not desk.login().renewable
    assert desk.store.items == {}
    assert desk.acquire() is not None
    assert len(desk.sender.forms) == 1


def test_profile_that_keeps_nothing_at_all_is_refused(tmp_path: Path) -> None:
    text = ANY_PORT.replace('secret_store = "keyring"', 'secret_store = "none"\ntoken_cache = "none"')

    with pytest.raises(ConfigError, match="lost at once"):
        Desk(tmp_path, text=text).login()


def test_server_without_refresh_tokens_drops_the_former_login(tmp_path: Path) -> None:
    desk = Desk(tmp_path, token(refresh=None))
    desk.signed_in("made-up-old")

    assert not desk.login(force=True).renewable
    assert desk.refresh_token() is None


@pytest.mark.parametrize("there", ["token", "login"])
def test_usable_login_is_kept(tmp_path: Path, there: str) -> None:
    desk = Desk(tmp_path)
    if there == "token":
        desk.cached(make_token())
    else:
        desk.signed_in()

    assert SignedIn(None, renewable=True) == desk.login()
    assert desk.browser.urls == []


@pytest.mark.parametrize("there", ["expired token", "login for other scopes", "login of another client"])
def test_login_that_is_of_no_use_is_replaced(tmp_path: Path, there: str) -> None:
    desk = Desk(tmp_path, token("made-up-new"))
    if there == "expired token":
        desk.cached(make_token(lives=-1))
    elif there == "login for other scopes":
        desk.signed_in(settings=desk.settings(scopes=("other",)))
    else:
        desk.signed_in()
        desk.text = desk.text.replace("acme-client", "new-client")

    assert desk.login().token is not None
    assert desk.refresh_token() == "made-up-new"


@pytest.mark.parametrize("variable", ["EGAIN_CLIENT_ID", "EGAIN_TOKEN_URL", "EGAIN_API_URL"])
def test_target_from_the_environment_does_not_replace_the_profiles_login(tmp_path: Path, variable: str) -> None:
    desk = Desk(tmp_path)
    desk.signed_in("made-up-old")
    desk.environ[variable] = "https://other.test/x"

    with pytest.raises(BindingChanged, match=variable):
        desk.login(force=True)
    del desk.environ[variable]
    assert (desk.refresh_token(), []) == ("made-up-old", desk.browser.urls)


@pytest.mark.parametrize("name", ["client_id", "authorization_url", "token_url", "scopes"])
def test_missing_setting_is_told_before_anything_is_opened(tmp_path: Path, name: str) -> None:
    text = "\n".join(line for line in ANY_PORT.splitlines() if not line.startswith(f"{name} ="))
    desk = Desk(tmp_path, text=text)

    with pytest.raises(SettingMissing, match=name):
        desk.login()
    assert desk.browser.urls == []


def test_scope_that_the_sign_in_refuses_is_told_with_what_was_sent(tmp_path: Path) -> None:
    desk = Desk(tmp_path, browser=FakeBrowser({"error": "invalid_scope"}))

    with pytest.raises(SignInRefused) as caught:
        desk.login()

    assert f"what was sent: `{desk.browser.asked()['scope']}`" in (caught.value.hint or "")
