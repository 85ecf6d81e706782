"""The sandbox's own page, `/`: its last requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from egain_auth_cli.sandbox.authorization_server import current_server
from egain_auth_cli.sandbox.pages import render_requests

if TYPE_CHECKING:
    from flask import Response

blueprint = Blueprint("overview", __name__)


@blueprint.get("/")
def show_requests() -> Response:
    """Show the last requests."""
    server = current_server()
    return render_requests(server.state.requests.latest_first(), url=server.issuer.url)
