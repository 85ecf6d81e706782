from __future__ import annotations

import base64
import hashlib
import os
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from fakes.bench import Bench
from fakes.ports import free_port
from fakes.profiles import altered
from fakes.raw_http import RawAnswer, follow, get
from fakes.secret_store import LosingSecretStore, locked_store, missing_store
from fakes.tokens import make_token

from egain_auth_cli.errors import (
    AuthError,
    BindingChanged,
    ConfigError,
    GrantRefused,
    KeyringLocked,
    KeyringMissing,
    LoginTimedOut,
    NetworkError,
    RedirectUnavailable,
    SettingMissing,
    SignInRefused,
    StoreError,
    UsageError,
)
from egain_auth_cli.models.grants import Flow
from egain_auth_cli.sign_in.sign_in import LoginRequest, SignedIn, SignIn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ANY_PORT = altered(redirect_uris='["http://127.0.0.1/callback"]')
PASTED = altered(redirect_uris='["https://acme.test/callback"]')


class FakeBrowser:
    """Opens a URL in a thread and comes back with what its script says, as a person's browser does."""

    def __init__(self, *answers: dict[str, str], signs_in: bool = True) -> None:
        self._answers = answers if answers or not signs_in else ({"code": "made-up-code"},)
        self.urls: list[str] = []
        self.pages: list[RawAnswer] = []
        self._thread: threading.Thread | None = None

    def open(self, url: str) -> None:
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
            secrets=self.secrets,
            logins=self.logins,
            cache=self.cache,
            locks=self.locks,
            sender=self.sender,
            open_browser=self.browser.open,
            notify=notify or self.said.append,
            clock=self.clock,
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


def test_person_signs_in_and_the_login_is_kept(tmp_path: Path) -> None:
    desk = Desk(tmp_path, token())
    signed_in = desk.login()

    assert signed_in.token is not None
    assert (
        signed_in.renewable,
        signed_in.ungranted,
        signed_in.token.access_token.reveal(),
    ) == (True, (), "made-up-token")
    assert desk.refresh_token() == "made-up-refresh"
    assert desk.acquire().cached


def test_code_is_exchanged_with_the_verifier_and_the_same_redirect_uri(tmp_path: Path) -> None:  # T01, T02
    desk = Desk(tmp_path, token())
    desk.login()
    asked, (sent,) = desk.browser.asked(), desk.sender.sent

    challenge = base64.urlsafe_b64encode(hashlib.sha256(sent["code_verifier"].encode()).digest()).rstrip(b"=").decode()
    assert {"grant_type", "code", "redirect_uri", "code_verifier", "client_id"} == set(sent)
    assert (asked["code_challenge"], asked["redirect_uri"], "made-up-code") == (
        challenge,
        sent["redirect_uri"],
        sent["code"],
    )
    assert asked["code_challenge_method"] == "S256"


def test_flow_with_a_secret_sends_it_and_no_verifier(tmp_path: Path) -> None:  # T02
    desk = Desk(tmp_path, token())
    desk.client_secret()
    desk.login(flow=Flow.AUTHORIZATION_CODE)

    assert "code_challenge" not in desk.browser.asked()
    assert {"grant_type", "code", "redirect_uri", "client_id", "client_secret"} == set(desk.sender.sent[0])


def test_missing_client_secret_is_told_before_the_browser_opens(tmp_path: Path) -> None:
    desk = Desk(tmp_path)

    with pytest.raises(SettingMissing, match="no client secret"):
        desk.login(flow=Flow.AUTHORIZATION_CODE)
    assert desk.browser.urls == []


def test_address_is_shown_and_opened(tmp_path: Path) -> None:  # E07
    desk = Desk(tmp_path, token())
    desk.login()

    assert desk.browser.asked() == desk.address()


def test_browsers_page_is_true_about_the_exchange(tmp_path: Path) -> None:  # R08
    good, bad = (
        Desk(tmp_path / "a", token()),
        Desk(tmp_path / "b", GrantRefused("refused", oauth_error="invalid_grant")),
    )
    good.login()
    with pytest.raises(GrantRefused):
        bad.login()

    titles = [desk.browser.pages[-1].body for desk in (good, bad)]
    assert ("You are signed in" in titles[0], "Sign-in did not succeed" in titles[1]) == (True, True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"error": "access_denied", "state": "wrong"},
        {"code": "x", "state": "wrong"},
        {"code": "x", "error": "y"},
        {"code": ""},
        {},
    ],
)
def test_wrong_answers_cost_nothing(tmp_path: Path, wrong: dict[str, str]) -> None:  # L10, R02, R05, F5
    desk = Desk(tmp_path, token(), browser=FakeBrowser(*[wrong] * 5, {"code": "made-up-code"}))
    desk.login()

    assert [sent["code"] for sent in desk.sender.sent] == ["made-up-code"]
    assert [page.status for page in desk.browser.pages] == [400] * 5 + [303, 200]


def test_second_answer_causes_no_second_exchange(tmp_path: Path) -> None:  # L13, R11
    answers: list[int] = []
    desk = Desk(tmp_path)

    def exchange(_: Any) -> Any:
        asked = desk.browser.asked()
        answers.append(get(f"{asked['redirect_uri']}?state={asked['state']}&code=made-up-other").status)
        return token()

    desk.sender.script = [exchange]
    desk.login()

    assert (answers, len(desk.sender.forms)) == ([409], 1)


@pytest.mark.parametrize("error", ["access_denied", "invalid_scope", "server_error", "made_up"])
def test_refusal_ends_the_login_without_a_request(tmp_path: Path, error: str) -> None:  # R03
    desk = Desk(tmp_path, browser=FakeBrowser({"error": error, "error_description": "No."}))

    with pytest.raises(SignInRefused, match="No") as caught:
        desk.login()
    assert (error, []) == (caught.value.oauth_error, desk.sender.forms)
    assert "did not succeed" in desk.browser.pages[-1].body


def test_answer_of_another_server_is_refused_before_the_code_leaves(tmp_path: Path) -> None:  # R06
    desk = Desk(tmp_path, browser=FakeBrowser({"code": "made-up-code", "iss": "https://evil.test"}))

    with pytest.raises(SignInRefused, match="another server"):
        desk.login()
    assert desk.sender.forms == []


def test_nobody_who_signs_in_is_a_time_out(tmp_path: Path) -> None:
    desk = Desk(tmp_path, browser=FakeBrowser(signs_in=False))

    with pytest.raises(LoginTimedOut, match="nobody signed in") as caught:
        desk.login(seconds=0.1)
    assert (
        caught.value.exit_code,
        {item: value for item, value in desk.store.items.items() if "login" in item},
    ) == (4, {})


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
def test_store_is_proved_writable_before_the_browser_opens(
    tmp_path: Path, store: Any, kind: type[Exception]
) -> None:  # S01, S02, rule 6
    desk = Desk(tmp_path)
    desk.store = store

    with pytest.raises(kind):
        desk.login(force=True)
    assert (desk.browser.urls, desk.sender.forms) == ([], [])


def test_probe_leaves_nothing_behind(tmp_path: Path) -> None:  # S12
    desk = Desk(tmp_path, token())
    desk.login()

    assert list(desk.store.items) == ["acme/login/pkce/user"]


def test_profile_that_keeps_no_secrets_signs_in_for_the_tokens_life(tmp_path: Path) -> None:
    desk = Desk(tmp_path, token(), text=ANY_PORT.replace('secret_store = "keyring"', 'secret_store = "none"'))
    desk.store.kind = desk.settings().secret_store.value

    assert not desk.login().renewable
    assert desk.store.items == {}
    assert desk.acquire().cached


def test_profile_that_keeps_nothing_at_all_is_refused(tmp_path: Path) -> None:
    text = ANY_PORT.replace('secret_store = "keyring"', 'secret_store = "none"\ntoken_cache = "none"')

    with pytest.raises(ConfigError, match="lost at once"):
        Desk(tmp_path, text=text).login()


def test_server_without_refresh_tokens_drops_the_former_login(tmp_path: Path) -> None:
    desk = Desk(tmp_path, token(refresh=None))
    desk.signed_in("made-up-old")

    assert not desk.login(force=True).renewable
    assert desk.refresh_token() is None


def test_flow_where_nobody_signs_in_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nobody signs in"):
        Desk(tmp_path).login(flow=Flow.CLIENT_CREDENTIALS)


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


def test_forced_login_replaces_a_usable_one(tmp_path: Path) -> None:
    desk = Desk(tmp_path, token("made-up-new"))
    desk.signed_in("made-up-old")
    desk.login(force=True)

    assert desk.refresh_token() == "made-up-new"


@pytest.mark.parametrize(
    "failure", [GrantRefused("x", oauth_error="invalid_grant"), NetworkError("x"), KeyboardInterrupt()]
)
def test_forced_login_that_fails_leaves_the_former_working(tmp_path: Path, failure: BaseException) -> None:
    desk = Desk(tmp_path, failure)
    desk.signed_in("made-up-old")

    with pytest.raises(type(failure)):
        desk.login(force=True)
    assert desk.refresh_token() == "made-up-old"


@pytest.mark.parametrize("variable", ["EGAIN_CLIENT_ID", "EGAIN_TOKEN_URL", "EGAIN_API_URL"])
def test_target_from_the_environment_does_not_replace_the_profiles_login(tmp_path: Path, variable: str) -> None:  # S13
    desk = Desk(tmp_path)
    desk.signed_in("made-up-old")
    desk.environ[variable] = "https://other.test/x"

    with pytest.raises(BindingChanged, match=variable):
        desk.login(force=True)
    del desk.environ[variable]
    assert (desk.refresh_token(), []) == ("made-up-old", desk.browser.urls)


def test_scopes_that_were_not_granted_are_reported(tmp_path: Path) -> None:
    assert Desk(tmp_path, token(scope="knowledge.read")).login().ungranted == ("core.read",)


@pytest.mark.parametrize("name", ["client_id", "authorization_url", "token_url"])
def test_missing_setting_is_told_before_anything_is_opened(tmp_path: Path, name: str) -> None:
    text = "\n".join(line for line in ANY_PORT.splitlines() if not line.startswith(f"{name} ="))
    desk = Desk(tmp_path, text=text)

    with pytest.raises(SettingMissing, match=name):
        desk.login()
    assert desk.browser.urls == []


# The redirect URI


def test_first_registered_uri_that_is_free_is_taken(tmp_path: Path) -> None:  # L03
    import socket

    taken, free = free_port(), free_port()
    uris = f'["http://127.0.0.1:{taken}/callback", "http://127.0.0.1:{free}/callback"]'
    desk = Desk(tmp_path, token(), text=altered(redirect_uris=uris))
    with socket.create_server(("127.0.0.1", taken)):
        desk.login()

    assert desk.sender.sent[0]["redirect_uri"] == f"http://127.0.0.1:{free}/callback"


def test_taken_port_fails_at_once_and_the_browser_is_not_opened(tmp_path: Path) -> None:  # L03
    import socket

    port = free_port()
    desk = Desk(tmp_path, text=altered(redirect_uris=f'["http://127.0.0.1:{port}/callback"]'))
    with socket.create_server(("127.0.0.1", port)), pytest.raises(RedirectUnavailable, match=f"port {port}") as caught:
        desk.login()

    assert (desk.browser.urls, caught.value.exit_code) == ([], 3)


def test_uri_that_cannot_be_listened_on_needs_somebody_who_pastes(tmp_path: Path) -> None:
    desk = Desk(tmp_path, text=PASTED)

    with pytest.raises(RedirectUnavailable, match="must be pasted"):
        desk.login()


# Pasting


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read_end, write_end = os.pipe()
    yield read_end, write_end
    for handle in (read_end, write_end):
        try:
            os.close(handle)
        except OSError:
            continue


class Paster:
    """Pastes lines once the address is shown; ``{state}`` in them is the state asked for."""

    def __init__(self, desk: Desk, handle: int, *lines: str, end: bool = False) -> None:
        self._desk, self._handle, self._lines, self._end = desk, handle, lines, end

    def __call__(self, text: str) -> None:
        self._desk.said.append(text)
        if text.startswith("To sign in"):
            asked = self._desk.address()
            for line in self._lines:
                os.write(self._handle, (line.format(state=asked["state"], uri=asked["redirect_uri"]) + "\n").encode())
            if self._end:
                os.close(self._handle)


@pytest.mark.parametrize("text", [ANY_PORT, PASTED])
@pytest.mark.parametrize("line", ["{uri}?code=made-up-code&state={state}", "code=made-up-code&state={state}"])
def test_pasted_address_signs_in(tmp_path: Path, pipe: tuple[int, int], text: str, line: str) -> None:
    desk = Desk(tmp_path, token(), text=text, browser=FakeBrowser(signs_in=False))
    signed_in = desk.login(paste_from=pipe[0], notify=Paster(desk, pipe[1], "", line))

    assert signed_in.renewable
    assert desk.sender.sent[0]["code"] == "made-up-code"


def test_wrong_paste_on_a_terminal_is_told_and_asked_again(tmp_path: Path, pipe: tuple[int, int]) -> None:
    desk = Desk(tmp_path, token(), browser=FakeBrowser(signs_in=False))
    lines = [
        "made-up-code",
        "https://evil.test/?code=x&state={state}",
        "code=x&state=wrong",
        "code=made-up-code&state={state}",
    ]
    desk.login(paste_from=pipe[0], notify=Paster(desk, pipe[1], *lines))

    told = [line for line in desk.said if "is not the answer" in line]
    assert (len(told), "its `state` is not that of this login" in told[2]) == (3, True)
    assert [sent["code"] for sent in desk.sender.sent] == ["made-up-code"]


def test_wrong_paste_from_a_pipe_ends_the_login(tmp_path: Path, pipe: tuple[int, int]) -> None:
    desk = Desk(tmp_path, browser=FakeBrowser(signs_in=False))

    with pytest.raises(AuthError, match="is not the answer") as caught:
        desk.login(paste_from=pipe[0], asks_again=False, notify=Paster(desk, pipe[1], "code=x&state=wrong"))
    assert (caught.value.exit_code, desk.sender.forms) == (4, [])


def test_pasted_refusal_ends_the_login(tmp_path: Path, pipe: tuple[int, int]) -> None:
    desk = Desk(tmp_path, browser=FakeBrowser(signs_in=False))

    with pytest.raises(SignInRefused):
        desk.login(paste_from=pipe[0], notify=Paster(desk, pipe[1], "error=access_denied&state={state}"))


def test_end_of_input_does_not_end_the_wait_for_the_listener(tmp_path: Path, pipe: tuple[int, int]) -> None:
    desk = Desk(tmp_path, token(), browser=FakeBrowser({"code": "x", "state": "wrong"}, {"code": "made-up-code"}))
    desk.login(paste_from=pipe[0], notify=Paster(desk, pipe[1], end=True))

    assert desk.refresh_token() == "made-up-refresh"


def test_end_of_input_ends_a_login_that_can_only_be_pasted(tmp_path: Path, pipe: tuple[int, int]) -> None:
    desk = Desk(tmp_path, text=PASTED, browser=FakeBrowser(signs_in=False))

    with pytest.raises(AuthError, match="was not pasted"):
        desk.login(paste_from=pipe[0], notify=Paster(desk, pipe[1], end=True))
