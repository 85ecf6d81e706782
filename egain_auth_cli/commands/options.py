"""Options that several commands share, and what they mean together."""

from __future__ import annotations

import functools
import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from egain_auth_cli.commands.completion import complete_scope
from egain_auth_cli.errors import UsageError
from egain_auth_cli.models.grants import Actor, Flow, Subject
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.sanitize import printable
from egain_auth_cli.settings.resolve import FlowOptions
from egain_auth_cli.tokens.acquire import DEFAULT_MIN_VALID, TokenRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.runtime import Runtime

_SUBJECT_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenChoice:
    """What the token options say.

    Attributes:
        flow: Flow, actor, scopes and subject.
        min_valid: Seconds of life that a cached token must still have.
        force_refresh: Take no cached token.
        no_store: Neither read nor write the cache.
        subject_token_file: Where another provider's token is.
    """

    flow: FlowOptions
    min_valid: int
    force_refresh: bool
    no_store: bool
    subject_token_file: str | None

    def fast_header(self, runtime: Runtime) -> list[str] | None:
        """Give what the fast path compares, taken before anything is read; None for a question with more to it."""
        plain = FlowOptions(flow=self.flow.flow)
        usual = (self.min_valid, self.force_refresh, self.no_store) == (DEFAULT_MIN_VALID, False, False)
        if self.flow != plain or not usual or self.flow.flow in (Flow.ON_BEHALF_OF, Flow.TOKEN_EXCHANGE):
            return None
        option = self.flow.flow.option if self.flow.flow else ""
        return runtime.fast_files.header(runtime.options.profile, option)

    def request(self, runtime: Runtime) -> TokenRequest:
        """Resolve the settings and give the request for a token."""
        settings = runtime.settings(self.flow)
        subject_token = (
            _subject_token(self.subject_token_file, runtime) if settings.flow.value is Flow.TOKEN_EXCHANGE else None
        )
        return TokenRequest(
            settings=settings,
            min_valid=self.min_valid,
            force_refresh=self.force_refresh,
            store=not self.no_store,
            subject_token=subject_token,
        )


def _token_template(
    pkce: Annotated[bool, typer.Option("--pkce", help="Flow: a stored login by authorization code with PKCE.")] = False,
    auth_code: Annotated[
        bool,
        typer.Option("--auth-code", help="Flow: a stored login by authorization code with a client secret."),
    ] = False,
    client_credentials: Annotated[
        bool, typer.Option("--client-credentials", help="Flow: the client application itself.")
    ] = False,
    anonymous: Annotated[bool, typer.Option("--anonymous", help="Flow: an anonymous customer.")] = False,
    on_behalf_of: Annotated[
        str | None,
        typer.Option("--on-behalf-of", metavar="USERNAME", help="Flow: on behalf of a user, by user name."),
    ] = None,
    on_behalf_of_userid: Annotated[
        str | None,
        typer.Option("--on-behalf-of-userid", metavar="ID", help="Flow: on behalf of a user, by user id."),
    ] = None,
    on_behalf_of_email: Annotated[
        str | None,
        typer.Option("--on-behalf-of-email", metavar="EMAIL", help="Flow: on behalf of a customer, by e-mail."),
    ] = None,
    token_exchange: Annotated[
        bool, typer.Option("--token-exchange", help="Flow: exchange another provider's token.")
    ] = False,
    subject_token_file: Annotated[
        str | None,
        typer.Option(
            "--subject-token-file",
            metavar="PATH",
            help="The other provider's token; `-` is stdin [env: EGAIN_SUBJECT_TOKEN].",
        ),
    ] = None,
    actor: Annotated[
        Actor | None,
        typer.Option("--actor", help="Who acts, an agent or a customer; default: the profile's, else user."),
    ] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope",
            metavar="S",
            help="Ask for this scope instead of the profile's; repeatable.",
            autocompletion=complete_scope,
        ),
    ] = None,
    min_valid: Annotated[
        int,
        typer.Option("--min-valid", metavar="SECONDS", min=0, help="Least remaining life accepted from the cache."),
    ] = DEFAULT_MIN_VALID,
    force_refresh: Annotated[
        bool, typer.Option("--force-refresh", help="Get a fresh token whatever is cached.")
    ] = False,
    no_store: Annotated[bool, typer.Option("--no-store", help="Neither read nor write the token cache.")] = False,
) -> None:
    """The options of every command that acquires a token."""


def token_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the token options; its parameter ``choice`` gets them as one ``TokenChoice``."""
    template = inspect.signature(_token_template, eval_str=True).parameters
    own = inspect.signature(command, eval_str=True).parameters

    @functools.wraps(command)
    def with_choice(**values: Any) -> None:  # noqa: ANN401
        chosen = {name: values.pop(name) for name in template}
        command(**values, choice=_choice(**chosen))

    kept = [param for name, param in own.items() if name != "choice"]
    added = [param.replace(kind=inspect.Parameter.KEYWORD_ONLY) for param in template.values()]
    with_choice.__signature__ = inspect.Signature([*kept, *added])  # type: ignore[attr-defined]  # Typer reads it
    with_choice.__annotations__ = {}
    return with_choice


def _choice(
    *,
    on_behalf_of: str | None,
    on_behalf_of_userid: str | None,
    on_behalf_of_email: str | None,
    actor: Actor | None,
    scope: list[str] | None,
    min_valid: int,
    force_refresh: bool,
    no_store: bool,
    subject_token_file: str | None,
    **flags: bool,
) -> TokenChoice:
    subjects = {
        Subject.USERNAME: on_behalf_of,
        Subject.USERID: on_behalf_of_userid,
        Subject.EMAIL: on_behalf_of_email,
    }
    named = [(kind, name) for kind, name in subjects.items() if name is not None]
    flow = one_flow(flags, subjects=len(named))
    for _, name in named:
        if not name or not name.isprintable():
            raise UsageError("the person's name is empty or not printable", hint="see `--on-behalf-of` in `--help`")
    return TokenChoice(
        flow=FlowOptions(
            flow=flow,
            actor=actor,
            scopes=tuple(scope or ()),
            subject=named[0][0] if named else None,
            subject_name=named[0][1] if named else None,
        ),
        min_valid=min_valid,
        force_refresh=force_refresh,
        no_store=no_store,
        subject_token_file=subject_token_file,
    )


_FLAGS = {
    "pkce": Flow.PKCE,
    "auth_code": Flow.AUTHORIZATION_CODE,
    "client_credentials": Flow.CLIENT_CREDENTIALS,
    "anonymous": Flow.ANONYMOUS,
    "token_exchange": Flow.TOKEN_EXCHANGE,
}


def one_flow(flags: dict[str, bool], *, subjects: int = 0) -> Flow | None:
    """Give the one flow that was named, or None.

    Raises:
        UsageError: More than one was named.
    """
    named = [_FLAGS[name] for name, given in flags.items() if given] + [Flow.ON_BEHALF_OF] * subjects
    if len(named) > 1:
        raise UsageError("name one flow, not several", hint="see `egain flows` for which to take")
    return named[0] if named else None


def _subject_token(path: str | None, runtime: Runtime) -> Secret | None:
    if path is None:
        value = runtime.environ.get("EGAIN_SUBJECT_TOKEN", "")
    elif path == "-":
        value = runtime.terminal.read_secret_line("subject token")
    else:
        try:
            with Path(path).open("rb") as file:
                value = file.read(_SUBJECT_LIMIT).decode("utf-8-sig").strip()
        except (OSError, ValueError) as exc:
            reason = (getattr(exc, "strerror", None) or "not a text file").lower()
            raise UsageError(
                f"`{printable(path)}` cannot be read: {reason}", hint="check `--subject-token-file`"
            ) from exc
    secret = Secret(value)
    if value and not (value.isascii() and value.isprintable() and " " not in value):
        raise UsageError("the subject token is not one word of printable ASCII", hint="give the token alone")
    return secret or None
