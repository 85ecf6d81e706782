"""`/knowledge/contentmgr/v4` and `/conversation/conversationmgr/v3`: what a client application may call."""

from __future__ import annotations

import hashlib
import sys
from typing import TYPE_CHECKING

from flask import Blueprint, request

from egain_auth_cli.sandbox.api_guard import admit
from egain_auth_cli.sandbox.people import Actor

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

_CLIENT = frozenset({Actor.CLIENT})
_USER_OR_CLIENT = frozenset({Actor.USER, Actor.CLIENT})
_TEMPLATE_QUERY = frozenset({"department", "languageCode"})
_CHUNK = 65536

blueprint = Blueprint("contentmgr", __name__)


@blueprint.get("/knowledge/contentmgr/v4/prompts/prompttemplates")
@admit("knowledge.contentmgr.read", _USER_OR_CLIENT, query=_TEMPLATE_QUERY, required=_TEMPLATE_QUERY)
def list_templates() -> ResponseReturnValue:
    """List prompt templates; `department` and `languageCode` are required."""
    return {"promptTemplate": [{"id": "PROD-5001", "name": "Summarise"}]}


@blueprint.route("/knowledge/contentmgr/v4/echo", methods=["POST", "PUT", "PATCH", "DELETE"])
@admit("knowledge.contentmgr.manage", _USER_OR_CLIENT)
def echo() -> ResponseReturnValue:
    """Say what body came: its type, its length and its SHA-256, never the body itself."""
    request.max_content_length = sys.maxsize  # read piece by piece; None would be the application's own limit
    digest, length = hashlib.sha256(), 0
    while chunk := request.stream.read(_CHUNK):
        digest.update(chunk)
        length += len(chunk)
    return {
        "method": request.method,
        "contentType": request.headers.get("Content-Type", ""),
        "length": length,
        "sha256": digest.hexdigest(),
    }


# The one resource of eGain's that is known to ask for no Accept-Language.
@blueprint.get("/conversation/conversationmgr/v3/channels")
@admit("conversation.conversationmgr.read", _CLIENT, language=False)
def list_channels() -> ResponseReturnValue:
    """List conversation channels, for a client application alone."""
    return {"channel": [{"id": "PROD-6001", "type": "chat"}, {"id": "PROD-6002", "type": "messaging"}]}
