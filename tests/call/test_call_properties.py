"""Properties of what ``egain call`` makes of its arguments: the body of fields, the query, the next page."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egain_auth_cli.call.fields import json_body
from egain_auth_cli.call.page_links import items_of, next_target
from egain_auth_cli.call.url import api_request_url
from egain_auth_cli.errors import BadAnswer, UsageError

API = "https://api.example/base"
ORIGIN = "https://api.example"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
keys = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="[]="), min_size=1, max_size=6)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
row = st.fixed_dictionaries({"id": scalars}, optional={"name": scalars, "note": scalars})
rows = st.lists(row.map(lambda one: dict(sorted(one.items()))), min_size=1)  # `id` begins each row
values = st.recursive(
    scalars | st.lists(scalars, min_size=1) | rows,
    lambda inner: st.dictionaries(keys, inner, min_size=1, max_size=3),
    max_leaves=12,
)
documents = st.dictionaries(keys, values, max_size=4)
json_values: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=10
)


def fields_of(prefix: str, value: object) -> list[tuple[str, object]]:
    """Write a value as fields."""
    if isinstance(value, dict):
        return [field for key, inner in value.items() for field in fields_of(f"{prefix}[{key}]", inner)]
    if isinstance(value, list):
        return [field for inner in value for field in fields_of(f"{prefix}[]", inner)]
    return [(prefix, value)]


@given(documents)
def test_document_written_as_fields_comes_back(document: dict[str, object]) -> None:
    fields = [field for name, value in document.items() for field in fields_of(name, value)]
    body = json_body(fields)

    assert json.loads(body) == document
    assert json.loads(body.decode("utf-8")) == document


class Plain:
    """Builds the same object by paths: an oracle that reads names by hand, for objects and lists of scalars alone."""

    def __init__(self) -> None:
        self.leaves: dict[tuple[str, ...], list[object]] = {}

    def add(self, name: str, value: object) -> bool:
        path = tuple(name.replace("]", "").split("["))
        is_list = path[-1] == ""
        for other in self.leaves:
            shared = min(len(other), len(path))
            if other[:shared] == path[:shared] and not (is_list and other == path):
                return False
            if len(other) == len(path) and other[:-1] == path[:-1] and "" in (other[-1], path[-1]) and other != path:
                return False
            shorter, longer = sorted((other, path), key=len)
            if shorter[-1] == "" and longer[: len(shorter) - 1] == shorter[:-1] and other != path:
                return False
        self.leaves.setdefault(path, []).append(value)
        return True

    def document(self) -> dict[str, Any]:
        root: dict[str, Any] = {}
        for path, found in self.leaves.items():
            is_list = path[-1] == ""
            *above, last = path[:-1] if is_list else path
            table = root
            for key in above:
                table = table.setdefault(key, {})
            table[last] = found if is_list else found[0]
        return root


names = st.builds(
    lambda head, rest, tail: head + "".join(f"[{key}]" for key in rest) + tail,
    st.sampled_from("ab"),
    st.lists(st.sampled_from("ab"), max_size=2),
    st.sampled_from(["", "[]"]),
)


@given(st.lists(st.tuples(names, scalars), max_size=6))
def test_fields_make_what_a_plain_reading_of_their_names_makes(fields: list[tuple[str, object]]) -> None:
    plain = Plain()
    refused = [name for name, value in fields if not plain.add(name, value)]
    try:
        made: object = json.loads(json_body(fields))
    except UsageError:
        made = None

    assert made == (None if refused else plain.document())


@given(st.lists(st.tuples(st.text("ab[]", max_size=8), scalars), max_size=5))
def test_fields_of_any_name_make_an_object_or_are_refused(fields: list[tuple[str, object]]) -> None:
    try:
        made = json.loads(json_body(fields))
    except UsageError:
        return

    assert isinstance(made, dict)
    assert sum(1 for _ in leaves(made)) == len(fields)


def leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in leaves(inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in leaves(inner)]
    return [value]


@given(st.lists(st.tuples(texts.filter(bool), texts), max_size=5))
def test_query_comes_back_through_another_reader(query: list[tuple[str, str]]) -> None:
    url = api_request_url(API, "/things", query)

    assert parse_qsl(urlsplit(url).query, keep_blank_values=True, strict_parsing=bool(query)) == query
    assert url.isascii()
    assert not set(url) & set(' "<>\\^`{|}\x7f#\r\n\t')
    assert url.startswith(f"{API}/things")


@given(st.lists(st.tuples(st.sampled_from(["$lang", "$filter[tags]", "$pagenum"]), texts), min_size=1, max_size=3))
def test_names_of_egain_stay_readable(query: list[tuple[str, str]]) -> None:
    raw = urlsplit(api_request_url(API, "/things", query)).query

    assert [pair.partition("=")[0] for pair in raw.split("&")] == [name for name, _ in query]


@given(st.lists(st.tuples(texts.filter(bool), texts), min_size=1, max_size=3), st.sampled_from(["a=1", "$x[y]=%5B"]))
def test_query_of_the_path_stays_in_front(query: list[tuple[str, str]], own: str) -> None:
    alone = urlsplit(api_request_url(API, "/things", query)).query

    assert api_request_url(API, f"/things?{own}", query) == f"{API}/things?{own}&{alone}"


@given(st.text(max_size=20))
def test_path_is_sent_as_it_was_meant_or_refused(text: str) -> None:
    try:
        url = api_request_url(API, f"/x{text}")
    except UsageError:
        return
    path, _, query = f"/x{text}".partition("?")

    assert url.startswith(f"{API}/x")
    assert unquote(urlsplit(url).path) == unquote(f"/base{path}")
    assert unquote(urlsplit(url).query) == unquote(query)


hrefs = texts | st.builds(
    "".join,
    st.lists(
        st.sampled_from(
            ["/", "\\", "..", "%2e", "@", ":", "?", "#", "https:", ORIGIN, "base", "evil.example", "$pagenum=2", ";"]
        ),
        max_size=8,
    ),
)


def page_with(href: object, rel: object = "next") -> dict[str, object]:
    return {"items": [], "paginationInfo": {"link": [{"rel": "prev", "href": "/p"}, {"rel": rel, "href": href}]}}


@given(hrefs)
def test_link_is_followed_within_the_api_or_not_at_all(href: str) -> None:
    try:
        target = next_target(page_with(href), api_url=API)
    except BadAnswer:
        return
    if target is None:
        assert href == ""
        return
    url = urlsplit(api_request_url(API, target))

    assert (url.scheme, url.netloc) == ("https", "api.example")
    assert url.path.startswith("/base/")


@given(json_values | json_values.map(page_with) | json_values.map(lambda info: {"paginationInfo": info}))
def test_document_of_any_shape_has_a_next_page_or_none(document: Any) -> None:
    try:
        target = next_target(document, api_url=API)
    except BadAnswer:
        return

    assert target != ""


@given(json_values.filter(lambda value: value != "next"))
def test_link_of_another_relation_is_not_the_next_page(rel: object) -> None:
    assert next_target(page_with("/things?$pagenum=2", rel), api_url=API) is None


@given(st.lists(json_values, max_size=5), st.dictionaries(keys.filter(lambda key: key != "items"), scalars, max_size=3))
def test_one_list_of_a_page_is_its_items(items: list[object], others: dict[str, object]) -> None:
    assert items_of({**others, "items": items, "paginationInfo": {"link": []}}) == items


@pytest.mark.parametrize("number", [2, 999])
def test_link_of_egains_form_is_taken_word_for_word(number: int) -> None:
    href = f"/base/knowledge/portalmgr/v4/portals?$pagesize=2&$pagenum={number}"
    target = next_target(page_with(href), api_url=API)

    assert target is not None
    assert api_request_url(API, target) == f"{ORIGIN}{href}"
