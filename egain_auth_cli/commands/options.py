"""Options that several commands share; those that choose a flow are made from the flows' records."""

from __future__ import annotations

import functools
import inspect
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from egain_auth_cli.commands.completion import complete_flow, complete_profile, complete_scope
from egain_auth_cli.errors import UsageError
from egain_auth_cli.flows import RECORDS, sign_in_records
from egain_auth_cli.models.grants import Actor, Flow
from egain_auth_cli.settings.settings import FlowOptions
from egain_auth_cli.tokens.request import DEFAULT_MIN_VALID, TokenChoice, TokenRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.flows.record import FlowOption, FlowRecord
    from egain_auth_cli.runtime import Runtime
    from egain_auth_cli.settings.settings import Settings


def flow_named(text: str) -> Flow:
    """Return the flow of this name, as an option reads it."""
    try:
        return Flow(text)
    except ValueError:
        known = ", ".join(f"'{one.value}'" for one in Flow)
        raise typer.BadParameter(f"'{text}' is not one of {known}") from None


_FLOW_OPTIONS = ("--subject-token-file", "--actor", "--scope")
TOKEN_GROUPS = {
    "Flow": (*(option.name for record in RECORDS.values() for option in record.options), *_FLOW_OPTIONS),
    "Token": ("--min-valid", "--force-refresh", "--no-store"),
}
"""The groups in the help of every command that acquires a token."""
LOGIN_GROUPS = {
    "Flow": (*(option.name for record in sign_in_records() for option in record.options), *_FLOW_OPTIONS),
    "Sign-in": ("--no-browser", "--timeout", "--force"),
}
"""The groups in the help of ``login``."""

ProfileName = Annotated[str, typer.Argument(metavar="NAME", help="The profile.", autocompletion=complete_profile)]
ClientId = Annotated[str | None, typer.Option("--client-id", metavar="ID", help="The client application's ID.")]
FlowName = Annotated[
    Flow | None,
    typer.Option(
        "--flow",
        metavar="FLOW",
        parser=flow_named,
        help=f"What `egain token` uses when no flow is named (one of {', '.join(Flow)}).",
        autocompletion=complete_flow,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]
ScopeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--scope",
        metavar="S",
        help="Ask for this scope instead of the profile's; repeatable.",
        autocompletion=complete_scope,
    ),
]


def _token_template(
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
    scope: ScopeOption = None,
    min_valid: Annotated[
        int,
        typer.Option("--min-valid", metavar="SECONDS", min=0, help="Least remaining life accepted from the cache."),
    ] = DEFAULT_MIN_VALID,
    force_refresh: Annotated[
        bool, typer.Option("--force-refresh", help="Get a fresh token whatever is cached.")
    ] = False,
    no_store: Annotated[bool, typer.Option("--no-store", help="Neither read nor write the token cache.")] = False,
) -> None:
    """Declare the options of every command that acquires a token, beside the flows' own."""


def _login_template(
    actor: Annotated[Actor | None, typer.Option("--actor", help="Who signs in, an agent or a customer.")] = None,
    scope: ScopeOption = None,
) -> None:
    """Declare the options of ``login`` that choose what is signed in to, beside the flows' own."""


_LONGEST_SECONDS = 7 * 86400.0


def finite_seconds(value: float | None) -> float | None:
    """Refuse what is no time: `nan`, `inf`, or longer than a week, which is a slip.

    Raises:
        UsageError: It is.
    """
    if value is not None and not 0 < value <= _LONGEST_SECONDS:
        raise UsageError(f"`--timeout` takes seconds, at most {_LONGEST_SECONDS:.0f}", hint="such as `--timeout 300`")
    return value


def token_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the token options to a command; its parameter ``choice`` gets them as one ``TokenChoice``."""
    flows = [(record, option, option.help) for record in RECORDS.values() for option in record.options]
    return _with_choice(command, flows, _token_template)


def login_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a sign-in to a command; its parameter ``choice`` gets them as one ``TokenChoice``."""
    flows = [(record, option, record.login_help) for record in sign_in_records() for option in record.options]
    return _with_choice(command, flows, _login_template)


def _with_choice(
    command: Callable[..., None],
    flows: list[tuple[FlowRecord, FlowOption, str]],
    template: Callable[..., None],
) -> Callable[..., None]:
    """Put the shared options where the command's own signature has ``choice``: Typer lists them in this order.

    Args:
        command: Takes ``choice``.
        flows: The options that choose a flow, each with its line in the help.
        template: A function whose parameters are the options beside them.
    """
    offered = {option.name.removeprefix("--").replace("-", "_"): (record, option) for record, option, _ in flows}
    shared = [_parameter(name, one[1], one[2]) for name, one in zip(offered, flows, strict=True)]
    shared += inspect.signature(template, eval_str=True).parameters.values()

    @functools.wraps(command)
    def with_choice(**values: Any) -> None:  # noqa: ANN401
        chosen = {one.name: values.pop(one.name) for one in shared}
        command(**values, choice=_choice(chosen, offered))

    parameters: list[inspect.Parameter] = []
    for name, own in inspect.signature(command, eval_str=True).parameters.items():
        parameters += shared if name == "choice" else [own]
    # Typer passes everything by name, and by position a default may not stand before what has none.
    keywords = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters]
    with_choice.__signature__ = inspect.Signature(keywords)  # type: ignore[attr-defined]  # Typer reads it
    with_choice.__annotations__ = {}
    return with_choice


def _parameter(name: str, option: FlowOption, help_: str) -> inspect.Parameter:
    kind, default = (str | None, None) if option.metavar else (bool, False)
    told = typer.Option(option.name, metavar=option.metavar or None, help=help_)
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, told])


def _choice(chosen: dict[str, Any], offered: dict[str, tuple[FlowRecord, FlowOption]]) -> TokenChoice:
    # An empty text is a value too: `--on-behalf-of ''` is refused below, not passed over.
    named = [(*offered[name], chosen[name]) for name in offered if chosen[name] not in (None, False)]
    if len(named) > 1:
        raise UsageError("name one flow, not several", hint="see `egain flows` for which to take")
    record, option, value = named[0] if named else (None, None, None)
    person = value if option is not None and option.subject is not None else None
    if person is not None and (not person or not person.isprintable()):
        raise UsageError("the person's name is empty or not printable", hint="see `--on-behalf-of` in `--help`")
    return TokenChoice(
        flow=FlowOptions(
            flow=record.flow if record else None,
            actor=chosen["actor"],
            scopes=tuple(chosen["scope"] or ()),
            subject=option.subject if option else None,
            subject_name=person,
        ),
        min_valid=chosen.get("min_valid", DEFAULT_MIN_VALID),
        force_refresh=chosen.get("force_refresh", False),
        no_store=chosen.get("no_store", False),
        subject_token_file=chosen.get("subject_token_file"),
    )


def token_request(runtime: Runtime, choice: TokenChoice, settings: Settings | None = None) -> TokenRequest:
    """Return the request for a token.

    Args:
        runtime: Resolves the settings, and reads the subject token of a token exchange.
        choice: What the options say.
        settings: Where they are resolved already.

    Raises:
        ConfigError: The profile does not exist, or a setting is invalid.
        UsageError: The subject token cannot be read.
    """
    settings = settings or runtime.settings(choice.flow)
    record = RECORDS[settings.flow.value] if settings.flow.value else None
    token = None
    if record and record.takes_subject_token:
        from egain_auth_cli.tokens.subject_token import subject_token

        read = None if choice.subject_token_file is None else partial(_read_subject, runtime, choice.subject_token_file)
        token = subject_token(settings, runtime.environ, read=read, say=runtime.terminal.say)
    return TokenRequest(
        settings=settings,
        min_valid=choice.min_valid,
        force_refresh=choice.force_refresh,
        store=not choice.no_store,
        subject_token=token,
    )


def _read_subject(runtime: Runtime, path: str) -> str:
    from egain_auth_cli.tokens.subject_token import read_subject_file

    return runtime.terminal.read_secret_line("subject token") if path == "-" else read_subject_file(path)
