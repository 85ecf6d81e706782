"""A token kept in memory while it lives, for many requests of one process."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.models.secret import Secret
    from egain_auth_cli.models.token import TokenSet
    from egain_auth_cli.tokens.acquire import TokenRequest, TokenService


class HeldToken:
    """Acquires a token once, and again when it is about to end or was refused.

    Args:
        service: Acquires tokens.
        request: What is asked for.
        clock: Epoch seconds.
    """

    def __init__(self, service: TokenService, request: TokenRequest, *, clock: Callable[[], float]) -> None:
        self._service = service
        self._request = request
        self._clock = clock
        self._held: TokenSet | None = None

    def token(self) -> Secret:
        """Give the token at hand, or acquire one.

        Raises:
            EgainError: As ``TokenService.acquire_token``.
        """
        if self._held is None or self._held.remaining(self._clock()) < max(self._request.min_valid, 1):
            self._held = self._service.acquire_token(self._request).token
        return self._held.access_token

    def renewed(self, rejected: Secret) -> Secret:
        """Give another token than the one that was refused: one acquired since, or a new one.

        Raises:
            EgainError: As ``TokenService.acquire_token``.
        """
        if self._held is None or self._held.access_token == rejected:
            self._held = self._service.acquire_token(replace(self._request, rejected=rejected)).token
        return self._held.access_token
