"""A command of the profile that prints another provider's token, such as the identity of a CI job."""

from __future__ import annotations

import itertools
import json
import sys
from typing import TYPE_CHECKING

import pytest
from fakes.hostile_server import Answer, token_answer
from fakes.process import ended
from fakes.raw_http import get

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.process import Finished
    from fakes.world import World

SECRET = {"EGAIN_CLIENT_SECRET": "secret-canary-1"}
SUBJECT = "a.b.canary-command"


def printing(text: str, *, status: int = 0) -> list[str]:
    return [sys.executable, "-c", f"import sys; sys.stdout.write({text!r}); sys.exit({status})"]


def exchange(world: World, command: list[str], *before: str, **env: str) -> Finished:
    """Exchange what a command prints."""
    world.give_tokens(issued_token_type="urn:ietf:params:oauth:token-type:access_token")
    table = {"registration_id": "okta-1", "subject_token_command": command}
    world.add_profile(flow="token-exchange", flows={"token-exchange": table})
    return world.egain.run(*before, "token", env=SECRET | env)


def sent(world: World) -> str:
    (request,) = world.server.requests
    return str(request.form["subject_token"])


@pytest.mark.parametrize(
    ("before", "expected"), [((), "of-the-environment"), (("-p", "acme"), SUBJECT)], ids=["default", "-p"]
)
def test_environment_outranks_it_but_for_a_profile_that_is_named(
    world: World, before: tuple[str, ...], expected: str
) -> None:
    done = exchange(world, printing(f"{SUBJECT}\n"), *before, EGAIN_SUBJECT_TOKEN="of-the-environment")

    assert (done.status, sent(world)) == (0, expected)


def test_blanks_around_what_it_prints_are_left_out_with_a_note(world: World) -> None:
    done = exchange(world, printing(f" {SUBJECT} \r\n"))

    assert (done.status, sent(world)) == (0, SUBJECT)
    assert "note: blanks around the output of `subject_token_command` are left out" in done.err


@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        (printing(SUBJECT, status=3), 6, "failed with status 3"),
        (printing('{"value": "canary-command"}'), 3, "is not a bearer token"),
        (printing(""), 3, "is empty"),
        (["/nowhere/at/all"], 3, "cannot be started"),
    ],
)
def test_command_that_gives_no_token_is_told_and_nothing_is_sent(
    world: World, command: list[str], status: int, said: str
) -> None:
    done = exchange(world, command)

    assert (done.status, done.out, world.server.requests) == (status, "", [])
    assert "`subject_token_command`" in done.err
    assert said in done.err
    assert "canary-command" not in done.err


def test_it_is_not_asked_for_a_client_that_the_environment_names(world: World) -> None:
    done = exchange(world, printing(SUBJECT), EGAIN_TOKEN_URL=f"{world.server.url}/elsewhere")

    assert (done.status, world.server.requests) == (3, [])
    assert "whose `subject_token_command` is not used for it" in done.err
    assert "`EGAIN_SUBJECT_TOKEN`" in done.err


def test_it_gets_none_of_our_secrets(world: World) -> None:
    shown = "import os, sys; sys.stdout.write('x' if 'EGAIN_CLIENT_SECRET' in os.environ else 'y')"

    exchange(world, [sys.executable, "-c", shown])

    assert sent(world) == "y"


def test_command_that_never_stops_printing_is_ended(world: World) -> None:
    done = exchange(world, ["yes", SUBJECT])

    assert (done.status, done.out, world.server.requests) == (3, "", [])
    assert "is not a bearer token" in done.err
    assert done.seconds < 20


def test_agent_that_the_command_leaves_behind_is_not_waited_for(world: World) -> None:
    done = exchange(world, ["sh", "-c", f"sleep 25 & echo {SUBJECT}"])

    assert (done.status, sent(world)) == (0, SUBJECT)
    assert done.seconds < 20


def counting(folder: Path) -> list[str]:
    """Return a command that prints another token each time: `a.b.1`, `a.b.2`, ..."""
    text = (
        "import pathlib; file = pathlib.Path('asked'); file.touch(); n = len(file.read_text()) + 1; "
        "file.write_text('x' * n); print(f'a.b.{n}')"
    )
    return [sys.executable, "-c", f"import os; os.chdir({str(folder)!r}); {text}"]


@pytest.mark.parametrize("kind", ["proxy", "exec"])
def test_long_run_asks_for_another_subject_token_each_time(world: World, tmp_path: Path, kind: str) -> None:
    numbers = itertools.count(1)
    table = {"registration_id": "okta-1", "subject_token_command": counting(tmp_path)}
    world.add_profile(flow="token-exchange", flows={"token-exchange": table})
    world.server.on("/token", lambda _: token_answer(f"at-{next(numbers)}", expires_in=1 if kind == "exec" else 3600))
    world.server.on("/things", Answer(status=401))
    if kind == "proxy":
        process = world.egain.start("proxy", "--port", "0", env=SECRET)
        with ended(process):
            assert process.child.stdout is not None
            url = json.loads(process.child.stdout.readline())["url"]
            assert get(f"{url}/things", "Connection: close").status == 401
    else:
        waits = "while ! grep -q at-2 token.txt; do sleep 0.1; done"
        world.egain.run("exec", "--refresh-file", "token.txt", "--", "sh", "-c", waits, env=SECRET)

    subjects = [request.form["subject_token"] for request in world.server.to("/token")]
    assert subjects[:2] == ["a.b.1", "a.b.2"]
