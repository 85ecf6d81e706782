"""A command of the profile that prints another provider's token, such as the identity of a CI job."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
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
