"""The command line: global options, commands loaded when they are used, errors turned into exit statuses."""

from __future__ import annotations

import copy
import errno
import os
import signal
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer

from egain_auth_cli import __version__
from egain_auth_cli.commands import COMMANDS
from egain_auth_cli.commands.completion import complete_profile, patch_completion_scripts
from egain_auth_cli.commands.error_format import check_environment, is_json, json_errors_asked, no_color_asked
from egain_auth_cli.commands.help_page import GLOBAL_OPTIONS, WIDEST, Groups, HelpGroup
from egain_auth_cli.errors import EgainError, ExitCode
from egain_auth_cli.sanitize import redact

if TYPE_CHECKING:
    from egain_auth_cli.runtime import Runtime
    from egain_auth_cli.terminal import Terminal


class LazyGroup(HelpGroup):
    """Commands that are imported when they are run or completed, not when they are listed."""

    groups: ClassVar[Groups] = {"Global options": ("--profile", "--verbose", "--quiet", "--error-format", "--no-color")}

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002  Typer's own types are private
        """Name the commands, in the help's order."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002
        """Import a command, or return None where there is none of this name."""
        return _load(cmd_name, trailing_options(self.params)) if cmd_name in COMMANDS else None

    def command_lines(self, ctx: Any) -> list[tuple[str, str]]:  # noqa: ANN401, ARG002
        """Return the commands with their lines, importing none."""
        return [(name, line) for name, (_, line) in COMMANDS.items()]


def _load(name: str, trailing: list[Any]) -> Any:  # noqa: ANN401
    module = import_module(f"egain_auth_cli.commands.{COMMANDS[name][0]}")
    command = typer.main.get_command(module.app)
    command.name, command.short_help = name, COMMANDS[name][1]
    for leaf in getattr(command, "commands", {}).values() or [command]:
        # A command's own option of this name wins, as `sandbox --profile` does.
        taken = {option for param in leaf.params for option in param.opts}
        leaf.params += [param for param in trailing if taken.isdisjoint(param.opts)]
    return command


def trailing_options(params: list[Any]) -> list[Any]:
    """Copy the global options for a command, which takes them after its name too; what they say there wins."""
    kept = []
    for param in params:
        if param.name in GLOBAL_OPTIONS:
            trailing = copy.copy(param)
            trailing.expose_value, trailing.hidden, trailing.callback = False, True, _apply_trailing
            kept.append(trailing)
    return kept


def _apply_trailing(ctx: Any, param: Any, value: Any) -> Any:  # noqa: ANN401
    if value and ctx.obj is not None:
        _apply_globals(ctx.obj, **{param.name: value})
    return value


def _apply_globals(
    runtime: Runtime,
    *,
    profile: str | None = None,
    verbose: int = 0,
    quiet: bool = False,
    error_format: str | None = None,
    no_color: bool = False,
) -> None:
    terminal = runtime.terminal
    runtime.profile = profile if profile is not None else runtime.profile
    terminal.verbosity = max(terminal.verbosity, verbose)
    terminal.quiet = terminal.quiet or quiet
    terminal.color = terminal.color and not no_color
    if error_format is not None:
        terminal.json_errors = is_json(error_format)


COMPLETION = "_EGAIN_COMPLETE"
"""The variable by which a shell asks for completion."""

app = typer.Typer(cls=LazyGroup, add_completion=True, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.callback(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDEST},
    epilog="""\b
Examples:
  # a local eGain, to try all of this
  egain sandbox
  egain profile add acme --deployment self-service --tenant TMPRODB88619984 --client-id ID
  egain login --pkce
  TOKEN=$(egain token --client-credentials)
  egain call GET /knowledge/portalmgr/v4/portals/user

Exit status: 0 done, 1 unexpected, 2 usage, 3 configuration, 4 authentication,
5 network, 6 secret store, 7 the API answered an error, 130 interrupted.""",
)
def root(
    ctx: typer.Context,
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            "-p",
            metavar="NAME",
            help="The profile to use [env: EGAIN_PROFILE].",
            autocompletion=complete_profile,
        ),
    ] = None,
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose",
            "-v",
            count=True,
            help="Tell each step; twice shows where an unexpected error came from.",
        ),
    ] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing but errors.")] = False,
    error_format: Annotated[
        str | None,
        typer.Option("--error-format", metavar="text|json", help="How errors are shown [env: EGAIN_ERROR_FORMAT]."),
    ] = None,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colour [env: NO_COLOR].")] = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    """Tokens for the eGain REST APIs: sign in, print, export, call."""
    runtime: Runtime = ctx.obj
    _apply_globals(runtime, profile=profile, verbose=verbose, quiet=quiet, error_format=error_format, no_color=no_color)
    check_environment(runtime.environ)
    if runtime.trimmed:
        names = ", ".join(f"`{name}`" for name in runtime.trimmed)
        runtime.terminal.say(f"note: blanks around {names} are left out")
    if version:
        runtime.terminal.data(f"egain {__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        runtime.terminal.data(ctx.get_help())


def execute(argv: list[str]) -> int:
    """Run a command line, and turn its error into words and an exit status: the one place that does.

    Args:
        argv: Without the program's name.

    Returns:
        The exit status.
    """
    if COMPLETION in os.environ:
        app(argv, prog_name="egain", complete_var=COMPLETION)  # ends the process; a shell is listening, not a person
    from egain_auth_cli.runtime import Runtime
    from egain_auth_cli.terminal import ClosedOutput, abandon_stdout, output_failed, system_terminal

    if "--install-completion" in argv or "--show-completion" in argv:
        patch_completion_scripts()
    terminal = system_terminal(os.environ)
    terminal.json_errors = json_errors_asked(argv, os.environ)
    terminal.color = terminal.color and not no_color_asked(argv)
    runtime = Runtime(os.environ, terminal)
    sys.stdout = sys.stdout or ClosedOutput()
    try:
        _let_ctrl_c_interrupt()
        return _invoke(argv, runtime)
    except EgainError as exc:
        from egain_auth_cli.commands.hints import for_profile

        exc.hint = for_profile(exc.hint, runtime)
        terminal.error(exc)
        return int(exc.exit_code)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one must not change the exit status
        terminal.error(_Interrupted("interrupted"))
        return int(ExitCode.INTERRUPTED)
    except OSError as exc:
        if exc.errno not in (errno.ENOSPC, errno.EPIPE, errno.EIO):
            return _unexpected(exc, terminal)
        failed = output_failed(exc)  # Typer's own output: help, completion
        terminal.error(failed)
        return int(failed.exit_code)
    except Exception as exc:  # noqa: BLE001  the last door: one line, no traceback unless asked for
        return _unexpected(exc, terminal)
    finally:
        try:
            if sys.stdout is not None:
                sys.stdout.flush()
        except (OSError, ValueError):
            abandon_stdout()


def _let_ctrl_c_interrupt() -> None:
    """Undo what the entry has done, now that there is somebody to tell."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


class _Interrupted(EgainError):
    """The person pressed Ctrl-C."""

    code = "interrupted"
    exit_code = ExitCode.INTERRUPTED


def _invoke(argv: list[str], runtime: Runtime) -> int:
    from typer import TyperException

    try:
        result = app(argv, prog_name="egain", standalone_mode=False, obj=runtime)
    except typer.Abort:  # what Typer makes of Ctrl-C
        raise KeyboardInterrupt from None
    except TyperException as exc:
        if type(exc).__name__ == "NoArgsIsHelpError":  # a group without a command shows its help
            runtime.terminal.data(exc.ctx.get_help())  # type: ignore[attr-defined]  # its type is private
            return 0
        from egain_auth_cli.commands.usage_errors import as_usage_error

        raise as_usage_error(exc) from None
    if runtime.child_status is not None:
        return runtime.child_status
    if result == int(ExitCode.INTERRUPTED):
        raise KeyboardInterrupt
    return result if isinstance(result, int) else 0


def _unexpected(exc: Exception, terminal: Terminal) -> int:
    if terminal.verbosity > 1:
        import traceback

        terminal.instruct(redact("".join(traceback.format_exception(exc))))
    text = f"unexpected failure: {type(exc).__name__}: {exc}"
    terminal.error(EgainError(text, hint="run it again with `-vv` to see where it comes from, and report it"))
    return int(ExitCode.UNEXPECTED)
