"""`egain export` evaluated by real shells: any token of RFC 6750's alphabet arrives whole, and nothing else is run."""

from __future__ import annotations

import json
import string
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from system.given_token import TokenEndpoint, token_endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from system.egain_command import Egain

EVALUATE = {
    "sh": 'eval "$(egain export sh --no-store)"',
    "bash": 'eval "$(egain export sh --no-store)"',
    "dash": 'eval "$(egain export sh --no-store)"',
    "zsh": 'eval "$(egain export sh --no-store)"',
    "fish": "egain export fish --no-store | source",
}
POSIX = ["sh", "bash", "dash", "zsh"]
BARE = {"bash": ["--norc", "--noprofile"], "zsh": ["--no-rcs"], "fish": ["--no-config"]}
"""What keeps start-up files out."""

ALPHABET = string.ascii_letters + string.digits + "-._~+/"
"""See: RFC 6750 §2.1, b64token: these, then any number of `=`."""
TOKENS = {
    "whole alphabet": f"{ALPHABET}==",
    "alphabet backwards": f"{ALPHABET[::-1]}=",
    "like a home folder": "~root/x",
    "one tilde": "~",
    "dirstack": "~+/~-",
    "like an option": "-n--e",
    "like a number": "007",
    "like a path": "/bin/../etc/./x",
    "like a dotfile": "...",
    "padding": "a========",
    "16k": (ALPHABET * 250)[: 16 * 1024 - 2] + "==",
}
HOSTILE = {
    "substitution": "$(touch hacked)",
    "backquotes": "`touch hacked`",
    "variable": "a$HOME",
    "single quote": "a'; touch hacked; '",
    "double quote": 'a"; touch hacked; "',
    "semicolon": "a;touch hacked",
    "newline": "a\ntouch hacked",
    "newline at the end": "a\n",
    "carriage return": "a\rtouch hacked",
    "space": "a touch hacked",
    "tab": "a\ttouch hacked",
    "backslash": "a\\",
    "glob": "*",
    "braces": "{a,b}",
    "history": "!!",
    "comment": "a #b",
    "command of zsh": "=touch",
    "padding first": "==",
    "padding inside": "a=b",
    "nul": "a\0b",
    "escape": "\x1b]0;hacked\x07",
    "letters beyond ASCII": "jetón",
    "full width": "\uff41",
    "nothing": "",
}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[TokenEndpoint]:
    with token_endpoint() as server:
        yield server


def run_shell(
    shell: str, script: str, folder: Path, environ: Mapping[str, str]
) -> tuple[int, list[dict[str, str]], str]:
    """Run a script; its status, each environment that `env -0` printed, and its stderr."""
    # NOTE: bash becomes a script's last command, with another SHLVL; so that is `exit`
    done = subprocess.run(
        [shell, *BARE.get(shell, []), "-c", f"{script}; exit"],
        env=environ, capture_output=True, text=True, timeout=60, check=False, cwd=folder,
    )  # fmt: skip
    printed = [dict(line.split("=", 1) for line in one.split("\0") if line) for one in done.stdout.split("\0--\n")]
    for one in printed:
        one.pop("_", None)  # the last command's name
    return done.returncode, printed, done.stderr


def before_and_after(shell: str) -> str:
    """Return a script that shows the environment, evaluates the export, and shows it again."""
    return rf"env -0; printf '\0--\n'; {EVALUATE[shell]}; env -0"


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
@pytest.mark.parametrize("shell", EVALUATE)
def test_token_arrives_whole_in_the_environment(
    egain: Egain, endpoint: TokenEndpoint, tmp_path: Path, shell: str, token: str
) -> None:
    environ = endpoint.serves(egain, token).environ

    status, (before, after), errors = run_shell(shell, before_and_after(shell), tmp_path, environ)
    left = int(after.pop("EGAIN_TOKEN_EXPIRES_AT")) - time.time()

    assert (0, "") == (status, errors)
    assert before | {"EGAIN_ACCESS_TOKEN": token} == after
    assert 3500 < left <= 3600


@pytest.mark.parametrize("shell", EVALUATE)
def test_variable_of_another_name_gets_the_token(
    egain: Egain, endpoint: TokenEndpoint, tmp_path: Path, shell: str
) -> None:
    environ = endpoint.serves(egain, TOKENS["whole alphabet"]).environ
    evaluate = EVALUATE[shell].replace("--no-store", "--no-store --name API_TOKEN")

    status, (after,), errors = run_shell(shell, f"{evaluate}; env -0", tmp_path, environ)

    assert (0, "") == (status, errors)
    assert (TOKENS["whole alphabet"], False) == (after["API_TOKEN"], "EGAIN_ACCESS_TOKEN" in after)


@pytest.mark.parametrize("token", HOSTILE.values(), ids=HOSTILE)
def test_token_outside_the_alphabet_is_refused_when_it_is_received(
    egain: Egain, endpoint: TokenEndpoint, token: str
) -> None:
    one = endpoint.serves(egain, token)

    ran = one.run("--error-format", "json", "export", "sh", "--no-store")

    assert (5, "", 5) == (ran.status, ran.stdout, ran.error["exit"])
    assert 1 == len(ran.stderr.splitlines())
    assert not token.strip() or token not in ran.stderr


@pytest.mark.parametrize("name", [name for name, token in HOSTILE.items() if "touch" in token or "$" in token])
@pytest.mark.parametrize("shell", EVALUATE)
def test_nothing_is_executed_or_changed_by_a_hostile_token(
    egain: Egain, endpoint: TokenEndpoint, tmp_path: Path, shell: str, name: str
) -> None:
    environ = endpoint.serves(egain, HOSTILE[name]).environ
    folder = tmp_path / "folder"
    folder.mkdir()

    _, (before, after), errors = run_shell(shell, before_and_after(shell), folder, environ)

    assert before == after
    assert errors.startswith("error: ")
    assert [] == list(folder.iterdir())


@pytest.mark.parametrize("shell", EVALUATE)
def test_failure_leaves_the_environment_as_it_was(
    egain: Egain, endpoint: TokenEndpoint, tmp_path: Path, shell: str
) -> None:
    old = {"EGAIN_ACCESS_TOKEN": "the-old-one", "EGAIN_TOKEN_EXPIRES_AT": "1"}
    environ = endpoint.serves(egain, None).within(old).environ

    _, (before, after), errors = run_shell(shell, before_and_after(shell), tmp_path, environ)

    assert before == after
    assert old.items() <= after.items()
    assert "invalid_client" in errors


@pytest.mark.parametrize("shell", POSIX)
def test_failed_assignment_ends_a_script_that_says_or_exit(
    egain: Egain, endpoint: TokenEndpoint, tmp_path: Path, shell: str
) -> None:
    environ = endpoint.serves(egain, None).environ

    status, printed, _ = run_shell(shell, "TOKEN=$(egain token --no-store) || exit; env -0", tmp_path, environ)

    assert (4, [{}]) == (status, printed)


def read_env_file(text: str) -> dict[str, str]:
    """Read an `--env-file` by docker's rules: no quotes, no expansion, a value is the rest of its line."""
    found = {}
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, separator, value = line.lstrip().partition("=")
        assert separator, "a name alone takes the value of docker's own environment"
        assert name == "".join(name.split()), "docker refuses white space in a name"
        found[name] = value
    return found


@pytest.mark.parametrize("name", [name for name, token in TOKENS.items() if token[0] != "~"])
@pytest.mark.parametrize("form", ["dotenv", "gitlab-dotenv"])
def test_file_of_assignments_is_read_alike_by_shells_and_docker(
    egain: Egain, endpoint: TokenEndpoint, tmp_path: Path, form: str, name: str
) -> None:
    one = endpoint.serves(egain, TOKENS[name])
    (tmp_path / "token.env").write_text(one.do("export", form, "--no-store") + "\n")

    docker = read_env_file((tmp_path / "token.env").read_text())
    shells = [run_shell(shell, "set -a; . ./token.env; env -0", tmp_path, one.environ) for shell in POSIX]

    assert {"EGAIN_ACCESS_TOKEN", "EGAIN_TOKEN_EXPIRES_AT"} == set(docker)
    assert TOKENS[name] == docker["EGAIN_ACCESS_TOKEN"]
    for status, (environ,), errors in shells:
        assert (0, "") == (status, errors)
        assert docker.items() <= environ.items()


@pytest.mark.parametrize("form", ["dotenv", "gitlab-dotenv"])
def test_token_that_shells_and_docker_would_read_differently_is_not_written_to_such_a_file(
    egain: Egain, endpoint: TokenEndpoint, form: str
) -> None:
    one = endpoint.serves(egain, TOKENS["like a home folder"])

    ran = one.run("export", form, "--no-store")

    assert (2, "") == (ran.status, ran.stdout)
    assert TOKENS["like a home folder"] == json.loads(one.do("export", "json", "--no-store"))["EGAIN_ACCESS_TOKEN"]
