"""The files of suggestions on their way: announced, uploaded to the place that was told, and sent back."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, g, request

from egain_auth_cli.sandbox.api_error import ApiError, unknown_id
from egain_auth_cli.sandbox.authorization_server import current_server
from egain_auth_cli.sandbox.resource import PORTALS, resource

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from egain_auth_cli.sandbox.kept_suggestions import Attachment, Suggestions

_UPLOAD = f"{PORTALS}/attachment/upload"
_PIECE = 64 * 1024

blueprint = Blueprint("uploads", __name__)


@resource("POST", f"{PORTALS}/attachment/preupload", answers="Upload", body="NewAttachment")
def announce_file() -> ResponseReturnValue:
    """Say where a file's bytes are to be sent."""
    one = _kept().expect(g.body["name"], int(g.body["size"]))
    url = f"{current_server().issuer.url}{_UPLOAD}?signature={one.alt_id}"
    return {"altId": one.alt_id, "name": one.name, "contentUrl": url}


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


@blueprint.get(f"{_UPLOAD}/<alt_id>")
def send_file(alt_id: str) -> Response:
    """Send a file back."""
    one = _kept().file(alt_id)
    if one is None or one.content is None:
        raise unknown_id(request.path, alt_id)
    return Response(one.content, content_type="application/octet-stream")


def content_url(one: Attachment) -> str:
    """Return the URL at which a file's bytes are."""
    return f"{current_server().issuer.url}{_UPLOAD}/{one.alt_id}"


def _kept() -> Suggestions:
    return current_server().state.suggestions
