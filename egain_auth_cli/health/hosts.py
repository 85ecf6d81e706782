"""``doctor``'s checks of the hosts: reached, trusted, of the right kind, and whether our clock agrees with theirs."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from egain_auth_cli.errors import EgainError
from egain_auth_cli.health.check import Check, failure, passed
from egain_auth_cli.health.probe import certificate_source
from egain_auth_cli.models.urls import origin_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from egain_auth_cli.deadline import Deadline
    from egain_auth_cli.health.probe import ProbeResult
    from egain_auth_cli.settings.settings import Settings

_SKEW_SECONDS = 30.0
"""A clock further off makes tokens look alive that are dead, and the other way round."""


class HostChecks:
    """Checks of the token endpoint's host and the API's.

    Args:
        environ: ``SSL_CERT_FILE`` and the like.
        reach: Asks a URL, by an empty form or not, within so many seconds.
    """

    def __init__(self, environ: Mapping[str, str], *, reach: Callable[[str, bool, float], ProbeResult]) -> None:
        self._environ = environ
        self._reach = reach

    def jobs(self, settings: Settings, deadline: Deadline) -> Iterator[Callable[[], list[Check]]]:
        """Yield one job a host, to run beside each other."""
        token_url, api_url = settings.token_url.value, settings.api_url.value
        if token_url:
            yield lambda: self._host("token-endpoint", token_url, deadline, form=True)
        if api_url:
            yield lambda: self._host("api", api_url, deadline, form=False)

    def _host(self, name: str, url: str, deadline: Deadline, *, form: bool) -> list[Check]:
        origin = origin_of(url)
        try:
            # Half a second less than is left: the answer, or its time-out, must come before `results` gives up.
            reached = self._reach(url, form, max(0.1, deadline.remaining() - 0.5))
        except EgainError as exc:
            return [failure(name, exc.message, exc.hint or "")]
        way = f" through the proxy {reached.proxy}" if reached.proxy else ""
        secured = f", {certificate_source(self._environ)}" if origin.scheme == "https" else ", plain http on loopback"
        checks = [passed(name, f"{origin} answered in {reached.milliseconds:.0f} ms{way}{secured}")]
        if form and not reached.speaks_oauth:
            checks = [
                failure(
                    name,
                    f"{origin} answered status {reached.status}{way}, but not as a token endpoint does",
                    "compare the token URL with the Metadata panel",
                )
            ]
        if form and reached.date is not None:
            checks.append(_clock(reached.received - reached.date))
        return checks


class Parallel:
    """Jobs that run beside each other, each within the deadline.

    Args:
        jobs: Each returns its checks.
    """

    def __init__(self, *jobs: Callable[[], list[Check]]) -> None:
        self._found: list[list[Check]] = [[] for _ in jobs]
        self._threads = [
            threading.Thread(target=self._run, args=(index, job), daemon=True) for index, job in enumerate(jobs)
        ]
        for thread in self._threads:
            thread.start()

    def _run(self, index: int, job: Callable[[], list[Check]]) -> None:
        self._found[index] = job()

    def results(self, deadline: Deadline) -> list[Check]:
        """Wait for the jobs, and return their checks in order; a job that is late has none."""
        for thread in self._threads:
            thread.join(deadline.remaining())
        return [check for checks in self._found for check in checks]


def _clock(skew: float) -> Check:
    if abs(skew) <= _SKEW_SECONDS:
        return passed("clock", f"within {abs(skew):.0f} s of the server's")
    direction = "ahead of" if skew > 0 else "behind"
    return failure("clock", f"{abs(skew):.0f} s {direction} the server's", "set this machine's clock (NTP)")
