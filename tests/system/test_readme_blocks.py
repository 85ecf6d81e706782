"""The README's blocks, each run as it stands: in the order of the README, in a shell, against the sandbox."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes.readme import BLOCKS, README, ran, recipe, texts
from fakes.sandbox_person import BROWSER

from system.proxy_process import proxy_process
from system.recipes import CLIENT_SECRET, PORTALS, TOOLS, portals, run_command
from system.sandbox_process import sandbox_process

if TYPE_CHECKING:
    from collections.abc import Iterator

    from system.egain_command import Egain

SECRET_MANAGERS = {
    "vault": ["kv", "get", "-field=secret", "kv/egain"],
    "aws": [
        "secretsmanager", "get-secret-value", "--secret-id", "egain", "--query", "SecretString", "--output", "text",
    ],
}  # fmt: skip
_PRINTS = f"""#!{sys.executable}
import json, os, sys
with open("called.jsonl", "a") as file:
    print(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:]]), file=file)
print(open("printed.txt").read().strip())
"""
"""A program that notes how it was called, and prints what the folder says."""
ELSEWHERE = {"Calling the API"}
"""Run by `make test`: `tests/call/test_call_examples.py`."""
LS_FILES = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
INSTALLERS = {"make install": "lone", "pipx install": "pipx", "uv tool": "uv", "pip install": "pip"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder in which a block is run, with the programs that it names."""
    folder = tmp_path / "folder"
    (folder / "bin").mkdir(parents=True)
    return folder


@pytest.fixture
def signed_in(egain: Egain) -> Iterator[Egain]:
    """A person at a sandbox whose profile `acme` is the default one, signed in."""
    with sandbox_process(egain, "acme"):
        one = egain.within({"BROWSER": BROWSER})
        one.do("login", "--pkce")
        yield one


def put_program(folder: Path, name: str, text: str = _PRINTS) -> None:
    program = folder / "bin" / name
    program.write_text(text)
    program.chmod(0o755)


def with_programs(egain: Egain, folder: Path) -> Egain:
    """Return a command that is run with the folder's programs before all others."""
    return egain.within({"PATH": f"{folder / 'bin'}{os.pathsep}{egain.environ['PATH']}"})


def test_every_block_is_run_by_a_test() -> None:
    for pattern in ("test_recipes*.py", "readme_examples.py"):
        for path in Path(__file__).parent.glob(pattern):
            import_module(f"system.{path.stem}")

    assert {one.name for one in BLOCKS} == ran | ELSEWHERE


def test_readme_can_be_read_in_one_sitting_and_its_links_lead_somewhere() -> None:
    text = README.read_text(encoding="utf-8")
    anchors = {
        heading.lower().replace(" ", "-").replace(",", "") for heading in re.findall(r"^##+ (.+)$", text, re.MULTILINE)
    }
    links = re.findall(r"\]\(([^)\s]+)\)", text)

    assert len(text.splitlines()) < 450
    assert {link[1:] for link in links if link.startswith("#")} == anchors
    assert [
        link for link in links if "://" not in link and link[0] != "#" and not (README.parent / link).exists()
    ] == []


@pytest.mark.parametrize("block", texts("egain"))
def test_first_lines_work_for_a_person_with_a_profile(egain: Egain, folder: Path, block: str) -> None:
    with sandbox_process(egain, "acme") as url:
        environ = egain.within({"BROWSER": BROWSER}).environ
        done = run_command(["bash", "-ec", f"{block}printf '%s %s' ${{#TOKEN}} $EGAIN_API_URL"], folder, environ)

    answer, _, rest = done.stdout.rpartition("\n")
    assert (0, "Alice") == (done.status, json.loads(answer)["firstName"]), done.stderr
    assert re.fullmatch(rf"\d{{3,}} {re.escape(url)}", rest)


@pytest.mark.parametrize("line", texts("Install")[0].splitlines())
@pytest.mark.timeout(400)
def test_line_of_the_installation_gives_the_command(tmp_path: Path, line: str) -> None:
    (kind,) = [kind for beginning, kind in INSTALLERS.items() if line.startswith(beginning)]
    checkout, home, tools = tmp_path / "checkout", tmp_path / "home", tmp_path / "tools"
    kept = subprocess.run(LS_FILES, cwd=README.parent, capture_output=True, text=True, check=True)
    for name in filter(None, kept.stdout.split("\0")):
        if (README.parent / name).is_file():
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(README.parent / name, checkout / name)
    home.mkdir()
    tools.mkdir()
    if kind in ("pipx", "uv"):
        (tools / kind).symlink_to(TOOLS / kind)
    if kind == "pip":
        subprocess.run([sys.executable, "-m", "venv", home / ".local"], check=True)
    where = [home / ".local" / "bin", tools, "/usr/local/bin", "/usr/bin", "/bin"]
    # what says where packages come from stays as it is on the machine
    registry = {name: text for name, text in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_CERT_"))}
    if "PIP_CERT" in registry:  # uv has another name for it
        registry.setdefault("SSL_CERT_FILE", registry["PIP_CERT"])
    environ = registry | {
        "HOME": str(home), "PATH": os.pathsep.join(map(str, where)), "PYTHON": sys.executable, "LANG": "C.UTF-8",
        "UV_PYTHON": sys.executable, "UV_CACHE_DIR": str(tmp_path / "uv"), "PIPX_DEFAULT_PYTHON": sys.executable,
    }  # fmt: skip

    done = subprocess.run(
        ["bash", "-c", line], cwd=checkout, env=environ, capture_output=True, text=True, timeout=380, check=False
    )
    assert done.returncode == 0, done.stderr
    version = run_command(["egain", "--version"], home, environ)
    sandbox = subprocess.Popen(
        ["egain", "sandbox", "--port", "0", "--no-profile"],
        cwd=home, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with sandbox:
        assert sandbox.stdout is not None
        first = sandbox.stdout.readline()
        sandbox.terminate()
        _, said = sandbox.communicate(timeout=30)

    assert (0, "egain") == (version.status, version.stdout.split()[0])
    assert (kind != "pip", kind == "pip") == ('"ready": true' in first, ".[proxy,sandbox]" in said)


@pytest.mark.parametrize("block", texts("Two minutes to a first token"))
def test_two_minutes_lead_from_a_token_to_the_logout(egain: Egain, folder: Path, block: str) -> None:
    first, rest = block.split("\n", 1)
    environ = egain.within({"BROWSER": BROWSER}).environ

    with sandbox_process(egain, "sandbox"):
        done = run_command(["bash", "-ec", rest], folder, environ)

    assert first.partition("#")[0].strip() == "egain sandbox"
    assert done.status == 0, done.stderr
    assert '"firstName":"Alice"' in done.stdout.replace(": ", ":")
    assert "signed in as alice (profile sandbox)" in done.stderr
    assert len(re.findall(r"^eyJ\S+$", done.stdout, re.MULTILINE)) == 4


@pytest.mark.parametrize("block", texts("Your own tenant"))
def test_profiles_of_a_tenant_and_of_an_instance_are_whole(egain: Egain, folder: Path, block: str) -> None:
    done = run_command(["bash", "-ec", block], folder, egain.environ)

    assert done.status == 0, done.stderr
    for name in ("acme", "acme-com"):
        ways = json.loads(egain.do("-p", name, "flows", "--json"))
        assert "pkce" in [one["flow"] for one in ways["flows"] if one["ready"]]


@pytest.mark.parametrize("block", texts("Which flow"))
def test_diagram_has_messages_between_those_whom_it_names(block: str) -> None:
    first, *lines = block.splitlines()
    named = [match[1] for line in lines if (match := re.fullmatch(r" {4}(?:actor|participant) (\w+)(?: as .+)?", line))]
    # mermaid reads `;` as a line's end and `#` as a character's number
    messages = [re.fullmatch(r" {4}(\w+)->>(\w+): [^;#]+", line) for line in lines[len(named) :]]

    assert first == "sequenceDiagram"
    assert None not in messages
    assert {name for match in messages if match for name in match.groups()} == set(named)


@pytest.mark.parametrize("line", texts("When something does not work")[0].splitlines())
def test_first_look_works_for_who_is_signed_in(signed_in: Egain, folder: Path, line: str) -> None:
    done = run_command(["bash", "-c", line], folder, signed_in.environ)

    assert (0, "") == (done.status, done.stderr)
    assert done.stdout.count("\n") > 3


@pytest.mark.parametrize("block", texts("Any program, through a proxy"))
def test_any_program_calls_the_api_without_a_token(egain: Egain, folder: Path, block: str) -> None:
    first, second = (line.partition(" # ")[0].split(None, 2) for line in block.splitlines())

    with sandbox_process(egain, "acme"), proxy_process(egain, *first[2].split()) as proxy:
        line = " ".join(second).replace("http://127.0.0.1:8461", proxy.url)
        done = run_command(["bash", "-c", line], folder, {"PATH": os.environ["PATH"]})

    assert (first[:2], "http://127.0.0.1:8461" in " ".join(second)) == (["egain", "proxy"], True)
    assert portals(done.stdout) == PORTALS


@recipe("config")
def test_configuration_is_read_without_a_word_of_complaint(egain: Egain, block: str) -> None:
    config = egain.folders[0] / "config.toml"
    config.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    config.write_text(block)
    config.chmod(0o600)

    shown = egain.run("profile", "show", "--json")
    values = {key: one["value"] for key, one in json.loads(shown.stdout)["settings"].items()}

    assert (0, "") == (shown.status, shown.stderr)
    assert ("pkce", "user", ["http://localhost:8400/callback"]) == tuple(
        values[key] for key in ("flow", "actor", "redirect_uris")
    )
    assert egain.run("flows").status == 0


@recipe("secret-managers")
def test_secret_comes_from_a_secret_manager(egain: Egain, folder: Path, block: str) -> None:
    for name in SECRET_MANAGERS:
        put_program(folder, name)
    (folder / "printed.txt").write_text(CLIENT_SECRET)
    one = with_programs(egain, folder)

    with sandbox_process(egain, "acme"):
        egain.do("secret", "delete")
        done = []
        for line in block.splitlines():
            kept = run_command(["sh", "-c", line], folder, one.environ)
            token = run_command(["egain", "token", "--client-credentials", "--no-store"], folder, one.environ)
            done.append((kept.status, token.status, token.stderr, bool(token.stdout)))
    called = [json.loads(line) for line in (folder / "called.jsonl").read_text().splitlines()]

    assert [(0, 0, "", True)] * len(SECRET_MANAGERS) == done
    assert [[name, *words] for name, words in SECRET_MANAGERS.items()] == called


@recipe("secret-managers")
def test_secret_manager_that_fails_gives_no_token(egain: Egain, folder: Path, block: str) -> None:
    for name in SECRET_MANAGERS:
        put_program(folder, name, "#!/bin/sh\necho sealed >&2\nexit 2\n")
    one, log = with_programs(egain, folder), folder / "access.jsonl"

    with sandbox_process(egain, "acme", "--access-log", str(log)):
        for line in block.splitlines():
            done = run_command(["sh", "-c", line], folder, one.environ)
            token = run_command(["egain", "token", "--client-credentials", "--no-store"], folder, one.environ)

            assert (0, 6, "") == (done.status, token.status, token.stdout)
            assert token.stderr.startswith("error: ")
    assert log.read_text() == ""


@recipe("identity")
def test_identity_of_a_job_becomes_a_persons_token(egain: Egain, folder: Path, block: str) -> None:
    registration, *commands, token = block.splitlines()
    for name in ("az", "curl"):
        put_program(folder, name)
    github = {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "made-up", "ACTIONS_ID_TOKEN_REQUEST_URL": "https://ci.example/t?v=1"}

    with sandbox_process(egain, "acme") as url:
        with_curl = shutil.which("curl") or ""
        identity = subprocess.run(
            [with_curl, "-sSf", f"{url}/idp/token"], capture_output=True, text=True, timeout=30, check=True
        ).stdout.strip()
        one = with_programs(egain, folder).within({"ID_TOKEN": identity} | github)
        answers = {"az": identity, "curl": json.dumps({"value": identity})}
        registered = run_command(["sh", "-c", registration.replace("my-provider", "sandbox-idp")], folder, one.environ)
        printed = []
        for command in commands:
            (folder / "printed.txt").write_text(answers["curl" if "curl" in command else "az"])
            kept = run_command(["sh", "-c", command], folder, one.environ)
            ran_token = run_command(["sh", "-c", f"{token} --no-store"], folder, one.environ)
            printed.append((kept.status, ran_token.status, ran_token.stderr, ran_token.stdout[:3]))
    called = [json.loads(line) for line in (folder / "called.jsonl").read_text().splitlines()]

    assert registered.status == 0
    assert [(0, 0, "", "eyJ")] * len(commands) == printed
    assert [["az", "account"], ["curl", "-sSf"]] == [words[:2] for words in called]
    assert called[1][-1] == f"{github['ACTIONS_ID_TOKEN_REQUEST_URL']}&audience=egain"


def test_token_is_not_among_the_arguments_that_others_on_the_machine_can_read(egain: Egain, folder: Path) -> None:
    (block,) = texts("Scripts")
    example = "\n".join(line for line in block.splitlines() if "header" in line)
    real = shutil.which("curl")
    put_program(folder, "curl", f'#!/bin/sh\nprintf "%s\\n" "$@" >>called.txt\nexec {real} "$@"\n')

    with sandbox_process(egain, "acme") as url:
        one = with_programs(egain, folder).within({"EGAIN_API_URL": url})
        done = run_command(["bash", "-c", example], folder, one.environ)
        token = egain.do("token", "--client-credentials")
    called = (folder / "called.txt").read_text()

    portal = json.loads(done.stdout)
    assert (0, PORTALS) == (done.status, {portal["id"]: portal["name"]})
    assert url in called
    assert token not in called
