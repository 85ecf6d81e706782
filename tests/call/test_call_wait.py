"""``egain call --wait``: a job that was accepted is asked for its state until it has ended."""

from __future__ import annotations

import json
import signal
import time
from typing import TYPE_CHECKING

import pytest
from fakes.hostile_server import Answer, Recorded, in_turn
from fakes.process import ended
from fakes.world import api_answer

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.call_world import Api

JOB = "3f2b8c1e-0000-4000-8000-000000000001"
NOW = (("Retry-After", "0"),)
POST = ("POST", "/knowledge/contentmgr/v4/import/content", "-d", "{}", "--wait")
STATUS = f"/knowledge/contentmgr/v4/import/content/{JOB}/status"


def state(status: str, **more: object) -> Answer:
    return api_answer(json.dumps({"status": status, "jobType": "Import", **more}).encode(), headers=NOW)


def accept(api: Api, location: str | None, *states: Answer, path: str = STATUS) -> None:
    headers = () if location is None else (("location", location),)
    api.answers(Answer(status=202, headers=headers), path=POST[1])
    api.answers(in_turn(*states), path=path)


RUNNING = state("In Progress", progress={"processed": 1, "total": 4, "percentage": 25})


@pytest.mark.parametrize("location", [STATUS.lstrip("/"), STATUS, "FULL"])
def test_job_is_followed_to_its_end_wherever_it_is_said_to_be(api: Api, location: str) -> None:
    done_state = state("Successful", results={"successful": 4})
    full = f"{api.world.server.url}{STATUS}"
    accept(api, full if location == "FULL" else location, state("Scheduled"), RUNNING, RUNNING, done_state)

    done = api.call(*POST)

    assert (done.status, done.stdout, done.err) == (0, done_state.body, "")
    assert [(one.method, one.path) for one in api.requests] == [("POST", POST[1]), *[("GET", STATUS)] * 4]
    assert {tuple(one.header("Authorization")) for one in api.requests} == {("Bearer at-canary-0",)}


def test_location_of_an_export_lacks_the_name_of_the_state_and_is_found(api: Api) -> None:
    path = "/knowledge/portalmgr/v4/content/export/ABC"
    accept(api, path, RUNNING, state("Successful"), path=f"{path}/status")

    assert api.call(*POST).status == 0
    assert [one.path for one in api.requests] == [POST[1], path, f"{path}/status", f"{path}/status"]


@pytest.mark.parametrize("status", ["Failed", "Cancelled"])
def test_job_that_failed_ends_with_7_and_its_last_state(api: Api, status: str) -> None:
    last = state(status, error="the bucket is gone")
    accept(api, STATUS, RUNNING, last)

    done = api.call(*POST)

    assert (done.status, done.stdout) == (7, last.body)
    assert f"the job ended as `{status}`: the bucket is gone" in done.err


def test_last_state_goes_through_the_filter_and_into_a_file(api: Api, tmp_path: Path) -> None:
    accept(api, STATUS, state("Successful", results={"successful": 4}))
    filtered = api.call(*POST, "--filter", "results.successful")
    api.call(*POST, "-o", str(tmp_path / "state"))

    assert filtered.shown == (0, "4\n", "")
    assert json.loads((tmp_path / "state").read_bytes())["status"] == "Successful"


def test_request_that_begins_no_job_is_as_without_the_option(api: Api) -> None:
    api.answers(api_answer(b'{"done":true}'), path=POST[1])

    assert api.call(*POST).shown == (0, '{"done":true}', "")


@pytest.mark.parametrize("location", [None, "https://evil.example/job", "//evil.example/job", "/../job"])
def test_job_that_is_nowhere_to_be_asked_for_is_told_and_nobody_gets_the_token(api: Api, location: str | None) -> None:
    headers = () if location is None else (("location", location),)
    api.answers(Answer(status=202, headers=headers, body=b'{"jobId":"J1"}'), path=POST[1])

    done = api.call(*POST)

    assert (done.status, done.out, len(api.requests)) == (5, '{"jobId":"J1"}', 1)
    assert "the job was accepted, but" in done.err
    assert "do not make the request again" in done.err


def test_job_whose_state_cannot_be_read_is_told_with_how_to_ask(api: Api) -> None:
    accept(api, STATUS, Answer(status=403, body=b'{"code":"403-197"}'))

    done = api.call(*POST)

    assert (done.status, done.out) == (7, "")
    assert "the job was accepted, but its end is not known" in done.err
    assert f"`egain call --client-credentials GET {api.world.server.url}{STATUS}`" in done.err


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"status":5}', b"<html>"])
def test_what_is_no_state_of_a_job_is_told(api: Api, body: bytes) -> None:
    accept(api, STATUS, api_answer(body))

    assert api.call(*POST).status == 5


def test_wait_ends_with_its_time_and_says_that_the_job_goes_on(api: Api) -> None:
    accept(api, STATUS, api_answer(b'{"status":"In Progress"}', headers=(("Retry-After", "600"),)))
    before = time.monotonic()

    done = api.call(*POST, "--timeout", "5")

    assert (done.status, done.out) == (5, "")
    assert "it goes on at the server" in done.err
    assert time.monotonic() - before < 60  # and not the ten minutes that the server asks for


@pytest.mark.parametrize("asked", ["9" * 39, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_wait_that_nobody_waits_ends_with_the_time(api: Api, asked: str) -> None:
    accept(api, STATUS, api_answer(b'{"status":"In Progress"}', headers=(("Retry-After", asked),)))

    done = api.call(*POST, "--timeout", "3")

    assert (done.status, done.out) == (5, "")
    assert "it goes on at the server" in done.err


def test_progress_beyond_all_measure_is_passed_over(api: Api) -> None:
    running = f'{{"status":"In Progress","progress":{{"percentage":{"9" * 400}}}}}'.encode()
    accept(api, STATUS, api_answer(running, headers=NOW), state("Successful"))

    assert api.call(*POST).status == 0


@pytest.mark.parametrize("outage", [Answer(status=503), Answer(cut=0)])
def test_outage_does_not_end_the_wait(api: Api, outage: Answer) -> None:
    accept(api, STATUS, RUNNING, outage, outage, state("Successful"))

    assert api.call(*POST, "--retry", "0").status == 0


@pytest.mark.parametrize("word", ["Completed with errors", "Terminé"])
def test_word_for_the_end_that_nobody_knows_is_one_by_its_time(api: Api, word: str) -> None:
    accept(api, STATUS, state(word, completionTime="2030-01-02T03:04:05.000Z"))

    assert api.call(*POST).status == 0


def test_head_of_the_last_state_is_shown_and_dumped(api: Api, tmp_path: Path) -> None:
    accept(api, STATUS, RUNNING, state("Successful"))

    done = api.call(*POST, "-i", "-D", str(tmp_path / "head"))

    assert done.out.startswith("HTTP/1.1 200 OK\n")
    assert (tmp_path / "head").read_bytes().startswith(b"HTTP/1.1 200 OK\r\n")


def test_person_who_stops_waiting_is_told_how_to_ask(api: Api) -> None:
    accept(api, STATUS, api_answer(b'{"status":"In Progress"}', headers=(("Retry-After", "60"),)))

    with ended(api.world.egain.start("-v", "call", *POST)) as running:
        running.read_error_until("< HTTP/1.1 200")
        running.signal(signal.SIGINT)
        done = running.finish()

    assert done.status == 130
    assert f"`egain call --client-credentials GET {api.world.server.url}{STATUS}`" in done.err


def test_token_that_ends_during_the_wait_is_renewed(api: Api) -> None:
    seen: list[str] = []

    def status(request: Recorded) -> Answer:
        seen.extend(request.header("Authorization"))
        if seen[-1] != "Bearer at-1":
            return Answer(status=401)
        return state("Successful")

    accept(api, STATUS, state("x"))
    api.answers(status, path=STATUS)
    api.world.give_tokens("at-1")

    assert api.call(*POST).status == 0


def test_person_is_shown_how_far_the_job_is_and_nothing_stays(api: Api) -> None:
    slow = api_answer(b'{"status":"In Progress","progress":{"percentage":25.4}}', headers=(("Retry-After", "2"),))
    accept(api, STATUS, slow, state("Successful"))

    with api.world.egain.on_terminal("call", *POST, exact=True) as running:
        shown = running.read_until("In Progress, 25 %")
        done = running.finish()

    assert "the job: In Progress, 25 %" in shown
    assert done.status == 0
