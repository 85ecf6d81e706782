"""What eGain's descriptions say against a request before it is made, and what to do about it after a 403.

Never a refusal: the descriptions err, and a tenant's release may differ.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from egain_auth_cli.call.catalogue import CLIENT, ON_BEHALF_OF, operation_of
from egain_auth_cli.models.grants import Flow, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from egain_auth_cli.call.catalogue import Operation
    from egain_auth_cli.settings.settings import Settings

_NAMES = {
    "user": "a user", "obo": "on behalf of a user", "customer": "a customer", "obo-c": "on behalf of a customer",
    "anonymous": "an anonymous customer", "client": "an application",
}  # fmt: skip
_VALUES = {"--on-behalf-of": "USERNAME"}


class Advice(NamedTuple):
    """What is known of a request.

    Attributes:
        operation: What it is for; None where that is not documented.
        method: As it is sent.
        target: As typed.
        persona: Whom the token stands for; None where nobody knows.
        settings: Of the profile; None where the environment gives the token.
    """

    operation: Operation | None = None
    method: str = "GET"
    target: str = ""
    persona: str | None = None
    settings: Settings | None = None

    @classmethod
    def on(cls, method: str, target: str, settings: Settings | None) -> Advice:
        """Return what is known of a request."""
        persona = None if settings is None else persona_of(settings)
        return cls(operation_of(method, target), method.upper(), target, persona, settings)

    def warnings(self, query: tuple[tuple[str, str], ...]) -> Iterator[str]:
        """Yield what is documented against it.

        Args:
            query: Pairs beside those of the target.
        """
        one = self.operation
        if one is None:
            return
        given = {name for name, _ in (*query, *parse_qsl(urlsplit(self.target).query, keep_blank_values=True))}
        missing = [name for name in one.required if name not in given]
        if missing:
            asked = " ".join(f"-q {shlex.quote(f'{name}=…')}" for name in missing)
            yield f"`{one.method} {one.path}` is documented to need `{asked}`"
        if self.persona is not None and one.personas and self.persona not in one.personas:
            allowed = ", ".join(_NAMES[name] for name in one.personas)
            token = f"this token is for {_NAMES[self.persona]}"
            yield f"`{one.method} {one.path}` is documented for {allowed}; {token}; {self.other_flow()}"

    def other_flow(self) -> str:
        """Return the command that makes the same request with a token that may make it."""
        if self.operation is None or not self.operation.flow_options:
            return "`egain flows` shows what each flow is for"
        options = [self._command(option) for option in self.operation.flow_options[:2]]
        return f"try {' or '.join(f'`{one}`' for one in options)}"

    def _command(self, option: str) -> str:
        words = ["egain", *self._profile(), "call", self.method, self.target, option]
        line = shlex.join(words)
        return f"{line} {_VALUES[option]}" if option in _VALUES else line

    def scope_hint(self) -> str | None:
        """Return what to do where a scope is missing; None where none is documented."""
        if self.operation is None or self.persona is None or self.settings is None:
            return None
        scopes = self.operation.scopes_of(self.persona)
        if not scopes:
            return None
        record = self.settings.need_flow()
        own = list(self.settings.scopes.value)
        wanted = scopes[0].split()
        missing = [one for one in wanted if one not in own]
        scope = " ".join(missing or wanted)
        name = self.settings.profile.value
        hint = f"grant `{scope}` on the Permissions tab of the client application"
        if name is not None and missing:
            key = f"flows.{record.flow.value}.scopes"
            words = ["egain", "profile", "set", name, key, " ".join([*own, *missing])]
            hint += f", add it by `{shlex.join(words)}`"
        if record.signs_in:
            hint += f", then `{shlex.join(['egain', *self._profile(), 'login', record.option, '--force'])}`"
        return hint

    def _profile(self) -> list[str]:
        if self.settings is None or not self.settings.profile.source.startswith("option"):
            return []
        return ["-p", str(self.settings.profile.value)]


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
