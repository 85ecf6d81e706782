"""The token of the environment: what it outranks, who says so, and what is said when it is dead."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

import pytest
from fakes.call_world import TOKEN, Api, egain_error
from fakes.world import api_answer

from egain_auth_cli.call.advice import Advice
from egain_auth_cli.call.errors import api_error
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.settings.environment_token import API_URL, EXPIRY, TOKEN_FILE, EnvironmentToken
from egain_auth_cli.settings.environment_token import TOKEN as VARIABLE

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.hostile_server import Answer, Recorded

GIVEN = "at-given"
KEPT_CURRENT = "`egain exec --refresh-file token.txt -- ./long-job` keeps the token of a long job current"
INNER = (sys.executable, "-m", "egain_auth_cli")


def environment(api: Api, *, left: int = 600) -> dict[str, str]:
    """What an `exec` or an `export` gives."""
    return {VARIABLE: GIVEN, API_URL: api.world.server.url, EXPIRY: str(int(time.time()) + left)}


def sent(api: Api) -> str:
    (value,) = api.only.header("authorization")
    return str(value).removeprefix("Bearer ")


@pytest.fixture
def other(api: Api) -> Api:
    """A world whose default profile is another one than the job's."""
    api.world.add_profile("other", flow="pkce")
    return api


@pytest.mark.parametrize("more", [{}, {"EGAIN_PROFILE": "other"}, {"EGAIN_FLOW": "anonymous"}], ids=str)
def test_it_outranks_the_profiles_that_nobody_names_on_the_command_line(other: Api, more: dict[str, str]) -> None:
    done = other.world.egain.run("call", "GET", "/things", env=environment(other) | more)

    assert (done.status, sent(other)) == (0, GIVEN)


@pytest.mark.parametrize("argv", [("-p", "acme", "call"), ("call", "--client-credentials")], ids=" ".join)
def test_profile_or_flow_on_the_command_line_outranks_it(other: Api, argv: tuple[str, ...]) -> None:
    done = other.world.egain.run(*argv, "GET", "/things", env=environment(other, left=-5))

    assert (done.status, sent(other)) == (0, TOKEN)


@pytest.mark.parametrize("option", [("--scope", "x.read"), ("--actor", "customer"), ("--force-refresh",)], ids=" ".join)
def test_option_that_it_cannot_take_is_refused_before_anything_is_sent(api: Api, option: tuple[str, ...]) -> None:
    done = api.world.egain.run("call", "GET", "/things", *option, env=environment(api))

    assert (done.status, done.stdout, api.requests) == (2, b"", [])
    assert f"`{option[0]}` is not for the token of `{VARIABLE}`" in done.err


def test_one_that_has_expired_is_refused_by_the_variables_name_before_anything_is_sent(api: Api) -> None:
    done = api.world.egain.run("call", "GET", "/things", env=environment(api, left=-300))

    assert (done.status, done.stdout, api.requests) == (4, b"", [])
    assert f"error: the token of `{VARIABLE}` expired 5 min ago" in done.err
    assert f"hint: {KEPT_CURRENT}; or unset `{VARIABLE}`, `{API_URL}` and `{EXPIRY}`, or name a profile by" in done.err


@pytest.mark.parametrize(("now", "told"), [(99.0, False), (101.0, True)])
def test_one_that_has_ended_while_it_is_used_is_told_how_a_long_job_keeps_it_current(now: float, told: bool) -> None:
    given = EnvironmentToken(VARIABLE, Secret(GIVEN), "https://api.example", 100)
    refusal = api_error(401, b"", {}, Advice(outer=given, clock=lambda: now))

    assert (KEPT_CURRENT in str(refusal.hint)) == told
    assert f"unset `{VARIABLE}`" in str(refusal.hint)


@pytest.mark.parametrize("code", ["401-101", "401"])
def test_one_that_the_api_refuses_is_told_by_the_variables_name(api: Api, code: str) -> None:
    api.answers(egain_error(code), path="/things")

    done = api.world.egain.run("call", "GET", "/things", env=environment(api))

    assert (done.status, len(api.requests)) == (4, 1)
    assert f"the API refused the token of `{VARIABLE}` (status 401)" in done.err
    assert f"unset `{VARIABLE}`" in done.err
    assert [words for words in ("egain login", KEPT_CURRENT) if words in done.err] == []


def test_one_without_the_scope_is_not_told_to_change_a_profile(api: Api) -> None:
    api.answers(egain_error("403-197"), path="/things")

    done = api.world.egain.run("call", "GET", "/things", env=environment(api))

    assert f"the token of `{VARIABLE}` lacks a scope" in done.err
    assert "profile set" not in done.err


@pytest.mark.parametrize("text", ["soon", "-1", "1e9", "٣"])
def test_end_that_is_no_number_is_refused(api: Api, text: str) -> None:
    done = api.world.egain.run("call", "GET", "/things", env=environment(api) | {EXPIRY: text})

    assert (done.status, api.requests) == (3, [])
    assert f"`{EXPIRY}`" in done.err


def test_job_within_exec_acts_as_its_token_whatever_the_shell_around_chose(other: Api) -> None:
    other.world.give_tokens("at-job")
    chosen = {
        "EGAIN_CLIENT_SECRET": "secret-canary-1",
        "EGAIN_PROFILE": "other",
        "EGAIN_FLOW": "pkce",
        "EGAIN_SCOPE": "x.read",
    }
    former = {VARIABLE: "at-former", EXPIRY: "1700000000", API_URL: other.world.server.url}

    done = other.world.egain.run(
        "-p", "acme", "exec", "--client-credentials", "--", *INNER, "call", "GET", "/things", env=chosen | former
    )

    assert (done.status, sent(other)) == (0, "at-job")


def test_long_job_calls_with_the_token_that_its_file_has_by_now(api: Api, tmp_path: Path) -> None:
    file = tmp_path / "token.txt"
    file.write_text("at-newer\n")

    def answer(request: Recorded) -> Answer:
        file.write_text("at-newest\n")
        stale = request.header("authorization") == ["Bearer at-newer"]
        return egain_error("401-101") if stale else api_answer(b"{}")

    api.answers(answer, path="/things")
    done = api.world.egain.run("call", "GET", "/things", env=environment(api, left=-9) | {TOKEN_FILE: str(file)})

    assert done.status == 0
    assert [one.header("authorization") for one in api.requests] == [["Bearer at-newer"], ["Bearer at-newest"]]


def test_file_that_is_gone_leaves_the_variable(api: Api, tmp_path: Path) -> None:
    done = api.world.egain.run("call", "GET", "/things", env=environment(api) | {TOKEN_FILE: str(tmp_path / "gone")})

    assert (done.status, sent(api)) == (0, GIVEN)


def test_verbose_call_status_and_doctor_name_it_and_what_it_passes_over(other: Api) -> None:
    egain = other.world.egain
    env = environment(other) | {"EGAIN_PROFILE": "other"}

    verbose = egain.run("-v", "call", "GET", "/things", env=env).err
    status = egain.run("status", env=env).out
    doctor = egain.run("doctor", "--offline", env=env).out

    assert f"the token is that of `{VARIABLE}`, for `{API_URL}`; passed over: profile `other`" in verbose
    for text in (status, doctor):
        assert f"uses the token of `{VARIABLE}`" in text
        assert "passed over: profile `other` (environment EGAIN_PROFILE)" in text
    assert GIVEN not in verbose + status + doctor


def test_doctor_fails_for_one_that_has_expired(api: Api) -> None:
    done = api.world.egain.run("doctor", "--offline", "--json", env=environment(api, left=-60))
    (check,) = [one for one in json.loads(done.out)["checks"] if one["name"] == "environment"]

    assert (done.status, check["state"]) == (3, "failure")
    assert VARIABLE in check["fix"]


def test_status_shows_it_without_a_profile_too(api: Api) -> None:
    env = environment(api)
    api.world.egain.config_file.unlink()

    told = json.loads(api.world.egain.run("status", "--json", env=env).out)["environment_token"]

    assert (told["variable"], told["api_url"]) == (VARIABLE, env[API_URL])
    assert 0 < told["seconds_left"] <= 600


def test_login_warns_that_calls_will_not_use_it(api: Api) -> None:
    api.world.add_profile(flow="pkce")
    api.world.sign_in(left=3000)

    done = api.world.egain.run("login", env=environment(api))
    named = api.world.egain.run("-p", "acme", "login", env=environment(api))

    assert done.status == 0
    assert f"warning: `egain call` uses the token of `{VARIABLE}`, not this login" in done.err
    assert VARIABLE not in named.err


@pytest.mark.parametrize("more", [(), ("--refresh-file", "t.txt")], ids=str)
def test_job_whose_token_has_another_name_acts_as_that_token(other: Api, more: tuple[str, ...]) -> None:
    other.world.give_tokens("at-job")
    chosen = {"EGAIN_CLIENT_SECRET": "secret-canary-1", "EGAIN_PROFILE": "other"}

    options = ("--client-credentials", "--force-refresh", "--name", "API_TOKEN", *more)
    done = other.world.egain.run("-p", "acme", "exec", *options, "--", *INNER, "call", "GET", "/things", env=chosen)

    assert (done.status, sent(other)) == (0, "at-job")


def test_token_without_its_api_is_said_to_be_of_no_use(api: Api) -> None:
    env = environment(api)
    del env[API_URL]

    done = api.world.egain.run("call", "GET", "/things", env=env)
    status = api.world.egain.run("status", env=env)

    assert (done.status, sent(api)) == (0, TOKEN)
    assert f"warning: `{VARIABLE}` is not used, since `{API_URL}` does not say which API it is for" in done.err
    assert f"`{VARIABLE}` is not used" in status.out


def test_profile_that_is_named_is_not_told_of_it(api: Api) -> None:
    env = environment(api, left=-60) | {EXPIRY: "soon"}

    assert api.world.egain.run("-p", "acme", "status", env=env).status == 0
    assert VARIABLE not in api.world.egain.run("-p", "acme", "doctor", "--offline", env=env).out


def test_exec_within_a_job_says_that_its_token_is_another(api: Api) -> None:
    done = api.world.egain.run("exec", "--", "true", env=environment(api))

    assert "warning: the job's token is one of `acme`: that of the environment around it is passed over" in done.err


@pytest.mark.parametrize("form", ["sh", "fish", "powershell", "cmd", "azure-pipelines"])
def test_export_takes_a_former_token_away_that_would_go_to_its_api(api: Api, form: str) -> None:
    env = environment(api) | {TOKEN_FILE: "/x"}

    by_name = api.world.egain.run("export", form, "--name", "API_TOKEN", env=env).out
    usual = api.world.egain.run("export", form, env=env).out
    alone = api.world.egain.run("export", form, "--name", "API_TOKEN").out

    assert GIVEN not in by_name + usual
    assert [VARIABLE in by_name, TOKEN_FILE in by_name, TOKEN_FILE in usual] == [True] * 3
    assert VARIABLE not in alone


def test_shell_that_evaluates_an_export_by_another_name_calls_as_nobody_else(api: Api) -> None:
    script = 'vars=$(egain export sh --name API_TOKEN) && eval "$vars"; echo "${EGAIN_ACCESS_TOKEN-gone} $API_TOKEN"'

    assert api.world.egain.shell(script, env=environment(api)).out == f"gone {TOKEN}\n"
