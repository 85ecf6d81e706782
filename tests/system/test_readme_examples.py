"""The examples of scripts and jobs in README and help, run as they stand at the sandbox: with and without a token."""

from __future__ import annotations

import json
import os
import re
import sys
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from system.egain_command import Egain, own_egain
from system.readme_examples import EXAMPLES, PLACEHOLDER, Example, each, examples, ran_examples
from system.recipes import (
    CLIENT_SECRET,
    PORTAL,
    PORTALS,
    job_s_environ,
    job_s_portals,
    portals,
    run_command,
    write_job,
)
from system.sandbox_process import sandbox_process

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from system.egain_command import Ran

SHELLS = {"bash": ["bash", "--norc", "--noprofile", "-c"], "fish": ["fish", "--no-config", "-c"]}
VARIABLES = "printenv EGAIN_ACCESS_TOKEN EGAIN_API_URL"
FORMER = "A='kept'\n"
"""What `.env` holds before."""
PROGRAMS = {
    "kubectl": f"""#!{sys.executable}
# As the real one: nothing on its standard input is an error.
import sys
given = sys.stdin.read()
if not given.strip():
    sys.exit("error: no objects passed to apply")
open("applied.json", "w").write(given)
""",
    "docker": f"""#!{sys.executable}
# As `docker build` takes a secret: from the variable `env`.
import json, os, sys
secret = dict(part.split("=", 1) for part in sys.argv[sys.argv.index("--secret") + 1].split(","))
json.dump([sys.argv[1:], secret["id"], os.environ[secret["env"]]], open("built.json", "w"))
""",
}
FAILURES = {
    "secret": ({"EGAIN_CLIENT_SECRET": "another-secret"}, "invalid_client", [("token", 401)]),
    "endpoint": ({"EGAIN_TOKEN_URL": "http://127.0.0.1:9/oauth2/token"}, "127.0.0.1:9", []),
}
"""A client secret that is refused, and a token endpoint that is not there: what is said, and what the sandbox sees."""
LONG_JOB = "#!/bin/sh\nstat -c %a token.txt && cat token.txt\n"


@dataclass(frozen=True)
class Sandbox:
    """A sandbox that all examples share, and the command whose default profile is its."""

    egain: Egain
    url: str
    log: Path

    def requests(self) -> list[tuple[str, int]]:
        """Return path and status of every request so far, the token endpoint's as `token`."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []
        return [("token" if one["path"].endswith("/oauth2/token") else one["path"], one["status"]) for one in lines]


@dataclass(frozen=True)
class Place:
    """A folder with what the examples name, and an empty cache."""

    sandbox: Sandbox
    folder: Path
    environ: dict[str, str]

    def run(self, example: Example, *, after: str = "", settings: Mapping[str, str] = {}) -> Ran:
        """Run an example, and a line after it in the same shell; with these variables too."""
        text = example.text.replace(PLACEHOLDER, self.sandbox.url + PORTAL)
        environ = {**self.environ, **settings}
        if PLACEHOLDER in example.text:
            # an example for any address has no header for this one alone: it stands where curl looks
            environ["CURL_HOME"] = str(self.folder.parent)
        return run_command([*SHELLS[example.shell], f"{text}\n{after}" if after else text], self.folder, environ)

    def files(self) -> dict[str, bytes]:
        """Return what every file of the folder holds."""
        return {path.name: path.read_bytes() for path in self.folder.iterdir() if path.is_file()}

    def takes(self, token: str) -> bool:
        """Return whether this is a token with which the API can be called."""
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en-US"}
        request = urllib.request.Request(self.sandbox.url + PORTAL, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return portals(answer.read()) == PORTALS


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("sandbox")
    egain, log = own_egain(folder / "home"), folder / "access.jsonl"
    with sandbox_process(egain, "local", "--access-log", str(log)) as url:
        egain.do("profile", "set", "local", "flow", "client-credentials")
        yield Sandbox(egain, url, log)


@pytest.fixture
def place(sandbox: Sandbox, tmp_path: Path) -> Place:
    folder, programs = tmp_path / "folder", tmp_path / "bin"
    for one in (folder, programs):
        one.mkdir()
    write_job(folder / "job")
    write_job(folder / "sync.py", "API_TOKEN")
    (folder / "Makefile").write_text("deploy:\n\t@./job\n")
    (folder / "github-env").touch()
    (folder / ".env").write_text(FORMER)
    for file, text in [(folder / "long-job", LONG_JOB), *((programs / name, text) for name, text in PROGRAMS.items())]:
        file.write_text(text)
        file.chmod(0o755)
    (tmp_path / ".curlrc").write_text('header = "Accept-Language: en-US"\n')
    return Place(
        sandbox,
        folder,
        {
            **sandbox.egain.environ,
            "PATH": f"{programs}{os.pathsep}{sandbox.egain.environ['PATH']}",
            "EGAIN_CACHE_DIR": str(tmp_path / "cache"),
            "EGAIN_CLIENT_SECRET": CLIENT_SECRET,
            "EGAIN_API_URL": sandbox.url,
            "GITHUB_ACTIONS": "true",
            "GITHUB_ENV": str(folder / "github-env"),
        },
    )


def test_every_example_has_a_test_of_its_good_case() -> None:
    assert len(EXAMPLES) > 20
    assert set(EXAMPLES) == ran_examples


@pytest.mark.parametrize("failure", FAILURES)
@each(EXAMPLES)
def test_failure_ends_the_example_and_nothing_is_asked_without_a_token(
    place: Place, example: Example, failure: str
) -> None:
    settings, said, seen = FAILURES[failure]
    before, files = len(place.sandbox.requests()), place.files()

    ran = place.run(example, settings=settings)

    assert ran.status != 0
    assert ran.stdout == ""
    assert ran.stderr.startswith("error: ")
    assert said in ran.stderr
    assert files == {name: held for name, held in place.files().items() if f"cat >{name} <<" not in example.text}
    assert seen == place.sandbox.requests()[before:]


@examples("TOKEN=$(")
def test_variable_has_the_token(place: Place, example: Example) -> None:
    ran = place.run(example, after="printf '%s' \"$TOKEN\"")

    assert (0, "") == (ran.status, ran.stderr)
    assert place.takes(ran.stdout)


@examples("vars=$(egain export sh", "egain export fish")
def test_shell_has_token_and_api_for_its_programs(place: Place, example: Example) -> None:
    del place.environ["EGAIN_API_URL"]

    ran = place.run(example, after=VARIABLES)
    token, api_url = ran.stdout.splitlines()

    assert (0, "", place.sandbox.url) == (ran.status, ran.stderr, api_url)
    assert place.takes(token)


@examples("header=$(", "config=$(")
def test_curl_calls_the_api(place: Place, example: Example) -> None:
    before = len(place.sandbox.requests())

    ran = place.run(example)

    assert (0, PORTALS) == (ran.status, portals(ran.stdout))
    assert [("token", 200), (PORTAL, 200)] == place.sandbox.requests()[before:]


@examples("egain token --client-credentials --min-valid", "egain token --on-behalf-of")
def test_token_and_a_newline_are_printed(place: Place, example: Example) -> None:
    ran = place.run(example)

    assert (0, "", 1) == (ran.status, ran.stderr, ran.stdout.count("\n"))
    assert place.takes(ran.stdout.removesuffix("\n"))


@examples("egain token --client-credentials --output json")
def test_object_has_the_token_and_its_end(place: Place, example: Example) -> None:
    ran = place.run(example)
    printed = json.loads(ran.stdout)

    assert (0, "") == (ran.status, ran.stderr)
    assert place.takes(printed["access_token"])
    assert {"expires_at", "expires"} < set(printed)


@examples("token=$(")
def test_jq_selects_the_end(place: Place, example: Example) -> None:
    ran = place.run(example)

    assert (0, "") == (ran.status, ran.stderr)
    assert re.fullmatch(r'"\d{4}-\d\d-\d\dT[\d:]+Z"\n', ran.stdout)


@examples("egain export dotenv")
def test_file_has_the_token_and_its_other_lines(place: Place, example: Example) -> None:
    ran = place.run(example)
    file = place.folder / ".env"
    name, _, token = file.read_text().removeprefix(FORMER).splitlines()[0].partition("=")

    assert (0, "", "") == (ran.status, ran.stdout, ran.stderr)
    assert (True, 0o600) == (file.read_text().startswith(FORMER), file.stat().st_mode & 0o777)
    assert name == ("API_TOKEN" if "API_TOKEN" in example.text else "EGAIN_ACCESS_TOKEN")
    assert place.takes(token)


@examples("egain export github-env")
def test_later_steps_of_github_actions_have_the_token(place: Place, example: Example) -> None:
    ran = place.run(example)
    name, token = (place.folder / "github-env").read_text().splitlines()[:2]

    assert (0, f"::add-mask::{token}\n", "") == (ran.status, ran.stdout, ran.stderr)
    assert name.startswith("EGAIN_ACCESS_TOKEN<<")
    assert place.takes(token)


@examples("egain export kubernetes-secret")
def test_kubectl_applies_the_secret(place: Place, example: Example) -> None:
    ran = place.run(example)
    applied = json.loads((place.folder / "applied.json").read_text())

    assert (0, "", "Secret") == (ran.status, ran.stderr, applied["kind"])
    assert place.takes(applied["stringData"]["EGAIN_ACCESS_TOKEN"])


@examples(
    "egain exec -- ",
    "egain exec --client-credentials -- ./job",
    "egain exec --client-credentials --expect",
    "egain exec --expect",
    "egain exec --name",
)
def test_job_calls_the_api_and_has_no_other_secret(place: Place, example: Example) -> None:
    ran = place.run(example)

    assert (0, "") == (ran.status, ran.stderr)
    assert PORTALS == job_s_portals(ran.stdout)
    assert "EGAIN_CLIENT_SECRET" not in job_s_environ(ran.stdout)


@examples("egain exec --client-credentials -- docker")
def test_image_is_built_with_the_token_as_a_secret(place: Place, example: Example) -> None:
    ran = place.run(example)
    argv, name, token = json.loads((place.folder / "built.json").read_text())

    assert (0, "", "", "egain") == (ran.status, ran.stdout, ran.stderr, name)
    assert ("build", ".", False) == (argv[0], argv[-1], token in " ".join(argv))
    assert place.takes(token)


@examples("egain exec --refresh-file")
def test_long_job_finds_the_token_in_its_file(place: Place, example: Example) -> None:
    ran = place.run(example)
    mode, token = ran.stdout.splitlines()

    assert (0, "", "600") == (ran.status, ran.stderr, mode)
    assert place.takes(token)
