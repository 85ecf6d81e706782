"""The sandbox's import and export jobs, by the program that waits for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from egain_auth_cli.sandbox.job_resources import Job

if TYPE_CHECKING:
    from fakes.process import Egain, Finished

    from egain_auth_cli.sandbox.server import SandboxServer

IMPORT = "/knowledge/contentmgr/v4/import/content"
EXPORT = "/knowledge/portalmgr/v4/content/export"


def run_job(egain: Egain, path: str, source: str, place: str, *more: str) -> Finished:
    scope = "knowledge.portalmgr.manage" if path == EXPORT else "knowledge.contentmgr.manage"
    fields = ["-f", f"{source}[path]={place}"]
    if path == EXPORT:
        fields += ["-f", f"{source}[destinationType]=AWS S3 bucket", "-f", "portalID=PROD-1001"]
        fields += ["-f", "language[code]=en-US", "-F", 'resourceTypes=["all"]']
    else:
        fields += ["-f", f"{source}[type]=Shared file path"]
    fields += ["-f", "operation=import"] if path == IMPORT else []
    return egain.run("call", "POST", path, "--client-credentials", "--scope", scope, *fields, *more)


@pytest.mark.parametrize(
    ("path", "source"), [(IMPORT, "dataSource"), (f"{IMPORT}/validate", "dataSource"), (EXPORT, "dataDestination")]
)
def test_job_runs_and_ends_as_its_path_says(egain: Egain, acme_sandbox: SandboxServer, path: str, source: str) -> None:
    good = run_job(egain, path, source, "/one", "--wait")
    bad = run_job(egain, path, source, "/will-fail", "--wait")

    assert good.status == 0, good.err
    assert json.loads(good.out)["status"] == "Successful"
    assert (bad.status, json.loads(bad.out)["status"]) == (7, "Failed")
    assert "The data source cannot be read." in bad.err


def test_job_can_be_cancelled_while_it_runs_and_not_after(egain: Egain, acme_sandbox: SandboxServer) -> None:
    accepted = run_job(egain, IMPORT, "dataSource", "/slow", "-i")
    location = accepted.out.partition("location: ")[2].splitlines()[0]
    argv = ("--client-credentials", "--scope", "knowledge.contentmgr.manage")
    cancel = ("call", "POST", f"/{location.removesuffix('/status')}/cancel", *argv)
    first, second = egain.run(*cancel), egain.run(*cancel)

    done = egain.run("call", "GET", f"/{location}", *argv, "--filter", "status")

    assert not location.startswith("/")
    assert (first.status, second.status, done.out) == (0, 7, "Cancelled\n")


def test_body_without_a_source_is_refused(egain: Egain, acme_sandbox: SandboxServer) -> None:
    done = run_job(egain, IMPORT, "else", "/one", "--wait")

    assert (done.status, "400-152" in done.err) == (7, True)


def test_job_passes_through_its_states() -> None:
    job = Job("Import", 1000.0, 10.0, fails=False)

    assert [job.document(1000.0 + gone)["status"] for gone in (0.1, 1, 9.9, 10.1)] == [
        "Scheduled", "In Progress", "In Progress", "Successful"
    ]  # fmt: skip
