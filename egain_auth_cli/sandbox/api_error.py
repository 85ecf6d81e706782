"""eGain's error answers: `{code, developerMessage, details, userMessage}` with codes such as 403-112."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue

_USER_MESSAGES = {
    400: "The request is not valid.",
    401: "Sign in again.",
    403: "You are not allowed to do this.",
    404: "This does not exist.",
    406: "This language is not available.",
    429: "Too many requests. Try again later.",
}


@dataclass(eq=False)
class ApiError(Exception):
    """An API request that gets an error answer.

    Attributes:
        code: eGain's; its first three digits are the HTTP status.
        developer_message: What is wrong.
        details: Names and values that say it closer.
        headers: Further headers of the answer.
    """

    code: str
    developer_message: str
    details: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    headers: Mapping[str, str] = field(default_factory=dict, kw_only=True)

    def make_response(self) -> ResponseReturnValue:
        """Make the HTTP response."""
        status = int(self.code[:3])
        body = {
            "code": self.code,
            "developerMessage": self.developer_message,
            "details": [{"key": key, "value": value} for key, value in self.details.items()],
            "userMessage": _USER_MESSAGES.get(status, "Something went wrong."),
        }
        return body, status, self.headers
