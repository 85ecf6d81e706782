"""``egain export`` as a process: what stands on standard output and in files, and that a failure leaves both alone."""

from __future__ import annotations

import json
import os
import re
import socket
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import pytest
from fakes.hostile_server import refusal, token_answer
from fakes.systems import make_fifo

from egain_auth_cli.exporters import Format

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fakes.process import Egain, Env, Finished
    from fakes.world import World

    from egain_auth_cli.sandbox.server import SandboxServer

FLOW = "--client-credentials"
SECRET = {"EGAIN_CLIENT_SECRET": "canary-secret-1"}
GITHUB = ("github-env", "github-output")
VARIABLES = {"github-env": "GITHUB_ENV", "github-output": "GITHUB_OUTPUT"}


class Issued(NamedTuple):
    """A token of the sandbox that is in the cache, and the program that exports it."""

    egain: Egain
    token: str
    expires_at: int
    api_url: str

    def export(self, *argv: str, env: Env | None = None) -> Finished:
        return self.egain.run("export", *argv, FLOW, env=env or {})


@pytest.fixture
def issued(egain: Egain, acme_sandbox: SandboxServer) -> Issued:
    """A token of the sandbox."""
    found = json.loads(egain.run("token", FLOW, "--output", "json").out)
    return Issued(egain, found["access_token"], found["expires_at"], acme_sandbox.url)


# --- formats ------------------------------------------------------------------------------------------------------

DOTENV = "{name}={token}\nEGAIN_TOKEN_EXPIRES_AT={expires_at}\nEGAIN_API_URL={api_url}\n"
TEXTS = {
    "sh": "export {name}={token}\nexport EGAIN_TOKEN_EXPIRES_AT={expires_at}\nexport EGAIN_API_URL={api_url}\n",
    "fish": (
        "set -gx {name} '{token}'\nset -gx EGAIN_TOKEN_EXPIRES_AT '{expires_at}'\nset -gx EGAIN_API_URL '{api_url}'\n"
    ),
    "powershell": (
        "$env:{name} = '{token}'\n$env:EGAIN_TOKEN_EXPIRES_AT = '{expires_at}'\n$env:EGAIN_API_URL = '{api_url}'\n"
    ),
    "cmd": 'set "{name}={token}"\nset "EGAIN_TOKEN_EXPIRES_AT={expires_at}"\nset "EGAIN_API_URL={api_url}"\n',
    "dotenv": DOTENV,
    "gitlab-dotenv": DOTENV,
    "azure-pipelines": (
        "##vso[task.setvariable variable={name};issecret=true]{token}\n"
        "##vso[task.setvariable variable=EGAIN_TOKEN_EXPIRES_AT]{expires_at}\n"
        "##vso[task.setvariable variable=EGAIN_API_URL]{api_url}\n"
    ),
    "curl-config": 'header = "Authorization: Bearer {token}"\n',
}


def test_every_format_has_its_expected_output_here() -> None:
    assert {one.value for one in Format} == {*TEXTS, *GITHUB, "json", "kubernetes-secret", "exec-credential"}


@pytest.mark.parametrize("name", ["EGAIN_ACCESS_TOKEN", "API_TOKEN_2"])
@pytest.mark.parametrize("form", TEXTS)
def test_format_is_printed_to_the_byte(issued: Issued, form: str, name: str) -> None:
    values = {"token": issued.token, "expires_at": issued.expires_at, "api_url": issued.api_url}
    expected = TEXTS[form].format(name=name, **values)

    done = issued.export(form, *(() if name == "EGAIN_ACCESS_TOKEN" else ("--name", name)))

    assert (0, expected, "") == done.shown


def test_json_is_one_line_with_the_token_and_its_end(issued: Issued) -> None:
    done = issued.export("json", "--name", "API_TOKEN")

    assert (0, "", 1) == (done.status, done.err, done.out.count("\n"))
    assert json.loads(done.out) == {
        "API_TOKEN": issued.token,
        "EGAIN_TOKEN_EXPIRES_AT": issued.expires_at,
        "EGAIN_API_URL": issued.api_url,
    }


def test_kubernetes_secret_is_a_manifest_that_can_be_applied(issued: Issued) -> None:
    done = issued.export("kubernetes-secret")

    manifest = json.loads(done.out)
    assert (0, "") == (done.status, done.err)
    assert ("v1", "Secret", "Opaque") == (manifest["apiVersion"], manifest["kind"], manifest["type"])
    assert {"EGAIN_ACCESS_TOKEN": issued.token} == manifest["stringData"]
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", manifest["metadata"]["name"])  # RFC 1123 label
    assert set() == set(manifest) - {"apiVersion", "kind", "type", "stringData", "metadata"}


def test_exec_credential_is_what_kubectl_reads_from_a_plugin(issued: Issued) -> None:
    ends = datetime.fromtimestamp(issued.expires_at, UTC).replace(tzinfo=None).isoformat() + "Z"
    expected = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": issued.token, "expirationTimestamp": ends},
    }

    done = issued.export("exec-credential")

    assert (0, "") == (done.status, done.err)
    assert expected == json.loads(done.out)


def asked(version: object) -> dict[str, str]:
    """What kubectl tells its plugin."""
    return {"KUBERNETES_EXEC_INFO": json.dumps({"kind": "ExecCredential", "apiVersion": version, "spec": {}})}


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_exec_credential_is_of_the_version_that_kubectl_asks_for(issued: Issued, version: str) -> None:
    wanted = f"client.authentication.k8s.io/{version}"

    done = issued.export("exec-credential", env=dict(asked(wanted)))

    assert json.loads(done.out)["apiVersion"] == wanted


@pytest.mark.parametrize(
    "env", [asked("client.authentication.k8s.io/v1alpha1"), asked(None), {"KUBERNETES_EXEC_INFO": "[" * 9000}]
)
def test_exec_credential_of_another_version_is_refused(issued: Issued, env: dict[str, str]) -> None:
    done = issued.export("exec-credential", env=dict(env))

    assert (2, "") == done.shown[:2]
    assert "`KUBERNETES_EXEC_INFO`" in done.err
    assert "v1beta1" in done.err


def test_api_that_is_not_known_is_not_set(world: World) -> None:
    world.give_tokens()
    world.add_profile(flow="client-credentials", api_url=None)

    assert "EGAIN_API_URL" not in world.egain.run("export", "sh", env=SECRET).out


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["dotenv", "gitlab-dotenv"])
def test_file_of_assignments_keeps_its_other_lines(issued: Issued, form: str) -> None:
    file = issued.egain.home / ".env"
    file.write_bytes(
        b"# mine\r\nA='x'\nexport EGAIN_ACCESS_TOKEN=old\nEGAIN_API_URL=https://old.example\nB=\xff\nEGAIN_ACCESS_TOKEN=x"
    )
    ours = DOTENV.format(name="EGAIN_ACCESS_TOKEN", **issued._asdict())

    done = [issued.export(form, "-o", str(file)) for _ in range(2)]

    assert [(0, "", "")] * 2 == [one.shown for one in done]
    assert file.read_bytes() == b"# mine\r\nA='x'\n" + ours.encode() + b"B=\xff\n"
    assert file.stat().st_mode & 0o777 == 0o600


def test_file_whose_last_line_has_no_end_is_not_merged_with_ours(issued: Issued) -> None:
    file = issued.egain.home / ".env"
    file.write_text("A=1")

    issued.export("dotenv", "-o", str(file))

    assert file.read_text().startswith(f"A=1\nEGAIN_ACCESS_TOKEN={issued.token}\n")


def test_another_format_is_the_whole_file_and_a_link_is_followed(issued: Issued) -> None:
    (issued.egain.home / "real.json").write_text("old")
    (issued.egain.home / "link.json").symlink_to("real.json")

    done = issued.export("json", "-o", str(issued.egain.home / "link.json"))

    assert done.shown == (0, "", "")
    assert json.loads((issued.egain.home / "real.json").read_text())["EGAIN_ACCESS_TOKEN"] == issued.token
    assert (issued.egain.home / "link.json").is_symlink()


def test_dash_is_standard_output(issued: Issued) -> None:
    assert issued.token in issued.export("sh", "-o", "-").out


@pytest.mark.parametrize("kind", ["no folder", "folder", "fifo", "github"])
def test_file_that_cannot_be_is_refused_before_a_token_is_acquired(world: World, kind: str) -> None:
    path = world.egain.home / "there"
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        make_fifo(path)
    target = path / "x" if kind == "no folder" else path

    done = world.egain.run("export", "github-env" if kind == "github" else "sh", FLOW, "-o", str(target), env=SECRET)

    assert (2, "", 0) == (*done.shown[:2], world.server.connections)


def test_file_is_as_it_was_when_no_token_comes(issued: Issued, world: World) -> None:
    file = issued.egain.home / ".env"
    file.write_text("A=1\n")
    world.server.on("/token", refusal("invalid_client", status=401))

    done = world.egain.run("export", "dotenv", FLOW, "-o", str(file), "--force-refresh", env=SECRET)

    assert done.status == 4
    assert file.read_text() == "A=1\n"


# --- GitHub Actions -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", GITHUB)
def test_github_file_gets_the_token_between_delimiters_that_nobody_can_guess(issued: Issued, form: str) -> None:
    file = issued.egain.home / "runner-file"
    file.write_text("BEFORE=1")  # no newline: ours must not go on this line
    block = r"EGAIN_ACCESS_TOKEN<<(\S{20,})\n%s\n\1\nEGAIN_TOKEN_EXPIRES_AT=%d\nEGAIN_API_URL=%s\n"
    block %= re.escape(issued.token), issued.expires_at, re.escape(issued.api_url)

    done = [issued.export(form, env={VARIABLES[form]: str(file)}) for _ in range(2)]

    text = file.read_text()
    delimiters = re.findall(block, text)
    assert [(0, "", "")] * 2 == [one.shown for one in done]
    assert 2 == len(set(delimiters))
    assert "BEFORE=1\n" == re.sub(block, "", text)


@pytest.mark.parametrize("form", GITHUB)
@pytest.mark.parametrize(("actions", "masked"), [("true", True), ("", False), ("false", False), (None, False)])
def test_github_masks_on_its_own_runners_alone(issued: Issued, form: str, actions: str | None, masked: bool) -> None:
    file = issued.egain.home / "runner-file"
    file.touch()

    done = issued.export(form, env={VARIABLES[form]: str(file), "GITHUB_ACTIONS": actions})

    assert (0, f"::add-mask::{issued.token}\n" if masked else "", "") == done.shown
    assert issued.token in file.read_text()


def test_github_masks_before_the_token_is_in_the_file(issued: Issued) -> None:
    # Standard output cannot be written, so the mask is not out and the token must not be there either.
    file = issued.egain.home / "runner-file"
    file.touch()
    environ = {"GITHUB_ENV": str(file), "GITHUB_ACTIONS": "true"}

    done = issued.egain.run("export", "github-env", FLOW, env=environ, under=["no-stdout"])

    assert 1 == done.status
    assert b"" == file.read_bytes()


@contextmanager
def made(folder: Path, kind: str) -> Iterator[dict[str, str | None]]:
    """Make something that is no file to append to, and give the environment that names it."""
    path = folder / "runner-file"
    reader = -1
    if kind in {"link", "dangling link"}:
        path.symlink_to("other" if kind == "link" else "nowhere")
    elif kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        make_fifo(path)
        reader = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    named = {"unset": None, "empty": "", "device": os.devnull}.get(kind, str(path))
    try:
        yield {"GITHUB_ENV": named, "GITHUB_OUTPUT": named}
        assert reader < 0 or os.read(reader, 1) == b""
    finally:
        if reader >= 0:
            os.close(reader)


@pytest.mark.parametrize("form", GITHUB)
@pytest.mark.parametrize("kind", ["unset", "empty", "missing", "link", "dangling link", "folder", "fifo", "device"])
def test_github_without_a_regular_file_is_refused_and_writes_nothing(issued: Issued, form: str, kind: str) -> None:
    home = issued.egain.home
    (home / "other").write_text("kept\n")
    with made(home, kind) as environ:
        before = {path.name for path in home.iterdir()}
        done = issued.export(form, env={**environ, "GITHUB_ACTIONS": "true"})

    assert (2, "") == done.shown[:2]
    assert issued.token not in done.err
    assert "kept\n" == (home / "other").read_text()
    assert before == {path.name for path in home.iterdir()}


@pytest.mark.parametrize("value", ["a\nLD_PRELOAD=/x", "a\r\nB<<EOF\nc\nEOF", "a%0AB", "a b"])
def test_token_that_would_set_other_variables_reaches_no_file(world: World, value: str) -> None:
    file = world.egain.home / "runner-file"
    file.touch()
    world.server.on("/token", token_answer(value))
    environ = {"GITHUB_ENV": str(file), "GITHUB_ACTIONS": "true", **SECRET}

    done = world.egain.run("export", "github-env", FLOW, env=environ)

    assert (5, "") == done.shown[:2]
    assert b"" == file.read_bytes()


# --- refused names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["PATH", "LD_PRELOAD", "NODE_OPTIONS", "Path", "egain_profile", "A=B", "", "A\nB", "A\n", "1A"]
)  # fmt: skip
@pytest.mark.parametrize("form", ["sh", "github-env"])
def test_refused_name_prints_nothing_and_asks_for_no_token(world: World, form: str, name: str) -> None:
    file = world.egain.home / "runner-file"
    file.touch()
    environ = {"GITHUB_ENV": str(file), "GITHUB_ACTIONS": "true", **SECRET}

    done = world.egain.run("export", form, FLOW, "--name", name, env=environ)

    assert (2, "") == done.shown[:2]
    assert done.err.startswith("error: ")
    assert b"" == file.read_bytes()
    assert 0 == world.server.connections


# --- failures -----------------------------------------------------------------------------------------------------

FAILURES = {"no secret": 3, "network down": 5, "refused": 4, "no profile": 3, "nobody signed in": 4}


@contextmanager
def failing(world: World, kind: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Let the next export fail in one way; give its option and its environment."""
    world.server.on("/token", refusal("invalid_client", status=401))
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        if kind == "network down":
            world.add_profile(endpoints={"client": {"token_url": f"http://127.0.0.1:{deaf.getsockname()[1]}/token"}})
        if kind == "no profile":
            world.egain.config_file.unlink()
        yield "--pkce" if kind == "nobody signed in" else FLOW, {} if kind == "no secret" else dict(SECRET)


@pytest.mark.parametrize("kind", FAILURES)
def test_failure_leaves_standard_output_and_the_file_empty(world: World, kind: str) -> None:
    file = world.egain.home / "runner-file"
    file.touch()
    files = {"GITHUB_ENV": str(file), "GITHUB_OUTPUT": str(file), "GITHUB_ACTIONS": "true"}
    with failing(world, kind) as (option, environ):
        done = [
            world.egain.run("export", form, option, env=environ | files)
            for form in ("sh", "json", "github-env", "exec-credential", "curl-config")
        ]

    assert [(FAILURES[kind], "")] * 5 == [one.shown[:2] for one in done]
    assert b"" == file.read_bytes()


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize("kind", ["no secret", "network down", "refused"])
def test_evaluated_failure_changes_nothing_in_the_shell(world: World, kind: str, shell: str) -> None:
    script = (
        'EGAIN_ACCESS_TOKEN=before; x=1; unset out; set >"$HOME/one"; eval "$(egain export sh %s 2>"$HOME/told")"; '
        'set >"$HOME/two"; cat "$HOME/told" >&2; printf "%%s" "$EGAIN_ACCESS_TOKEN"'
    )
    with failing(world, kind) as (option, environ):
        done = world.egain.shell(script % option, program=shell, env=environ)

    one, two = ((world.egain.home / name).read_text().splitlines() for name in ("one", "two"))
    changed = {line.partition("=")[0] for line in set(one) ^ set(two)} - {"_", "BASH_LINENO", "PIPESTATUS", "LINENO"}
    assert (0, "before") == done.shown[:2]
    assert done.err.startswith("error: ")
    assert set() == changed


def test_sandbox_profile_of_another_secret_is_refused_with_nothing_printed(
    egain: Egain, acme_sandbox: SandboxServer
) -> None:
    done = egain.run("export", "sh", FLOW, env={"EGAIN_CLIENT_SECRET": "made-up-wrong-secret"})

    assert (4, "") == done.shown[:2]
    assert "made-up-wrong-secret" not in done.err


def test_file_takes_the_token_of_another_export_away(issued: Issued) -> None:
    file = issued.egain.home / ".env"
    file.write_text("EGAIN_ACCESS_TOKEN=of-another-api\n")

    issued.export("dotenv", "--name", "API_TOKEN", "-o", str(file))

    assert "of-another-api" not in file.read_text()
    assert f"API_TOKEN={issued.token}\n" in file.read_text()


@pytest.mark.parametrize(
    ("former", "kept"),
    [
        ("\ufeffEGAIN_ACCESS_TOKEN=old\nA=1\n", "\ufeff{ours}A=1\n"),
        ('X="a\nEGAIN_API_URL=inner\nb"\nB=2\n', 'X="a\nEGAIN_API_URL=inner\nb"\nB=2\n{ours}'),
        ('EGAIN_API_URL="line1\nline2"\nB=2\n', "{ours}B=2\n"),
        ("Y='it''s'\nEGAIN_API_URL=old\n", "Y='it''s'\n{ours}"),
    ],
)
def test_file_of_assignments_is_read_by_its_quotes_and_its_mark(issued: Issued, former: str, kept: str) -> None:
    file = issued.egain.home / ".env"
    file.write_text(former)

    done = issued.export("dotenv", "-o", str(file))

    assert done.shown == (0, "", "")
    assert file.read_text() == kept.format(ours=DOTENV.format(name="EGAIN_ACCESS_TOKEN", **issued._asdict()))


def test_file_in_utf_16_is_refused_and_kept(issued: Issued) -> None:
    file = issued.egain.home / ".env"
    file.write_text("A=1\n", encoding="utf-16")

    done = issued.export("dotenv", "-o", str(file))

    assert (2, "") == done.shown[:2]
    assert file.read_text(encoding="utf-16") == "A=1\n"


def test_exports_at_once_keep_one_another_s_lines(issued: Issued) -> None:
    file = issued.egain.home / ".env"
    running = [issued.egain.start("export", "dotenv", FLOW, "--name", f"T{n}", "-o", str(file)) for n in range(6)]

    assert [0] * 6 == [one.finish().status for one in running]
    assert {f"T{n}" for n in range(6)} <= {line.partition("=")[0] for line in file.read_text().splitlines()}
