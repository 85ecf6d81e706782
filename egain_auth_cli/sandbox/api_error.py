"""eGain's error answers, `{code, developerMessage}`, with the codes and the wording that its descriptions show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask import request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue

    from egain_auth_cli.sandbox.people import Actor

_ACTORS = {
    "user": "users",
    "customer": "customers",
    "anonymous": "anonymous customers",
    "client": "client applications",
}
_USER_MESSAGES = {
    400: "The request is not valid.",
    401: "Sign in again.",
    403: "You are not allowed to do this.",
    404: "This does not exist.",
    406: "This language is not available.",
    429: "Too many requests. Try again later.",
    501: "This sandbox does not have this.",
}


@dataclass(eq=False)
class ApiError(Exception):
    """An API request that gets an error answer.

    Attributes:
        code: eGain's; its first three digits are the HTTP status.
        developer_message: What is wrong.
        headers: Further headers of the answer.
    """

    code: str
    developer_message: str
    headers: Mapping[str, str] = field(default_factory=dict, kw_only=True)

    def make_response(self) -> ResponseReturnValue:
        """Make the HTTP response; no documented example has `details`."""
        status = int(self.code[:3])
        body = {"code": self.code, "developerMessage": self.developer_message}
        if request.headers.get("X-egain-error-message", "").lower() == "yes":
            body["userMessage"] = _USER_MESSAGES.get(status, "Something went wrong.")
        return body, status, self.headers


def bad_body(attribute: str) -> ApiError:
    """Return the error of a body's attribute that has a bad value."""
    return ApiError("400-152", f"Invalid value is provided in the request body for the attribute '{attribute}'")


def wrong_persona(actor: Actor) -> ApiError:
    """Return the error of a token that acts for somebody who may not call this."""
    return ApiError("403-112", f"Unauthorized URL access: {_ACTORS[actor]} are not allowed to access this URL")


def unknown_id(path: str, identifier: str) -> ApiError:
    """Return the error of an id that nothing has; its code depends on the manager."""
    code, said = ("404-101", "provided") if "/portalmgr/" in path else ("404-100", "supplied")
    return ApiError(code, f"The following IDs {said} in the URI path were not found: '{identifier}'")
