"""``egain call --paginate --parallel N``, and pages that fail: the same output, told where to go on."""

from __future__ import annotations

import json
import shlex
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest
from fakes.hostile_server import Answer, Recorded
from fakes.world import api_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakes.call_world import Api

SIZE = 3


@dataclass
class List:
    """A list of so many pages, served by their number.

    Attributes:
        count: What its ``paginationInfo`` says: pages, or items.
        beyond: The answer to a page that there is not.
        odd: Answers to single pages, made anew for each request.
    """

    pages: int
    count: int
    beyond: Answer = field(default_factory=lambda: Answer(status=204))
    odd: dict[int, Callable[[], Answer]] = field(default_factory=dict)
    at_once: int = 0
    most: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Recorded) -> Answer:
        with self._lock:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        time.sleep(0.01)
        with self._lock:
            self.at_once -= 1
        number = number_of(request)
        if number in self.odd:
            return self.odd[number]()
        if number > self.pages:
            return self.beyond
        links = [{"rel": "next", "href": f"/things?$pagenum={number + 1}&$pagesize={SIZE}"}]
        info = {"count": self.count, "pagenum": number, "pagesize": SIZE, "link": links if number < self.pages else []}
        items = [f"{number}.{index}" for index in range(SIZE)]
        return api_answer(json.dumps({"portal": items, "paginationInfo": info}, indent=1).encode())


def number_of(request: Recorded) -> int:
    return int(parse_qs(request.query).get("$pagenum", ["1"])[0])


ARGV = ("GET", "/things", "-q", f"$pagesize={SIZE}", "--paginate")


@pytest.mark.parametrize(
    "more", [[], ["--slurp"], ["--filter", "portal[]", "--lines"], ["--max-pages", "7"]], ids=" ".join
)
@pytest.mark.parametrize("count", ["pages", "items"])
def test_output_is_that_of_page_after_page(api: Api, count: str, more: list[str]) -> None:
    api.answers(List(20, 20 if count == "pages" else 20 * SIZE))
    one_by_one = api.call(*ARGV, *more)

    done = api.call(*ARGV, *more, "--parallel", "8")

    assert one_by_one.status == 0
    assert done.shown == one_by_one.shown


@pytest.mark.parametrize("parallel", ["1", "4"])
@pytest.mark.parametrize("count", [0, 2, 6])
def test_links_say_where_a_list_ends_whatever_its_count_says(api: Api, count: int, parallel: str) -> None:
    api.answers(List(6, count))

    done = api.call(*ARGV, "--parallel", parallel)

    assert (done.status, done.err) == (0, "")
    assert [json.loads(line)["paginationInfo"]["pagenum"] for line in done.out.splitlines()] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("parallel", ["1", "4"])
def test_last_page_that_links_to_itself_is_given_once(api: Api, parallel: str) -> None:
    def clamped(request: Recorded) -> Answer:
        number = min(number_of(request), 3)
        links = [{"rel": "next", "href": f"/things?$pagenum={min(number + 1, 3)}&$pagesize={SIZE}"}]
        info = {"count": 9, "link": links}
        return api_answer(json.dumps({"portal": [number], "paginationInfo": info}).encode())

    api.answers(clamped)

    done = api.call(*ARGV, "--parallel", parallel)

    assert [json.loads(line)["portal"] for line in done.out.splitlines()] == [[1], [2], [3]]


def test_links_that_jump_are_followed_as_they_are(api: Api) -> None:
    def jumping(request: Recorded) -> Answer:
        number = number_of(request)
        links = [{"rel": "next", "href": f"/things?$pagenum={number + 2}"}] if number < 9 else []
        info = {"count": 99, "link": links}
        return api_answer(json.dumps({"portal": [number], "paginationInfo": info}).encode())

    api.answers(jumping)

    done = api.call("GET", "/things", "--paginate", "--parallel", "4")

    assert [json.loads(line)["portal"] for line in done.out.splitlines()] == [[1], [3], [5], [7], [9]]


@pytest.mark.parametrize("parallel", ["1", "4"])
@pytest.mark.parametrize("slurp", [[], ["--slurp"]])
def test_page_that_the_filter_does_not_fit_is_named_and_what_came_is_kept(
    api: Api, parallel: str, slurp: list[str]
) -> None:
    odd = api_answer(b'{"portal":"no list","paginationInfo":{}}')
    api.answers(List(5, 5, odd={3: lambda: odd}))

    done = api.call(*ARGV, "--parallel", parallel, "--filter", "sort(portal)", *slurp)

    good = [[f"{page}.{index}" for index in range(SIZE)] for page in (1, 2)]
    assert done.status == 5
    assert "page 3 of the list failed, after 2 good ones" in done.err
    if slurp:
        assert json.loads(done.out) == [*good[0], *good[1]]
    else:
        assert (
            done.stdout == b"".join(f"{json.dumps(one, separators=(',', ':'))}\n".encode() for one in good) + odd.body
        )


def test_way_on_from_a_failed_page_reads_no_further_and_shows_no_secret(api: Api) -> None:
    api.answers(List(9, 9, odd={4: lambda: Answer(status=500)}))

    done = api.call(
        *ARGV, "--retry", "0", "--timeout", "9.5", "--max-pages", "6", "-H", "X-egain-session: hush", "-H", "X-A: b"
    )
    (hint,) = [line for line in done.err.splitlines() if line.startswith("hint: go on from it by `")]

    assert "hush" not in hint
    assert "--timeout 9.5 --retry 0" in hint
    assert "--max-pages 3 " in hint
    assert "-H 'X-A: b'" in hint


@pytest.mark.parametrize("beyond", [Answer(status=204), Answer(status=400, body=b'{"code":"400-105"}')])
def test_connections_are_as_many_as_asked_for_and_pages_beyond_the_end_are_dropped(api: Api, beyond: Answer) -> None:
    served = List(10, 10 * SIZE, beyond=beyond)
    api.answers(served)

    done = api.call(*ARGV, "--parallel", "4")

    assert (done.status, len(done.out.splitlines()), done.err) == (0, 10, "")
    assert 1 < served.most <= 4
    assert api.world.server.connections <= 4


@pytest.mark.parametrize("parallel", ["1", "4"])
@pytest.mark.parametrize("failure", ["an error", "no JSON", "lost"])
def test_page_that_fails_is_named_with_how_to_go_on_from_it(api: Api, parallel: str, failure: str) -> None:
    odd = {
        "an error": Answer(status=500, body=b'{"code":"500-100"}'),
        "no JSON": Answer(body=b"<html>"),
        "lost": Answer(cut=30, body=b"x" * 100),
    }[failure]
    served = List(9, 9, odd={4: lambda: odd})
    api.answers(served)
    failed = api.call(*ARGV, "--parallel", parallel, "--retry", "1")
    served.odd.clear()
    (hint,) = [line for line in failed.err.splitlines() if line.startswith("hint: go on from it by `")]
    line = hint.partition("`")[2].partition("`")[0]

    rest = api.call(*shlex.split(line)[2:])

    body = '{"code":"500-100"}' if failure == "an error" else ""
    lines = failed.out.removesuffix(body).splitlines()
    assert failed.status == (7 if failure == "an error" else 5)
    assert failed.out.endswith(body)
    assert "page 4 of the list failed, after 3 good ones: " in failed.err
    assert rest.status == 0, rest.err
    assert [json.loads(one)["paginationInfo"]["pagenum"] for one in [*lines, *rest.out.splitlines()]] == list(
        range(1, 10)
    )


def test_page_whose_body_was_cut_is_asked_for_again(api: Api) -> None:
    served = List(3, 3)
    answers: list[Answer] = []

    def once() -> Answer:
        del served.odd[2]
        answers.append(Answer(cut=60, body=b"x" * 100))
        return answers[-1]

    served.odd[2] = once
    api.answers(served)

    done = api.call(*ARGV)

    assert (done.status, len(done.out.splitlines()), len(answers)) == (0, 3, 1)


def test_items_of_the_good_pages_are_given_where_one_fails(api: Api) -> None:
    api.answers(List(5, 5, odd={3: lambda: Answer(status=500, body=b'{"code":"500-100"}')}))

    done = api.call(*ARGV, "--slurp", "--retry", "0")

    assert (done.status, json.loads(done.out)) == (7, ["1.0", "1.1", "1.2", "2.0", "2.1", "2.2"])
    assert "page 3 of the list failed" in done.err


def test_too_many_requests_slow_all(api: Api) -> None:
    served = List(60, 60)
    asked: list[float] = []

    def busy() -> Answer:
        del served.odd[5]
        asked.append(time.monotonic())
        return Answer(status=429, headers=(("Retry-After", "1"),))

    served.odd[5] = busy
    seen: list[float] = []

    def handler(request: Recorded) -> Answer:
        seen.append(time.monotonic())
        time.sleep(0.04)  # so that all of them take longer than the second that is asked for
        return served(request)

    api.answers(handler)
    done = api.call(*ARGV, "--parallel", "4")

    # Those that were on their way by then come at once; after them nobody does for the second that was asked for.
    assert (done.status, len(done.out.splitlines())) == (0, 60)
    assert [moment for moment in seen if asked[0] + 0.4 < moment < asked[0] + 0.95] == []


def test_renewal_amid_the_pages_is_one(api: Api) -> None:
    served = List(12, 12)
    tokens: list[str] = []

    def handler(request: Recorded) -> Answer:
        (token,) = request.header("Authorization")
        if number_of(request) > 3 and token != "Bearer at-1":
            return Answer(status=401)
        return served(request)

    def give(_: Recorded) -> Answer:
        tokens.append("at-1")
        return api_answer(b'{"access_token":"at-1","token_type":"Bearer","expires_in":3600}')

    api.answers(handler)
    api.world.server.on("/token", give)

    done = api.call(*ARGV, "--parallel", "8")

    assert (done.status, len(done.out.splitlines()), tokens) == (0, 12, ["at-1"])


def test_list_whose_pages_have_no_numbers_is_followed_by_its_links(api: Api) -> None:
    def handler(request: Recorded) -> Answer:
        number = int(request.query.removeprefix("cursor=") or 1)
        links = [{"rel": "next", "href": f"/things?cursor={number + 1}"}] if number < 3 else []
        return api_answer(json.dumps({"portal": [number], "paginationInfo": {"count": 9, "link": links}}).encode())

    api.answers(handler)

    done = api.call("GET", "/things", "--paginate", "--parallel", "8")

    assert (done.status, [json.loads(one)["portal"] for one in done.out.splitlines()]) == (0, [[1], [2], [3]])


@pytest.mark.parametrize(
    "argv", [["--parallel", "4"], ["--paginate", "--parallel", "0"], ["--paginate", "--parallel", "x"]]
)
def test_number_of_pages_at_a_time_that_makes_no_sense_is_refused(api: Api, argv: list[str]) -> None:
    done = api.call("GET", "/things", *argv)

    assert (done.status, done.out, api.requests) == (2, "", [])
