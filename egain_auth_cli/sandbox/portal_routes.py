"""`/knowledge/portalmgr/v4`: portals, articles and the signed-in user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, g, request

from egain_auth_cli.sandbox.api_error import ApiError
from egain_auth_cli.sandbox.api_guard import EVERYONE, PERSONS, admit
from egain_auth_cli.sandbox.page_of_items import NO_CONTENT, PAGING, answer_page
from egain_auth_cli.sandbox.people import Actor
from egain_auth_cli.sandbox.portal_data import ATTACHMENT, PORTALS, find_article, find_portal, list_articles

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

_READ = "knowledge.portalmgr.read"
_USER = frozenset({Actor.USER})
_LANG = frozenset({"$lang"})
# As eGain's specification spells them: ja-JA and the like are not those of Accept-Language.
_PORTAL_LANGUAGES = frozenset({"en-US", "fr-FR", "de-DE", "es-ES", "ja-JA", "da-DA", "ko-KO", "xx-XX"})

blueprint = Blueprint("portalmgr", __name__, url_prefix="/knowledge/portalmgr/v4")


@blueprint.get("/portals")
@admit(_READ, PERSONS, query=PAGING)
def list_portals() -> ResponseReturnValue:
    """List the portals; not for a client application."""
    return answer_page("portal", PORTALS, default_size=10)


@blueprint.get("/portals/user")
@admit(_READ, _USER)
def show_user() -> ResponseReturnValue:
    """Say who is signed in."""
    person = g.token.person
    user = {
        "id": person.user_id,
        "userName": person.username,
        "firstName": person.first_name,
        "lastName": person.last_name,
        "email": person.email,
    }
    return {"user": [user]}


@blueprint.get("/portals/user/milestones")
@admit(_READ, _USER)
def list_milestones() -> ResponseReturnValue:
    """List the user's milestones."""
    return {"milestone": [{"id": "PROD-4001", "name": "First article read"}]}


@blueprint.get("/myportals")
@admit(_READ, _USER, query=PAGING | _LANG, required=_LANG)
def list_my_portals() -> ResponseReturnValue:
    """List the user's own portals; `$lang` is required."""
    if request.args["$lang"] not in _PORTAL_LANGUAGES:
        raise ApiError("400-196", "The value is not allowed.", details={"parameter": "$lang"})
    return answer_page("portal", PORTALS[:2], default_size=10)


@blueprint.get("/portals/<portal_id>")
@admit(_READ, EVERYONE)
def show_portal(portal_id: str) -> ResponseReturnValue:
    """Show one portal, to every persona."""
    return {"portal": [find_portal(portal_id)]}


@blueprint.get("/portals/<portal_id>/empty")
@admit(_READ, EVERYONE)
def show_nothing(portal_id: str) -> ResponseReturnValue:
    """Answer nothing, as most of eGain's lists do when there is nothing."""
    find_portal(portal_id)
    return NO_CONTENT


@blueprint.get("/portals/<portal_id>/articles")
@admit(_READ, EVERYONE, query=PAGING)
def list_portal_articles(portal_id: str) -> ResponseReturnValue:
    """List a portal's articles, for every persona."""
    return answer_page("article", list_articles(portal_id), default_size=25)


@blueprint.get("/portals/<portal_id>/articles/<article_id>")
@admit(_READ, PERSONS)
def show_article(portal_id: str, article_id: str) -> ResponseReturnValue:
    """Show one article; not for a client application."""
    return {"article": [find_article(portal_id, article_id)]}


@blueprint.get("/articles/attachments/<attachment_id>")
@admit(_READ, EVERYONE)
def download_attachment(attachment_id: str) -> ResponseReturnValue:
    """Send bytes that are not text, under a file name that no client should follow."""
    if not attachment_id.startswith("PROD-"):
        raise ApiError("404-100", "There is no attachment of this id.", details={"id": attachment_id})
    headers = {"Content-Disposition": 'attachment; filename="../x"'}
    return Response(ATTACHMENT, content_type="application/octet-stream", headers=headers)
