"""Everything a sandbox remembers, in memory only, behind one lock."""

from __future__ import annotations

import secrets
import threading
from typing import TYPE_CHECKING

from egain_auth_cli.sandbox.issued import Transaction
from egain_auth_cli.sandbox.kept_suggestions import Suggestions
from egain_auth_cli.sandbox.recent_requests import RecentRequests
from egain_auth_cli.sandbox.registrations import WINDOW_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.sandbox.issued import AuthorizationCode, IssuedToken
    from egain_auth_cli.sandbox.job import Job
    from egain_auth_cli.sandbox.oauth_request import FormRequest

TRANSACTION_LIFETIME = 600
_MOST_JOBS = 1000


class SandboxState:
    """Codes, tokens, sign-ins, jobs and call counts.

    Each method is atomic. A caller that must check and then change takes `lock` around both: two requests
    with one refresh token may arrive together.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self._codes: dict[str, AuthorizationCode] = {}
        self._access_tokens: dict[str, IssuedToken] = {}
        self._refresh_tokens: dict[str, IssuedToken] = {}
        self._transactions: dict[str, Transaction] = {}
        self._windows: dict[str, tuple[float, int]] = {}
        self._jobs: dict[str, Job] = {}
        self.suggestions = Suggestions()
        self.requests = RecentRequests()

    def save_code(self, code: AuthorizationCode) -> None:
        """Keep an authorization code; used ones stay, so that re-use is seen."""
        with self.lock:
            self._codes[code.code] = code

    def find_code(self, code: str) -> AuthorizationCode | None:
        """Find a code, used or expired ones included."""
        with self.lock:
            return self._codes.get(code)

    def save_token(self, token: IssuedToken) -> None:
        """Keep a token pair and forget those that ended."""
        with self.lock:
            now = self.clock()
            self._access_tokens = {key: each for key, each in self._access_tokens.items() if each.expires_at > now}
            self._refresh_tokens = {
                key: each for key, each in self._refresh_tokens.items() if each.refresh_expires_at > now
            }
            # A used code is kept for as long as its tokens may live, to revoke them on re-use.
            self._codes = {key: each for key, each in self._codes.items() if each.expires_at + 86400 > now}
            self._access_tokens[token.access_token] = token
            if token.refresh_token:
                self._refresh_tokens[token.refresh_token] = token

    def find_access_token(self, access_token: str) -> IssuedToken | None:
        """Find a live access token."""
        with self.lock:
            token = self._access_tokens.get(access_token)
            if token is None or token.revoked or token.family.revoked or token.expires_at <= self.clock():
                return None
            return token

    def find_refresh_token(self, refresh_token: str) -> IssuedToken | None:
        """Find a refresh token, used ones included: re-use must be seen."""
        with self.lock:
            return self._refresh_tokens.get(refresh_token)

    def open_transaction(self, request: FormRequest) -> Transaction:
        """Begin a sign-in."""
        with self.lock:
            now = self.clock()
            self._transactions = {key: each for key, each in self._transactions.items() if each.expires_at > now}
            name = secrets.token_urlsafe(32)
            transaction = Transaction(name=name, request=request, expires_at=now + TRANSACTION_LIFETIME)
            self._transactions[name] = transaction
            return transaction

    def find_transaction(self, name: str) -> Transaction | None:
        """Find a sign-in that is under way."""
        with self.lock:
            transaction = self._transactions.get(name)
            return transaction if transaction and transaction.expires_at > self.clock() else None

    def close_transaction(self, transaction: Transaction) -> bool:
        """End a sign-in; tell whether nobody had ended it, because its name works once."""
        with self.lock:
            return self._transactions.pop(transaction.name, None) is not None

    def save_job(self, job: Job) -> None:
        """Keep a job; of many the oldest is forgotten."""
        with self.lock:
            self._jobs[job.id] = job
            while len(self._jobs) > _MOST_JOBS:
                del self._jobs[next(iter(self._jobs))]

    def jobs(self) -> list[Job]:
        """Return all jobs, those that have ended too."""
        with self.lock:
            return list(self._jobs.values())

    def find_job(self, job_id: str) -> Job | None:
        """Find a job."""
        with self.lock:
            return self._jobs.get(job_id.lower())

    def count_call(self, client_id: str) -> tuple[float, int]:
        """Count one API call of a throttled client; return its window's start and the calls since."""
        with self.lock:
            now = self.clock()
            started, calls = self._windows.get(client_id, (now, 0))
            if now >= started + WINDOW_SECONDS:
                started, calls = now, 0
            self._windows[client_id] = started, calls + 1
            return self._windows[client_id]
