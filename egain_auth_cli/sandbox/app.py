"""Puts the sandbox's Flask application together: routes, the check of `Host`, errors and the access log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from flask import Flask, g, request
from werkzeug.exceptions import HTTPException

from egain_auth_cli.sandbox.api_error import ApiError
from egain_auth_cli.sandbox.api_guard import ApiGuard
from egain_auth_cli.sandbox.authorization_routes import AuthorizationRoutes
from egain_auth_cli.sandbox.authorization_server import AuthorizationServer
from egain_auth_cli.sandbox.content_routes import ContentRoutes
from egain_auth_cli.sandbox.metadata_routes import MetadataRoutes
from egain_auth_cli.sandbox.portal_routes import PortalRoutes
from egain_auth_cli.sandbox.sign_in_page import render_error
from egain_auth_cli.sandbox.token_routes import TokenRoutes

if TYPE_CHECKING:
    from flask import Response

    from egain_auth_cli.sandbox.access_log import AccessLog
    from egain_auth_cli.sandbox.token_issuer import TokenIssuer

_API_PATHS = ("/knowledge/", "/core/", "/conversation/", "/system/deploymentInfo")
_LARGEST_FORM = 1 << 20
_BAD_REQUEST = 400
_SERVER_ERROR = 500


def create_app(issuer: TokenIssuer, *, access_log: AccessLog) -> Flask:
    """Create the application of one sandbox."""
    app = Flask(__name__, static_folder=None)
    # The access log is the only log there is.
    app.logger.disabled = True
    logging.getLogger("authlib").setLevel(logging.CRITICAL)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of Flask's default provider
    server, guard = AuthorizationServer(issuer), ApiGuard(issuer.state)
    for routes in (
        AuthorizationRoutes(server),
        TokenRoutes(server),
        MetadataRoutes(issuer.url),
        PortalRoutes(guard),
        ContentRoutes(guard),
    ):
        app.register_blueprint(routes.make_blueprint())
    _bind_checks(app, url=issuer.url, access_log=access_log)
    return app


def _bind_checks(app: Flask, *, url: str, access_log: AccessLog) -> None:
    port = url.rpartition(":")[2]
    hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    @app.before_request
    def limit_form() -> None:
        # The echo resource alone reads its body piece by piece, so it has no limit.
        if not request.path.startswith(_API_PATHS[0]):
            request.max_content_length = _LARGEST_FORM

    @app.before_request
    def check_host() -> Response | None:
        # A web page elsewhere may have its own name point here (DNS rebinding).
        if request.headers.get("Host") in hosts:
            return None
        return render_error("The Host header does not name this server.", status=_BAD_REQUEST)

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers.update(g.get("rate_limit_headers", {}))
        access_log.write(request, status=response.status_code)
        return response

    app.register_error_handler(ApiError, ApiError.make_response)
    app.register_error_handler(HTTPException, _answer_http_error)


def _answer_http_error(error: HTTPException) -> Response:
    status = error.code or _SERVER_ERROR
    if not request.path.startswith(_API_PATHS):
        return render_error(f"{error.name}.", status=status)
    return ApiError(f"{status}-100", f"{error.name}.").make_response()
