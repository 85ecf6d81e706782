"""``egain call --list``, and every example that the help and the README give, run as they stand."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

import pytest
from fakes.call_world import PORTALS
from fakes.hostile_server import Answer
from fakes.readme import texts
from fakes.world import add_profile

from egain_auth_cli.call.catalogue import find_operations, operations
from egain_auth_cli.commands.call import app

if TYPE_CHECKING:
    from fakes.call_world import Api
    from fakes.process import Egain

    from egain_auth_cli.sandbox.server import SandboxServer


def examples_of_the_help() -> list[str]:
    (command,) = app.registered_commands
    epilog = command.epilog or ""
    return [line.strip() for line in epilog.splitlines() if line.startswith("  egain call ")]


def examples_of_the_readme() -> list[str]:
    lines = [line for text in texts("Calling the API") for line in text.replace("\\\n", "").splitlines()]
    return [line for line in lines if line.startswith("egain call ")]


@pytest.fixture
def signed_in(egain: Egain, sandbox: SandboxServer) -> Egain:
    """A person who has signed in at the sandbox, and has what the examples send."""
    source = {"type": "Shared file path", "path": "/imports/one"}
    (egain.home / "job.json").write_text(json.dumps({"dataSource": source, "operation": "import"}))
    egain.environ["EGAIN_CLIENT_SECRET"] = "sandbox-secret"
    done = egain.run("login")
    assert done.status == 0, done.err
    return egain


def test_help_shows_the_examples_that_are_tested(egain: Egain) -> None:
    shown = re.sub(r" \\\n +", " ", egain.run("call", "--help").out)

    assert len(examples_of_the_help()) >= 5
    assert [line for line in examples_of_the_help() if f"\n  {line}\n" not in shown] == []


@pytest.mark.parametrize("line", examples_of_the_help())
def test_example_of_the_help_works_as_it_stands(signed_in: Egain, line: str) -> None:
    scope = {"EGAIN_SCOPE": "knowledge.contentmgr.manage"} if "/contentmgr/" in line and "--client" in line else {}

    done = signed_in.shell(line, env=scope)

    assert (done.status, done.err) == (0, "")
    assert done.out.strip() or " -o " in line


@pytest.mark.parametrize("line", examples_of_the_readme())
def test_example_of_the_readme_works_as_it_stands(signed_in: Egain, line: str) -> None:
    done = signed_in.shell(line)

    assert (done.status, done.err) == (0, "")
    assert done.out.strip() or " -o " in line


def test_slurped_example_holds_every_portal_over_its_pages(signed_in: Egain) -> None:
    pages = signed_in.shell(f"egain call GET {PORTALS} -q '$pagesize=2' --paginate").out
    whole = signed_in.shell(f"egain call GET {PORTALS} -q '$pagesize=2' --paginate --slurp").out
    items = [item for line in pages.splitlines() for item in json.loads(line)["portal"]]

    assert json.loads(whole) == items
    assert len(items) > 2


def test_list_is_a_table_without_a_profile_and_offline(egain: Egain) -> None:
    done = egain.run("call", "--list")
    rows = [tuple(line.split("\t")) for line in done.out.splitlines()]

    assert (done.status, done.err) == (0, "")
    assert rows == [
        (one.method, one.path, " ".join(one.personas), " ".join(one.scopes), one.group, one.release)
        for one in operations()
    ]
    assert len(rows) > 10
    assert egain.files() == []


@pytest.mark.parametrize("word", ["article", "ARTICLE", "contentmgr", "guided help"])
def test_list_with_a_word_gives_the_rows_that_have_it(egain: Egain, word: str) -> None:
    done = egain.run("call", "--list", word)
    rows = done.out.splitlines()

    assert done.status == 0
    assert rows
    assert [row for row in rows if word.lower() not in row.lower()] == []


def test_list_opens_no_connection(api: Api) -> None:
    done = api.call("--list", "portals")

    assert (done.status, api.world.server.connections) == (0, 0)


@pytest.mark.parametrize("columns", [80, 250])
def test_list_for_a_person_has_whole_paths_to_copy_and_says_for_whom_in_words(egain: Egain, columns: int) -> None:
    with egain.on_terminal("call", "--list", "gh", env={"COLUMNS": str(columns), "NO_COLOR": "1"}) as running:
        lines = running.finish().out.splitlines()

    found = find_operations("gh")
    assert [one.path for one in found] == [line.split()[1] for line in lines if line[0] != " "]
    assert [one.method for one in found] == [line.split()[0] for line in lines if line[0] != " "]
    assert (len(lines) == len(found)) == (columns == 250)
    beside = [line for line in lines if not re.match(r"[A-Z]+ +/\S+$", line)]
    assert [] == [line for line in beside if len(line) > columns]
    said = " ".join(" ".join(lines).split())
    assert "for a user, on behalf of a user, a customer, on behalf of a customer, an anonymous customer" in said
    assert "obo" not in said


@pytest.mark.parametrize("word", ["nothing-has-this", "\x1b[31m"])
def test_list_of_an_unknown_word_is_wrong_use(egain: Egain, word: str) -> None:
    done = egain.run("call", "--list", word)

    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error: no documented operation has `")
    assert done.err.replace("\n", "").isprintable()


def test_listed_path_can_be_called_as_it_is_listed(api: Api) -> None:
    line = api.call("--list", "channels").out.splitlines()[0].split("\t")
    api.answers(Answer(status=204), path=line[1])

    assert api.call(*line[:2]).shown == (0, "", "")


def test_missing_arguments_are_told_with_an_example(egain: Egain) -> None:
    add_profile(egain, "acme", {"client_id": "x"})
    done = egain.run("call")
    example = re.search(r"`(egain call GET [^`]+)`", done.err)

    assert (done.status, done.out) == (2, "")
    assert example is not None
    assert shlex.split(example[1])[:3] == ["egain", "call", "GET"]
