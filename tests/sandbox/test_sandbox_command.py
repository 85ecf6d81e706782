"""`egain sandbox` as a process: the profiles that it writes, and its end."""

from __future__ import annotations

import json
import signal
import tomllib
from typing import TYPE_CHECKING

import pytest
from fakes.process import ended

from egain_auth_cli.sandbox.registrations import REGISTRATIONS
from egain_auth_cli.sanitize import MASK

if TYPE_CHECKING:
    from fakes.process import Egain, Running


def start(egain: Egain) -> tuple[Running, str]:
    """Start a sandbox; it and its URL, once it says that it is ready."""
    running = egain.start("sandbox", "--port", "0")
    assert running.child.stdout is not None
    ready = json.loads(running.child.stdout.readline())
    return running, ready["url"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_is_the_usual_end(egain: Egain, number: signal.Signals) -> None:
    running, _ = start(egain)
    with ended(running):
        running.signal(number)
        done = running.finish()

    assert (0, "", "") == done.shown


def test_ctrl_c_pressed_twice_on_a_terminal_is_the_usual_end_too(egain: Egain) -> None:
    with egain.on_terminal("sandbox", "--port", "0") as running:
        running.read_until("as it comes.")
        running.send(b"\x03\x03")
        done = running.finish()

    assert 0 == done.status
    assert "" == done.out.partition("as it comes.")[2].replace("^C", "").strip()


def test_start_names_every_command_s_profile_and_the_page_of_requests(egain: Egain) -> None:
    with egain.on_terminal("sandbox", "--port", "0", "--profile", "lab") as running:
        shown = running.read_until("as it comes.")
        running.send(b"\x03")
        running.finish()

    url = next(word.rstrip(".") for word in shown.split() if word.startswith("http://127.0.0.1:"))
    assert f"What is asked of it is shown at {url}/, as it comes." in shown
    commands = [line.strip() for line in shown.splitlines() if line.startswith("  egain ")]
    assert len(commands) == 3
    assert all(line.startswith("egain -p lab ") for line in commands)


def test_public_ids_and_secrets_are_shown_whole_and_in_clear(egain: Egain) -> None:
    with egain.on_terminal("sandbox", "--port", "0", env={"COLUMNS": "80", "NO_COLOR": "1"}) as running:
        shown = running.read_until("as it comes.")
        running.send(b"\x03")
        running.finish()

    assert MASK not in shown
    pairs = [(one.client_id, one.client_secret or "-") for one in REGISTRATIONS]
    words = {line.split()[-1] for line in shown.splitlines() if line.startswith(("CLIENT ID", "SECRET"))}
    assert [] == [pair for pair in pairs if not words.issuperset(pair)]


def test_sandbox_never_becomes_the_default_profile(egain: Egain) -> None:
    running, url = start(egain)
    with ended(running):
        named = egain.run("-p", "sandbox", "token", "--client-credentials")
        unnamed = egain.run("token", "--client-credentials")
        added = egain.run(
            "profile", "add", "acme", "--tenant", "TMPRODB88619984", "--client-id", "ID", "--flow", "pkce"
        )
    config = tomllib.loads(egain.config_file.read_text())

    assert url
    assert (0, 3) == (named.status, unnamed.status)
    assert "no profile is chosen" in unnamed.err
    assert 0 == added.status, added.err
    assert "acme" == config["default_profile"]
    assert {"sandbox", "sandbox-commercial", "acme"} == config["profiles"].keys()


def test_profile_that_another_running_sandbox_loses_is_told(egain: Egain) -> None:
    first, url = start(egain)
    with ended(first):
        second, _ = start(egain)
        with ended(second):
            second.signal(signal.SIGTERM)
            told = second.finish().err
        first.signal(signal.SIGTERM)
        first.finish()
    third, _ = start(egain)
    with ended(third):
        third.signal(signal.SIGTERM)
        alone = third.finish().err

    assert [
        f"warning: another sandbox runs at {url}: the profile `{name}` leads to this one now"
        for name in ("sandbox", "sandbox-commercial")
    ] == told.splitlines()
    assert alone == ""
