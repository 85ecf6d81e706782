"""Prompt templates, questions to the AI, and channels."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from flask import g

from egain_auth_cli.sandbox.api_error import unknown_id
from egain_auth_cli.sandbox.article_documents import hit
from egain_auth_cli.sandbox.page_of_items import NO_CONTENT, answer_page
from egain_auth_cli.sandbox.query import searched
from egain_auth_cli.sandbox.resource import CONTENT, resource
from egain_auth_cli.sandbox.world import EXACT_MOMENT, Document, find, person, world

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

_TEMPLATES = f"{CONTENT}/prompts/prompttemplates"
_AI = "/core/aiservices/v4/{portalID}"


@resource("GET", _TEMPLATES, answers="PromptTemplates", may_be_empty=True)
def list_templates() -> ResponseReturnValue:
    """List the prompt templates of a department, all of them on one page."""
    found = [
        _template(one)
        for one in world()["promptTemplates"]
        if one["department"] == g.query["department"]
        and g.query.get("name", one["name"]) == one["name"]
        and g.query.get("useFor", one["useFor"]) == one["useFor"]
    ]
    return {"promptTemplates": found} if found else NO_CONTENT


@resource("GET", f"{_TEMPLATES}/{{promptID}}", answers="PromptTemplate", may_be_empty=True)
def show_template(promptID: str) -> ResponseReturnValue:
    """Show one prompt template of a department."""
    found = find("promptTemplates", promptID)
    if found["department"] != g.query["department"]:
        raise unknown_id(_TEMPLATES, promptID)
    return _template(found)


@resource("POST", f"{_AI}/retrieve", answers="Retrieved", body="Question")
def retrieve(portalID: str) -> ResponseReturnValue:
    """Find what fits a question; an answer comes where an article has the question for its name."""
    found = _found(portalID)
    certified = [one for one in found if one["name"].lower() == str(g.query["q"]).lower()][:1]
    answer = {"answer": _answer("certified", certified)} if certified else {}
    return {**answer, **_told(found)}


@resource("POST", f"{_AI}/answers", answers="Answered", body="Question")
def answer(portalID: str) -> ResponseReturnValue:
    """Answer a question from what fits it."""
    found = _found(portalID)
    return {"answer": _answer("generative", found[:10]), **_told(found)}


@resource("GET", "/conversation/conversationmgr/v3/channels", answers="Channels")
def list_channels() -> ResponseReturnValue:
    """List conversation channels, for a client application alone."""
    return answer_page("channel", [{**one, "created": EXACT_MOMENT} for one in world()["channels"]], default_size=20)


def _template(one: Document) -> Document:
    return {
        **{name: value for name, value in one.items() if name != "department"},
        "description": one["name"],
        "active": True,
        "createdOn": EXACT_MOMENT,
        "modifiedDate": EXACT_MOMENT,
        "createdBy": person(),
        "reviewStatus": "published",
        "isSystemCreated": False,
        "fieldToUpdate": "content",
    }


def _found(portal_id: str) -> list[Document]:
    find("portals", portal_id)
    return [hit(one, portal_id) for one in searched()[:30]]


def _answer(kind: str, found: list[Document]) -> Document:
    names = ("id", "name", "docName", "docType", "source", "topicBreadcrumb")
    return {
        "answerValue": "".join(f"<p>{one['snippet']}</p>" for one in found),
        "references": [{name: one[name] for name in names} for one in found],
        "answerType": kind,
        "relevanceScore": 0.9 if found else 0.0,
    }


def _told(found: list[Document]) -> Document:
    given = {name: g.body[name] for name in ("eventId", "clientSessionId") if name in g.body}
    channel = g.body.get("channel", {"type": "custom"})
    given["channel"] = {name: channel[name] for name in ("type", "name") if name in channel}
    return {"searchResults": found, **given, "sessionId": g.body.get("sessionId", str(uuid.uuid4()))}
