"""`/knowledge/portalmgr/v4`: portals, articles and the signed-in user."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from egain_auth_cli.sandbox.api_error import ApiError
from egain_auth_cli.sandbox.api_guard import EVERYONE, PERSONS, Access, ApiGuard
from egain_auth_cli.sandbox.page_of_items import NO_CONTENT, PAGING, answer_page
from egain_auth_cli.sandbox.people import Actor
from egain_auth_cli.sandbox.portal_data import ATTACHMENT, PORTALS, find_article, find_portal, list_articles

BASE = "/knowledge/portalmgr/v4"

_READ = "knowledge.portalmgr.read"
_USER = frozenset({Actor.USER})
_LANG = frozenset({"$lang"})
_PORTAL_LANGUAGES = frozenset({"en-US", "fr-FR", "de-DE", "es-ES", "ja-JA", "da-DA", "ko-KO", "xx-XX"})


class PortalRoutes:
    """The portal resources of one sandbox."""

    def __init__(self, guard: ApiGuard) -> None:
        self.guard = guard

    def make_blueprint(self) -> Blueprint:
        """Bind the routes."""
        blueprint = Blueprint("portalmgr", __name__, url_prefix=BASE)
        blueprint.get("/portals")(self.list_portals)
        blueprint.get("/portals/user")(self.show_user)
        blueprint.get("/portals/user/milestones")(self.list_milestones)
        blueprint.get("/myportals")(self.list_my_portals)
        blueprint.get("/portals/<portal_id>")(self.show_portal)
        blueprint.get("/portals/<portal_id>/empty")(self.show_nothing)
        blueprint.get("/portals/<portal_id>/articles")(self.list_articles)
        blueprint.get("/portals/<portal_id>/articles/<article_id>")(self.show_article)
        blueprint.get("/articles/attachments/<attachment_id>")(self.download_attachment)
        return blueprint

    def list_portals(self) -> Response:
        """Give the portals; not for a client application."""
        self.guard.admit(Access(scope=_READ, actors=PERSONS, query=PAGING))
        return answer_page("portal", PORTALS, default_size=10)

    def show_user(self) -> Response:
        """Say who is signed in."""
        person = self.guard.admit(Access(scope=_READ, actors=_USER)).person
        if person is None:
            raise ApiError("404-100", "There is no such user.")
        user = {
            "id": person.user_id,
            "userName": person.username,
            "firstName": person.first_name,
            "lastName": person.last_name,
            "email": person.email,
        }
        return jsonify(user=[user])

    def list_milestones(self) -> Response:
        """Give the user's milestones."""
        self.guard.admit(Access(scope=_READ, actors=_USER))
        return jsonify(milestone=[{"id": "PROD-4001", "name": "First article read"}])

    def list_my_portals(self) -> Response:
        """Give the user's own portals; `$lang` is required."""
        access = Access(scope=_READ, actors=_USER, query=PAGING | _LANG, required=_LANG)
        self.guard.admit(access)
        if request.args["$lang"] not in _PORTAL_LANGUAGES:
            raise ApiError("400-196", "The value is not allowed.", details={"parameter": "$lang"})
        return answer_page("portal", PORTALS[:2], default_size=10)

    def show_portal(self, portal_id: str) -> Response:
        """Give one portal, to every persona."""
        self.guard.admit(Access(scope=_READ, actors=EVERYONE))
        return jsonify(portal=[_require_portal(portal_id)])

    def show_nothing(self, portal_id: str) -> Response:
        """Give an empty answer, as most of eGain's lists do when there is nothing."""
        self.guard.admit(Access(scope=_READ, actors=EVERYONE))
        _require_portal(portal_id)
        return Response(status=NO_CONTENT)

    def list_articles(self, portal_id: str) -> Response:
        """Give a portal's articles, to every persona."""
        self.guard.admit(Access(scope=_READ, actors=EVERYONE, query=PAGING))
        _require_portal(portal_id)
        return answer_page("article", list_articles(portal_id), default_size=25)

    def show_article(self, portal_id: str, article_id: str) -> Response:
        """Give one article; not for a client application."""
        self.guard.admit(Access(scope=_READ, actors=PERSONS))
        _require_portal(portal_id)
        article = find_article(portal_id, article_id)
        if article is None:
            raise ApiError("404-100", "There is no article of this id.", details={"id": article_id})
        return jsonify(article=[article])

    def download_attachment(self, attachment_id: str) -> Response:
        """Give bytes that are no text, under a file name that no client should follow."""
        self.guard.admit(Access(scope=_READ, actors=EVERYONE))
        if not attachment_id.startswith("PROD-"):
            raise ApiError("404-100", "There is no attachment of this id.", details={"id": attachment_id})
        headers = {"Content-Disposition": 'attachment; filename="../x"'}
        return Response(ATTACHMENT, content_type="application/octet-stream", headers=headers)


def _require_portal(portal_id: str) -> dict[str, object]:
    portal = find_portal(portal_id)
    if portal is None:
        raise ApiError("404-100", "There is no portal of this id.", details={"id": portal_id})
    return portal
