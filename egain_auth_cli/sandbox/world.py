"""The sandbox's small world of portals, topics and articles, in the shapes of eGain's descriptions."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from flask import request

from egain_auth_cli.sandbox.api_error import unknown_id

if TYPE_CHECKING:
    from collections.abc import Collection

Document = dict[str, Any]
MOMENT = "2030-01-02T03:04:05Z"
EXACT_MOMENT = "2030-01-02T03:04:05.000Z"
BASE = "/knowledge/portalmgr/v4"
_AUTHOR = {"id": "1001", "firstName": "Alice", "middleName": "", "lastName": "Archer"}
_DEPARTMENT = "1005"
_TYPE = {"articleCategoryId": 0, "typeName": "General", "useStructuredAuthoring": False}
_TYPE_ID = "999000000001234"
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


def person(*wanted: str) -> Document:
    """Return whoever wrote everything here, with the user name where that is wanted."""
    return _AUTHOR | ({"userName": "alice"} if wanted else {})


def portal(one: Document) -> Document:
    """Return a portal."""
    languages = [{"name": _LANGUAGE_NAMES[code], "code": code} for code in one["languages"]]
    return {
        "id": one["id"],
        "name": one["name"],
        "departmentId": _DEPARTMENT,
        "description": one["description"],
        "defaultContentLanguageId": "1",
        "defaultContentLanguageCode": one["languages"][0],
        **_history(),
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


def article_in_list(one: Document, portal_id: str, wanted: Collection[str]) -> Document:
    """Return an article as lists have it, with the attributes that are wanted besides."""
    more = {
        "averageRating": 0.0,
        "timesRated": 0,
        "description": one["summary"],
        "articleSummary": one["summary"],
        "imageURL": "",
        "isSubscribed": False,
        "customAttributes": [],
        "ownedBy": person(),
        "topicBreadcrumb": [crumbs(one["topic"], portal_id)],
    }
    return {
        "id": one["id"],
        "name": one["name"],
        "articleType": _TYPE | {"articleTypeId": _TYPE_ID},
        "hasAttachments": bool(one.get("attachments")),
        "languageCode": "en-US",
        **_history(),
        "versionId": _version(one),
        "link": link(f"/portals/{portal_id}/articles/{one['id']}"),
        **{name: value for name, value in more.items() if name in wanted or "all" in wanted},
    }


def article(one: Document, wanted: Collection[str]) -> Document:
    """Return an article itself but for its breadcrumb, with the attributes that are wanted besides."""
    more = {
        "content": one["content"],
        "contentText": _plain(one["content"]),
        "averageRating": 0.0,
        "timesRated": 0,
        "availabilityDate": MOMENT,
        "ownedBy": person(),
        "availableEditions": [edition_name(one, each) for each in one.get("editions", [])],
    }
    attachments = [find("attachments", name) for name in one.get("attachments", [])]
    return {
        "id": one["id"],
        "name": one["name"],
        **_history(),
        "articleType": _TYPE | {"articleTypeId": _TYPE_ID},
        "articleKeywords": one["name"].lower(),
        "articleState": "P",
        "articleSummary": one["summary"],
        "departmentID": _DEPARTMENT,
        "description": one["summary"],
        "attachments": [
            {**{name: each[name] for name in ("id", "name", "size", "type")}, "link": attachment_link(each)}
            for each in attachments
        ],
        "includeInGenAI": True,
        "isSubscribed": False,
        "languageCode": "en-US",
        "versionId": _version(one),
        "link": link(f"/articles/{one['id']}"),
        **{name: value for name, value in more.items() if name in wanted or "all" in wanted},
    }


def attachment_link(one: Document) -> Document:
    """Return the link to what is known of an attachment."""
    return link(f"/articles/attachments/{one['id']}")


def edition_name(one: Document, edition: Document) -> Document:
    """Return an edition of an article without its content; its path has the id of the profile."""
    return {
        "id": edition["id"],
        "name": edition["name"],
        "isContentEdition": True,
        "publishProfile": {"id": edition["profile"], "name": edition["name"]},
        "link": link(f"/articles/{one['id']}/editions/{edition['profile']}?%24lang=en-US"),
    }


def edition(one: Document, found: Document) -> Document:
    """Return an edition of an article with its content."""
    named = edition_name(one, found)
    del named["isContentEdition"]
    return {**named, "content": found["content"], "contentText": _plain(found["content"])}


def topic(one: Document, portal_id: str) -> Document:
    """Return a topic."""
    children = [each["id"] for each in world()["topics"] if each["parent"] == one["id"]]
    return {
        "id": one["id"],
        "name": one["name"],
        "articleCountInTopic": sum(each["topic"] == one["id"] for each in world()["articles"]),
        "articleCountInTopicTree": sum(each["topic"] in below(one["id"]) for each in world()["articles"]),
        **_history(),
        "departmentId": _DEPARTMENT,
        "childCount": len(children),
        "subTopicIds": children,
        "parentTopicId": one["parent"] or "-1",
        "link": link(f"/portals/{portal_id}/topics/{one['id']}"),
    }


def below(topic_id: str) -> set[str]:
    """Return a topic's id and those of all topics below it."""
    found = {topic_id}
    for each in world()["topics"]:  # parents stand before their children
        if each["parent"] in found:
            found.add(each["id"])
    return found


def hit(one: Document, portal_id: str) -> Document:
    """Return an article as a search finds it."""
    names = crumbs(one["topic"], portal_id)["topicSummary"]
    return {
        "id": one["id"],
        "name": one["name"],
        "docType": "HTML",
        "docName": "",
        "source": "eGain Article",
        "snippet": one["summary"],
        "topicBreadcrumb": [{"topicSummary": [{"id": each["id"], "name": each["name"]} for each in names]}],
        "relevanceScore": 0.9,
        "normalizedScore": 0.9,
    }


def search(words: str) -> list[Document]:
    """Find the articles that have every word in name or text."""
    wanted = words.lower().split()
    return [
        one for one in world()["articles"] if all(word in f"{one['name']} {one['content']}".lower() for word in wanted)
    ]


def _history() -> Document:
    return {"createdBy": person(), "createdDate": MOMENT, "modifiedBy": person(), "modifiedDate": MOMENT}


def _version(one: Document) -> str:
    return one["id"].replace("PROD-3", "PROD-35")


def _plain(html: str) -> str:
    for tag in ("<p>", "</p>", "<b>", "</b>"):
        html = html.replace(tag, "")
    return html
