"""Articles, their editions and attachments in the shapes of eGain's descriptions, with links for whoever asks."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import g

from egain_auth_cli.sandbox.people import Actor
from egain_auth_cli.sandbox.world import (
    CUSTOM,
    DEPARTMENT,
    MOMENT,
    Document,
    crumbs,
    find,
    history,
    link,
    person,
    wants,
    world,
)

if TYPE_CHECKING:
    from collections.abc import Collection

_TYPE = {
    "articleCategoryId": 0,
    "typeName": "General",
    "useStructuredAuthoring": False,
    "articleTypeId": "999000000001234",
}
_WORKFLOW = {
    "stages": [{"name": "publish", "milestone": {"name": {"value": "publish", "displayValue": "Published"}}}],
}
_COMPLIANCE = {"startDate": {"date": MOMENT}, "dueDate": {"date": MOMENT}}


def article_in_list(one: Document, portal_id: str, wanted: Collection[str]) -> Document:
    """Return an article as lists have it, with the attributes that are wanted besides."""
    more = {
        "description": one["summary"],
        "articleSummary": one["summary"],
        "imageURL": "",
        "isSubscribed": False,
        "customAttributes": list(CUSTOM),
        "topicBreadcrumb": [crumbs(one["topic"], portal_id)],
        "personalization": _personalization(one),
    }
    return {
        "id": one["id"],
        "name": one["name"],
        "articleType": _TYPE,
        "hasAttachments": bool(one.get("attachments")),
        "languageCode": "en-US",
        **history(wanted),
        "versionId": _version(one),
        "link": _article_link(one, portal_id),
        **_by_request(more, wanted),
    }


def article(
    one: Document, portal_id: str, wanted: Collection[str], *, custom: Collection[str] = (), view: object = None
) -> Document:
    """Return an article itself but for its breadcrumb.

    Args:
        one: The article.
        portal_id: Where it is shown; empty for a client application, which needs no portal.
        wanted: The attributes besides those that are always there.
        custom: The custom attributes.
        view: The id of the profile whose edition is the content; the article's own is where there is none.
    """
    editions = one.get("editions", [])
    content = next((each["content"] for each in editions if each["profile"] == view), one["content"])
    more = {
        "articleMacro": one["name"].lower().replace(" ", ""),
        "content": content,
        "contentText": _plain(content),
        "availabilityDate": MOMENT,
        "availableEditions": [edition_name(one, each, portal_id) for each in editions],
    }
    own = [each for each in CUSTOM if each["name"] in custom]
    return {
        "id": one["id"],
        "name": one["name"],
        **history(wanted),
        "articleType": _TYPE,
        "articleKeywords": one["name"].lower(),
        "articleState": "P",
        "articleSummary": one["summary"],
        "departmentID": DEPARTMENT,
        "description": one["summary"],
        "attachments": [_attachment_name(find("attachments", name), portal_id) for name in one.get("attachments", [])],
        "includeInGenAI": True,
        "isSubscribed": False,
        "languageCode": "en-US",
        "versionId": _version(one),
        "link": _article_link(one, portal_id),
        **_by_request(more, wanted),
        **({"customAttributes": own} if own else {}),
    }


def attachment_link(one: Document, portal_id: str) -> Document:
    """Return the link to what is known of an attachment; a client application's has no portal."""
    return link(f"{_portal(portal_id)}/articles/attachments/{one['id']}")


def edition_name(one: Document, edition: Document, portal_id: str) -> Document:
    """Return an edition of an article without its content; its path has the id of the profile."""
    path = f"/articles/{one['id']}/editions/{edition['profile']}?%24lang={_language()}"
    if not _is_client():  # whose editions have paths of their own; a person is shown the article in one
        path = f"/portals/{portal_id}/articles/{one['id']}?publishViewId={edition['profile']}"
    return {
        "id": edition["id"],
        "name": edition["name"],
        "isContentEdition": True,
        "publishProfile": {"id": edition["profile"], "name": edition["name"]},
        "link": link(path),
    }


def edition(one: Document, found: Document) -> Document:
    """Return an edition of an article with its content, for a client application."""
    named = edition_name(one, found, "")
    del named["isContentEdition"]
    return {**named, "content": found["content"], "contentText": _plain(found["content"])}


def hit(one: Document, portal_id: str, custom: Collection[str] = ()) -> Document:
    """Return an article as a search finds it, with the custom attributes that are wanted."""
    own = [each for each in CUSTOM if each["name"] in custom]
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
        **({"customAttributes": own} if own else {}),
    }


def _by_request(more: Document, wanted: Collection[str]) -> Document:
    both = {"averageRating": 0.0, "timesRated": 0, "workflow": _WORKFLOW, "compliance": _COMPLIANCE}
    found = {name: value for name, value in {**more, **both}.items() if wants(name, wanted)}
    named = wants("ownedBy.userName", wanted)
    return found | ({"ownedBy": person(named=named)} if named or "ownedBy" in wanted else {})


def _personalization(one: Document) -> Document:
    found = [
        {"name": each["name"], "id": each["id"], "tags": {"tag": tags}}
        for each in world()["tagCategories"]
        if (tags := [tag for tag in each["tags"] if tag["id"] in one.get("tags", ())])
    ]
    nothing: Document = {"accessTags": {"tagCategory": []}, "publishViews": {"publishView": []}}
    return {**nothing, "filters": {"tagCategory": found}}


def _attachment_name(one: Document, portal_id: str) -> Document:
    return {**{name: one[name] for name in ("id", "name", "size", "type")}, "link": attachment_link(one, portal_id)}


def _article_link(one: Document, portal_id: str) -> Document:
    if _is_client():
        return link(f"/articles/{one['id']}/witheditions?%24lang={_language()}")
    return link(f"/portals/{portal_id}/articles/{one['id']}")


def _portal(portal_id: str) -> str:
    return "" if _is_client() else f"/portals/{portal_id}"


def _is_client() -> bool:
    return bool(g.token.actor == Actor.CLIENT)


def _language() -> str:
    return quote(str(g.query.get("$lang", "en-US")))


def _version(one: Document) -> str:
    return str(one["id"]).replace("PROD-3", "PROD-35")


def _plain(html: str) -> str:
    for tag in ("<p>", "</p>", "<b>", "</b>"):
        html = html.replace(tag, "")
    return html
