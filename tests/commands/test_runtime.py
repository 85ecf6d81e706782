from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from fakes.clock import FakeClock
from fakes.http_server import ScriptedServer, answer
from fakes.profiles import ACME

from egain_auth_cli.errors import ConfigError, ProfileMissing
from egain_auth_cli.models.form_request import FormRequest
from egain_auth_cli.models.grants import Flow, SecretStoreKind, TokenCacheKind
from egain_auth_cli.runtime import LateTokenEndpoint, Runtime
from egain_auth_cli.settings.resolve import FlowOptions
from egain_auth_cli.stores.file_secret_store import FileSecretStore
from egain_auth_cli.stores.keyring_store import KeyringStore
from egain_auth_cli.stores.secret_store import NoSecretStore
from egain_auth_cli.stores.token_cache import FileTokenCache, KeyringTokenCache, NoTokenCache
from egain_auth_cli.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    environ = {"EGAIN_CONFIG_DIR": str(tmp_path / "config"), "EGAIN_CACHE_DIR": str(tmp_path / "cache")}
    return Runtime(environ, Terminal(environ), clock=FakeClock())


def put(runtime: Runtime, text: str = ACME) -> None:
    runtime.paths.config_dir.mkdir()
    runtime.paths.config_file.write_text(text)


@pytest.mark.parametrize(("text", "seconds"), [(None, 30.0), ("", 30.0), ("5", 5.0), ("0.5", 0.5), ("3600", 3600.0)])
def test_time_of_a_request_is_the_environments(text: str | None, seconds: float) -> None:
    environ = {} if text is None else {"EGAIN_TIMEOUT": text}

    assert seconds == Runtime(environ, Terminal({})).seconds


@pytest.mark.parametrize("text", ["0", "-1", "abc", "nan", "inf", "1e9", "3600.1", "5s"])
def test_impossible_time_is_a_configuration_error(text: str) -> None:
    with pytest.raises(ConfigError, match="EGAIN_TIMEOUT"):
        _ = Runtime({"EGAIN_TIMEOUT": text}, Terminal({})).seconds


@pytest.mark.parametrize(
    ("kind", "store"),
    [
        (SecretStoreKind.KEYRING, KeyringStore),
        (SecretStoreKind.FILE, FileSecretStore),
        (SecretStoreKind.NONE, NoSecretStore),
    ],
)
def test_each_kind_has_its_store_the_same_each_time(
    runtime: Runtime, kind: SecretStoreKind, store: type
) -> None:  # S01
    found = runtime.secret_store(kind)

    assert (store, kind) == (type(found), found.kind)
    assert runtime.secret_store(kind) is found
    assert runtime.secrets(kind).store is found


@pytest.mark.parametrize(
    ("kind", "cache"),
    [
        (TokenCacheKind.FILE, FileTokenCache),
        (TokenCacheKind.KEYRING, KeyringTokenCache),
        (TokenCacheKind.NONE, NoTokenCache),
    ],
)
def test_each_kind_has_its_cache(runtime: Runtime, kind: TokenCacheKind, cache: type) -> None:
    assert cache is type(runtime.token_cache(kind))


def test_settings_are_those_of_the_profile_that_was_named(runtime: Runtime) -> None:
    put(runtime, ACME.replace('default_profile = "acme"', ""))
    with pytest.raises(ProfileMissing):
        runtime.settings(FlowOptions())
    runtime.options.profile = "acme"

    assert (
        runtime.settings(FlowOptions()).profile.value,
        runtime.settings(FlowOptions(flow=Flow.PKCE)).profile.source,
    ) == ("acme", "option -p")


def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    import platformdirs

    def lookup(*_: object, **__: object) -> str:
        raise RuntimeError("no home")

    monkeypatch.setattr(platformdirs, "user_config_dir", lookup)


def test_user_without_a_home_can_use_the_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:  # I06
    homeless(monkeypatch)
    environ = {"EGAIN_CLIENT_ID": "c", "EGAIN_TOKEN_URL": "https://env.test/t", "EGAIN_FLOW": "client-credentials"}

    assert Runtime(environ, Terminal({})).settings(FlowOptions()).client_id.value == "c"


def test_user_without_a_home_or_an_environment_is_told(monkeypatch: pytest.MonkeyPatch) -> None:  # I06
    homeless(monkeypatch)

    with pytest.raises(ConfigError, match="no home folder"):
        Runtime({}, Terminal({})).config()


def test_every_service_can_be_built(runtime: Runtime) -> None:
    put(runtime)
    settings = runtime.settings(FlowOptions())
    services = [
        runtime.token_service(settings),
        runtime.session_service(settings),
        runtime.logout_service(),
        runtime.profile_service(),
        runtime.secret_service(),
        runtime.status_service(),
        runtime.call_service(),
        runtime.discovery_service(),
    ]

    assert len({type(one) for one in services}) == 8
    assert not runtime.paths.cache_dir.exists()


def test_http_library_is_loaded_with_the_first_request_alone(tmp_path: Path) -> None:
    environ = {"EGAIN_CLIENT_ID": "c", "EGAIN_TOKEN_URL": "https://env.test/t", "EGAIN_FLOW": "pkce"}
    environ["EGAIN_CONFIG_DIR"] = str(tmp_path)
    program = (
        "import sys\nfrom egain_auth_cli.runtime import Runtime\nfrom egain_auth_cli.terminal import Terminal\n"
        "from egain_auth_cli.settings.resolve import FlowOptions\n"
        f"runtime = Runtime({environ!r}, Terminal({{}}))\n"
        "settings = runtime.settings(FlowOptions())\n"
        "runtime.token_service(settings), runtime.logins(settings), runtime.status_service()\n"
        "runtime.http, runtime.token_endpoint, runtime.call_service()\n"
        "print(sorted({'httpcore', 'httpx', 'keyring', 'tomlkit', 'rich', 'flask', 'typer'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout == "[]\n"


def test_grant_is_sent_through_the_real_endpoint(runtime: Runtime) -> None:
    reply = answer("200 OK", b'{"access_token": "made-up-token", "token_type": "Bearer"}')
    with ScriptedServer(reply) as server:
        token = LateTokenEndpoint(runtime).request_token(FormRequest(url=f"{server.url}/token", fields={"a": "b"}))

    assert token.access_token.reveal() == "made-up-token"


def test_login_is_revoked_through_the_real_endpoint(runtime: Runtime) -> None:  # T12
    with ScriptedServer(answer()) as server:
        put(runtime, ACME.replace("https://login.acme.test", server.url).replace('"keyring"', '"file"'))
        settings = runtime.settings(FlowOptions())
        from egain_auth_cli.models.secret import Secret
        from egain_auth_cli.tokens.logins import Logins, StoredLogin

        login = StoredLogin(Secret("made-up-refresh"), settings.wire_scopes)
        runtime.secrets(SecretStoreKind.FILE).set(Logins.item(settings), login.as_secret(), use=settings.binding())
        done = runtime.logout_service().logout(runtime.config(), profile=None, revoke=True)

    assert (done.forgotten, done.revoked) == (1, 1)
    assert b"token=made-up-refresh" in server.requests[0]
    assert list(runtime.paths.secrets_dir.iterdir()) == []


def test_instance_is_asked_through_the_real_client(runtime: Runtime) -> None:
    with ScriptedServer(
        answer("200 OK", b'{"clientId": "c", "authUrl": "https://a.test/a", "accessUrl": "https://a.test/t"}')
    ) as server:
        from egain_auth_cli.models.grants import Actor

        values = runtime.discovery_service().read(f"{server.url}/doc", stdin=bytes, actor=Actor.USER)

    assert values["client_id"] == "c"
