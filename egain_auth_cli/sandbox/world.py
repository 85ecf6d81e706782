"""The sandbox's small world of portals, topics and articles, in the shapes of eGain's descriptions."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from flask import request

from egain_auth_cli.sandbox.api_error import unknown_id
from egain_auth_cli.sandbox.people import PEOPLE, Person

if TYPE_CHECKING:
    from collections.abc import Collection

Document = dict[str, Any]
MOMENT = "2030-01-02T03:04:05Z"
EXACT_MOMENT = "2030-01-02T03:04:05.000Z"
BASE = "/knowledge/portalmgr/v4"
DEPARTMENT = "1005"
CUSTOM = ({"name": "region", "value": ["north"], "type": "STRING"},)
"""The custom attributes of whatever has any."""
_LANGUAGE_NAMES = {
    "en-US": "English (United States)",
    "de-DE": "German (Germany)",
    "fr-FR": "French (France)",
    "ja-JP": "Japanese (Japan)",
    "sv-SE": "Swedish (Sweden)",
}


@cache
def world() -> dict[str, list[Document]]:
    """Return what there is: lists of documents by their kind."""
    text = files("egain_auth_cli").joinpath("sandbox/world.json").read_text(encoding="utf-8")
    found: dict[str, list[Document]] = json.loads(text)
    return found


def find(kind: str, identifier: str) -> Document:
    """Find a document by its id.

    Raises:
        ApiError: There is none.
    """
    for document in world()[kind]:
        if document["id"] == identifier:
            return document
    raise unknown_id(request.path, identifier)


def link(path: str, rel: str = "self") -> Document:
    """Return a link within the host."""
    return {"rel": rel, "href": f"{BASE}{path}"}


def wants(name: str, wanted: Collection[str]) -> bool:
    """Tell whether an attribute is among those that are wanted."""
    return name in wanted or "all" in wanted


def person(one: Person = PEOPLE[0], *, named: bool = False) -> Document:
    """Return a person, with the user name where that is wanted; without one, whoever wrote everything here."""
    names = {"firstName": one.first_name, "middleName": "", "lastName": one.last_name}
    return {"id": one.user_id, **({"userName": one.username} if named else {}), **names}


def history(wanted: Collection[str] = ()) -> Document:
    """Return who wrote something and when, with the user names that are wanted."""
    created, modified = (person(named=wants(f"{role}.userName", wanted)) for role in ("createdBy", "modifiedBy"))
    return {"createdBy": created, "createdDate": MOMENT, "modifiedBy": modified, "modifiedDate": MOMENT}


def department(one: Document) -> Document:
    """Return the department of a portal."""
    return next(each for each in world()["departments"] if each["id"] == one.get("department", DEPARTMENT))


def portal(one: Document) -> Document:
    """Return a portal."""
    languages = [{"name": _LANGUAGE_NAMES[code], "code": code} for code in one["languages"]]
    return {
        "id": one["id"],
        "name": one["name"],
        "departmentId": department(one)["id"],
        "description": one["description"],
        "defaultContentLanguageId": "1",
        "defaultContentLanguageCode": one["languages"][0],
        **history(),
        "isStructuredAuthoringEnabled": False,
        "enableDraftSearchInPortal": False,
        "portalSettings": {"isAuthenticationRequired": True, "isMySuggestionsEnabled": True},
        "kbLanguages": {"KbLanguage": languages},
        "link": link(f"/portals/{one['id']}"),
    }


def crumbs(topic_id: str, portal_id: str) -> Document:
    """Return the way from the root to a topic."""
    names: list[Document] = []
    at: str | None = topic_id
    while at is not None:
        topic = find("topics", at)
        names.insert(0, {"id": at, "name": topic["name"], "link": link(f"/portals/{portal_id}/topics/{at}")})
        at = topic["parent"]
    return {"topicSummary": names}


def topic(one: Document, portal_id: str, wanted: Collection[str], custom: Collection[str]) -> Document:
    """Return a topic, with the attributes and the custom attributes that are wanted besides."""
    own = [each for each in CUSTOM if each["name"] in custom]
    more = {"description": f"About {one['name']}", "imageUrl": ""}
    children = [each["id"] for each in world()["topics"] if each["parent"] == one["id"]]
    return {
        "id": one["id"],
        "name": one["name"],
        "articleCountInTopic": sum(each["topic"] == one["id"] for each in world()["articles"]),
        "articleCountInTopicTree": sum(each["topic"] in below(one["id"]) for each in world()["articles"]),
        **history(),
        **{role: _parts_of_person(role, wanted) for role in ("createdBy", "modifiedBy")},
        "departmentId": DEPARTMENT,
        "childCount": len(children),
        "subTopicIds": children,
        "parentTopicId": one["parent"] or "-1",
        "link": link(f"/portals/{portal_id}/topics/{one['id']}"),
        **{name: value for name, value in more.items() if wants(name, wanted)},
        **({"customAttributes": own} if own else {}),
    }


def _parts_of_person(role: str, wanted: Collection[str]) -> Document:
    # Of a topic's people even the first name is an attribute that has to be asked for.
    whole = person(named=True).items()
    return {name: value for name, value in whole if name == "id" or wants(f"{role}.{name}", wanted)}


def below(topic_id: str) -> set[str]:
    """Return a topic's id and those of all topics below it."""
    found = {topic_id}
    for each in world()["topics"]:  # parents stand before their children
        if each["parent"] in found:
            found.add(each["id"])
    return found


def search(words: str, topics: Collection[str], tags: Collection[Collection[str]]) -> list[Document]:
    """Find the articles that have every word in name or text, are in one of the topics and pass the tags.

    Args:
        words: Between blanks.
        topics: Ids; none for any topic.
        tags: As for `has_tags`.
    """
    wanted = words.lower().split()
    return [
        one
        for one in world()["articles"]
        if all(word in f"{one['name']} {one['content']}".lower() for word in wanted)
        and (not topics or one["topic"] in topics)
        and has_tags(one, tags)
    ]


def has_tags(one: Document, tags: Collection[Collection[str]]) -> bool:
    """Tell whether an article has a tag of each of the collections of ids."""
    return all(set(each) & set(one.get("tags", ())) for each in tags)
