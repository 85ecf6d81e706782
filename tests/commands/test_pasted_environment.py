"""Blanks at the ends of what was pasted: left out by one rule, wherever the value comes from, and said."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.process import Env
    from fakes.world import World

SECRET = "secret-canary-1"
BLANKS = ["{} ", " {}", "{}\n", "{}\r\n\n", "\t{}", "\ufeff{}", "{}\u200b", "\u00a0{}"]


@pytest.mark.parametrize("blanks", BLANKS, ids=ascii)
@pytest.mark.parametrize(
    "name", ["EGAIN_CLIENT_ID", "EGAIN_CLIENT_SECRET", "EGAIN_TOKEN_URL", "EGAIN_FLOW", "EGAIN_SCOPE"]
)
def test_variable_is_sent_without_them(world: World, name: str, blanks: str) -> None:
    world.give_tokens()
    whole = world.environment_client(EGAIN_FLOW="client-credentials", EGAIN_CLIENT_AUTH="body")

    plain = world.egain.run("token", "--no-store", env=whole)
    pasted = world.egain.run("token", "--no-store", env=whole | {name: blanks.format(whole[name])})
    first, second = world.server.requests

    assert (plain.shown, pasted.shown[:2]) == ((0, "at-1\n", ""), (0, "at-1\n"))
    assert (first.path, first.form) == (second.path, second.form)
    assert pasted.err == f"note: blanks around `{name}` are left out\n"


@pytest.mark.parametrize("blanks", BLANKS, ids=ascii)
@pytest.mark.parametrize("source", ["file", "command", "stdin"])
def test_secret_is_sent_without_them(world: World, tmp_path: Path, source: str, blanks: str) -> None:
    world.give_tokens()
    file = tmp_path / "secret"
    file.write_bytes(blanks.format(SECRET).encode())
    show = f"import sys; sys.stdout.buffer.write(open({str(file)!r}, 'rb').read())"
    command = [sys.executable, "-c", show] if source == "command" else None
    world.add_profile(flow="client-credentials", client_secret_command=command)
    env: Env = {"EGAIN_CLIENT_SECRET_FILE": str(file)} if source == "file" else {}
    if source == "stdin":
        stored = world.egain.run("secret", "set", stdin=blanks.format(SECRET).encode())
        assert stored.status == 0

    done = world.egain.run("token", env=env)

    assert done.out == "at-1\n"
    assert [one.form["client_secret"] for one in world.server.requests] == [SECRET]


def test_note_is_not_said_for_the_end_of_a_line_nor_where_nothing_is_to_be_said(world: World, tmp_path: Path) -> None:
    world.give_tokens()
    world.add_profile(flow="client-credentials")
    (tmp_path / "secret").write_text(f"{SECRET}\n")

    done = world.egain.run("token", env={"EGAIN_CLIENT_SECRET_FILE": str(tmp_path / "secret")})
    quiet = world.egain.run("--quiet", "token", "--force-refresh", env={"EGAIN_CLIENT_SECRET": f"{SECRET} "})

    assert (done.err, quiet.err) == ("", "")


@pytest.mark.parametrize("word", ["yaml", "JSON ", "text,json"])
def test_error_format_of_no_known_kind_is_refused(world: World, word: str) -> None:
    done = world.egain.run("status", env={"EGAIN_ERROR_FORMAT": word})

    assert (done.status, done.out) == (3, "")
    assert "`EGAIN_ERROR_FORMAT` is `text` or `json`" in done.err
