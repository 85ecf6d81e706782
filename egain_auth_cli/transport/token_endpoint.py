"""A post to the token endpoint, with the few retries that can do no harm (RFC 6749 §3.2)."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

from egain_auth_cli.deadline import Deadline
from egain_auth_cli.errors import NetworkError
from egain_auth_cli.transport.client import Answer, HttpClient, HttpRequest
from egain_auth_cli.transport.failures import ConnectionLost
from egain_auth_cli.transport.retry import pause_seconds, retry_after
from egain_auth_cli.transport.token_answer import parse_token_answer, with_successor

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from egain_auth_cli.models.form_request import FormRequest
    from egain_auth_cli.models.token import TokenSet

LIMIT = 1024 * 1024
"""Bytes of an answer; tokens with many claims have some ten thousand."""
_RETRIES = 2
_LEAST_SECONDS = 10.0
"""For a grant that can be used up by being sent, whatever the person's limit."""
_TOO_MANY = 429
_UNAVAILABLE = 503
_GATEWAY = (502, 503, 504)
"""What stands before the endpoint failed: whether the grant arrived is not known."""


class TokenEndpoint:
    """Sends grants.

    Args:
        http: The client.
        seconds: How long one grant may take, retries included.
        clock: Epoch seconds, for the expiry.
        sleep: Waits between two tries.
        progress: Shows the person what takes long.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        seconds: float,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        progress: Callable[[str], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._http = http
        self._seconds = seconds
        self._clock = clock
        self._sleep = sleep
        self._progress = progress

    def request_token(self, form: FormRequest) -> TokenSet:
        """Send a grant and return its token.

        Raises:
            GrantRefused: The endpoint answered an OAuth error.
            NetworkError: It was not reached in time, or what it answered is not a token answer.
        """
        try:
            answer = self.post(form, doing="asking for a token")
        except NetworkError as exc:
            received, exc.received = exc.received, b""
            raise with_successor(exc, received) from None
        return parse_token_answer(answer, now=self._clock())

    def post(self, form: FormRequest, *, doing: str) -> Answer:
        """Send a form and return the answer, whatever its status.

        Args:
            form: What to send.
            doing: What the person is told while it takes long.

        Raises:
            NetworkError: The endpoint was not reached in time.
        """
        with self._progress(doing):
            return self._post(form)

    def _post(self, form: FormRequest) -> Answer:
        # Once a refresh is sent, its answer is the login: giving up early would lose it.
        deadline = Deadline(self._seconds if form.replayable else max(self._seconds, _LEAST_SECONDS))
        attempt = 0
        while True:
            wait: float | None
            try:
                answer = self._http.exchange(_http_request(form), deadline=deadline, limit=LIMIT)
            except ConnectionLost:
                wait = pause_seconds(attempt, None)
                if not form.replayable or attempt >= _RETRIES or wait >= deadline.remaining():
                    raise
            else:
                wait = self._wait(form, answer, attempt)
                if wait is None or attempt >= _RETRIES or wait >= deadline.remaining():
                    return answer
            self._sleep(wait)
            attempt += 1

    def _wait(self, form: FormRequest, answer: Answer, attempt: int) -> float | None:
        """Return the seconds to the next try, or None: a grant that may have been used up is not sent twice."""
        if answer.status not in (_TOO_MANY, *_GATEWAY):
            return None
        asked = retry_after(answer.headers, now=self._clock())
        # 429, and 503 with Retry-After, mean "not now": the grant was not looked at.
        refused_unread = answer.status == _TOO_MANY or (answer.status == _UNAVAILABLE and asked is not None)
        if refused_unread or (form.replayable and answer.status in _GATEWAY):
            return pause_seconds(attempt, asked)
        return None


def _http_request(form: FormRequest) -> HttpRequest:
    headers = [
        ("Accept", "application/json"),
        ("Accept-Encoding", "identity"),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ]
    if form.authorization is not None:
        headers.append(("Authorization", form.authorization.reveal()))
    return HttpRequest(method="POST", url=form.url, headers=tuple(headers), content=form.body())
