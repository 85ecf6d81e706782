"""The next page and the items of a page, read from a document."""

from __future__ import annotations

from typing import Any

import pytest

from egain_auth_cli.call.page_links import items_of, next_target
from egain_auth_cli.errors import BadAnswer

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


def test_link_is_relative_to_the_host_and_stays_under_the_base_path() -> None:
    base = f"{API}/v1"
    inside = page({"rel": "next", "href": "/v1/a?$pagenum=2"})

    assert next_target(inside, api_url=base) == f"{API}/v1/a?$pagenum=2"
    with pytest.raises(BadAnswer, match="not followed"):
        next_target(page({"rel": "next", "href": "/admin"}), api_url=base)


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
