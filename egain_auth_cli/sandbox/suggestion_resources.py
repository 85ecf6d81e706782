"""Suggestions, which are really kept: a person's own in a portal, with their comments and attachments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, g

from egain_auth_cli.sandbox.api_error import ApiError, bad_body, unknown_id, wrong_persona
from egain_auth_cli.sandbox.authorization_server import current_server
from egain_auth_cli.sandbox.page_of_items import NO_CONTENT, answer_page
from egain_auth_cli.sandbox.query import names_in_query
from egain_auth_cli.sandbox.resource import PORTALS, resource
from egain_auth_cli.sandbox.upload_resources import content_url
from egain_auth_cli.sandbox.world import EXACT_MOMENT, Document, find, link, person, wants

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from flask.typing import ResponseReturnValue

    from egain_auth_cli.sandbox.kept_suggestions import Attachment, Suggestion, Suggestions

_ALL = f"{PORTALS}/portals/{{portalID}}/suggestions"
_ONE = f"{_ALL}/{{suggestionID}}"
_OPEN = ("suggested", "pending")


@resource("GET", _ALL, answers="Suggestions", may_be_empty=True)
def list_suggestions(portalID: str) -> ResponseReturnValue:
    """List the person's own suggestions of one status."""
    found = [one for one in _own(portalID) if one.status == g.query["filter[status]"]]
    found.sort(key=lambda one: one.id if g.query.get("$sort") == "id" else one.name)
    if g.query.get("$order") == "desc":
        found.reverse()
    return answer_page("Suggestion", [_document(one) for one in found], default_size=25)


@resource("POST", _ALL, body="NewSuggestion", status=201)
def make_suggestion(portalID: str) -> ResponseReturnValue:
    """Keep a suggestion; the answer has neither a body nor a location."""
    find("portals", portalID)
    owner = g.token.person.user_id if g.token.person else None
    text = {name: g.body.get(name, "") for name in ("name", "content", "description")}
    _kept().add(
        portal=portalID,
        owner=owner,
        language=g.body["language"]["code"],
        attachments=_given_files(),
        custom=g.body.get("customAttributes", []),
        **text,
    )
    return Response(status=201)


@resource("PUT", _ALL, body="ChangedSuggestion", status=204)
def change_suggestion(portalID: str) -> ResponseReturnValue:
    """Change a suggestion while nobody has decided on it."""
    one = _find(portalID, g.body["id"])
    if one.status not in _OPEN:
        raise bad_body("id")
    one.attachments = _left_files(one) + _given_files()
    one.custom = g.body.get("customAttributes", one.custom)
    for name in ("name", "content", "description"):
        setattr(one, name, g.body.get(name, getattr(one, name)))
    return NO_CONTENT


@resource("GET", _ONE, answers="Suggestion", may_be_empty=True)
def show_suggestion(portalID: str, suggestionID: str) -> ResponseReturnValue:
    """Show one suggestion."""
    wanted, custom = names_in_query("suggestionAdditionalAttributes"), names_in_query("$customAdditionalAttributes")
    return _document(_find(portalID, suggestionID), wanted, custom)


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
        {"id": str(1000 + number), "content": text, "createdBy": person(g.token.person), "createdDate": EXACT_MOMENT}
        for number, text in enumerate(texts)
    ]
    return {"count": len(comments), "comments": comments} if comments else NO_CONTENT


@resource("POST", f"{_ONE}/comments", body="NewComment", status=201)
def comment(portalID: str, suggestionID: str) -> ResponseReturnValue:
    """Say something of a suggestion while nobody has decided on it."""
    one = _find(portalID, suggestionID)
    if one.status not in _OPEN:
        raise ApiError("400-152", f"Invalid value is provided in the request body: the suggestion is {one.status}")
    one.comments.append(g.body["content"])
    return Response(status=201)


@resource("GET", f"{_ONE}/attachments", answers="SuggestionAttachments", may_be_empty=True)
def list_files(portalID: str, suggestionID: str) -> ResponseReturnValue:
    """List the files of a suggestion."""
    one = _find(portalID, suggestionID)
    shown = [_file_document(each, one) for each in one.attachments]
    own = link(f"/portals/{portalID}/suggestions/{suggestionID}/attachments")
    return {"count": len(shown), "link": own, "Attachments": shown} if shown else NO_CONTENT


@resource("GET", f"{_ALL}/attachments/{{attachmentID}}", answers="SuggestionAttachment", may_be_empty=True)
def show_file(portalID: str, attachmentID: str) -> ResponseReturnValue:
    """Show one file of a suggestion, by request with the place of its bytes."""
    for one in _own(portalID):
        for each in one.attachments:
            if each.id == attachmentID:
                is_wanted = wants("contentUrl", names_in_query("attachmentAdditionalAttributes"))
                return _file_document(each, one) | ({"contentUrl": content_url(each)} if is_wanted else {})
    raise unknown_id(PORTALS, attachmentID)


def _kept() -> Suggestions:
    return current_server().state.suggestions


def _own(portal_id: str) -> list[Suggestion]:
    find("portals", portal_id)
    if g.token.person is None:  # whom the description does not name for a comment
        raise wrong_persona(g.token.actor)
    return _kept().own(g.token.person.user_id, portal_id)


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
            raise bad_body("altId")
        yield found


def _left_files(one: Suggestion) -> list[Attachment]:
    """Return the files of a suggestion without those that the body unlinks."""
    unlinked = {each.get("href") for each in g.body.get("attachments", {}).get("unlink", [])}
    left = [each for each in one.attachments if _file_link(each, one)["href"] not in unlinked]
    if len(left) + len(unlinked) != len(one.attachments):
        raise bad_body("unlink")
    return left


def _document(one: Suggestion, wanted: Collection[str] = (), custom: Collection[str] = ()) -> Document:
    own = [each for each in one.custom if each.get("name") in custom]
    return {
        "id": one.id,
        "name": one.name,
        "link": link(f"/portals/{one.portal}/suggestions/{one.id}"),
        "description": one.description,
        "content": one.content,
        "hasRelatedArticles": False,
        "status": {"value": one.status, "displayValue": one.status.title()},
        "modifiedBy": person(g.token.person, named=wants("modifiedBy.userName", wanted)),
        "modifiedDate": EXACT_MOMENT,
        "hasAttachments": bool(one.attachments),
        "hasComments": bool(one.comments),
        # Written by the names of `$lang`, read by those of Accept-Language.
        "language": {"code": {"da-DA": "da-DK", "ja-JA": "ja-JP", "ko-KO": "ko-KR"}.get(one.language, one.language)},
        **({"customAttributes": own} if own else {}),
    }


def _file_document(one: Attachment, suggestion: Suggestion) -> Document:
    return {"id": one.id, "link": _file_link(one, suggestion), "fileName": one.name, "size": one.size}


def _file_link(one: Attachment, suggestion: Suggestion) -> Document:
    return link(f"/portals/{suggestion.portal}/suggestions/attachments/{one.id}")
