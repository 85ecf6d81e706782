"""What is in use: every setting with its source, and the stored login, without anything secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.errors import EgainError, KeyringMissing
from egain_auth_cli.flows import RECORDS
from egain_auth_cli.models.grants import Actor
from egain_auth_cli.models.moments import duration_text
from egain_auth_cli.settings.settings import FlowOptions
from egain_auth_cli.tokens.keep_secret import locate_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from egain_auth_cli.flows.record import FlowRecord
    from egain_auth_cli.models.grants import Flow
    from egain_auth_cli.models.token import TokenSet
    from egain_auth_cli.settings.environment_token import EnvironmentToken
    from egain_auth_cli.settings.settings import Settings
    from egain_auth_cli.tokens.credentials import Credentials


class StoredCredential(NamedTuple):
    """A login or a token that is stored for a flow.

    Attributes:
        flow: The flow.
        actor: Who acts; None where the flow has no person who signs in.
        expires_at: Epoch seconds of the cached token; None where there is none.
        seconds_left: Its life; negative once it has expired.
        renewable: Whether a refresh token is stored; None where the flow has no login.
        person: Who signed in, by unverified claims; None where nobody did, or no claim says.
        problem: Why what is stored cannot be used, in words.
    """

    flow: Flow
    actor: Actor | None
    expires_at: int | None
    seconds_left: float | None
    renewable: bool | None
    person: str | None
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What ``status`` shows.

    Attributes:
        settings: Every setting with its source.
        client_secret: Where the secret comes from, in words.
        expires_at: Epoch seconds of the cached token; None where there is none.
        seconds_left: Its life; negative once it has expired.
        seconds_ahead: How far in the future it was obtained, by a clock that was wrong; 0 where it was not.
        renewable: Whether a refresh token is stored; None where the flow has no login.
        person: Who signed in, by unverified claims; None where nobody did, or no claim says.
        problem: Why the login or the secret cannot be used, in words.
        usable: Whether the flow can give a token without a person.
        stored: Every login and token of the profile, of whichever flow and actor.
    """

    settings: Settings
    client_secret: str
    expires_at: int | None
    seconds_left: float | None
    seconds_ahead: float
    renewable: bool | None
    person: str | None
    problem: str | None
    usable: bool
    stored: tuple[StoredCredential, ...] = ()


def outer_token_text(outer: EnvironmentToken, settings: Settings | None, *, now: float) -> str:
    """Say that `egain call` uses the token of the environment, and what it passes over for it.

    Args:
        outer: That token.
        settings: Of the profile that would be used; None where there is none.
        now: Epoch seconds.
    """
    left = outer.seconds_left(now)
    end = (
        ""
        if left is None
        else f", expired {duration_text(-left)} ago"
        if left <= 0
        else f", {duration_text(left)} left"
    )
    text = f"uses the token of `{outer.variable}`, for `{outer.api_url}`{end}"
    if settings is None or settings.profile.value is None:
        return text
    return f"{text}; passed over: profile `{settings.profile.value}` ({settings.profile.source})"


class StatusReader:
    """Describes settings, secret and login.

    Args:
        credentials: Returns what is stored for settings.
        clock: Epoch seconds.
    """

    def __init__(self, credentials: Callable[[Settings], Credentials], *, clock: Callable[[], float]) -> None:
        self._credentials = credentials
        self._clock = clock

    def describe(self, settings: Settings, resolve: Callable[[FlowOptions], Settings] | None = None) -> Status:
        """Describe what these settings would use.

        Args:
            settings: Resolved.
            resolve: Resolves the settings of another flow and actor; None where only this one is asked for.
        """
        place = locate_secret(self._credentials(settings), settings)
        problem = place.problem.message if place.problem else None
        token = None
        renewable: bool | None = None
        person: str | None = None
        record = RECORDS[settings.flow.value] if settings.flow.value else None
        complete = bool(record and settings.client_id.value and settings.token_url.value)
        if complete and record is not None:
            try:
                token = self._cached(settings)
                renewable, person = self._login(settings, record, token)
            except EgainError as exc:
                problem = exc.message
        left = None if token is None else token.remaining(self._clock())
        live = left is not None and left > 0
        return Status(
            settings=settings,
            client_secret=place.source or "none",
            expires_at=None if token is None else token.expires_at,
            seconds_left=left,
            seconds_ahead=0.0 if token is None else token.seconds_ahead(self._clock()),
            renewable=renewable,
            person=person,
            problem=problem,
            usable=live or bool(renewable) if record is not None and record.signs_in else complete,
            stored=() if resolve is None else tuple(self._stored_credentials(resolve)),
        )

    def _cached(self, settings: Settings) -> TokenSet | None:
        credentials = self._credentials(settings)
        return credentials.cache.load(credentials.key_of(settings))

    def _login(self, settings: Settings, record: FlowRecord, token: TokenSet | None) -> tuple[bool | None, str | None]:
        """Return whether there is a login to renew the token with, and who signed in; None where nobody does."""
        if not record.signs_in:
            return None, None
        login = self._credentials(settings).logins.stored(settings)
        return login is not None, next((one.person for one in (token, login) if one and one.person), None)

    def _stored_credentials(self, resolve: Callable[[FlowOptions], Settings]) -> Iterator[StoredCredential]:
        for record in RECORDS.values():
            # The keys of such tokens hold a person, whom only a command line names.
            if record.per_person:
                continue
            for actor in Actor if record.signs_in else (None,):
                try:
                    settings = resolve(FlowOptions(flow=record.flow, actor=actor))
                except EgainError:
                    continue
                if settings.token_url.value and (settings.client_id.value or "client_id" not in record.needs):
                    stored = self._stored_credential(settings, record, actor)
                    if stored.expires_at is not None or stored.renewable or stored.problem:
                        yield stored

    def _stored_credential(self, settings: Settings, record: FlowRecord, actor: Actor | None) -> StoredCredential:
        token, renewable, person, problem = None, None, None, None
        try:
            token = self._cached(settings)
            renewable, person = self._login(settings, record, token)
        except KeyringMissing:
            pass  # nothing can be stored in a keyring that is not there
        except EgainError as exc:
            problem = exc.message
        left = None if token is None else token.remaining(self._clock())
        return StoredCredential(
            record.flow, actor, None if token is None else token.expires_at, left, renewable, person, problem
        )
