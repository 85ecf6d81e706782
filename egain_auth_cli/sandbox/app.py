"""Puts the sandbox's Flask application together: routes, the check of `Host`, errors and the access log."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from egain_auth_cli.sandbox import (
    api_routes,
    article_resources,
    authorization_routes,
    metadata_routes,
    overview_routes,
    provider_routes,
    token_routes,
    upload_resources,
)
from egain_auth_cli.sandbox.api_error import ApiError
from egain_auth_cli.sandbox.authorization_server import AuthorizationServer
from egain_auth_cli.sandbox.lesson import describe
from egain_auth_cli.sandbox.pages import render_error

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from egain_auth_cli.sandbox.access_log import AccessLog
    from egain_auth_cli.sandbox.token_issuer import TokenIssuer

_ROUTES = (
    overview_routes, authorization_routes, token_routes, metadata_routes, provider_routes, article_resources,
    upload_resources, api_routes,
)  # fmt: skip
_API_PATHS = ("/knowledge/", "/core/", "/conversation/", "/system/deploymentInfo")
_NOT_SHOWN = ("/", "/favicon.ico")
_LARGEST_FORM = 1 << 20


def create_app(issuer: TokenIssuer, *, access_log: AccessLog) -> Flask:
    """Create the application of one sandbox."""
    app = Flask(__name__, static_folder=None)
    # The access log is the only log there is.
    app.logger.disabled = True
    logging.getLogger("authlib").setLevel(logging.CRITICAL)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of Flask's default provider
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_FORM
    app.extensions["sandbox"] = AuthorizationServer(issuer)
    for routes in _ROUTES:
        app.register_blueprint(routes.blueprint)
    app.register_error_handler(ApiError, ApiError.make_response)
    app.register_error_handler(HTTPException, _answer_http_error)
    port = issuer.url.rpartition(":")[2]
    hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    @app.before_request
    def check_host() -> Response | None:
        # A web page elsewhere may have its own name point here (DNS rebinding). Flask's TRUSTED_HOSTS would do,
        # but it does not look at the port.
        if request.headers.get("Host") in hosts:
            return None
        return render_error("The Host header does not name this server.", status=400)

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers.update(g.get("rate_limit_headers", {}))
        access_log.write(request, status=response.status_code)
        # Not the page that shows them, which asks again and again.
        if request.path not in _NOT_SHOWN:
            issuer.state.requests.add(describe(request, response, now=issuer.state.clock()))
        return response

    return app


def _answer_http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if not request.path.startswith(_API_PATHS):
        return render_error(f"{error.name}.", status=status)
    if status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE:  # documented without a body
        return Response(status=status)
    allowed = {name: value for name, value in error.get_headers() if name == "Allow"}
    return ApiError(f"{status}-100", f"{error.name}.", headers=allowed).make_response()
