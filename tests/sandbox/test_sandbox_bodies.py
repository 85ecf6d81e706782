"""Bodies that do not fit, and those that nobody should send."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.sandbox_driver import PORTALS, Driver, api_code, start_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

SUGGESTIONS = f"{PORTALS}/portals/PROD-1001/suggestions"
RETRIEVE = "/core/aiservices/v4/PROD-1001/retrieve?q=pay&$lang=en-US"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Driver]:
    with start_sandbox() as driver:
        yield driver


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [(b"{}", "application/json", 400), (b"x", "text/plain", 415), (b"[", "application/json", 400), (b"", "", 400)],
)
def test_body_that_does_not_fit_is_refused(sandbox: Driver, body: bytes, kind: str, status: int) -> None:
    token = sandbox.user_token(scope="knowledge.portalmgr.manage")

    answer = sandbox.call(token, SUGGESTIONS, method="POST", content=body, Content_Type=kind)

    assert answer.status_code == status
    assert bool(answer.content) == (status != 415)  # documented without a body


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"channel":' * 50_000,
        b'{"channel":' + b"[" * 900 + b"]" * 900 + b"}",
        b"1" * 5000,
        b'{"eventId":' + b"1" * 5000 + b"}",
        b'{"eventId":NaN}',
        b'{"else":-Infinity}',
        b'{"eventId":"\xff"}',
        b"[]",
        b"1",
        b"null",
        b'"x"',
    ],
    ids=lambda body: repr(body[:20]),
)
def test_hostile_body_is_refused_in_egains_shape(sandbox: Driver, body: bytes) -> None:
    token = sandbox.user_token(scope="core.aiservices.read")

    answer = sandbox.call(token, RETRIEVE, method="POST", content=body, Content_Type="application/json")

    assert api_code(answer) == "400-152"


def test_half_of_a_surrogate_pair_comes_back(sandbox: Driver) -> None:
    token, body = sandbox.user_token(scope="core.aiservices.read"), b'{"eventId":"\\ud800"}'

    answer = sandbox.call(token, RETRIEVE, method="POST", content=body, Content_Type="application/json")

    assert answer.json()["eventId"] == "\ud800"


@pytest.mark.parametrize("tags", ["[]", "1", "x", '{"PROD-2001":1}', "[" * 5000])
def test_tags_of_a_search_must_be_an_object_of_lists(sandbox: Driver, tags: str) -> None:
    path = f"{PORTALS}/PROD-1001/search?q=pay&$lang=en-US&$filter[tags]={tags}"

    assert api_code(sandbox.call(sandbox.user_token(), path)) == "400-196"
