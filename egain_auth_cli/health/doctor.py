"""Checking the whole chain: configuration, secrets, cache, redirect URIs, browser, hosts, clock and login."""

from __future__ import annotations

import shutil
import time
from functools import partial
from typing import TYPE_CHECKING

from egain_auth_cli.deadline import Deadline, run_bounded
from egain_auth_cli.errors import EgainError, ProfileMissing
from egain_auth_cli.flows.record import CLIENT_SECRET
from egain_auth_cli.health.check import Check, failure, passed, warning
from egain_auth_cli.health.folders import check_folder
from egain_auth_cli.health.hosts import HostChecks, Parallel
from egain_auth_cli.health.status import outer_token_text
from egain_auth_cli.models.grants import SecretStoreKind, TokenCacheKind
from egain_auth_cli.models.moments import duration_text
from egain_auth_cli.models.urls import origin_of
from egain_auth_cli.settings.environment_token import WAY_OUT
from egain_auth_cli.settings.settings import FlowOptions
from egain_auth_cli.sign_in.browser import browser_commands
from egain_auth_cli.sign_in.sockets import bind_redirect, can_listen_on
from egain_auth_cli.stores.keyring_store import has_keyring
from egain_auth_cli.transport.loopback import close_sockets, why_unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from egain_auth_cli.health.probe import ProbeResult
    from egain_auth_cli.health.status import Status
    from egain_auth_cli.settings.environment_token import EnvironmentToken
    from egain_auth_cli.settings.settings import Settings
    from egain_auth_cli.stores.paths import Paths
    from egain_auth_cli.stores.secret_store import SecretStore

TOTAL_SECONDS = 15.0
_SLOW_KEYRING = 1000.0
"""Milliseconds."""
_NONE = "none"
_PROBE_ITEM = "doctor"
_NO_STORE = ", name another by `EGAIN_CACHE_DIR`, or do without: `--no-store`, `EGAIN_TOKEN_CACHE=none`"


class Doctor:
    """Runs the checks.

    Args:
        environ: ``BROWSER``, ``SSL_CERT_FILE`` and the like.
        paths: The folders.
        resolve: Resolves settings; raises what is wrong with the configuration.
        describe: Describes login and secret of settings.
        secret_store: Opens the store of a kind.
        outer: Reads the token that the environment gives to `egain call`; None where a profile is named.
        reach: Asks a URL, by an empty form or not, within so many seconds.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        paths: Paths,
        resolve: Callable[[FlowOptions], Settings],
        describe: Callable[[Settings], Status],
        secret_store: Callable[[SecretStoreKind], SecretStore],
        reach: Callable[[str, bool, float], ProbeResult],
        outer: Callable[[], EnvironmentToken | None] | None = None,
    ) -> None:
        self._outer = outer
        self._environ = environ
        self._paths = paths
        self._resolve = resolve
        self._describe = describe
        self._secret_store = secret_store
        self._reach = reach

    def run(self, *, offline: bool, tell: Callable[[str], None] = lambda _: None) -> list[Check]:
        """Return every check, within 15 s in all.

        Args:
            offline: Leave out whatever opens a connection beyond this machine.
            tell: Gets what is being looked at.
        """
        deadline = Deadline(TOTAL_SECONDS)
        try:
            settings = self._resolve(FlowOptions())
        except EgainError as exc:
            return [*self._outer_checks(None), *self._without_settings(exc)]
        hosts = HostChecks(self._environ, reach=self._reach)
        # The hosts are asked while the local checks run: together they would not fit the time.
        network = Parallel() if offline else Parallel(*hosts.jobs(settings, deadline))
        status = self._describe(settings)
        tell("checking where secrets are kept")
        checks = [
            *self._outer_checks(settings),
            *self._configuration(settings),
            *self._secrets(settings, status, deadline),
        ]
        signs_in = settings.flow.value is None or settings.need_flow().signs_in
        if settings.token_cache.value is not TokenCacheKind.NONE:
            checks += self._cache_folder()
        if signs_in:
            checks += check_folder("logins", partial(self._paths.login_dir, settings.secret_store.value))
            checks += [*self._redirects(settings), self._browser()]
        tell("checking the hosts")
        return [*checks, *network.results(deadline), *self._login(settings, status)]

    def _outer_checks(self, settings: Settings | None) -> Iterator[Check]:
        """Look at the token that the environment gives to `egain call`, which outranks a profile's."""
        try:
            outer = None if self._outer is None else self._outer()
        except EgainError as exc:
            yield failure("environment", exc.message, exc.hint or "")
            return
        if outer is None:
            return
        now = time.time()
        left = outer.seconds_left(now)
        state = warning if left is None or left > 0 else failure
        yield state("environment", f"`egain call` {outer_token_text(outer, settings, now=now)}", WAY_OUT)

    def _without_settings(self, exc: EgainError) -> Iterator[Check]:
        # In a container the environment's token is all that a job has, and all that it needs.
        enough = isinstance(exc, ProfileMissing) and self._outer is not None and self._outer() is not None
        yield (warning if enough else failure)("configuration", exc.message, exc.hint or "")
        if not enough:
            yield from self._cache_folder()
            yield self._browser()

    def _configuration(self, settings: Settings) -> Iterator[Check]:
        name = settings.profile.value
        where = f"profile `{name}` in {self._paths.config_file}" if name else "the environment alone"
        yield passed("configuration", where)
        if settings.flow.value is None:
            yield warning("flow", "no flow is named", "set `flow` in the profile, or `EGAIN_FLOW`")
        needs = ("client_id", "token_url") if settings.flow.value is None else settings.need_flow().needs
        for label in needs:
            if label != CLIENT_SECRET and not getattr(settings, label).value:
                yield failure(label, f"`{label}` is not set", settings.missing(label).hint or "")
        if settings.api_url.value is None:
            yield warning("api-url", "`api_url` is not set", "set it, to use `egain call`")

    def _secrets(self, settings: Settings, status: Status, deadline: Deadline) -> Iterator[Check]:
        kind = settings.secret_store.value
        if kind is SecretStoreKind.FILE:
            safer = f"the keyring is safer: `{settings.set_command('secret_store')}`"
            fix = safer if has_keyring(self._environ) else "there is no keyring here, which would be safer"
            yield warning("secret-store", f"plain files in {self._paths.secrets_dir()}", fix)
            return
        if kind is SecretStoreKind.NONE:
            yield passed("secret-store", "this profile keeps no secrets")
            return
        signs_in = settings.flow.value is not None and settings.need_flow().signs_in
        item = f"{settings.owner}/{'login/' if signs_in else ''}{_PROBE_ITEM}"
        start = time.monotonic()
        store = self._secret_store(kind)
        try:
            run_bounded(lambda: store.get(item), seconds=max(0.1, deadline.remaining()))
        except (EgainError, TimeoutError) as exc:
            hint = exc.hint if isinstance(exc, EgainError) else "unlock it"
            message = exc.message if isinstance(exc, EgainError) else "the keyring does not answer"
            if _needs_keyring(settings, status):
                yield failure("keyring", message, hint or "")
            else:
                yield warning("keyring", message, "nothing of this flow is kept there")
            return
        taken = 1000 * (time.monotonic() - start)
        detail = f"{store.describe()}, answered in {taken:.0f} ms"
        slow = taken > _SLOW_KEYRING
        yield (
            warning("keyring", detail, "a slow keyring slows every token that is not cached")
            if slow
            else passed("keyring", detail)
        )

    def _cache_folder(self) -> Iterator[Check]:
        return check_folder("cache", lambda: self._paths.cache_dir, other=_NO_STORE)

    def _redirects(self, settings: Settings) -> Iterator[Check]:
        for uri in settings.redirect_uris.value:
            yield self._redirect(uri)

    @staticmethod
    def _redirect(uri: str) -> Check:
        if not can_listen_on(uri):
            return warning(
                "redirect-uri", f"`{uri}` is not of this machine", "its answer must be pasted into `egain login`"
            )
        try:
            bound = bind_redirect(uri)
        except OSError as exc:
            port = origin_of(uri).port
            why = why_unavailable(port, exc)
            return failure(
                "redirect-uri", f"port {port} of `{uri}`: {why}", "end that program, or register another URI"
            )
        families = len(bound.sockets)
        close_sockets(bound.sockets)
        return passed("redirect-uri", f"`{uri}` is free" + (" on IPv4 and IPv6" if families > 1 else ""))

    def _browser(self) -> Check:
        commands = browser_commands(self._environ, "https://egain.example/")
        found = next((one[0] for one in commands if shutil.which(one[0], path=self._environ.get("PATH"))), None)
        if found is not None:
            return passed("browser", f"`{found}`")
        reason = f"`{commands[0][0]}` is not there" if commands else "there is no display and no `BROWSER`"
        return warning("browser", reason, "`egain login` prints the address; open it elsewhere and paste the answer")

    def _login(self, settings: Settings, status: Status) -> Iterator[Check]:
        if settings.flow.value is None or not settings.client_id.value or not settings.token_url.value:
            return
        if status.seconds_ahead:
            ahead = duration_text(status.seconds_ahead)
            yield warning(
                "cached-token",
                f"it was obtained {ahead} from now, and is not used: the clock was ahead, or is behind",
                "set this machine's clock (NTP)",
            )
        if status.problem:
            yield failure("credentials", status.problem, "`egain status` shows what is stored")
            return
        record = settings.need_flow()
        if not record.signs_in:
            if record.needs_secret and status.client_secret == _NONE:
                yield failure(
                    "credentials", "there is no client secret", "run `egain secret set`, or set `EGAIN_CLIENT_SECRET`"
                )
            else:
                yield passed("credentials", f"client secret: {status.client_secret}{_life(status)}")
        elif status.usable:
            yield passed("login", f"signed in{', renewed by itself' if status.renewable else ''}{_life(status)}")
        else:
            yield failure("login", "nobody is signed in", "run `egain login`")


def _needs_keyring(settings: Settings, status: Status) -> bool:
    """Return whether this flow cannot do without the keyring: it keeps a login, the tokens or the one secret there."""
    if settings.flow.value is None or settings.token_cache.value is TokenCacheKind.KEYRING:
        return True
    record = settings.need_flow()
    return record.signs_in or (record.needs_secret and status.client_secret == _NONE)


def _life(status: Status) -> str:
    if status.seconds_left is None:
        return ", no token cached"
    ended = status.seconds_left <= 0
    return (
        ", the cached token has expired" if ended else f", the cached token lives {duration_text(status.seconds_left)}"
    )
