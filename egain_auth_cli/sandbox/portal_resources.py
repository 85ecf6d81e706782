"""Portals, topics and the signed-in user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import g

from egain_auth_cli.sandbox.page_of_items import answer_page
from egain_auth_cli.sandbox.query import names_in_query
from egain_auth_cli.sandbox.resource import PORTALS, resource
from egain_auth_cli.sandbox.world import Document, department, find, portal, topic, world

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

_ONE = f"{PORTALS}/portals/{{portalID}}"


@resource("GET", f"{PORTALS}/portals", answers="Portals", may_be_empty=True)
def list_portals() -> ResponseReturnValue:
    """List the portals, of a department or of all; not for a client application."""
    wanted = g.query.get("departmentID")
    return answer_page("portal", [portal(one) for one in world()["portals"] if wanted in (None, department(one)["id"])])


@resource("GET", _ONE, answers="Portal", may_be_empty=True)
def show_portal(portalID: str) -> ResponseReturnValue:
    """Show one portal, to every persona."""
    return portal(find("portals", portalID))


@resource("GET", f"{PORTALS}/myportals", answers="MyPortals", may_be_empty=True)
def list_my_portals() -> ResponseReturnValue:
    """List the user's own portals."""
    begins, wanted = str(g.query.get("filterText", "")).lower(), g.query.get("department")
    shown = [
        {
            **{name: one[name] for name in ("id", "name", "description")},
            "department": department(one),
            "shortURL": _short_urls(one),
        }
        for one in world()["portals"][:2]
        if one["name"].lower().startswith(begins) and wanted in (None, "", department(one)["name"])
    ]
    order = str(g.query.get("$sort", "name"))
    shown.sort(key=lambda one: one["department"]["name"] if order == "departmentName" else one[order])
    if g.query.get("$order") == "desc":
        shown.reverse()
    return answer_page("portal", shown, default_size=25)


def _short_urls(one: Document) -> list[Document]:
    """Return a portal's short URLs: of one template, and in English alone."""
    template = "plain"
    if g.query["$lang"] != "en-US" or g.query.get("shortUrlTemplate", template) != template:
        return []
    number = one["id"].removeprefix("PROD-")
    return [{"id": f"PROD-7{number}", "templateName": template, "shortURLName": f"P{number}", "isDefault": True}]


@resource("GET", f"{PORTALS}/portals/user", answers="User", may_be_empty=True)
def show_user() -> ResponseReturnValue:
    """Say who is signed in: no list and no wrapper, as the descriptions' schema and eGain's SDKs have it."""
    person = g.token.person
    shown = {
        "id": person.user_id,
        "roles": [{"id": "1001", "name": "agent", "template": {"value": "agent", "displayValue": "Agent"}}],
        "firstName": person.first_name,
        "lastName": person.last_name,
        "hasEmailConfigured": True,
    }
    return {"user": [shown]} if g.contrary else shown  # the descriptions' example is wrapped


@resource("GET", f"{PORTALS}/portals/user/milestones", answers="Milestones", may_be_empty=True)
def list_milestones() -> ResponseReturnValue:
    """List the user's milestones."""
    return {"milestone": [{"name": {"value": "publish", "displayValue": "Published"}}]}


@resource("GET", f"{_ONE}/topics", answers="Topics", may_be_empty=True)
def list_topics(portalID: str) -> ResponseReturnValue:
    """Show the trees of topics, as deep as `level` says."""
    find("portals", portalID)
    level = g.query.get("level", -1)
    roots = [_tree(one, portalID, level) for one in world()["topics"] if one["parent"] is None]
    return {"topicTree": roots} if level == 0 else answer_page("topicTree", roots)


@resource("GET", f"{_ONE}/topics/{{topicID}}", answers="Topics", may_be_empty=True)
def show_topic(portalID: str, topicID: str) -> ResponseReturnValue:
    """Show one topic with those below it, to every persona."""
    find("portals", portalID)
    level = g.query.get("level", -1)
    tree = [_tree(find("topics", topicID), portalID, level)]
    return {"topicTree": tree} if level == 0 else answer_page("topicTree", tree)


def _tree(one: Document, portal_id: str, level: int) -> Document:
    wanted, custom = names_in_query("topicAdditionalAttributes"), names_in_query("$customAdditionalAttributes")
    shown: Document = {"topic": topic(one, portal_id, wanted, custom)}
    if level != 0:
        children = [each for each in world()["topics"] if each["parent"] == one["id"]]
        shown["topicTree"] = [_tree(each, portal_id, level - 1) for each in children]
    return shown
