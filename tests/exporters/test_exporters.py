from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from egain_auth_cli.errors import UsageError
from egain_auth_cli.exporters import DEFAULT_NAME, Export, Format, check_name, render
from egain_auth_cli.models.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

EXPIRY = 1800000000
TOKEN = "made-up.token-_~+/=="
AZURE = (
    f"##vso[task.setvariable variable={DEFAULT_NAME};issecret=true]{TOKEN}\n"
    f"##vso[task.setvariable variable=EGAIN_TOKEN_EXPIRES_AT]{EXPIRY}"
)
B64TOKEN = st.from_regex(r"[A-Za-z0-9\-._~+/]{1,120}={0,3}", fullmatch=True)
NAMES = st.from_regex(r"[A-Z_][A-Z0-9_]{0,20}", fullmatch=True).map(lambda name: f"X{name}")
SHELLS = [name for name in ("sh", "bash", "dash", "zsh", "ksh") if shutil.which(name)]


def text_of(
    form: Format, token: str = TOKEN, name: str = DEFAULT_NAME, environ: Mapping[str, str] | None = None
) -> str:
    rendered = render(form, Export(name, Secret(token), EXPIRY), environ or {})
    assert rendered.text is not None
    return rendered.text


def run(command: list[str], script: str) -> str:
    done = subprocess.run(
        command, input=script, capture_output=True, text=True, timeout=60, check=True, env={"PATH": os.environ["PATH"]}
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("shell", SHELLS)
@settings(max_examples=5, deadline=None)
@given(st.lists(st.tuples(NAMES, B64TOKEN), min_size=50, max_size=100))
def test_shells_read_every_token_as_it_is(shell: str, pairs: list[tuple[str, str]]) -> None:  # E02, F15
    script = "".join(
        f'{text_of(Format.SH, token, name)}\nprintf \'%s %s\\n\' "${name}" "$EGAIN_TOKEN_EXPIRES_AT"\n'
        for name, token in pairs
    )

    assert [f"{token} {EXPIRY}" for _, token in pairs] == run([shell], script).splitlines()


@pytest.mark.parametrize("shell", SHELLS)
def test_evaluated_export_reaches_child_processes(shell: str) -> None:  # E02
    script = f'eval "$(printf %s {text_of(Format.SH)!r})"\nenv'.replace("\\n", "\n")

    assert {f"{DEFAULT_NAME}={TOKEN}", f"EGAIN_TOKEN_EXPIRES_AT={EXPIRY}"} <= set(run([shell], script).splitlines())


HOSTILE = ["$(id)", "`id`", "a;id", "a'b", 'a"b', "a b", "a\nb", "${IFS}", "a|b", "a&b", "*", "~", "\\", "'; id; '"]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("value", HOSTILE)
def test_even_a_hostile_value_is_quoted_for_the_shell(shell: str, value: str) -> None:  # E02: a second wall
    script = f"{text_of(Format.SH, value, 'X')}\nprintf '%s' \"$X\"\n"

    assert value == run([shell], script)


@pytest.mark.parametrize("shell", SHELLS)
@settings(max_examples=20, deadline=None)
@given(B64TOKEN)
@example("~")
@example("~/x")
def test_dotenv_is_read_by_shells_too_or_refused(shell: str, token: str) -> None:  # E02
    try:
        text = text_of(Format.DOTENV, token)
    except UsageError:
        assert token.startswith("~")
        return
    script = f"set -a\n{text}\nset +a\nprintf '%s' \"${DEFAULT_NAME}\"\n"

    assert token == run([shell], script)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (Format.SH, f"export {DEFAULT_NAME}='{TOKEN}'\nexport EGAIN_TOKEN_EXPIRES_AT={EXPIRY}"),
        (Format.FISH, f"set -gx {DEFAULT_NAME} '{TOKEN}'\nset -gx EGAIN_TOKEN_EXPIRES_AT {EXPIRY}"),
        (Format.POWERSHELL, f"$env:{DEFAULT_NAME} = '{TOKEN}'\n$env:EGAIN_TOKEN_EXPIRES_AT = '{EXPIRY}'"),
        (Format.CMD, f'set "{DEFAULT_NAME}={TOKEN}"\nset "EGAIN_TOKEN_EXPIRES_AT={EXPIRY}"'),
        (Format.DOTENV, f"{DEFAULT_NAME}={TOKEN}\nEGAIN_TOKEN_EXPIRES_AT={EXPIRY}"),
        (Format.GITLAB_DOTENV, f"{DEFAULT_NAME}={TOKEN}\nEGAIN_TOKEN_EXPIRES_AT={EXPIRY}"),
        (Format.CURL_CONFIG, f'header = "Authorization: Bearer {TOKEN}"'),
        (Format.AZURE_PIPELINES, AZURE),
    ],
)
def test_text_of_each_format(form: Format, text: str) -> None:
    assert text == text_of(form)


def test_json_has_the_token_by_its_name_and_the_expiry_as_a_number() -> None:
    assert json.loads(text_of(Format.JSON, name="X_TOKEN")) == {"X_TOKEN": TOKEN, "EGAIN_TOKEN_EXPIRES_AT": EXPIRY}


def test_kubernetes_secret_has_the_variables_name_as_its_key() -> None:
    manifest = json.loads(text_of(Format.KUBERNETES_SECRET, name="__MY_TOKEN_"))

    assert (
        manifest["apiVersion"],
        manifest["kind"],
        manifest["stringData"],
    ) == ("v1", "Secret", {"__MY_TOKEN_": TOKEN})
    assert manifest["metadata"]["name"] == "my-token"
    assert json.loads(text_of(Format.KUBERNETES_SECRET, name="_"))["metadata"]["name"] == "token"


def test_exec_credential_is_what_kubectl_reads() -> None:
    expected = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": TOKEN, "expirationTimestamp": "2027-01-15T08:00:00Z"},
    }

    assert expected == json.loads(text_of(Format.EXEC_CREDENTIAL))


@pytest.mark.parametrize(
    ("form", "variable"), [(Format.GITHUB_ENV, "GITHUB_ENV"), (Format.GITHUB_OUTPUT, "GITHUB_OUTPUT")]
)
def test_github_masks_first_and_appends_with_a_random_delimiter(form: Format, variable: str) -> None:  # E04, E05
    environ = {variable: "/runner/file", "GITHUB_ACTIONS": "true"}
    rendered = [render(form, Export(DEFAULT_NAME, Secret(TOKEN), EXPIRY), environ) for _ in range(2)]

    first, token, last, expiry = rendered[0].appended.splitlines()
    delimiter = first.removeprefix(f"{DEFAULT_NAME}<<")
    assert (f"::add-mask::{TOKEN}", "/runner/file") == (rendered[0].text, rendered[0].file)
    assert (TOKEN, delimiter, f"EGAIN_TOKEN_EXPIRES_AT={EXPIRY}") == (token, last, expiry)
    assert len(delimiter) >= 20
    assert delimiter not in rendered[1].appended
    assert rendered[0].appended.endswith("\n")


@pytest.mark.parametrize("actions", [{}, {"GITHUB_ACTIONS": ""}, {"GITHUB_ACTIONS": "false"}])
def test_nothing_is_masked_outside_github(actions: dict[str, str]) -> None:  # E05
    rendered = render(Format.GITHUB_ENV, Export(DEFAULT_NAME, Secret(TOKEN), EXPIRY), {"GITHUB_ENV": "/f", **actions})

    assert not rendered.text


@pytest.mark.parametrize("environ", [{}, {"GITHUB_ENV": ""}])
def test_github_without_its_file_is_refused(environ: dict[str, str]) -> None:  # E04
    with pytest.raises(UsageError, match="`GITHUB_ENV` is not set"):
        render(Format.GITHUB_ENV, Export(DEFAULT_NAME, Secret(TOKEN), EXPIRY), environ)


@pytest.mark.parametrize("form", Format)
def test_every_format_can_be_rendered(form: Format) -> None:
    rendered = render(form, Export(DEFAULT_NAME, Secret(TOKEN), EXPIRY), {"GITHUB_ENV": "/f", "GITHUB_OUTPUT": "/f"})

    assert TOKEN in f"{rendered.text}{rendered.appended}"
    assert not (rendered.text or "").endswith("\n")


@pytest.mark.parametrize(
    "name", ["X", "_", "_X9", "EGAIN_ACCESS_TOKEN", "ACCESS_TOKEN", "A" * 128, "PATHS", "MY_PATH", "TOKEN_LD_X"]
)
def test_good_name_is_taken(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    "name", ["", "x", "Path", "9X", "A-B", "A B", "A=B", "A;id", "$(id)", "A\n", "A\x00", "É", "A" * 129, "X\u202e"]
)
def test_name_that_no_shell_could_take_is_refused(name: str) -> None:  # E02, O03
    with pytest.raises(UsageError) as caught:
        check_name(name)

    assert caught.value.message.isprintable()


@pytest.mark.parametrize(
    "name",
    [
        "PATH",
        "LD_PRELOAD",
        "LD_LIBRARY_PATH",
        "DYLD_INSERT_LIBRARIES",
        "NODE_OPTIONS",
        "EDITOR",
        "PAGER",
        "BROWSER",
        "MAKEFLAGS",
        "SSH_ASKPASS",
        "KUBECONFIG",
        "LC_ALL",
        "TMPDIR",
        "PYTHONPATH",
        "PYTHONSTARTUP",
        "PERL5LIB",
        "PERL5OPT",
        "RUBYOPT",
        "JAVA_TOOL_OPTIONS",
        "BASH_ENV",
        "ENV",
        "IFS",
        "HOME",
        "PROMPT_COMMAND",
        "PS4",
        "GIT_SSH_COMMAND",
        "SHELLOPTS",
        "GCONV_PATH",
        "EGAIN_TOKEN_EXPIRES_AT",
        "EGAIN_CLIENT_SECRET",
        "HTTPS_PROXY",
        "SSL_CERT_FILE",
        "COMSPEC",
        "PATHEXT",
    ],
)
def test_name_that_changes_how_programs_load_is_refused(name: str) -> None:  # E02
    with pytest.raises(UsageError, match="is not set"):
        check_name(name)
