"""The sandbox's import and export jobs, by the program that waits for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from fakes.sandbox_driver import Driver, api_code, start_sandbox

from egain_auth_cli.sandbox.job import Job

if TYPE_CHECKING:
    import httpx
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


IN_EVERY = {"progress", "startTime"}
OF_IMPORTS = {
    "Scheduled": IN_EVERY | {"currentOperation"},
    "In Progress": IN_EVERY | {"logFileLocation", "estimatedCompletion", "currentOperation"},
    "Successful": IN_EVERY | {"logFileLocation", "completionTime", "results"},
    "Failed": IN_EVERY | {"logFileLocation", "failureTime", "error", "retryable"},
    "Cancelled": {"progress"},
}
OF_EXPORTS = {
    "Pending": set(),
    "In Progress": IN_EVERY | {"estimatedCompletion"},
    "Successful": IN_EVERY | {"completionTime", "results"},
    "Failed": IN_EVERY | {"failureTime", "error"},
}


def job(kind: str = "Import", **changes: Any) -> Job:
    values: dict[str, Any] = {
        "id": "1",
        "place": "/one",
        "starts": 1000.0,
        "seconds": 10.0,
        "fails": False,
        "kind": kind,
    }
    return Job(**(values | changes))


@pytest.mark.parametrize(
    ("kind", "shown"), [("Import", OF_IMPORTS), ("Validation", OF_IMPORTS), ("Export", OF_EXPORTS)]
)
def test_job_has_in_each_state_what_is_documented(kind: str, shown: dict[str, set[str]]) -> None:
    found = [job(kind).document(now) for now in (999, 1000, 1009.9, 1010)]
    found += [job(kind, fails=True).document(1010)] + (
        [job(kind, stops=1005).document(1006)] if kind != "Export" else []
    )

    first, *names = shown
    assert [each["status"] for each in found] == [first, names[0], *names]
    assert {str(each["status"]): each.keys() - {"status", "jobType"} for each in found} == shown


def test_progress_stays_where_the_job_was_cancelled_or_failed() -> None:
    stopped, failing = job(stops=1005), job(fails=True)
    shares = [stopped.document(now)["progress"]["percentage"] for now in (1004, 1006, 2000)]  # type: ignore[index]
    failed = [failing.document(now)["progress"]["percentage"] for now in (1009, 1010, 2000)]  # type: ignore[index]

    assert shares == [40, 50, 50]
    assert failed == [45, 50, 50]


def post(sandbox: Driver, path: str, **body: Any) -> httpx.Response:
    token = sandbox.client_token(scope="knowledge.portalmgr.manage knowledge.contentmgr.manage")
    return sandbox.call(token, path, method="POST", content=json.dumps(body).encode(), Content_Type="application/json")


def schedule(sandbox: Driver, **times: str) -> httpx.Response:
    source = {"type": "Shared file path", "path": "/one"}
    return post(sandbox, IMPORT, dataSource=source, operation="import", scheduleTime=times)


def test_import_starts_and_stops_when_it_is_scheduled() -> None:
    with start_sandbox() as sandbox:  # at 2027-01-15T08:00:00Z
        accepted = schedule(sandbox, date="2027-01-16T08:00:00.000Z", stopDate="2027-01-16T08:00:00.500Z")
        states = []
        for hours in (1, 24 + 0.25 / 3600, 25):
            sandbox.clock.now = 1_800_000_000 + hours * 3600
            token = sandbox.client_token(scope="knowledge.contentmgr.manage")
            states.append(sandbox.call(token, f"/{accepted.headers['location']}").json())

    assert [each["status"] for each in states] == ["Scheduled", "In Progress", "Cancelled"]
    assert states[0]["startTime"] == "2027-01-16T08:00:00.000Z"
    assert states[0]["scheduledStopTime"] == "2027-01-16T08:00:00.500Z"
    assert states[2]["progress"]["percentage"] == 50


@pytest.mark.parametrize(
    ("times", "status"),
    [
        ({"date": "2027-01-22T08:00:00.000Z"}, 202),
        ({"date": "2027-01-22T08:00:01.000Z"}, 400),
        ({"date": "2027-02-31T08:00:00.000Z"}, 400),
        ({"date": "2027-01-16T08:00:00.000Z", "stopDate": "2027-01-16T08:00:00.000Z"}, 400),
    ],
)
def test_import_is_scheduled_within_a_week(times: dict[str, str], status: int) -> None:
    with start_sandbox() as sandbox:
        assert schedule(sandbox, **times).status_code == status


def test_one_export_of_a_portal_runs_at_a_time() -> None:
    def export(portal: str) -> httpx.Response:
        place = {"destinationType": "AWS S3 bucket", "path": "s3://bucket/"}
        fields = {"language": {"code": "en-US"}, "resourceTypes": ["all"], "dataDestination": place}
        return post(sandbox, EXPORT, portalID=portal, **fields)

    with start_sandbox() as sandbox:
        answers = [export("PROD-1001"), export("PROD-1001"), export("PROD-1002")]
        sandbox.clock.now += 2
        later = export("PROD-1001")

    assert [answer.status_code for answer in (*answers, later)] == [202, 400, 202, 202]
    assert api_code(answers[1]) == "400-10424"
