"""Where secrets are: in the Secret Service, and in no file."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from system.authorization_server import AuthorizationServer
    from system.egain_command import Egain
    from system.keyring_session import KeyringSession
    from system.person import Person

SECRET = "cc-secret"


def add_application(egain: Egain, server: AuthorizationServer) -> None:
    server.add_profile(egain, "acme", "--flow", "client-credentials", "--client-auth", "basic", client_id="cc")


def files_of(egain: Egain) -> list[Path]:
    return [path for folder in egain.folders for path in folder.rglob("*") if path.is_file()]


def holding(secret: str, files: Iterable[Path]) -> list[Path]:
    return [path for path in files if secret.encode() in path.read_bytes()]


def test_client_secret_is_in_the_secret_service_until_it_is_deleted(
    egain: Egain, server: AuthorizationServer, keyring: KeyringSession
) -> None:
    add_application(egain, server)

    stored = egain.run("secret", "set", stdin=f"{SECRET}\n")
    items, value = keyring.items(), json.loads(keyring.lookup("acme/client-secret"))["value"]
    status = egain.run("secret", "status")
    deleted = egain.run("secret", "delete")
    afterwards = egain.run("--error-format", "json", "secret", "status")

    assert ["acme/client-secret"] == items
    assert SECRET == value
    assert (0, "", 0, 0, "") == (stored.status, stored.stdout, status.status, deleted.status, deleted.stdout)
    assert "keyring" in status.stdout
    assert ([], 3, "") == (keyring.items(), afterwards.status, afterwards.stdout)


def test_no_command_about_the_secret_shows_it(egain: Egain, server: AuthorizationServer) -> None:
    add_application(egain, server)

    runs = [
        egain.run("--verbose", *words, stdin=f"{SECRET}\n")
        for words in (["secret", "set"], ["secret", "status"], ["status"], ["token"], ["secret", "delete"])
    ]

    assert [0] * 5 == [ran.status for ran in runs]
    assert [] == [ran for ran in runs if SECRET in ran.stdout + ran.stderr]


def test_refresh_token_is_in_the_keyring_after_a_login_and_gone_after_a_logout(
    egain: Egain, server: AuthorizationServer, person: Person, keyring: KeyringSession
) -> None:
    options = ("--flow", "pkce", "--redirect-uri", "http://127.0.0.1/callback", "--scope", "openid")
    server.add_profile(egain, "acme", *options, client_id="native")

    egain.within(person.acts()).do("login")
    after_login, refresh_token = keyring.items(), keyring.refresh_token("acme")
    egain.do("logout")

    assert (["acme/login/pkce/user"], []) == (after_login, keyring.items())
    assert len(refresh_token) > 20


def test_files_hold_no_secret_but_the_cached_access_token(
    egain: Egain, server: AuthorizationServer, person: Person, keyring: KeyringSession
) -> None:
    options = ("--flow", "authorization-code", "--redirect-uri", "http://127.0.0.1/callback", "--scope", "openid")
    server.add_profile(egain, "acme", *options, "--client-auth", "basic", client_id="native-secret")
    egain.do("secret", "set", stdin="native-secret-secret\n")
    egain.within(person.acts()).do("login")
    first_refresh_token = keyring.refresh_token("acme", "authorization-code")
    token = egain.do("token", "--force-refresh")
    refresh_token = keyring.refresh_token("acme", "authorization-code")

    files = files_of(egain)
    _, cache = egain.folders

    assert [cache / "tokens"] == [path.parent for path in holding(token, files)]
    assert first_refresh_token != refresh_token
    secrets = ("native-secret-secret", first_refresh_token, refresh_token)
    assert [] == [path for secret in secrets for path in holding(secret, files)]


def test_files_are_their_owners_alone(egain: Egain, server: AuthorizationServer) -> None:
    add_application(egain, server)
    egain.do("secret", "set", stdin=f"{SECRET}\n")
    egain.do("token")

    modes = {
        path: stat.S_IMODE(path.lstat().st_mode) for folder in egain.folders for path in (folder, *folder.rglob("*"))
    }

    assert {path: 0o700 if path.is_dir() else 0o600 for path in modes} == modes


def test_access_token_can_be_kept_in_the_keyring_instead(
    egain: Egain, server: AuthorizationServer, keyring: KeyringSession
) -> None:
    add_application(egain, server)
    egain.do("profile", "set", "acme", "token_cache", "keyring")
    egain.do("secret", "set", stdin=f"{SECRET}\n")

    first, second = egain.do("token"), egain.do("token")

    assert first == second
    assert 1 == len(server.requests("/token"))
    assert ["acme/client-secret", "acme/tokens"] == sorted(keyring.items())
    assert [] == holding(first, files_of(egain))


def test_profiles_keep_their_secrets_apart(egain: Egain, server: AuthorizationServer, keyring: KeyringSession) -> None:
    names = ["acme", "acme 2", "Zürich", "東京", "acme.eu"]
    made = []
    for name in names:
        ran = egain.run(
            "profile", "add", name, "--client-id", "cc", "--token-url", f"{server.issuer}/token",
            "--api-url", server.issuer,
        )  # fmt: skip
        if ran.status == 0:
            made.append(name)
            egain.do("-p", name, "secret", "set", stdin=f"secret of {name}\n")

    values = {name: json.loads(keyring.lookup(f"{name}/client-secret"))["value"] for name in made}

    assert {name: f"secret of {name}" for name in made} == values
    assert "acme" in made
