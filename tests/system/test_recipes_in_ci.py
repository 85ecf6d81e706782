"""The README's recipes for systems that run jobs, each step run as that system runs it, against the sandbox."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from fakes.readme import recipe

from system.egain_command import PROGRAM
from system.recipes import (
    CLIENT_ID,
    CLIENT_SECRET,
    PORTAL,
    PORTALS,
    job_s_environ,
    job_s_portals,
    portals,
    read_yaml,
    run_command,
    write_job,
)
from system.sandbox_process import sandbox_process

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from system.egain_command import Egain, Ran

REAL_API = "https://api.ai.egain.cloud"
"""What the recipes have where everybody's is the same."""
DISTRIBUTION = "egain-auth-cli"
"""What the recipes install, from a package index that is the reader's own."""
_INSTALLER = f"""#!{sys.executable}
import sys
sys.exit([word for word in sys.argv[1:] if word[0] != "-"] != ["install", "{DISTRIBUTION}"])
"""
_PYTHON = f"""#!/bin/sh
[ "$1 $2" = "-m venv" ] || exit 1
mkdir -p "$3/bin" && ln -s "$(command -v pip)" "$3/bin/pip" && ln -s "{PROGRAM}" "$3/bin/egain"
"""
"""A `python3` whose virtual environments have the command already."""
ONE_TOKEN_FOR_ONE_CALL = ["token", PORTAL]
CHOICES: dict[str, dict[str, str]] = {"nothing": {}, "another": {"EGAIN_PROFILE": "local", "EGAIN_FLOW": "anonymous"}}
"""What all steps of a pipeline are told about whose token they use: the one that a step has got outranks it."""
JOB_S = ["EGAIN_ACCESS_TOKEN", "EGAIN_API_URL", "EGAIN_TOKEN_EXPIRES_AT"]


@dataclass(frozen=True)
class Machine:
    """A fresh machine of a CI system: no profile, no keyring, an empty folder."""

    url: str
    log: Path
    folder: Path
    base: Mapping[str, str]

    @property
    def settings(self) -> dict[str, str]:
        """The variables of the README's section on CI, without the secret."""
        return {
            "EGAIN_CLIENT_ID": CLIENT_ID,
            "EGAIN_TOKEN_URL": f"{self.url}/system/auth/TMSANDBOX000001-U/oauth2/token",
            "EGAIN_API_URL": self.url,
            "EGAIN_SCOPE": "knowledge.portalmgr.manage",
            "EGAIN_CLIENT_AUTH": "body",
        }

    def run(self, words: list[str], environ: Mapping[str, str]) -> Ran:
        """Run a command with these variables."""
        ran = run_command(words, self.folder, {**self.base, **environ})
        assert ran.status == 0, f"{words} ended with {ran.status}: {ran.stderr}"
        return ran

    def requests(self) -> list[str]:
        """Name the paths that were asked for, the token endpoint's as `token`."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return ["token" if one["path"].endswith("/oauth2/token") else one["path"] for one in lines]


@pytest.fixture
def machine(egain: Egain, tmp_path: Path) -> Iterator[Machine]:
    folder, log = tmp_path / "workspace", tmp_path / "access.jsonl"
    folder.mkdir()
    write_job(folder / "job")
    nowhere = {"EGAIN_CONFIG_DIR": str(tmp_path / "no-config"), "EGAIN_CACHE_DIR": str(tmp_path / "no-cache")}
    (tmp_path / "bin").mkdir()
    for name, text in {"pip": _INSTALLER, "pipx": _INSTALLER, "python3": _PYTHON}.items():
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    nowhere["PATH"] = f"{tmp_path / 'bin'}{os.pathsep}{egain.environ['PATH']}"
    bare = egain.within(nowhere, without=["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"])
    with sandbox_process(egain, "local", "--access-log", str(log)) as url:
        yield Machine(url, log, folder, bare.environ)
    assert not (tmp_path / "no-config").exists()
    assert not (tmp_path / "no-cache").exists()


@pytest.fixture(params=list(CHOICES.values()), ids=list(CHOICES))
def pipeline(machine: Machine, egain: Egain, request: pytest.FixtureRequest) -> Machine:
    """A machine whose variables choose nothing, or a profile that it has and a flow which needs no secret."""
    choice: dict[str, str] = request.param
    config = {"EGAIN_CONFIG_DIR": egain.environ["EGAIN_CONFIG_DIR"]} if choice else {}
    return replace(machine, base={**machine.base, **config, **choice})


def read_github_env(text: str) -> dict[str, str]:
    """Read `GITHUB_ENV` as the runner does: `NAME=VALUE`, or `NAME<<END`, lines and the line `END`."""
    found, lines = {}, iter(text.splitlines())
    for line in lines:
        if re.match(r"[^=]+<<", line):
            name, _, end = line.partition("<<")
            value = []
            while (one := next(lines)) != end:
                value.append(one)
            found[name] = "\n".join(value)
        else:
            name, _, found[name] = line.partition("=")
    return found


@recipe("github-actions")
def test_steps_of_github_actions_call_the_api(pipeline: Machine, block: str) -> None:
    variables = {f"vars.{name}": value for name, value in pipeline.settings.items()}
    known = variables | {"secrets.EGAIN_CLIENT_SECRET": CLIENT_SECRET}

    def fill(environ: Mapping[str, str]) -> dict[str, str]:
        filled = {name: re.sub(r"\$\{\{ (\S+) \}\}", lambda match: known[match[1]], environ[name]) for name in environ}
        return {name: value.replace(REAL_API, pipeline.url) for name, value in filled.items()}

    job = read_yaml(block)["jobs"]["sync"]
    file = pipeline.folder / "github-env"
    file.touch()
    github = {"GITHUB_ACTIONS": "true", "GITHUB_ENV": str(file)}
    ran = []
    for step in job["steps"]:
        (pipeline.folder / "step.sh").write_text(step["run"])
        environ = github | fill(job["env"]) | read_github_env(file.read_text()) | fill(step.get("env", {}))
        ran.append(pipeline.run(["bash", "-e", "step.sh"], environ))
    token = read_github_env(file.read_text())["EGAIN_ACCESS_TOKEN"]

    assert ["", f"::add-mask::{token}\n"] == [one.stdout for one in ran[:-1]]
    assert PORTALS == portals(ran[-1].stdout)
    assert ["EGAIN_CLIENT_SECRET"] == [name for step in job["steps"] for name in step.get("env", {})]
    assert ONE_TOKEN_FOR_ONE_CALL == pipeline.requests()


@recipe("gitlab-ci")
def test_jobs_of_gitlab_call_the_api(pipeline: Machine, block: str) -> None:
    jobs = read_yaml(block)
    variables = pipeline.settings | {"EGAIN_CLIENT_SECRET": CLIENT_SECRET}

    def run_job(job: Mapping[str, list[str]], environ: Mapping[str, str]) -> Ran:
        lines = ["set -eo pipefail", *jobs["default"]["before_script"], *job["script"]]
        return pipeline.run(["bash", "-c", "\n".join(lines)], environ)

    first = run_job(jobs["token"], variables)
    artifact = pipeline.folder / jobs["token"]["artifacts"]["reports"]["dotenv"]
    handed_on = dict(line.split("=", 1) for line in artifact.read_text().splitlines())
    second = run_job(jobs["sync"], variables | handed_on)

    assert (["token"], "") == (jobs["sync"]["needs"], first.stdout)
    assert JOB_S == sorted(handed_on)
    assert artifact.stat().st_size <= 5 * 1024, "GitLab takes no larger one"
    assert PORTALS == portals(second.stdout)
    assert ONE_TOKEN_FOR_ONE_CALL == pipeline.requests()


def fill_macros(value: str, known: Mapping[str, str]) -> str:
    """Put variables in as an agent does."""
    return re.sub(r"\$\((\w+)\)", lambda match: known[match[1]], value)


@recipe("azure-pipelines")
def test_steps_of_azure_pipelines_call_the_api(pipeline: Machine, block: str) -> None:
    public, secret = pipeline.settings, {"EGAIN_CLIENT_SECRET": CLIENT_SECRET}
    command = re.compile(r"^##vso\[task\.setvariable variable=(\w+)(;issecret=true)?\](.*)$", re.MULTILINE)
    printed = []
    for step in read_yaml(block)["steps"]:
        (pipeline.folder / "step.sh").write_text(step["script"])
        mapped = {name: fill_macros(value, public | secret) for name, value in step.get("env", {}).items()}
        ran = pipeline.run(["bash", "--noprofile", "--norc", "step.sh"], public | mapped)
        for name, is_secret, value in command.findall(ran.stdout):
            (secret if is_secret else public)[name] = value
        printed.append(command.sub("", ran.stdout).strip())

    assert {"EGAIN_CLIENT_SECRET", "EGAIN_ACCESS_TOKEN"} == set(secret)
    assert "EGAIN_TOKEN_EXPIRES_AT" in public
    assert ["", ""] == printed[:-1]
    assert PORTALS == portals(printed[-1])
    assert ONE_TOKEN_FOR_ONE_CALL == pipeline.requests()


@recipe("jenkins")
def test_steps_of_jenkins_run_the_job(machine: Machine, block: str) -> None:
    commands = re.findall(r"^\s*sh '([^']*)'$", block, re.MULTILINE)
    (variable,) = re.findall(r"string\(credentialsId: '[^']*', variable: '(\w+)'\)", block)
    ran = []
    for command in commands:
        (machine.folder / "script.sh").write_text(command)
        ran.append(machine.run(["sh", "-xe", "script.sh"], machine.settings | {variable: CLIENT_SECRET}))

    assert "".join(one.stdout for one in ran[:-1]) == ""
    assert f"+ {commands[-1]}\n" == ran[-1].stderr
    assert PORTALS == job_s_portals(ran[-1].stdout)
    assert not {"EGAIN_CLIENT_SECRET"} & set(job_s_environ(ran[-1].stdout))
    assert ONE_TOKEN_FOR_ONE_CALL == machine.requests()


@recipe("environment")
def test_environment_alone_is_enough_for_a_token(machine: Machine, block: str) -> None:
    lines = block.replace("CLIENT_ID=…", f"CLIENT_ID={CLIENT_ID}").replace("SECRET=…", f"SECRET={CLIENT_SECRET}")
    lines = lines.replace("https://ai.egain.cloud", machine.url).replace(REAL_API, machine.url)
    ran = machine.run(["bash", "-ec", lines.replace("TENANT-U", "TMSANDBOX000001-U")], {})

    assert ran.stderr == ""
    assert re.fullmatch(r"eyJ\S+\n", ran.stdout)
    assert ["token"] == machine.requests()


@recipe("kubernetes")
def test_container_of_kubernetes_runs_the_job(machine: Machine, tmp_path: Path, block: str) -> None:
    pod = read_yaml(block)
    (container,) = pod["containers"]
    (mount,) = container["volumeMounts"]
    (variable,) = container["env"]
    # as the kubelet lays a Secret out: links to a folder that it can replace at once
    volume, data = tmp_path / "volume", tmp_path / "volume" / "..2024_01_01"
    data.mkdir(parents=True)
    (data / "secret").write_text(CLIENT_SECRET)
    (volume / "..data").symlink_to(data.name)
    (volume / "secret").symlink_to("..data/secret")
    value = variable["value"].replace(mount["mountPath"], str(volume))

    ran = machine.run(container["command"], machine.settings | {variable["name"]: value})

    assert [{"configMapRef": {"name": "egain"}}] == container["envFrom"]
    assert [(mount["name"], "egain")] == [(one["name"], one["secret"]["secretName"]) for one in pod["volumes"]]
    assert (PORTALS, "") == (job_s_portals(ran.stdout), ran.stderr)
    assert JOB_S == [name for name in job_s_environ(ran.stdout) if name in JOB_S]
    assert ONE_TOKEN_FOR_ONE_CALL == machine.requests()
