"""The README's recipes for shells and programs, run as they stand there against the sandbox."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from system.recipes import (
    CLIENT_SECRET,
    PORTAL,
    PORTALS,
    TOOLS,
    job_s_portals,
    portals,
    ran_recipes,
    readme_recipes,
    recipe,
    run_command,
    write_job,
)
from system.sandbox_process import sandbox_process

if TYPE_CHECKING:
    from collections.abc import Iterator

    from system.egain_command import Egain

SECRET_MANAGERS = {
    "vault": ["kv", "get", "-field=secret", "kv/egain"],
    "aws": [
        "secretsmanager", "get-secret-value", "--secret-id", "egain", "--query", "SecretString", "--output", "text",
    ],
    "gcloud": ["secrets", "versions", "access", "latest", "--secret=egain"],
    "op": ["read", "op://Work/egain/secret"],
}  # fmt: skip
_SECRET_MANAGER = f"""#!{sys.executable}
import json, sys
with open("called.jsonl", "a") as file:
    print(json.dumps(sys.argv[1:]), file=file)
print("{CLIENT_SECRET}")
"""
_DOCKER = f"""#!{sys.executable}
# As `docker build` takes a secret: from the file `src`, or from the variable `env`.
import json, os, sys
with open("called.json", "w") as file:
    json.dump(sys.argv[1:], file)
secret = dict(part.split("=", 1) for part in sys.argv[sys.argv.index("--secret") + 1].split(","))
with open("secret-" + secret["id"], "wb") as file:
    file.write(os.environb[secret["env"].encode()] if "env" in secret else open(secret["src"], "rb").read())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder in which a recipe is run, with the programs that it names."""
    folder = tmp_path / "folder"
    (folder / "bin").mkdir(parents=True)
    for name in ("job", "fetch"):
        write_job(folder / name)
    return folder


@pytest.fixture
def sandbox(egain: Egain) -> Iterator[str]:
    """A sandbox with the profile `local`, which is the default one; its URL."""
    with sandbox_process(egain, "local") as url:
        yield url


def put_program(folder: Path, name: str, text: str) -> None:
    program = folder / "bin" / name
    program.write_text(text)
    program.chmod(0o755)


def with_programs(egain: Egain, folder: Path) -> Egain:
    """Return a command that is run with the folder's programs before all others."""
    return egain.within({"PATH": f"{folder / 'bin'}{os.pathsep}{egain.environ['PATH']}"})


def test_every_recipe_of_the_readme_is_run_by_a_test() -> None:
    for path in Path(__file__).parent.glob("test_*recipes*.py"):
        import_module(f"system.{path.stem}")

    assert set(readme_recipes()) == ran_recipes


@recipe("bash")
def test_script_calls_the_api(egain: Egain, sandbox: str, folder: Path, block: str) -> None:
    script = folder / "script"
    script.write_text(block)
    script.chmod(0o755)

    ran = run_command(["./script"], folder, egain.within({"EGAIN_API_URL": sandbox}).environ)

    assert (0, "") == (ran.status, ran.stderr)
    assert PORTALS == portals(ran.stdout)


@recipe("makefile")
def test_targets_of_a_makefile_call_the_api(egain: Egain, sandbox: str, folder: Path, block: str) -> None:
    (folder / "Makefile").write_text(block)

    portal = run_command(["make", "portal"], folder, egain.environ)
    job = run_command(["make", "--silent", "job"], folder, egain.environ)

    assert (0, "", 0, "") == (portal.status, portal.stderr, job.status, job.stderr)
    assert [PORTALS, PORTALS] == [portals(portal.stdout), job_s_portals(job.stdout)]


@recipe("curl")
def test_curl_reads_the_header_from_its_configuration(egain: Egain, sandbox: str, folder: Path, block: str) -> None:
    ran = run_command(["bash", "-c", block], folder, egain.within({"EGAIN_API_URL": sandbox}).environ)

    assert (0, "") == (ran.status, ran.stderr)
    assert PORTALS == portals(ran.stdout)


@pytest.fixture
def httpie(folder: Path) -> dict[str, str]:
    """The environment of an HTTPie that does not ask its maker's host for news."""
    (folder / "bin" / "http").symlink_to(TOOLS / "http")
    (folder / "config.json").write_text(json.dumps({"disable_update_warnings": True}))
    return {"HTTPIE_CONFIG_DIR": str(folder)}


@recipe("httpie")
def test_httpie_calls_the_api(egain: Egain, sandbox: str, folder: Path, httpie: dict[str, str], block: str) -> None:
    one = with_programs(egain, folder).within({"EGAIN_API_URL": sandbox} | httpie)

    ran = run_command(["bash", "-c", block], folder, one.environ)

    assert (0, "") == (ran.status, ran.stderr)
    assert PORTALS == portals(ran.stdout)


@pytest.mark.parametrize(("name", "program"), [("bash", "curl"), ("curl", "curl"), ("httpie", "http")])
def test_token_is_not_among_the_arguments_that_others_on_the_machine_can_read(
    egain: Egain, sandbox: str, folder: Path, httpie: dict[str, str], name: str, program: str
) -> None:
    one = with_programs(egain, folder).within({"EGAIN_API_URL": sandbox} | httpie)
    real = Path(shutil.which(program, path=one.environ["PATH"]) or "").resolve()
    (folder / "bin" / program).unlink(missing_ok=True)
    put_program(folder, program, f'#!/bin/sh\nprintf "%s\\n" "$@" >>called.txt\nexec {real} "$@"\n')

    ran = run_command(["bash", "-c", readme_recipes()[name]], folder, one.environ)
    called = (folder / "called.txt").read_text()

    assert (0, PORTALS) == (ran.status, portals(ran.stdout))
    assert f"{sandbox}{PORTAL}" in called
    assert egain.do("token", "--client-credentials") not in called


@recipe("postman")
def test_variable_for_postman_is_the_token(egain: Egain, sandbox: str, folder: Path, block: str) -> None:
    ran = run_command(["bash", "-c", block], folder, egain.environ)
    token = json.loads(ran.stdout)["ACCESS_TOKEN"]

    assert (0, "") == (ran.status, ran.stderr)
    assert egain.do("token", "--client-credentials") == token


@recipe("cron")
def test_line_of_a_crontab_runs_the_job(egain: Egain, sandbox: str, folder: Path, block: str) -> None:
    minute, hour, _, _, _, command = block.strip().split(maxsplit=5)
    egain.do("secret", "delete")
    home = Path(egain.environ["HOME"])
    (home / ".egain-secret").write_text(f"{CLIENT_SECRET}\n")
    (home / ".egain-secret").chmod(0o600)
    write_job(home / "job")
    # where pipx puts the command, though not on cron's PATH; two variables keep the person's own files out of the test
    (home / ".local" / "bin").mkdir(parents=True)
    (home / ".local" / "bin" / "egain").symlink_to(Path(sys.executable).with_name("egain"))
    folders = {name: egain.environ[name] for name in ("EGAIN_CONFIG_DIR", "EGAIN_CACHE_DIR")}
    environ = {"HOME": str(home), "SHELL": "/bin/sh", "LOGNAME": "made-up", "PATH": "/usr/bin:/bin"}

    ran = run_command(["/bin/sh", "-c", command], home, environ | folders)

    assert ("15", "3") == (minute, hour)
    assert "%" not in command, "cron makes a new line of it"
    assert (0, "") == (ran.status, ran.stderr)
    assert PORTALS == job_s_portals(ran.stdout)


@recipe("docker-build")
def test_image_is_built_with_the_token_as_a_secret(egain: Egain, sandbox: str, folder: Path, block: str) -> None:
    build, _, rest = block.partition("# in the Dockerfile: RUN --mount=type=secret,id=egain")
    put_program(folder, "docker", _DOCKER)
    token = egain.do("token", "--client-credentials")

    ran = run_command(["bash", "-c", build], folder, with_programs(egain, folder).environ)
    secret = folder / "secret-egain"
    argv = json.loads((folder / "called.json").read_text())
    assert "/run/secrets/egain" in rest
    step = rest.partition(" ")[2].replace("/run/secrets/egain", shlex.quote(str(secret)))
    fetched = run_command(["/bin/sh", "-c", step], folder, {"PATH": "/usr/bin:/bin", "EGAIN_API_URL": sandbox})

    assert (0, "", "") == (ran.status, ran.stdout, ran.stderr)
    assert ("build", ".") == (argv[0], argv[-1])
    assert token not in " ".join(argv)
    assert token == secret.read_text().strip()
    assert (0, "") == (fetched.status, fetched.stderr)
    assert PORTALS == job_s_portals(fetched.stdout)


@recipe("secret-managers")
def test_secret_comes_from_a_secret_manager(egain: Egain, folder: Path, block: str) -> None:
    for name in SECRET_MANAGERS:
        put_program(folder, name, _SECRET_MANAGER)
    one = with_programs(egain, folder)

    with sandbox_process(egain, "acme"):
        egain.do("secret", "delete")
        ran = []
        for line in block.strip().splitlines():
            done = run_command(["sh", "-c", line], folder, one.environ)
            token = run_command(["egain", "token", "--client-credentials", "--no-store"], folder, one.environ)
            ran.append((done.status, token.status, token.stderr, bool(token.stdout)))
    called = [json.loads(line) for line in (folder / "called.jsonl").read_text().splitlines()]

    assert [(0, 0, "", True)] * len(SECRET_MANAGERS) == ran
    assert list(SECRET_MANAGERS.values()) == called


@recipe("secret-managers")
def test_secret_manager_that_fails_gives_no_token(egain: Egain, folder: Path, block: str) -> None:
    for name in SECRET_MANAGERS:
        put_program(folder, name, "#!/bin/sh\necho sealed >&2\nexit 2\n")
    one, log = with_programs(egain, folder), folder / "access.jsonl"

    with sandbox_process(egain, "acme", "--access-log", str(log)):
        for line in block.strip().splitlines():
            done = run_command(["sh", "-c", line], folder, one.environ)
            ran = run_command(["egain", "token", "--client-credentials", "--no-store"], folder, one.environ)

            assert (0, 6, "") == (done.status, ran.status, ran.stdout)
            assert ran.stderr.startswith("error: ")
    assert log.read_text() == ""


@recipe("makefile")
def test_target_of_a_makefile_fails_where_there_is_no_token(
    egain: Egain, sandbox: str, folder: Path, block: str
) -> None:
    (folder / "Makefile").write_text(block)
    egain.do("secret", "delete")

    for target in ("portal", "job"):
        ran = run_command(["make", "--silent", target], folder, egain.environ)

        assert (2, "") == (ran.status, ran.stdout)
        assert ran.stderr.startswith("error: ")
