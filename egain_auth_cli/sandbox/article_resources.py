"""Articles of a portal: lists, one of them, its editions, attachments and topics, and what a search finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, g

from egain_auth_cli.sandbox.api_error import unknown_id
from egain_auth_cli.sandbox.article_documents import article, article_in_list, attachment_link, edition, hit
from egain_auth_cli.sandbox.authorization_server import current_server
from egain_auth_cli.sandbox.page_of_items import NO_CONTENT, answer_page
from egain_auth_cli.sandbox.query import names_in_query, searched
from egain_auth_cli.sandbox.resource import PORTALS, resource
from egain_auth_cli.sandbox.world import Document, crumbs, find, has_tags, world

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask.typing import ResponseReturnValue

_ONE = f"{PORTALS}/portals/{{portalID}}"
_STREAM = "/system/ws/v11/internal/stream/"
_CONTENT = bytes(range(256))

blueprint = Blueprint("streams", __name__)


@resource("GET", f"{_ONE}/articles", answers="Articles", may_be_empty=True)
def list_articles(portalID: str) -> ResponseReturnValue:
    """List the articles of a topic, to every persona."""
    topic = find("topics", str(g.query["$filter[topicId]"]))
    found = [one for one in world()["articles"] if one["topic"] == topic["id"]]
    if g.query.get("$sort") == "name":
        found.sort(key=lambda one: one["name"])
    if g.query.get("$sort") == "popularity":
        found.sort(key=lambda one: one.get("popular", False))
    if g.query.get("$order") == "desc":
        found.reverse()
    return _articles(found, portalID)


@resource("GET", f"{_ONE}/articles/announcements", answers="Articles", may_be_empty=True)
def list_announcements(portalID: str) -> ResponseReturnValue:
    """List the announcements."""
    return _articles((one for one in world()["articles"] if one.get("announcement")), portalID)


@resource("GET", f"{_ONE}/populararticles", answers="Articles", may_be_empty=True)
def list_popular(portalID: str) -> ResponseReturnValue:
    """List the popular articles, of a topic or of all."""
    topic = g.query.get("$filter[topicId]")
    found = (one for one in world()["articles"] if one.get("popular") and topic in (None, one["topic"]))
    return _articles(found, portalID)


@resource("GET", f"{_ONE}/articles/{{articleID}}/related", answers="Articles", may_be_empty=True)
def list_related(portalID: str, articleID: str) -> ResponseReturnValue:
    """List the articles that are related to one."""
    names = find("articles", articleID).get("related", [])
    return _articles((find("articles", name) for name in names), portalID)


@resource("GET", f"{_ONE}/articles/{{articleID}}", answers="Article", may_be_empty=True)
def show_article(portalID: str, articleID: str) -> ResponseReturnValue:
    """Show one article; not to a client application."""
    find("portals", portalID)
    one = find("articles", articleID)
    wanted = names_in_query("articleAdditionalAttributes")
    custom = names_in_query("$customAdditionalAttributes")
    marked = {"bookmarkStatus": {"isBookmarked": False}} if {"bookmarkStatus", "all"} & wanted else {}
    shown = article(one, portalID, wanted, custom=custom, view=g.query.get("publishViewId"))
    return {**shown, "topicBreadcrumb": [crumbs(one["topic"], portalID)], **marked}


@resource("GET", f"{PORTALS}/articles/{{articleID}}/witheditions", answers="ArticleWithEditions")
def show_with_editions(articleID: str) -> ResponseReturnValue:
    """Show an article with all that there is of it, to a client application."""
    one = find("articles", articleID)
    questions = {"relatedQuestion": [f"{one['name']}: how?"], "count": 1}
    shown = article(one, "", {"all"})
    del shown["compliance"]
    return {**shown, "relatedQuestions": questions}


@resource("GET", f"{PORTALS}/articles/{{articleID}}/editions/{{publishViewId}}", answers="Edition")
def show_edition(articleID: str, publishViewId: str) -> ResponseReturnValue:
    """Show an edition, by the id of its profile, to a client application."""
    one = find("articles", articleID)
    for each in one.get("editions", []):
        if each["profile"] == publishViewId:
            return edition(one, each)
    raise unknown_id(PORTALS, publishViewId)


@resource("GET", f"{_ONE}/articles/{{articleID}}/breadcrumb", answers="Breadcrumb")
def show_breadcrumb(portalID: str, articleID: str) -> ResponseReturnValue:
    """Show the ways to an article, to a client application; as the newer description has it."""
    find("portals", portalID)
    return {"topicBreadcrumb": [crumbs(find("articles", articleID)["topic"], portalID)]}


@resource("GET", f"{PORTALS}/articles/attachments/{{attachmentID}}", answers="AttachmentContent")
def show_attachment(attachmentID: str) -> ResponseReturnValue:
    """Say where an attachment's bytes are, to a client application."""
    return _attachment(find("attachments", attachmentID), "")


@resource("GET", f"{_ONE}/articles/attachments/{{attachmentID}}", answers="AttachmentContent", may_be_empty=True)
def show_portal_attachment(portalID: str, attachmentID: str) -> ResponseReturnValue:
    """Say where an attachment's bytes are, to a person."""
    find("portals", portalID)
    return _attachment(find("attachments", attachmentID), portalID)


@resource("GET", f"{PORTALS}/{{portalID}}/search", answers="SearchResults", may_be_empty=True)
def search_articles(portalID: str) -> ResponseReturnValue:
    """Search, for every persona; one page."""
    find("portals", portalID)
    size = int(str(g.query.get("$pagesize", 20)))
    custom = names_in_query("articleCustomAdditionalAttributes")
    found = [hit(one, portalID, custom) for one in searched()[:size]]
    if not found:
        return NO_CONTENT
    paging = {"count": 1, "pagenum": 1, "pagesize": size, "link": []}
    return {"searchResults": {"article": found}, "paginationInfo": paging}


@blueprint.get(f"{_STREAM}<name>")
def stream(name: str) -> Response:
    """Send an attachment's bytes, which are no text, under a file name that no client should follow."""
    one = find("attachments", name)
    content = (_CONTENT * (one["size"] // len(_CONTENT) + 1))[: one["size"]]
    headers = {"Content-Disposition": 'attachment; filename="../x"'}
    return Response(content, content_type=one["contentType"], headers=headers)


def _articles(found: Iterable[Document], portal_id: str) -> ResponseReturnValue:
    find("portals", portal_id)
    wanted, tags = names_in_query("articleResultAdditionalAttributes"), names_in_query("$filter[tags]")
    passing = (one for one in found if not tags or has_tags(one, [tags]))
    return answer_page("articles", [article_in_list(one, portal_id, wanted) for one in passing])


def _attachment(one: Document, portal_id: str) -> ResponseReturnValue:
    content = {
        "attachmentId": one["id"],
        "name": one["name"],
        "size": one["size"],
        "type": one["type"],
        "attachmentContentType": one["contentType"],
        "streamingUrl": f"{current_server().issuer.url}{_STREAM}{one['id']}",
        "link": attachment_link(one, portal_id),
    }
    return {"attachmentContent": [content]}
