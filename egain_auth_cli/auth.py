"""The Python API: eGain tokens for clients of httpx, httpx2 and requests, or as a text.

::

    import httpx
    from egain_auth_cli.auth import EgainAuth, access_token

    auth = EgainAuth(profile="acme", flow="client-credentials")
    with httpx.Client(base_url=auth.api_url, auth=auth) as client:
        client.get("/knowledge/portalmgr/v4/portals", headers={"Accept-Language": "en-US"})

    token = access_token(profile="acme")

Profiles, logins and the cache are those of the ``egain`` command. A browser is never opened: sign in with
``egain login`` first. Every error is an
``egain_auth_cli.errors.EgainError`` with ``message``, ``hint`` and ``code``.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from egain_auth_cli.errors import ProfileMissing, SettingMissing, UsageError
from egain_auth_cli.models.grants import Actor, Flow, Subject
from egain_auth_cli.runtime import Runtime
from egain_auth_cli.settings.environment_token import environment_token
from egain_auth_cli.settings.settings import FlowOptions
from egain_auth_cli.terminal import Terminal
from egain_auth_cli.tokens.holder import GivenToken, TokenHolder, token_tries
from egain_auth_cli.tokens.request import DEFAULT_MIN_VALID, TokenRequest
from egain_auth_cli.tokens.subject_token import subject_token as find_subject_token
from egain_auth_cli.transport.bearer_auth import BearerAuth

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from egain_auth_cli.models.secret import Secret
    from egain_auth_cli.settings.settings import Settings
    from egain_auth_cli.tokens.holder import TokenSource

    SubjectToken = str | Callable[[], str]

__all__ = ["EgainAuth", "access_token"]


class EgainAuth(BearerAuth):
    """The ``auth`` of clients of httpx and httpx2, async ones too, and of ``requests``; an ``httpx.Auth``.

    It acquires the token when the first request is made, renews it before it expires, makes one renewal for any
    number of requests and processes, and repeats a request once after a 401 (RFC 6750 §3.1) unless its body is a
    stream; ``requests`` rewinds a file. Requests to another origin than the profile's API are refused.

    Args:
        profile: As ``-p`` names it; None for the default one, or the environment's client. Where neither profile nor
            flow is named and the environment gives a token and its API, as ``egain exec`` does, that one is used.
        flow: A flow's name, such as ``client-credentials``; None for the profile's.
        actor: ``user`` or ``customer``; None for the profile's.
        scopes: Asked for instead of the profile's: several, or one text with blanks or commas between them.
        min_valid: Seconds of life that a cached token must still have.
        on_behalf_of: The user name of the person whom an on-behalf-of token is for.
        on_behalf_of_userid: That person's user id instead.
        on_behalf_of_email: The e-mail address of a customer instead.
        subject_token: Another provider's token for the token exchange, or what returns one each time a token is
            acquired; None for ``EGAIN_SUBJECT_TOKEN`` or the profile's command.

    Attributes:
        api_url: The profile's API base, for ``base_url``.

    Raises:
        ConfigError: The profile or a setting is missing or invalid.
        UsageError: There is no such flow or actor.
    """

    def __init__(  # noqa: PLR0913  each is a choice of the caller's own
        self,
        *,
        profile: str | None = None,
        flow: str | None = None,
        actor: str | None = None,
        scopes: str | Sequence[str] = (),
        min_valid: int = DEFAULT_MIN_VALID,
        on_behalf_of: str | None = None,
        on_behalf_of_userid: str | None = None,
        on_behalf_of_email: str | None = None,
        subject_token: SubjectToken | None = None,
    ) -> None:
        people = (on_behalf_of, on_behalf_of_userid, on_behalf_of_email)
        source, self.api_url = _source(profile, _options(flow, actor, scopes, people), min_valid, subject_token)
        if not self.api_url:
            raise SettingMissing("there is no API URL", hint="set `api_url` in the profile, or `EGAIN_API_URL`")
        super().__init__(api_url=self.api_url, tries=partial(token_tries, source))


def access_token(  # noqa: PLR0913  as EgainAuth
    *,
    profile: str | None = None,
    flow: str | None = None,
    actor: str | None = None,
    scopes: str | Sequence[str] = (),
    min_valid: int = DEFAULT_MIN_VALID,
    on_behalf_of: str | None = None,
    on_behalf_of_userid: str | None = None,
    on_behalf_of_email: str | None = None,
    subject_token: SubjectToken | None = None,
) -> str:
    """Return an access token, from the cache or fresh; the arguments are those of ``EgainAuth``.

    Returns:
        The token as it stands after ``Bearer`` (RFC 6750 §2.1), with ``min_valid`` seconds of life at least, or the
        freshest there is.

    Raises:
        LoginRequired: Nobody is signed in.
        EgainError: Whatever else ``egain token`` would say.
    """
    people = (on_behalf_of, on_behalf_of_userid, on_behalf_of_email)
    source, _ = _source(profile, _options(flow, actor, scopes, people), min_valid, subject_token)
    return source.token().reveal()


def _options(
    flow: str | None, actor: str | None, scopes: str | Sequence[str], people: tuple[str | None, str | None, str | None]
) -> FlowOptions:
    named = [(subject, name) for subject, name in zip(Subject, people, strict=True) if name is not None]
    if len(named) > 1 or (named and flow not in (None, Flow.ON_BEHALF_OF)):
        raise UsageError("one flow and one person at most can be named", hint="leave out the others")
    subject, person = named[0] if named else (None, None)
    try:
        return FlowOptions(
            flow=Flow.ON_BEHALF_OF if named else None if flow is None else Flow(flow),
            actor=None if actor is None else Actor(actor),
            scopes=(scopes,) if isinstance(scopes, str) else tuple(scopes),
            subject=subject,
            subject_name=person,
        )
    except ValueError as exc:
        raise UsageError(str(exc), hint=f"flows: {', '.join(Flow)}; actors: {', '.join(Actor)}") from None


def _source(
    profile: str | None, options: FlowOptions, min_valid: int, given: SubjectToken | None
) -> tuple[TokenSource, str]:
    """Return where the tokens come from, and the API that they are for; empty where that is not known."""
    # A terminal without streams: a library writes nothing, warnings included.
    runtime = Runtime(os.environ, Terminal(os.environ))
    runtime.profile = profile
    if profile is None and options == FlowOptions() and given is None:
        outer = environment_token(runtime.environ)
        if outer is not None:
            outer.check(runtime.clock())
            return GivenToken(outer, clock=runtime.clock), outer.api_url
    try:
        settings = runtime.settings(options)
    except ProfileMissing as exc:
        names = ", ".join(f"`{name}`" for name in runtime.config().names[:8])
        exc.hint = f"`profile=` names one of {names}" if names else exc.hint
        raise
    subject = partial(_subject, runtime, settings, given) if settings.need_flow().takes_subject_token else None
    request = TokenRequest(settings=settings, min_valid=min_valid)
    holder = TokenHolder(runtime.token_service(settings), request, clock=runtime.clock, subject_token=subject)
    return holder, settings.api_url.value or ""


def _subject(runtime: Runtime, settings: Settings, given: SubjectToken | None) -> Secret | None:
    if given is None:
        return find_subject_token(settings, runtime.environ, read=None, say=runtime.terminal.say)
    read = given if callable(given) else lambda: given
    return find_subject_token(settings, runtime.environ, read=read, say=runtime.terminal.say)
