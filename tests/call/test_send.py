"""Calls of the API: what is sent, one renewal after a 401, few and safe retries; pages, filters and fields."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from fakes.clock import FakeClock
from fakes.http_server import ScriptedServer, answer

from egain_auth_cli.call.catalogue import api_paths, find_paths, path_of
from egain_auth_cli.call.fields import json_body, json_value
from egain_auth_cli.call.filter import compact_json, json_filter, result_text
from egain_auth_cli.call.paging import items_of, next_target
from egain_auth_cli.call.send import CallRequest, CallService
from egain_auth_cli.errors import BadAnswer, EgainError, LoginRequired, NetworkError, UsageError
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.transport.client import HttpClient

if TYPE_CHECKING:
    from pathlib import Path

    from egain_auth_cli.transport.streaming import StreamedAnswer

LOST = b"HTTP/1.1 200"


class Tokens:
    """Gives made-up tokens in turn; an error among them is raised by the renewal."""

    def __init__(self, *renewed: Any) -> None:
        self._renewed = list(renewed)
        self.asked = 0

    def token(self) -> Secret:
        self.asked += 1
        return Secret("made-up-token-1")

    def renewed(self, rejected: Secret) -> Secret | None:
        assert rejected == Secret("made-up-token-1")
        found = self._renewed.pop(0) if self._renewed else None
        if isinstance(found, Exception):
            raise found
        return None if found is None else Secret(found)


class Caller:
    """Calls a server and keeps what it said."""

    def __init__(self, http: HttpClient) -> None:
        self.slept: list[float] = []
        self.trace: list[str] = []
        self.body = b""
        self.service = CallService(http, clock=FakeClock(), sleep=self.slept.append, trace=self.trace.append)

    def call(
        self, url: str, *, tokens: Tokens | None = None, target: str = "/a", method: str = "GET", **request: Any
    ) -> int:
        asked = CallRequest(method=method, target=target, api_url=url, language="pt-BR", **request)
        return self.service.call(asked, tokens or Tokens("made-up-token-2"), take=self._take)

    def _take(self, found: StreamedAnswer) -> None:
        self.body = b"".join(found.body())


@pytest.fixture
def caller() -> Caller:
    return Caller(HttpClient({}))


def lines(raw: bytes) -> list[str]:
    return [line.lower() for line in raw.partition(b"\r\n\r\n")[0].decode().split("\r\n")]


def test_request_has_the_documented_headers_and_one_bearer_token(caller: Caller) -> None:  # A06
    with ScriptedServer(answer("200 OK", b"hello")) as server:
        status = caller.call(server.url, method="get", target="/a/b?x=1", query=(("$filter[tags]", "a b"),))

    sent = lines(server.requests[0])
    wanted = {
        "accept: application/json",
        "accept-language: pt-br",
        "accept-encoding: gzip",
        "authorization: bearer made-up-token-1",
    }
    assert (status, caller.body, sent[0]) == (200, b"hello", "get /a/b?x=1&$filter[tags]=a%20b http/1.1")
    assert wanted <= set(sent)
    assert not [line for line in sent if line.startswith(("content-type", "cookie"))]
    assert len([line for line in sent if line.startswith("authorization")]) == 1


def test_given_headers_take_the_place_of_the_defaults(caller: Caller) -> None:
    headers = (("accept", "text/plain"), ("ACCEPT-LANGUAGE", "de"), ("Content-Type", "text/csv"), ("X-A", "b; c"))
    with ScriptedServer(answer()) as server:
        caller.call(server.url, method="POST", headers=headers, body=b"x,y")

    sent = lines(server.requests[0])
    assert {
        "accept: text/plain",
        "accept-language: de",
        "content-type: text/csv",
        "x-a: b; c",
        "content-length: 3",
    } <= set(sent)
    assert len([line for line in sent if line.startswith("accept:")]) == 1


def test_body_is_json_by_default_and_comes_from_bytes_a_file_or_a_stream(caller: Caller, tmp_path: Path) -> None:
    file = tmp_path / "body"
    file.write_bytes(b'{"a": 1}')
    with ScriptedServer(answer()) as server:
        caller.call(server.url, method="POST", body=b'{"a": 1}')
        caller.call(server.url, method="POST", body=file)
        caller.call(server.url, method="POST", body=io.BytesIO(b'{"a": 1}'))

    assert [b'{"a": 1}' in raw for raw in server.requests] == [True] * 3
    assert ["content-type: application/json" in lines(raw) for raw in server.requests] == [True] * 3
    assert [
        next(line for line in lines(raw) if line.startswith(("content-length", "transfer-encoding")))
        for raw in server.requests
    ] == ["content-length: 8", "content-length: 8", "transfer-encoding: chunked"]


@pytest.mark.parametrize(
    "request_",
    [
        {"target": "https://evil.test/"},
        {"target": "//evil.test"},
        {"target": "/../x"},
        {"method": "TRACE"},
        {"method": "CONNECT"},
        {"method": "GET\r\nX: y"},
        {"method": ""},
        {"headers": (("Host", "evil.test"),)},
        {"headers": (("authorization", "Bearer x"),)},
        {"headers": (("Proxy-Authorization", "x"),)},
        {"headers": (("Content-Length", "5"),)},
        {"headers": (("Transfer-Encoding", "chunked"),)},
        {"headers": (("Connection", "x"),)},
        {"headers": (("X", "made-up\r\nY: z"),)},
        {"headers": (("X", "a\x00"),)},
        {"headers": (("X", "é"),)},
        {"headers": (("X Y", "z"),)},
        {"headers": (("", "z"),)},
        {"headers": (("X\x1b", "z"),)},
    ],
)
def test_what_is_not_sent_as_it_stands_is_refused_before_any_token(
    caller: Caller, request_: dict[str, Any]
) -> None:  # A01 to A06
    tokens = Tokens()
    with ScriptedServer(answer()) as server, pytest.raises(UsageError) as caught:
        caller.call(server.url, tokens=tokens, **request_)

    assert (server.connections, tokens.asked) == (0, 0)
    assert caught.value.message.isprintable()
    assert "made-up" not in caught.value.message


def test_missing_body_file_is_told(caller: Caller, tmp_path: Path) -> None:
    with ScriptedServer(answer()) as server, pytest.raises(UsageError, match="cannot be read"):
        caller.call(server.url, method="POST", body=tmp_path / "nowhere")


def test_refused_token_is_renewed_once(caller: Caller) -> None:  # A08, C13
    with ScriptedServer(answer("401 x", b"old"), answer("200 OK", b"new")) as server:
        status = caller.call(server.url)

    assert (status, caller.body) == (200, b"new")
    tokens = [next(line for line in lines(raw) if line.startswith("authorization")) for raw in server.requests]
    assert tokens == ["authorization: bearer made-up-token-1", "authorization: bearer made-up-token-2"]


@pytest.mark.parametrize(("tokens", "requests"), [(Tokens("made-up-token-2"), 2), (Tokens(), 1)])
def test_token_refused_for_ever_ends_after_one_renewal_with_the_body_handed_over(
    caller: Caller, tokens: Tokens, requests: int
) -> None:  # A08
    with ScriptedServer(answer("401 x", b"why")) as server:
        assert caller.call(server.url, tokens=tokens) == 401

    assert (requests, b"why") == (len(server.requests), caller.body)


@pytest.mark.parametrize("error", [LoginRequired("gone"), NetworkError("down")])
def test_renewal_that_fails_is_told_with_the_body_handed_over(caller: Caller, error: EgainError) -> None:  # A08
    with ScriptedServer(answer("401 x", b"why")) as server, pytest.raises(type(error)):
        caller.call(server.url, tokens=Tokens(error))

    assert (len(server.requests), caller.body) == (1, b"why")


def test_body_that_can_be_read_once_is_not_half_sent_twice(caller: Caller) -> None:  # A08
    with ScriptedServer(answer("401 x")) as server:
        assert caller.call(server.url, method="POST", body=io.BytesIO(b"x")) == 401

    assert len(server.requests) == 1


@pytest.mark.parametrize("status", ["204 No Content", "302 Found", "403 x", "404 x", "500 x"])
def test_other_statuses_are_given_as_they_are(caller: Caller, status: str) -> None:  # A05, A10
    with ScriptedServer(answer(status, b"", "Location: http://127.0.0.1:9/")) as server:
        assert int(status[:3]) == caller.call(server.url, retries=0)
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", ["429 x", "502 x", "503 x", "504 x"])
@pytest.mark.parametrize(
    ("request_", "requests"),
    [
        ({"method": "GET"}, 3),
        ({"method": "DELETE"}, 3),
        ({"method": "PUT", "body": b"x"}, 3),
        ({"method": "POST", "body": b"x"}, 1),
        ({"method": "PATCH", "body": b"x"}, 1),
        ({"method": "POST", "body": b"x", "retry_unsafe": True}, 3),
        ({"method": "GET", "retries": 0}, 1),
        ({"method": "GET", "retries": 4}, 5),
    ],
)
def test_what_failed_in_passing_is_repeated_where_it_does_no_harm(
    caller: Caller, status: str, request_: dict[str, Any], requests: int
) -> None:
    with ScriptedServer(answer(status)) as server:
        assert int(status[:3]) == caller.call(server.url, **request_)

        assert (requests, requests - 1) == (len(server.requests), len(caller.slept))


def test_stream_is_never_repeated(caller: Caller) -> None:
    with ScriptedServer(answer("503 x")) as server:
        caller.call(server.url, method="PUT", body=io.BytesIO(b"x"))

        assert len(server.requests) == 1


@pytest.mark.parametrize(("method", "requests"), [("GET", 3), ("POST", 1)])
def test_lost_connection_is_tried_again_where_it_does_no_harm(
    caller: Caller, method: str, requests: int
) -> None:  # N08
    with ScriptedServer(LOST) as server, pytest.raises(NetworkError):
        caller.call(server.url, method=method)

    assert requests == len(server.requests)


@pytest.mark.parametrize(
    ("asked", "timeout", "requests"), [("2", None, 3), ("59", None, 3), ("120", None, 1), ("30", 5.0, 1)]
)
def test_server_may_ask_for_a_pause_that_can_be_afforded(
    caller: Caller, asked: str, timeout: float | None, requests: int
) -> None:  # T08
    with ScriptedServer(answer("429 x", b"", f"Retry-After: {asked}")) as server:
        caller.call(server.url, timeout=timeout)

        assert requests == len(server.requests)
    assert all(float(asked) <= one <= float(asked) + 1 for one in caller.slept)


def test_next_pages_request_has_the_links_own_query() -> None:
    request = CallRequest(method="GET", target="/a", api_url="https://api.test", language="x", query=(("a", "b"),))

    assert (request.at("/a?$pagenum=2").target, request.at("/a?$pagenum=2").query) == ("/a?$pagenum=2", ())


API = "https://api.acme.test"


def page(*links: Any) -> dict[str, Any]:
    return {"portal": [1], "paginationInfo": {"count": 3, "link": list(links)}}


@pytest.mark.parametrize(
    ("document", "target"),
    [
        (page({"rel": "prev", "href": "/p"}, {"rel": "next", "href": "/a?$pagenum=2"}), f"{API}/a?$pagenum=2"),
        ({"paginationInfo": {"link": {"rel": "next", "href": "/n"}}}, f"{API}/n"),
        (page({"rel": "next", "href": f"{API}/n"}), f"{API}/n"),
        (page({"rel": "prev", "href": "/p"}), None),
        (page({"rel": "next", "href": ""}), None),
        (page({"rel": "next", "href": 5}), None),
        (page("x", 5, None), None),
        ({"paginationInfo": {"link": "x"}}, None),
        ({"paginationInfo": 5}, None),
        ({}, None),
        ([], None),
        ("x", None),
    ],
)
def test_link_to_the_next_page_is_found(document: object, target: str | None) -> None:
    assert target == next_target(document, api_url=API)


def test_link_is_relative_to_the_host_and_stays_under_the_base_path() -> None:  # A12
    base = f"{API}/v1"
    inside = page({"rel": "next", "href": "/v1/a?$pagenum=2"})

    assert next_target(inside, api_url=base) == f"{API}/v1/a?$pagenum=2"
    with pytest.raises(BadAnswer, match="not followed"):
        next_target(page({"rel": "next", "href": "/admin"}), api_url=base)


@pytest.mark.parametrize("href", ["https://evil.test/x", "//evil.test", "/../x", "/x\r\n", "javascript:x", "/\udcff"])
def test_link_to_another_place_is_not_followed(href: str) -> None:  # A12
    with pytest.raises(BadAnswer, match="not followed"):
        next_target(page({"rel": "next", "href": href}), api_url=API)


@pytest.mark.parametrize(
    ("document", "items"),
    [([1, 2], [1, 2]), ({"portal": [1], "paginationInfo": {}}, [1]), ({"paginationInfo": {}}, []), ({}, [])],
)
def test_items_of_a_page_are_its_one_list(document: object, items: list[object]) -> None:
    assert items == items_of(document)


@pytest.mark.parametrize("document", [{"a": [1], "b": [2]}, {"a": 1}, 5, "x", None])
def test_page_without_one_list_is_refused(document: object) -> None:
    with pytest.raises(BadAnswer, match="not one list"):
        items_of(document)


def test_filter_picks_what_it_says() -> None:
    assert json_filter("portal[].name")({"portal": [{"name": "a"}, {"name": "b"}]}) == ["a", "b"]


@pytest.mark.parametrize("expression", ["", "portal[", "a b", "]\x1b", "nosuch(@)"])
def test_malformed_filter_is_wrong_use(expression: str) -> None:
    with pytest.raises(UsageError) as caught:
        json_filter(expression)({})

    assert caught.value.message.isprintable()


def test_filter_that_does_not_fit_the_data_is_wrong_use() -> None:
    with pytest.raises(UsageError):
        json_filter("length(@)")(5)


@pytest.mark.parametrize(
    ("value", "text"), [("a b", "a b"), (["é"], '["é"]'), ({"a": 1}, '{"a":1}'), (None, "null"), (True, "true")]
)
def test_result_is_a_bare_text_or_compact_json(value: object, text: str) -> None:
    assert text == result_text(value)
    assert json.loads(compact_json(value)) == value


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ([("a", "b")], {"a": "b"}),
        ([("a[b][c]", 1)], {"a": {"b": {"c": 1}}}),
        ([("a[]", 1), ("a[]", 2)], {"a": [1, 2]}),
        ([("a[][b]", 1), ("a[][c]", 2), ("a[][b]", 3)], {"a": [{"b": 1, "c": 2}, {"b": 3}]}),
        ([("a", "é")], {"a": "é"}),
        ([], {}),
    ],
)
def test_fields_make_an_object(fields: list[tuple[str, object]], body: object) -> None:
    assert body == json.loads(json_body(fields))


@pytest.mark.parametrize(
    "names",
    [
        ["a", "a"],
        ["a[b]", "a"],
        ["a", "a[b]"],
        ["a[]", "a[b]"],
        ["a[b]", "a[]"],
        ["[a]"],
        ["a[b"],
        ["a]b"],
        [""],
        ["a[b]c"],
    ],
)
def test_fields_that_contradict_each_other_are_refused(names: list[str]) -> None:
    with pytest.raises(UsageError):
        json_body([(name, 1) for name in names])


@pytest.mark.parametrize("field", [("a", "\udcff"), ("\udcff", "a"), ("a[\udcff]", 1)])
def test_field_that_is_no_text_is_refused(field: tuple[str, object]) -> None:  # I10
    with pytest.raises(UsageError, match="no text"):
        json_body([field])


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "", "x", "{", "[" * 100000, "01"])
def test_typed_field_that_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no JSON"):
        json_value(text, "a")


def test_typed_field_is_json() -> None:
    assert [json_value(text, "a") for text in ("3", '["a"]', "null")] == [3, ["a"], None]


def test_every_documented_path_reads_and_has_a_flow_and_a_scope() -> None:
    paths = api_paths()

    assert len(paths) > 5
    assert [
        one for one in paths if one.method != "GET" or not one.path.startswith("/") or not one.flows or not one.note
    ] == []


def test_path_is_found_by_a_word_and_by_a_request() -> None:
    template = next(one for one in api_paths() if "{" in one.path)
    concrete = "/".join("PZ-1001" if part.startswith("{") else part for part in template.path.split("/"))

    assert template in find_paths(template.path.rpartition("/")[0].upper())
    assert path_of(f"{concrete}?$lang=en-US") == template
    assert path_of("/no/such/path") is None
    assert find_paths("no such word anywhere") == ()
