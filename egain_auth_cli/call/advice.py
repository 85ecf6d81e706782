"""What eGain's descriptions say against a request before it is made, and what to do about it after a 403.

Never a refusal: the descriptions err, and a tenant's release may differ.
"""

from __future__ import annotations

import re
from time import time
from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.call.catalogue import CLIENT, ON_BEHALF_OF, PERSONAS, operation_of, path_of
from egain_auth_cli.call.path_hint import ids_hint, methods_hint, other_path_hint
from egain_auth_cli.call.query_names import missing_names, unknown_names, whole_query
from egain_auth_cli.flows import RECORDS
from egain_auth_cli.models.command_words import command_line, quoted
from egain_auth_cli.models.grants import Actor, Flow, Subject
from egain_auth_cli.models.urls import base_path
from egain_auth_cli.tokens.logins import login_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from egain_auth_cli.call.catalogue import Operation
    from egain_auth_cli.call.request import CallRequest
    from egain_auth_cli.settings.environment_token import EnvironmentToken
    from egain_auth_cli.settings.settings import Settings

_QUOTED_SCOPES = re.compile(r"must have '([\w. ]{1,200})' scope")
_DEFAULT = ".default"


class Advice(NamedTuple):
    """What is known of a request.

    Attributes:
        operation: What it is for; None where that is not documented.
        typed: Its method and its path, and the other words that make it, but for the options of its token.
        query: Its pairs, those of the path too.
        persona: Whom the token stands for; None where nobody knows.
        settings: Of the profile; None where the environment gives the token.
        outer: The token, where the environment gives it.
        api_url: The API's base.
        clock: Epoch seconds.
        has_body: Whether it has one.
    """

    operation: Operation | None = None
    typed: Sequence[str] = ("GET", "")
    query: tuple[tuple[str, str], ...] = ()
    persona: str | None = None
    settings: Settings | None = None
    outer: EnvironmentToken | None = None
    api_url: str = ""
    clock: Callable[[], float] = time
    has_body: bool = True

    @classmethod
    def on(
        cls,
        typed: Sequence[str],
        request: CallRequest,
        settings: Settings | None,
        *,
        outer: EnvironmentToken | None,
        clock: Callable[[], float],
    ) -> Advice:
        """Return what is known of a request, of which method and path come first in the words typed."""
        method, target = typed[:2]
        persona = None if settings is None else persona_of(settings)
        query, has_body = whole_query(target, request.query), request.body is not None
        operation = operation_of(method, target)
        return cls(operation, typed, query, persona, settings, outer, request.api_url, clock, has_body)

    def about(self, target: str) -> Advice:
        """Return what is known of a further question with the same token."""
        return self._replace(operation=operation_of("GET", target), typed=("GET", target), query=())

    def renewal_hint(self) -> str:
        """Return how to come to another token, where this one is refused though it was renewed, if it could be."""
        if self.outer is not None:
            return f"the token is that of the environment: {self.outer.way_out(self.clock())}"
        if self.settings is None or self.settings.need_flow().signs_in:
            login = "egain login" if self.settings is None else login_command(self.settings)
            return f"`{login} --force` signs in again; also check that `{self.api_url_name}` belongs to the same tenant"
        return f"a fresh token was refused too: check that `{self.api_url_name}` belongs to the tenant of the token URL"

    @property
    def variable(self) -> str:
        """The environment's variable that gives the token; empty where a profile does."""
        return "" if self.outer is None else self.outer.variable

    @property
    def api_url_name(self) -> str:
        """What gives the API's URL: a setting's name, or a variable's."""
        source = "" if self.settings is None else self.settings.api_url.source
        return "EGAIN_API_URL" if self.variable or source.startswith("environment") else "api_url"

    @property
    def language_hint(self) -> str:
        """How to ask for another language than the one that was refused."""
        name = None if self.settings is None else self.settings.profile.value
        line = f"send `-H {quoted('Accept-Language: en-US')}`"
        return (
            f"{line}, or set `{command_line(['egain', 'profile', 'set', name, 'language', 'en-US'])}`" if name else line
        )

    def warnings(self) -> Iterator[str]:
        """Yield what is documented against it."""
        one = self.operation
        if one is None:
            return
        missing = self.missing_names()
        if missing:
            yield f"`{one.method} {one.path}` is documented to need `{missing}`"
        # Where no name is documented, the description may have left them out.
        for name, advice in unknown_names(one, self._names()) if one.required or one.optional else ():
            yield f"`{one.method} {one.path}` is not documented to take `{name}`: {advice}"
        if one.body == "json!" and not self.has_body:
            yield f"`{one.method} {one.path}` is documented to need a body: `-d @FILE`, or fields by `-f NAME=VALUE`"
        if self.persona is not None and one.personas and self.persona not in one.personas:
            allowed = ", ".join(PERSONAS[name] for name in one.personas)
            token = f"this token is for {PERSONAS[self.persona]}"
            yield f"`{one.method} {one.path}` is documented for {allowed}; {token}; {self.other_flow()}"

    def missing_names(self) -> str:
        """Return the options that name what the query is documented to need and does not have."""
        return "" if self.operation is None else missing_names(self.operation, self._names())

    def unknown_names_hint(self) -> str:
        """Return what to do about the names of the query that are not documented; empty where there are none."""
        if self.operation is None:
            return ""
        unknown = unknown_names(self.operation, self._names())
        return "; ".join(f"`{name}`: {advice}" for name, advice in unknown)

    def _names(self) -> list[str]:
        return [name for name, _ in self.query]

    def path_hint(self, said: str) -> str:
        """Return what to do about a path that is not there; empty where it can only be the server that lacks it.

        Args:
            said: The server's text, which may name an id.
        """
        method, target = self.typed[:2]
        base = base_path(self.api_url)
        path = path_of(target)
        if base and path.startswith(f"{base}/"):
            again = command_line(["egain", "call", method, target.removeprefix(base)])
            return f"`{self.api_url_name}` has the path `{base}` already: try `{again}`"
        if self.operation is not None:
            return ids_hint(self.operation, target, self.query, said=said, persona=self.persona)
        return methods_hint(target, allowed="") or other_path_hint(method, target)

    def other_flow(self) -> str:
        """Return the command that makes the same request with a token that may make it."""
        ways = sorted(self._ways(), key=lambda way: not way.known)
        if not ways:
            return "`egain flows` shows what each flow is for"
        first, *others = (command_line(way.words) for way in ways)
        words = ["egain", *self._profile(), "call", command_line(self.typed[:2]), first, command_line(self.typed[2:])]
        line = f"try `{' '.join(words).rstrip()}`"
        listed = " or ".join(f"`{other}`" for other in others)
        return f"{line}, or in place of `{first}` {listed}" if others else line

    def _ways(self) -> Iterator[_Way]:
        """Yield for each persona that may make the request the options that choose its token."""
        for persona in self.operation.personas if self.operation is not None else ():
            records = [one for one in RECORDS.values() if persona in one.personas]
            known = [one for one in records if self.settings is not None and one.flow in self.settings.profile_flows]
            if not records:
                continue
            record = (known or records)[0]
            option = record.option_for(Subject.EMAIL if persona == "obo-c" else Subject.USERNAME)
            words = option.usage.split(" ")
            own = self.settings.actor.value if self.settings is not None else Actor.USER
            if (record.signs_in or record.takes_subject_token) and persona != own.value:
                words += ["--actor", persona]
            yield _Way(words, bool(known))

    def scope_hint(self, said: str) -> str | None:
        """Return what to do where a scope is missing; None where nobody says which.

        Args:
            said: The server's text, which may quote the scopes.
        """
        if self.persona is None or self.settings is None:
            return None
        wanted = self._wanted_scopes(said)
        if not wanted:
            return None
        record, scopes = self.settings.need_flow(), self.settings.scopes
        prefix = self.settings.scope_prefix.value
        own = [scope.removeprefix(prefix) for scope in scopes.value]
        missing = [] if _DEFAULT in own else [scope for scope in wanted if scope not in own]
        hint = f"grant `{' '.join(missing or wanted)}` on the Permissions tab of the client application"
        if missing:
            hint += f", {self._adding(missing)}"
        if record.signs_in:
            login = login_command(self.settings, more_scopes=missing)
            return f"{hint}, then `{login} --force`"
        return hint if missing else f"{hint}, then repeat the call with `--force-refresh`"

    def _wanted_scopes(self, said: str) -> list[str]:
        quoted = _QUOTED_SCOPES.search(said)
        if quoted is not None:
            return quoted[1].split()
        scopes = self.operation.scopes_of(self.persona or "") if self.operation is not None else ()
        if self.operation is not None and _DEFAULT in scopes:
            return [self.operation.application_scope]
        return scopes[0].split() if scopes else []

    def _adding(self, missing: list[str]) -> str:
        """Say how scopes come to those that are asked for, which depends on where these come from."""
        if self.settings is None:
            return ""
        scopes, name = self.settings.scopes, self.settings.profile.value
        if scopes.source.startswith("option"):
            return f"add `{' '.join(f'--scope {scope}' for scope in missing)}`"
        if scopes.source.startswith("environment") or name is None:
            return "add it to `EGAIN_SCOPE`"
        key = f"flows.{self.settings.need_flow().flow.value}.scopes"
        return (
            f"add it by `{command_line(['egain', 'profile', 'set', name, key, ' '.join([*scopes.value, *missing])])}`"
        )

    def _profile(self) -> list[str]:
        if self.settings is None or not self.settings.profile.source.startswith("option"):
            return []
        return ["-p", str(self.settings.profile.value)]


class _Way(NamedTuple):
    """The options of a token that may make a request, and whether the profile has that flow."""

    words: list[str]
    known: bool


def persona_of(settings: Settings) -> str | None:
    """Return whom a flow's token stands for, in the words of the operations; None where that depends on more."""
    record = settings.need_flow()
    if ON_BEHALF_OF & set(record.personas):
        return "obo-c" if settings.subject is Subject.EMAIL else "obo"
    if record.flow is Flow.CLIENT_CREDENTIALS:
        return CLIENT
    if record.signs_in or record.takes_subject_token:
        return settings.actor.value.value
    return record.personas[0] if record.personas else None
