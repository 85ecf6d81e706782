"""What the parameters of a query change in the answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from fakes.sandbox_driver import PORTALS, Driver, api_code, start_sandbox

from egain_auth_cli.sandbox.resource import RESOURCES
from egain_auth_cli.sandbox.shapes import parameter_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TEMPLATES = "/knowledge/contentmgr/v4/prompts/prompttemplates"
PORTAL = f"{PORTALS}/portals/PROD-1001"
ARTICLE = f"{PORTAL}/articles/PROD-3006"
OF_PAYMENTS = f"{PORTAL}/articles?$filter[topicId]=PROD-4002&$pagesize=75"
MINE = f"{PORTALS}/myportals?$lang=en-US"
SEARCH = f"{PORTALS}/PROD-1001/search?$lang=en-US"
ATTRIBUTES = ("articleAdditionalAttributes", "articleResultAdditionalAttributes", "topicAdditionalAttributes")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Driver]:
    with start_sandbox() as driver:
        yield driver


@pytest.fixture(scope="module")
def token(sandbox: Driver) -> str:
    return sandbox.user_token(scope="knowledge.portalmgr.read core.aiservices.read")


def names(sandbox: Driver, token: str, path: str, member: str) -> list[str]:
    answer = sandbox.call(token, path)
    return [each["id"] for each in answer.json()[member]] if answer.status_code == 200 else []


def values_of(name: str) -> list[str]:
    """Return the values that the description has for a list of attributes."""
    schema = next(parameter_schema(one, name) for one in RESOURCES if name in one.optional)
    return re.findall(r"[A-Za-z.]+", schema["pattern"].replace("\\", "").partition(")")[0])


CASES = [(name, value) for name in ATTRIBUTES for value in values_of(name) if value != "textMetaData"]


@pytest.mark.parametrize(("name", "value"), CASES)
def test_every_attribute_is_added_by_its_name(sandbox: Driver, token: str, name: str, value: str) -> None:
    path = {
        "articleAdditionalAttributes": f"{ARTICLE}?",
        "articleResultAdditionalAttributes": f"{OF_PAYMENTS}&",
        "topicAdditionalAttributes": f"{PORTAL}/topics/PROD-4001?",
    }[name]
    plain, found = (sandbox.call(token, path + more).json() for more in ("", f"{name}={value}"))
    for each in (plain, found):
        each.pop("paginationInfo", None)

    member, _, part = value.partition(".")

    assert found != plain
    if value != "all":
        assert member in str(found)
        assert part in str(found)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"{PORTALS}/portals?departmentID=1006", ["PROD-1002"]),
        (f"{PORTALS}/portals?departmentID=999", []),
        (f"{MINE}&department=Finance", ["PROD-1002"]),
        (f"{MINE}&department=Else", []),
        (f"{MINE}&$sort=departmentName", ["PROD-1002", "PROD-1001"]),
        (f"{MINE}&$sort=id", ["PROD-1001", "PROD-1002"]),
    ],
)
def test_portals_are_those_of_the_department(sandbox: Driver, token: str, path: str, expected: list[str]) -> None:
    assert names(sandbox, token, path, "portal") == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [("", ["plain"]), ("&shortUrlTemplate=plain", ["plain"]), ("&shortUrlTemplate=x", []), ("&$lang=de-DE", [])],
)
def test_short_urls_are_those_of_template_and_language(
    sandbox: Driver, token: str, query: str, expected: list[str]
) -> None:
    path = f"{MINE}{query}" if "$lang" not in query else f"{PORTALS}/myportals?{query[1:]}"
    one = sandbox.call(token, path).json()["portal"][0]

    assert [each["templateName"] for each in one["shortURL"]] == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"{OF_PAYMENTS}&$filter[tags]=PROD-2002", ["PROD-3006"]),
        (f"{OF_PAYMENTS}&$filter[tags]=PROD-2002,PROD-2003", ["PROD-3006", "PROD-3013"]),
        (f"{OF_PAYMENTS}&$filter[tags]=PROD-2999", []),
        (f"{PORTAL}/articles?$filter[topicId]=PROD-4005&$sort=popularity&$order=desc&$pagesize=1", ["PROD-3024"]),
    ],
)
def test_articles_are_those_of_the_tags_and_in_their_order(
    sandbox: Driver, token: str, path: str, expected: list[str]
) -> None:
    assert names(sandbox, token, path, "articles") == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=refund&$filter[topicIds]=PROD-4003", ["PROD-3018", "PROD-3019"]),
        ("q=pay&$filter[topicIds]=PROD-4003", []),
        ('q=pay&$filter[tags]={"PROD-2001":["PROD-2003","PROD-2999"]}', ["PROD-3013"]),
        ('q=refund&$filter[tags]={"PROD-2001":["PROD-2003"]}', []),
    ],
)
def test_search_finds_what_is_in_the_topics_and_has_the_tags(
    sandbox: Driver, token: str, query: str, expected: list[str]
) -> None:
    answer = sandbox.call(token, f"{SEARCH}&{query}")
    found = answer.json()["searchResults"]["article"] if answer.status_code == 200 else []
    chunks = sandbox.call(token, f"/core/aiservices/v4/PROD-1001/retrieve?$lang=en-US&{query}", method="POST").json()

    assert [each["id"] for each in found] == expected
    assert [each["id"] for each in chunks["searchResults"]] == expected


def test_custom_attributes_are_shown_by_name(sandbox: Driver, token: str) -> None:
    paths: dict[str, Callable[[Any], Any]] = {
        f"{ARTICLE}?$customAdditionalAttributes=": lambda it: it,
        f"{PORTAL}/topics/PROD-4001?$customAdditionalAttributes=": lambda it: it["topicTree"][0]["topic"],
        f"{SEARCH}&q=pay&articleCustomAdditionalAttributes=": lambda it: it["searchResults"]["article"][0],
    }
    found: dict[str, list[Any]] = {
        path: [where(sandbox.call(token, path + name).json()) for name in ("region", "else")]
        for path, where in paths.items()
    }

    assert [one["customAttributes"][0]["name"] for one, _ in found.values()] == ["region"] * 3
    assert [other for _, other in found.values() if "customAttributes" in other] == []


def test_article_is_shown_as_its_edition_is(sandbox: Driver, token: str) -> None:
    path = f"{ARTICLE}?articleAdditionalAttributes=content"
    plain, staff = (sandbox.call(token, path + more).json()["content"] for more in ("", "&publishViewId=PROD-2501"))

    assert "follow the steps" in plain
    assert staff == "<p>Pay a bill, as staff see it.</p>"


def test_templates_need_both_parameters(sandbox: Driver) -> None:
    token = sandbox.client_token(scope="knowledge.contentmgr.manage")

    assert api_code(sandbox.call(token, f"{TEMPLATES}?department=a")) == "400-112"
    assert sandbox.call(token, f"{TEMPLATES}?department=Service&languageCode=en-US").status_code == 200
    assert sandbox.call(token, f"{TEMPLATES}?department=a&languageCode=en-US").status_code == 204


def test_template_is_not_in_another_department(sandbox: Driver) -> None:
    token = sandbox.client_token(scope="knowledge.contentmgr.manage")
    found, other = (
        sandbox.call(token, f"{TEMPLATES}/PROD-9001?languageCode=en-US&department={name}")
        for name in ("Service", "Finance")
    )

    assert found.json()["name"] == "Shorten"
    assert api_code(other) == "404-100"
