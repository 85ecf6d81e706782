"""Running ``call``: one request, its pages, or the line that would make it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.call.answer import AnswerWriter
from egain_auth_cli.call.bearer import environment_target, profile_target
from egain_auth_cli.call.catalogue import find_paths
from egain_auth_cli.call.curl import curl_line
from egain_auth_cli.call.filter import json_filter
from egain_auth_cli.call.pages import PageReader
from egain_auth_cli.call.request import check_call
from egain_auth_cli.call.send import ApiCaller
from egain_auth_cli.commands.options import token_request
from egain_auth_cli.errors import UsageError
from egain_auth_cli.tokens.holder import GivenToken, TokenHolder

if TYPE_CHECKING:
    from egain_auth_cli.call.request import CallInput
    from egain_auth_cli.runtime import Runtime
    from egain_auth_cli.settings.settings import Settings
    from egain_auth_cli.terminal import Terminal
    from egain_auth_cli.tokens.request import TokenChoice


def run_call(runtime: Runtime, given: CallInput, choice: TokenChoice) -> None:
    """Make the request and write its answer.

    Raises:
        UsageError: Something typed cannot be sent; nothing was.
        ApiError: The API answered an error status.
    """
    terminal = runtime.terminal
    given.check()
    select = None if given.filter is None else json_filter(given.filter)
    asked = runtime.profile or runtime.environ.get("EGAIN_PROFILE") or choice.flow.flow
    # Inside an `egain exec` the environment has token and API; whoever names a profile or a flow wants that one's.
    target, settings = None if asked else environment_target(runtime.environ), None
    if target is None:
        settings = runtime.settings(choice.flow)
        target = profile_target(settings, choice)
    request = given.request(terminal, api_url=target.api_url, language=target.language)
    checked = check_call(request)
    if given.dry_run:
        line = curl_line(checked, request.body, token=target.token_text)
        terminal.write_bytes([f"{line}\n".encode("utf-8", "surrogateescape")])
        return
    tokens = GivenToken(target.given) if target.given else _profile_tokens(runtime, choice, settings)
    caller = ApiCaller(runtime.http, clock=runtime.clock, trace=terminal.trace)
    if given.paginate:
        PageReader(terminal, caller, tokens, select=select, slurp=given.slurp, max_pages=given.max_pages).read(request)
        return
    writer = AnswerWriter(terminal, target=request.target, include=given.include, output=given.output, select=select)
    writer.check(caller.call(request, tokens, on_answer=writer.write))


def _profile_tokens(runtime: Runtime, choice: TokenChoice, settings: Settings | None) -> TokenHolder:
    request = token_request(runtime, choice, settings)
    return TokenHolder(runtime.token_service(request.settings), request, clock=runtime.clock)


def list_paths(terminal: Terminal, word: str) -> None:
    """List the documented endpoints that have a word.

    Raises:
        UsageError: None has it.
    """
    found = find_paths(word)
    if not found:
        raise UsageError(f"no documented path has `{word}`", hint="`egain call --list` shows all")
    if terminal.stdout_is_terminal:
        rows = [(one.path, " ".join(one.personas), one.scope, one.note) for one in found]
        terminal.table(("PATH", "PERSONA", "SCOPE", "NOTE"), rows)
    else:
        for one in found:
            terminal.data("\t".join((one.method, one.path, " ".join(one.personas), one.scope, one.note)))
