"""Running ``call``: one request, its pages, or the line that would make it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.call.answer import AnswerWriter
from egain_auth_cli.call.bearer import call_target
from egain_auth_cli.call.catalogue import find_paths
from egain_auth_cli.call.curl import curl_line
from egain_auth_cli.call.filter import json_filter
from egain_auth_cli.call.pages import PageReader
from egain_auth_cli.call.send import check_call
from egain_auth_cli.errors import UsageError

if TYPE_CHECKING:
    from egain_auth_cli.call.request import CallInput
    from egain_auth_cli.commands.options import TokenChoice
    from egain_auth_cli.runtime import Runtime
    from egain_auth_cli.terminal import Terminal


def run_call(runtime: Runtime, given: CallInput, choice: TokenChoice) -> None:
    """Make the request and write its answer.

    Raises:
        UsageError: Something typed cannot be sent; nothing was.
        ApiError: The API answered an error status.
    """
    terminal = runtime.terminal
    given.check()
    select = None if given.filter is None else json_filter(given.filter)
    target = call_target(runtime, choice)
    request = given.request(terminal, api_url=target.api_url, language=target.language)
    checked = check_call(request)
    if given.dry_run:
        line = curl_line(checked, request.body, token=target.token_words)
        terminal.write_bytes([f"{line}\n".encode("utf-8", "surrogateescape")])
        return
    tokens = target.tokens()
    if given.paginate:
        reader = PageReader(
            terminal, runtime.call_service(), tokens, select=select, slurp=given.slurp, most=given.max_pages
        )
        reader.read(request)
        return
    writer = AnswerWriter(terminal, target=request.target, include=given.include, output=given.output, select=select)
    status = runtime.call_service().call(request, tokens, take=writer.take)
    writer.check(status)


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
