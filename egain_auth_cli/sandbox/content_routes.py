"""`/knowledge/contentmgr/v4` and `/conversation/conversationmgr/v3`: what a client application may call."""

from __future__ import annotations

import hashlib

from flask import Blueprint, Response, jsonify, request

from egain_auth_cli.sandbox.api_guard import Access, ApiGuard
from egain_auth_cli.sandbox.people import Actor

_USER_OR_CLIENT = frozenset({Actor.USER, Actor.CLIENT})
_TEMPLATE_QUERY = frozenset({"department", "languageCode"})
_CHUNK = 65536


class ContentRoutes:
    """The content and conversation resources of one sandbox."""

    def __init__(self, guard: ApiGuard) -> None:
        self.guard = guard

    def make_blueprint(self) -> Blueprint:
        """Bind the routes."""
        blueprint = Blueprint("contentmgr", __name__)
        blueprint.get("/knowledge/contentmgr/v4/prompts/prompttemplates")(self.list_templates)
        blueprint.route("/knowledge/contentmgr/v4/echo", methods=["POST", "PUT", "PATCH", "DELETE"])(self.echo)
        blueprint.get("/conversation/conversationmgr/v3/channels")(self.list_channels)
        return blueprint

    def list_templates(self) -> Response:
        """Give prompt templates; `department` and `languageCode` are required."""
        self.guard.admit(
            Access(
                scope="knowledge.contentmgr.read",
                actors=_USER_OR_CLIENT,
                query=_TEMPLATE_QUERY,
                required=_TEMPLATE_QUERY,
            )
        )
        return jsonify(promptTemplate=[{"id": "PROD-5001", "name": "Summarise"}])

    def echo(self) -> Response:
        """Say what body came: its type, its length and its SHA-256, never the body itself."""
        self.guard.admit(Access(scope="knowledge.contentmgr.manage", actors=_USER_OR_CLIENT))
        digest, length = hashlib.sha256(), 0
        while chunk := request.stream.read(_CHUNK):
            digest.update(chunk)
            length += len(chunk)
        return jsonify(
            method=request.method,
            contentType=request.headers.get("Content-Type", ""),
            length=length,
            sha256=digest.hexdigest(),
        )

    def list_channels(self) -> Response:
        """Give conversation channels, to a client application alone."""
        access = Access(scope="conversation.conversationmgr.read", actors=frozenset({Actor.CLIENT}), language=False)
        self.guard.admit(access)
        return jsonify(channel=[{"id": "PROD-6001", "type": "chat"}, {"id": "PROD-6002", "type": "messaging"}])
