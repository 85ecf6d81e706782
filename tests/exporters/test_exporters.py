"""Exports as shells read them, and the names that may be set."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from figures import amount
from hypothesis import example, given, settings
from hypothesis import strategies as st

from egain_auth_cli.errors import UsageError
from egain_auth_cli.exporters import (
    DEFAULT_NAME,
    WRITE_TO_THEIR_OWN,
    Export,
    Format,
    in_file,
    render,
    stale_variables,
)
from egain_auth_cli.exporters.variable_names import check_name
from egain_auth_cli.models.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

EXPIRY = 1800000000
EXPIRES, API_URL = "EGAIN_TOKEN_EXPIRES_AT", "EGAIN_API_URL"
TOKEN = "made-up.token-_~+/=="
B64TOKEN = st.from_regex(r"[A-Za-z0-9\-._~+/]{1,120}={0,3}", fullmatch=True)
NAMES = st.from_regex(r"[A-Z_][A-Z0-9_]{0,20}", fullmatch=True).map(lambda name: f"X{name}")
SHELLS = [name for name in ("sh", "bash", "dash", "zsh", "ksh") if shutil.which(name)]
FISH = ["fish"] if shutil.which("fish") else []


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


@pytest.mark.figure("values read by each shell", "10,000 or more, none wrong, none executed")
@pytest.mark.parametrize("shell", SHELLS + FISH)
@settings(max_examples=amount(5, 200), deadline=None)
@given(st.lists(st.tuples(NAMES, B64TOKEN), min_size=50, max_size=100))
def test_shells_read_every_token_as_it_is(shell: str, pairs: list[tuple[str, str]]) -> None:
    form = Format.FISH if shell == "fish" else Format.SH
    script = "".join(
        f'{text_of(form, token, name)}\nprintf \'%s %s\\n\' "${name}" "$EGAIN_TOKEN_EXPIRES_AT"\n'
        for name, token in pairs
    )

    assert [f"{token} {EXPIRY}" for _, token in pairs] == run([shell], script).splitlines()


@pytest.mark.parametrize("shell", SHELLS)
def test_evaluated_export_reaches_child_processes(shell: str) -> None:
    script = f'eval "$(printf %s {text_of(Format.SH)!r})"\nenv'.replace("\\n", "\n")

    assert {f"{DEFAULT_NAME}={TOKEN}", f"EGAIN_TOKEN_EXPIRES_AT={EXPIRY}"} <= set(run([shell], script).splitlines())


HOSTILE = [
    "$(id)",
    "`id`",
    "a;id",
    "a'b",
    'a"b',
    "a b",
    "a\nb",
    "${IFS}",
    "a|b",
    "a&b",
    "*",
    "~",
    "\\",
    "'; id; '",
    "';id;:='",
]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("value", HOSTILE)
def test_even_a_hostile_value_is_quoted_for_the_shell(shell: str, value: str) -> None:  # a second wall
    script = f"{text_of(Format.SH, value, 'X')}\nprintf '%s' \"$X\"\n"

    assert value == run([shell], script)


URLS = st.from_regex(r"https://[a-z0-9]{1,9}(/[!$%&'()*+,\-.0-9:;=@A-Z\[\]_a-z~]{0,9}){0,3}", fullmatch=True)


@pytest.mark.parametrize("shell", SHELLS)
@settings(max_examples=20, deadline=None)
@given(B64TOKEN, URLS)
@example("~", "https://a")
@example("~/x", "https://a")
@example("a", "https://a/x:~root")
@example("a", "https://a/x:=ls")
def test_dotenv_is_read_by_shells_too_or_refused(shell: str, token: str, url: str) -> None:
    try:
        text = render(Format.DOTENV, Export(DEFAULT_NAME, Secret(token), EXPIRY, url), {}).text
    except UsageError:
        assert token.startswith("~") or re.search(r"[!$&'()*;]|:[~=]", url)
        return
    script = f'set -a\n{text}\nset +a\nprintf \'%s %s\' "${DEFAULT_NAME}" "$EGAIN_API_URL"\n'

    assert f"{token} {url}" == run([shell], script)


@pytest.mark.parametrize("shell", SHELLS)
@settings(max_examples=20, deadline=None)
@given(URLS)
@example("https://a/x:=ls")  # which zsh makes a path of
def test_shells_read_every_url_as_it_is(shell: str, url: str) -> None:
    text = render(Format.SH, Export(DEFAULT_NAME, Secret(TOKEN), EXPIRY, url), {}).text

    assert url == run([shell], f"{text}\nprintf '%s' \"$EGAIN_API_URL\"\n")


@pytest.mark.parametrize(
    ("form", "value", "line"),
    [
        (Format.SH, "a:=ls", "export X='a:=ls'"),
        (Format.SH, "a=ls", "export X=a=ls"),
        (Format.FISH, TOKEN, f"set -gx X '{TOKEN}'"),
        (Format.FISH, r"a\b'c", r"set -gx X 'a\\b\'c'"),
    ],
)
def test_value_is_quoted_where_a_shell_would_change_it(form: Format, value: str, line: str) -> None:
    assert text_of(form, value, "X").splitlines()[0] == line


def test_json_has_the_end_as_a_number() -> None:
    assert json.loads(text_of(Format.JSON)) == {DEFAULT_NAME: TOKEN, EXPIRES: EXPIRY}


@pytest.mark.parametrize("value", ["a'b", "a''&('"])
def test_even_a_hostile_value_is_quoted_for_powershell(value: str) -> None:  # a second wall
    quoted = text_of(Format.POWERSHELL, value, "X").splitlines()[0].removeprefix("$env:X = '").removesuffix("'")

    assert quoted.replace("''", "'") == value
    assert quoted.count("'") == 2 * value.count("'")


@pytest.mark.parametrize(
    ("form", "line"),
    [
        (Format.SH, "unset OLD"),
        (Format.FISH, "set -e OLD"),
        (Format.POWERSHELL, "$env:OLD = $null"),
        (Format.CMD, 'set "OLD="'),
        (Format.AZURE_PIPELINES, "##vso[task.setvariable variable=OLD]"),
    ],
)
def test_variable_of_a_former_token_is_taken_away(form: Format, line: str) -> None:
    texts = [render(form, Export("X", Secret(TOKEN), EXPIRY, stale=stale), {}).text for stale in (("OLD",), ())]

    assert [line in text.splitlines() for text in texts] == [True, False]


def test_even_a_hostile_value_is_quoted_for_curl() -> None:  # a second wall
    assert r'header = "Authorization: Bearer a\"b\\c"' == text_of(Format.CURL_CONFIG, r'a"b\c')


def test_azure_pipelines_hides_the_token_and_shows_the_rest() -> None:
    text = render(Format.AZURE_PIPELINES, Export("X", Secret(TOKEN), EXPIRY, "https://api.test/a%20b"), {}).text

    assert text.splitlines() == [
        f"##vso[task.setvariable variable=X;issecret=true]{TOKEN}",
        f"##vso[task.setvariable variable=EGAIN_TOKEN_EXPIRES_AT]{EXPIRY}",
        "##vso[task.setvariable variable=EGAIN_API_URL]https://api.test/a%AZP2520b",
    ]


@pytest.mark.parametrize(("where", "mask"), [({"GITHUB_ACTIONS": "true"}, "::add-mask::made-up"), ({}, "")])
@pytest.mark.parametrize(("form", "stale"), [(Format.GITHUB_ENV, ["OLD="]), (Format.GITHUB_OUTPUT, [])])
def test_github_step_gets_the_token_between_delimiters_that_nobody_can_guess(
    form: Format, stale: list[str], where: dict[str, str], mask: str
) -> None:
    export = Export("X", Secret("made-up"), EXPIRY, "https://api.test", stale=("OLD",))
    rendered = render(form, export, {"GITHUB_ENV": "/e", "GITHUB_OUTPUT": "/o", **where})

    first, token, delimiter, *others = rendered.appended.splitlines()
    assert (rendered.text, rendered.file) == (mask, "/e" if form is Format.GITHUB_ENV else "/o")
    assert (first, token) == (f"X<<{delimiter}", "made-up")
    assert re.fullmatch("egain_[0-9a-f]{32}", delimiter)
    assert others == [f"{EXPIRES}={EXPIRY}", f"{API_URL}=https://api.test", *stale]
    assert rendered.appended.endswith("\n")


@pytest.mark.parametrize(
    ("form", "variable"), [(Format.GITHUB_ENV, "GITHUB_ENV"), (Format.GITHUB_OUTPUT, "GITHUB_OUTPUT")]
)
def test_format_of_a_github_step_is_refused_elsewhere(form: Format, variable: str) -> None:
    for environ in ({}, {variable: ""}):
        with pytest.raises(UsageError, match=f"`{variable}` is not set"):
            text_of(form, environ=environ)


@pytest.mark.parametrize(
    ("former", "now"),
    [
        ("", "X=new\n"),
        ("A=1\n", "A=1\nX=new\n"),
        ("A=1", "A=1\nX=new\n"),
        ("X=old\nB=2", "X=new\nB=2"),
        (f"A=1\nX=old\nB=2\n{API_URL}=https://old\n{EXPIRES}=5\nC=3\n", "A=1\nX=new\nB=2\nC=3\n"),
        (f"{DEFAULT_NAME}=old\nA=1\n", "X=new\nA=1\n"),
        (f"{EXPIRES}=5\nA=1\n", "X=new\nA=1\n"),
        (f"{API_URL}=https://old\nA=1\n", "X=new\nA=1\n"),
        ("\ufeffA=1\n", "\ufeffA=1\nX=new\n"),
        ("\ufeffX=old\nA=1\n", "\ufeffX=new\nA=1\n"),
        (" export X = old\n", "X=new\n"),
        ("XY=1\n#X=2\nY=X=3\n", "XY=1\n#X=2\nY=X=3\nX=new\n"),
        ('A="one\nX=inside\n"\nX=old\n', 'A="one\nX=inside\n"\nX=new\n'),
        ("A='one\nX=inside'\nB=2\n", "A='one\nX=inside'\nB=2\nX=new\n"),
        ('A="\\"\nX=inside"\n', 'A="\\"\nX=inside"\nX=new\n'),
        ("A='\\'\nX=old\n", "A='\\'\nX=new\n"),
        ("X='old\nB=2'\nC=3\n", "X=new\nC=3\n"),
        ("A=1\nB='one\ntwo\nX=inside'\nX=old\n", "A=1\nB='one\ntwo\nX=inside'\nX=new\n"),
        ("A=1\nX='old\nB=2'\nC=3\n", "A=1\nX=new\nC=3\n"),
    ],
)
def test_file_keeps_all_but_the_former_lines_of_ours(former: str, now: str) -> None:
    for form in (Format.DOTENV, Format.GITLAB_DOTENV):
        assert in_file(form, Export("X", Secret(TOKEN), EXPIRY), former, "X=new") == now


def test_file_of_another_format_holds_the_export_alone() -> None:
    assert in_file(Format.JSON, Export("X", Secret(TOKEN), EXPIRY), '{"A": 1}\n', "{}") == "{}\n"


@pytest.mark.parametrize(
    ("name", "stale"),
    [
        ("X", ("EGAIN_ACCESS_TOKEN", "EGAIN_ACCESS_TOKEN_FILE", "EGAIN_ACCESS_TOKEN_NAME")),
        ("EGAIN_ACCESS_TOKEN", ("EGAIN_ACCESS_TOKEN_FILE", "EGAIN_ACCESS_TOKEN_NAME")),
    ],
)
def test_every_variable_that_holds_a_former_token_is_stale(name: str, stale: tuple[str, ...]) -> None:
    former = dict.fromkeys(("EGAIN_ACCESS_TOKEN", "EGAIN_ACCESS_TOKEN_FILE", "EGAIN_ACCESS_TOKEN_NAME", "X"), "made-up")

    assert stale_variables(name, former) == stale
    assert stale_variables(name, dict.fromkeys(former, "")) == ()


ASKED = "client.authentication.k8s.io/"


@pytest.mark.parametrize(
    ("info", "version"),
    [
        (None, "v1"),
        ("", "v1"),
        (f'{{"apiVersion": "{ASKED}v1"}}', "v1"),
        (f'{{"apiVersion": "{ASKED}v1beta1"}}', "v1beta1"),
    ],
)
def test_exec_credential_has_the_version_that_is_asked_for(info: str | None, version: str) -> None:
    environ = {} if info is None else {"KUBERNETES_EXEC_INFO": info}

    assert json.loads(text_of(Format.EXEC_CREDENTIAL, environ=environ)) == {
        "apiVersion": f"{ASKED}{version}",
        "kind": "ExecCredential",
        "status": {"token": TOKEN, "expirationTimestamp": "2027-01-15T08:00:00Z"},
    }


@pytest.mark.parametrize(
    ("info", "said"),
    [
        (f'{{"apiVersion": "{ASKED}v2"}}', f"asks for `{ASKED}v2`"),
        ('{"apiVersion": null}', "names no version"),
        ("{}", "names no version"),
        ("null", "names no version"),
        ("v1", "names no version"),
        ("[" * 100_000, "names no version"),
    ],
)
def test_exec_credential_of_no_version_that_we_know_is_refused(info: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)) as caught:
        text_of(Format.EXEC_CREDENTIAL, environ={"KUBERNETES_EXEC_INFO": info})

    assert f"`{ASKED}v1` or `{ASKED}v1beta1`" in (caught.value.hint or "")


def test_kubernetes_secret_has_the_variables_name_as_its_key() -> None:
    manifest = json.loads(text_of(Format.KUBERNETES_SECRET, name="__MY_TOKEN_"))

    assert (
        manifest["apiVersion"],
        manifest["kind"],
        manifest["stringData"],
    ) == ("v1", "Secret", {"__MY_TOKEN_": TOKEN})
    assert manifest["metadata"] == {"name": "my-token", "annotations": {"egain/expires": "2027-01-15T08:00:00Z"}}
    assert json.loads(text_of(Format.KUBERNETES_SECRET, name="_"))["metadata"]["name"] == "token"


@pytest.mark.parametrize("form", Format)
def test_every_format_can_be_rendered(form: Format) -> None:
    rendered = render(form, Export(DEFAULT_NAME, Secret(TOKEN), EXPIRY), {"GITHUB_ENV": "/f", "GITHUB_OUTPUT": "/f"})

    assert TOKEN in f"{rendered.text}{rendered.appended}"
    assert (rendered.file is not None) == (form in WRITE_TO_THEIR_OWN)
    assert not (rendered.text or "").endswith("\n")


@pytest.mark.parametrize(
    "name",
    [
        "X",
        "_",
        "_X9",
        "EGAIN_ACCESS_TOKEN",
        "ACCESS_TOKEN",
        "A" * 128,
        "PATHS",
        "MY_PATH",
        "TOKEN_LD_X",
        "TF_VAR_egain_token",
        "CI_EGAIN_TOKEN",
        "BUILD_TOKEN",
        "R_TOKEN",
        "CIRCLE",
        "x",
    ],
)
def test_good_name_is_taken(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    "name", ["", "9X", "A-B", "A B", "A=B", "A;id", "$(id)", "A\n", "A\x00", "É", "A" * 129, "X\u202e"]
)
def test_name_that_no_shell_could_take_is_refused(name: str) -> None:
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
        "PWD",
        "TMPDIR",
        "TEMP",
        "TMP",
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
        "EGAIN_ACCESS_TOKEN_FILE",
        "Path",
        "ld_preload",
        "EGAIN_CLIENT_SECRET",
        "HTTPS_PROXY",
        "SSL_CERT_FILE",
        "COMSPEC",
        "PATHEXT",
        "GITHUB_ENV",
        "GITHUB_PATH",
        "GITHUB_TOKEN",
        "BASHOPTS",
        "FPATH",
        "ZDOTDIR",
        "OPENSSL_CONF",
        "DOTNET_STARTUP_HOOKS",
        "HOSTALIASES",
        "SSLKEYLOGFILE",
        "TF_CLI_CONFIG_FILE",
        "AWS_SESSION_TOKEN",
        "http_proxy",
        "PSModulePath",
        "R_PROFILE_USER",
    ],
)
def test_name_that_changes_how_programs_load_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="is not set"):
        check_name(name)
