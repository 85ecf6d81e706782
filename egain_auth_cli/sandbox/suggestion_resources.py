"""Suggestions, which are really kept: a person's own, their comments and attachments, and the upload of those."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, g, request

from egain_auth_cli.sandbox.api_error import ApiError, unknown_id
from egain_auth_cli.sandbox.authorization_server import current_server
from egain_auth_cli.sandbox.page_of_items import NO_CONTENT, answer_page
from egain_auth_cli.sandbox.resource import PORTALS, resource
from egain_auth_cli.sandbox.world import EXACT_MOMENT, Document, find, link, person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.typing import ResponseReturnValue

    from egain_auth_cli.sandbox.kept_suggestions import Attachment, Suggestion, Suggestions

_ALL = f"{PORTALS}/portals/{{portalID}}/suggestions"
_ONE = f"{_ALL}/{{suggestionID}}"
_UPLOAD = f"{PORTALS}/attachment/upload"
_PIECE = 64 * 1024
_OPEN = ("suggested", "pending")

blueprint = Blueprint("uploads", __name__)


@resource("GET", _ALL, answers="Suggestions", may_be_empty=True)
def list_suggestions(portalID: str) -> ResponseReturnValue:
    """List the person's own suggestions of one status."""
    found = [one for one in _own(portalID) if one.status == g.query["filter[status]"]]
    found.sort(key=lambda one: one.id if g.query.get("$sort") == "id" else one.name)
    if g.query.get("$order") == "desc":
        found.reverse()
    return answer_page("Suggestion", [_document(one, portalID) for one in found], default_size=25)


@resource("POST", _ALL, body="NewSuggestion", status=201)
def make_suggestion(portalID: str) -> ResponseReturnValue:
    """Keep a suggestion; the answer has neither a body nor a location."""
    find("portals", portalID)
    owner = g.token.person.user_id if g.token.person else None
    text = {name: g.body.get(name, "") for name in ("name", "content", "description")}
    _kept().add(owner=owner, language=g.body["language"]["code"], attachments=_given_files(), **text)
    return Response(status=201)


@resource("PUT", _ALL, body="ChangedSuggestion", status=204)
def change_suggestion(portalID: str) -> ResponseReturnValue:
    """Change a suggestion while nobody has decided on it."""
    one = _find(portalID, g.body["id"])
    if one.status not in _OPEN:
        raise ApiError("400-152", "Invalid value is provided in the request body for the attribute 'id'")
    one.attachments += _given_files()
    for name in ("name", "content", "description"):
        setattr(one, name, g.body.get(name, getattr(one, name)))
    return NO_CONTENT


@resource("GET", _ONE, answers="Suggestion", may_be_empty=True)
def show_suggestion(portalID: str, suggestionID: str) -> ResponseReturnValue:
    """Show one suggestion."""
    return _document(_find(portalID, suggestionID), portalID)


@resource("DELETE", _ONE, status=204)
def delete_suggestion(portalID: str, suggestionID: str) -> ResponseReturnValue:
    """Take a suggestion away, unless it was approved."""
    one = _find(portalID, suggestionID)
    if one.status == "approved":
        raise ApiError("400-113", f"The suggestion '{one.id}' has been approved and cannot be removed")
    _kept().remove(one)
    return NO_CONTENT


@resource("GET", f"{_ONE}/comments", answers="Comments", may_be_empty=True)
def list_comments(portalID: str, suggestionID: str) -> ResponseReturnValue:
    """List what was said of a suggestion."""
    texts = _find(portalID, suggestionID).comments
    comments = [
        {"id": str(1000 + number), "content": text, "createdBy": person(), "createdDate": EXACT_MOMENT}
        for number, text in enumerate(texts)
    ]
    return {"count": len(comments), "comments": comments} if comments else NO_CONTENT


@resource("POST", f"{_ONE}/comments", body="NewComment", status=201)
def comment(portalID: str, suggestionID: str) -> ResponseReturnValue:
    """Say something of a suggestion."""
    _find(portalID, suggestionID).comments.append(g.body["content"])
    return Response(status=201)


@resource("GET", f"{_ONE}/attachments", answers="SuggestionAttachments", may_be_empty=True)
def list_files(portalID: str, suggestionID: str) -> ResponseReturnValue:
    """List the files of a suggestion."""
    shown = [_file_document(one, portalID) for one in _find(portalID, suggestionID).attachments]
    own = link(f"/portals/{portalID}/suggestions/{suggestionID}/attachments")
    return {"count": len(shown), "link": own, "Attachments": shown} if shown else NO_CONTENT


@resource("POST", f"{PORTALS}/attachment/preupload", answers="Upload", body="NewAttachment")
def announce_file() -> ResponseReturnValue:
    """Say where a file's bytes are to be sent."""
    one = _kept().expect(g.body["name"], g.body["size"])
    url = f"{current_server().issuer.url}{_UPLOAD}?signature={one.id}"
    return {"altId": one.id, "name": one.name, "contentUrl": url}


@blueprint.post(_UPLOAD)
def take_file() -> ResponseReturnValue:
    """Take the bytes of a file that was announced; the signature in the query is all that it asks for."""
    one = _kept().file(request.args.get("signature", ""))
    if one is None:
        raise ApiError("403-197", "Not authorized to perform this action")
    if request.mimetype != "application/octet-stream":
        abort(415)
    request.max_content_length = sys.maxsize  # read piece by piece; None would be the application's own limit
    content = bytearray()
    for piece in iter(lambda: request.stream.read(_PIECE), b""):
        content += piece
        if len(content) > one.size:
            break
    if len(content) != one.size:
        raise ApiError("400-152", "Invalid value is provided in the request body: it is not as long as was announced")
    one.content = bytes(content)
    return Response(status=201)


@blueprint.get(f"{_UPLOAD}/<identifier>")
def send_file(identifier: str) -> Response:
    """Send a file back."""
    one = _kept().file(identifier)
    if one is None or one.content is None:
        raise unknown_id(request.path, identifier)
    return Response(one.content, content_type="application/octet-stream")


def _kept() -> Suggestions:
    return current_server().state.suggestions


def _own(portal_id: str) -> list[Suggestion]:
    find("portals", portal_id)
    if g.token.person is None:  # whom the description does not name for a comment
        raise ApiError("403-112", "Unauthorized URL access: client applications are not allowed to access this URL")
    return _kept().own(g.token.person.user_id)


def _find(portal_id: str, identifier: str) -> Suggestion:
    for one in _own(portal_id):
        if one.id == identifier:
            return one
    raise unknown_id(PORTALS, identifier)


def _given_files() -> list[Attachment]:
    return list(_files_of(g.body.get("attachments", {}).get("attachment", [])))


def _files_of(given: list[Document]) -> Iterator[Attachment]:
    for one in given:
        found = _kept().file(one.get("altId", ""))
        if found is None or found.content is None:
            raise ApiError("400-152", "Invalid value is provided in the request body for the attribute 'altId'")
        yield found


def _document(one: Suggestion, portal_id: str) -> Document:
    return {
        "id": one.id,
        "name": one.name,
        "link": link(f"/portals/{portal_id}/suggestions/{one.id}"),
        "description": one.description,
        "content": one.content,
        "hasRelatedArticles": False,
        "status": {"value": one.status, "displayValue": one.status.title()},
        "modifiedBy": person(),
        "modifiedDate": EXACT_MOMENT,
        "hasAttachments": bool(one.attachments),
        "hasComments": bool(one.comments),
        # Written by the names of `$lang`, read by those of Accept-Language.
        "language": {"code": {"da-DA": "da-DK", "ja-JA": "ja-JP", "ko-KO": "ko-KR"}.get(one.language, one.language)},
    }


def _file_document(one: Attachment, portal_id: str) -> Document:
    return {
        "id": f"PROD-{one.id[:4]}",
        "link": link(f"/portals/{portal_id}/suggestions/attachments/{one.id}"),
        "fileName": one.name,
        "size": one.size,
        "contentUrl": f"{current_server().issuer.url}{_UPLOAD}/{one.id}",
    }
