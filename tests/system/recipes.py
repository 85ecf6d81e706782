"""What the README's recipes are run with: programs, and what a system of continuous integration does."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from system.egain_command import Ran
from system.places import BUILD

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TOOLS = BUILD / "readme" / "bin"
"""Where `run` has put pipx, uv and a reader of YAML."""
PORTAL = "/knowledge/portalmgr/v4/portals/PROD-1001"
PORTALS = {"PROD-1001": "Customer care"}
CLIENT_ID, CLIENT_SECRET = "sandbox-app", "sandbox-secret"

_READ_YAML = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)"
_JOB = f"""#!{sys.executable}
import json, os, urllib.request
environ = sorted(name for name in os.environ if name.startswith("EGAIN_"))
request = urllib.request.Request(
    os.environ["EGAIN_API_URL"] + "{PORTAL}",
    headers={{"Authorization": "Bearer " + os.environ["EGAIN_ACCESS_TOKEN"], "Accept-Language": "en-US"}},
)
with urllib.request.urlopen(request, timeout=30) as answer:
    print(json.dumps({{"environ": environ, "answer": json.load(answer)}}))
"""


def write_job(path: Path, variable: str = "EGAIN_ACCESS_TOKEN") -> None:
    """Write a program that calls the API with what it finds in its environment, and shows both."""
    path.write_text(_JOB.replace("EGAIN_ACCESS_TOKEN", variable))
    path.chmod(0o755)


def read_yaml(text: str) -> dict[str, Any]:
    """Read a document; the reader is no dependency of the project."""
    done = subprocess.run(
        [TOOLS / "python", "-c", _READ_YAML], input=text, capture_output=True, text=True, timeout=60, check=True
    )
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def run_command(words: list[str], folder: Path, environ: Mapping[str, str], *, stdin: str = "") -> Ran:
    """Run a command in a folder, with exactly this environment."""
    done = subprocess.run(
        words, env=environ, input=stdin, capture_output=True, text=True, timeout=60, check=False, cwd=folder
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def portals(answer: str) -> dict[str, str]:
    """Return the portal of an answer of the API: its name by its id."""
    one = json.loads(answer)
    return {one["id"]: one["name"]}


def job_s_portals(printed: str) -> dict[str, str]:
    """Return the portals that the job got."""
    return portals(json.dumps(json.loads(printed)["answer"]))


def job_s_environ(printed: str) -> list[str]:
    """Name the variables of ours that the job had."""
    names: list[str] = json.loads(printed)["environ"]
    return names
