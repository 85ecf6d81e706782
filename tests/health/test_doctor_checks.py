"""The checks of ``doctor``."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest
from fakes.bench import Bench
from fakes.ports import free_port
from fakes.profiles import altered
from fakes.secret_store import FakeSecretStore, locked_store, missing_store
from fakes.tokens import make_token

from egain_auth_cli.errors import ConfigError, NetworkError
from egain_auth_cli.health import doctor as doctor_service
from egain_auth_cli.health.doctor import Doctor
from egain_auth_cli.health.probe import ProbeResult
from egain_auth_cli.health.status import StatusReader
from egain_auth_cli.models.grants import Flow
from egain_auth_cli.stores.paths import Paths
from egain_auth_cli.transport.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from egain_auth_cli.health.check import Check
    from egain_auth_cli.health.status import Status
    from egain_auth_cli.settings.settings import FlowOptions, Settings

GOOD = ProbeResult(milliseconds=12.0, status=400, date=1000.0, received=1001.0, proxy=None, speaks_oauth=True)
FREE = altered(redirect_uris='["http://localhost/callback"]')


class Clinic(Bench):
    """A doctor whose hosts answer as they are told."""

    def __init__(self, tmp_path: Path, *, text: str = FREE, reached: Any = GOOD) -> None:
        super().__init__(tmp_path, text=text)
        self.reached = reached
        self.asked: list[tuple[str, bool]] = []
        folders = {"EGAIN_CONFIG_DIR": str(tmp_path / "config"), "EGAIN_CACHE_DIR": str(tmp_path / "cache")}
        self.paths = Paths(folders)
        self.flow: Flow | None = None
        self.resolve: Callable[[FlowOptions], Settings] = lambda _: self.settings(flow=self.flow)

    def run(self, *, offline: bool = False) -> dict[str, Check]:
        service = Doctor(
            self.environ,
            paths=self.paths,
            resolve=self.resolve,
            describe=self._describe,
            secret_store=lambda _: self.store,
            reach=self._reach,
        )
        return {check.name: check for check in service.run(offline=offline)}

    def states(self, **run: Any) -> dict[str, str]:
        return {name: check.state.value for name, check in self.run(**run).items()}

    def _describe(self, settings: Settings) -> Status:
        return StatusReader(lambda _: self.credentials, clock=self.clock).describe(settings)

    def _reach(self, url: str, form: bool, seconds: float) -> ProbeResult:
        assert 0 < seconds <= 15
        self.asked.append((url, form))
        if isinstance(self.reached, Exception):
            raise self.reached
        assert isinstance(self.reached, ProbeResult)
        return self.reached


def test_unfinished_profile_is_told_key_by_key(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path, text='default_profile = "x"\n[profiles.x]\nredirect_uris = ["http://localhost/"]\n')
    states = clinic.states()

    expected = {"flow": "warning", "client_id": "failure", "token_url": "failure", "api-url": "warning"}
    assert expected == {name: states[name] for name in expected}
    assert clinic.asked == []


@pytest.mark.parametrize(
    ("store", "state"), [(FakeSecretStore(), "ok"), (locked_store(), "failure"), (missing_store(), "failure")]
)
def test_keyring_is_asked(tmp_path: Path, store: FakeSecretStore, state: str) -> None:
    clinic = Clinic(tmp_path)
    clinic.store = store

    assert state == clinic.states()["keyring"]


def test_keyring_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_service, "TOTAL_SECONDS", 0.2)
    clinic = Clinic(tmp_path)
    release = threading.Event()

    class Hanging(FakeSecretStore):
        def get(self, item: str) -> str | None:
            if item.endswith("doctor"):
                release.wait()
            return None

    clinic.store = Hanging()
    try:
        assert clinic.states()["keyring"] == "failure"
    finally:
        release.set()


def test_slow_keyring_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_service, "_SLOW_KEYRING", -1.0)

    assert Clinic(tmp_path).states()["keyring"] == "warning"


@pytest.mark.parametrize(("kind", "state"), [("file", "warning"), ("none", "ok")])
def test_plain_files_are_pointed_out(tmp_path: Path, kind: str, state: str) -> None:
    clinic = Clinic(tmp_path, text=FREE.replace('secret_store = "keyring"', f'secret_store = "{kind}"'))

    assert state == clinic.states()["secret-store"]


@pytest.mark.parametrize(
    ("backend", "fix"),
    [
        ("keyring.backends.fail.Keyring", "there is no keyring here"),
        ("keyring.backends.null.Keyring", "`egain profile set acme secret_store keyring`"),
    ],
)
def test_keyring_is_advised_where_there_is_one_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str, fix: str
) -> None:
    clinic = Clinic(tmp_path, text=FREE.replace('secret_store = "keyring"', 'secret_store = "file"'))
    monkeypatch.setitem(clinic.environ, "PYTHON_KEYRING_BACKEND", backend)
    monkeypatch.setitem(clinic.environ, "EGAIN_KEYRING_ALLOW", "keyring.backends.null.Keyring")

    assert fix in clinic.run()["secret-store"].fix


@pytest.mark.parametrize(("flow", "found"), [(Flow.PKCE, "failure"), (Flow.CLIENT_CREDENTIALS, None)])
def test_place_beside_the_logins_that_cannot_be_written_is_told_where_somebody_signs_in(
    tmp_path: Path, flow: Flow, found: str | None
) -> None:
    clinic = Clinic(tmp_path, text=altered(redirect_uris='["http://localhost/callback"]', secret_store='"file"'))
    clinic.flow = flow
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "secrets").write_text("in the way")

    assert clinic.states().get("logins") == found


@pytest.mark.parametrize(("mode", "state"), [(None, "ok"), (0o700, "ok"), (0o755, "failure"), (0o770, "failure")])
def test_open_cache_folder_is_a_failure(tmp_path: Path, mode: int | None, state: str) -> None:
    if mode is not None:
        (tmp_path / "cache").mkdir()
        (tmp_path / "cache").chmod(mode)

    assert state == Clinic(tmp_path).states()["cache"]


def test_missing_home_is_told(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path)
    clinic.paths = Paths({"EGAIN_CACHE_DIR": "a\0b", "EGAIN_CONFIG_DIR": str(tmp_path)})

    assert clinic.states()["cache"] == "failure"


def test_free_port_stays_free(tmp_path: Path) -> None:
    port = free_port()
    clinic = Clinic(tmp_path, text=altered(redirect_uris=f'["http://127.0.0.1:{port}/callback"]'))

    assert clinic.states()["redirect-uri"] == "ok"
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_address_of_another_machine_is_a_warning(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path, text=altered(redirect_uris='["https://acme.test/callback"]'))

    assert clinic.states()["redirect-uri"] == "warning"


@pytest.mark.parametrize(("browser", "state"), [("sh", "ok"), ("/nowhere/at/all", "warning"), ("", "warning")])
def test_browser_is_looked_for(tmp_path: Path, browser: str, state: str) -> None:
    clinic = Clinic(tmp_path)
    clinic.environ |= {"BROWSER": browser, "PATH": "/bin:/usr/bin"}

    assert state == clinic.states()["browser"]


@pytest.mark.parametrize(
    ("reached", "name", "state"),
    [
        (NetworkError("the host cannot be found", hint="check"), "token-endpoint", "failure"),
        (NetworkError("the host cannot be found"), "api", "failure"),
        (GOOD._replace(speaks_oauth=False, status=200), "token-endpoint", "failure"),
        (GOOD._replace(received=1029.0), "clock", "ok"),
        (GOOD._replace(received=1600.0), "clock", "failure"),
        (GOOD._replace(received=400.0), "clock", "failure"),
    ],
)
def test_hosts_and_clock_are_told(tmp_path: Path, reached: Any, name: str, state: str) -> None:
    assert state == Clinic(tmp_path, reached=reached).states()[name]


@pytest.mark.parametrize("speaks", [True, False])
def test_proxy_on_the_way_is_named_for_each_host(tmp_path: Path, speaks: bool) -> None:
    proxy = Proxy(
        url="http://made-up:secret@proxy.test:3128", scheme="http", host="proxy.test", port=3128,
        source="`https_proxy`", signs_in=True,
    )  # fmt: skip

    checks = Clinic(tmp_path, reached=GOOD._replace(proxy=proxy, speaks_oauth=speaks)).run()

    for name in ("token-endpoint", "api"):
        assert " through the proxy `proxy.test:3128` of `https_proxy`" in checks[name].detail
        assert "made-up" not in checks[name].detail


def test_server_without_a_date_has_no_clock(tmp_path: Path) -> None:
    assert "clock" not in Clinic(tmp_path, reached=GOOD._replace(date=None)).run()


def test_plain_http_on_loopback_is_said(tmp_path: Path) -> None:
    text = FREE.replace("https://login.acme.test/U/token", "http://127.0.0.1:9/token")

    assert "plain http on loopback" in Clinic(tmp_path, text=text).run()["token-endpoint"].detail


@pytest.mark.parametrize("flow", [Flow.CLIENT_CREDENTIALS, Flow.ANONYMOUS])
@pytest.mark.parametrize("kept", [True, False])
def test_flow_without_a_person_needs_its_secret(tmp_path: Path, flow: Flow, kept: bool) -> None:
    clinic = Clinic(tmp_path)
    clinic.flow = flow
    if kept:
        clinic.client_secret()

    assert clinic.states()["credentials"] == ("ok" if kept or flow is Flow.ANONYMOUS else "failure")
    assert "redirect-uri" not in clinic.run()


def test_login_that_belongs_to_another_target_is_told(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path)
    clinic.signed_in()
    clinic.text = clinic.text.replace("acme-client", "new-client")

    assert clinic.states()["credentials"] == "failure"


@pytest.mark.parametrize(("lives", "state"), [(600, "ok"), (-5, "failure")])
def test_login_without_a_refresh_token_lasts_as_long_as_its_token(tmp_path: Path, lives: int, state: str) -> None:
    clinic = Clinic(tmp_path)
    clinic.cached(make_token(lives=lives))

    assert state == clinic.states()["login"]


def test_error_of_the_configuration_keeps_its_hint(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path)

    def fail(_: FlowOptions) -> Settings:
        raise ConfigError("broken", hint="mend it")

    clinic.resolve = fail
    check = clinic.run()["configuration"]
    assert (check.detail, check.fix) == ("broken", "mend it")


@pytest.mark.parametrize(
    ("lives", "said"),
    [
        (None, "signed in, renewed by itself, no token cached"),
        (1200, "signed in, renewed by itself, the cached token lives 20 min"),
        (-5, "signed in, renewed by itself, the cached token has expired"),
    ],
)
def test_cached_token_s_life_is_told(tmp_path: Path, lives: int | None, said: str) -> None:
    clinic = Clinic(tmp_path)
    clinic.signed_in()
    if lives is not None:
        clinic.cached(make_token(lives=lives))

    assert said == clinic.run()["login"].detail
