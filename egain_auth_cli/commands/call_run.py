"""Running ``call``: one request, its pages, or the line that would make it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from egain_auth_cli.call.advice import Advice
from egain_auth_cli.call.answer import AnswerWriter
from egain_auth_cli.call.bearer import environment_target, profile_target
from egain_auth_cli.call.catalogue import PERSONAS, find_operations
from egain_auth_cli.call.document import bounded
from egain_auth_cli.call.filter import json_filter
from egain_auth_cli.call.output_file import open_output
from egain_auth_cli.call.request import check_call
from egain_auth_cli.call.send import ApiCaller
from egain_auth_cli.commands.bearer_choice import outer_token, token_source
from egain_auth_cli.deadline import Deadline
from egain_auth_cli.errors import BadAnswer, UsageError
from egain_auth_cli.sanitize import printable
from egain_auth_cli.terminal.paint import Style, Styled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from egain_auth_cli.call.catalogue import Operation
    from egain_auth_cli.call.input import CallInput
    from egain_auth_cli.call.request import CallRequest
    from egain_auth_cli.runtime import Runtime
    from egain_auth_cli.terminal import Terminal
    from egain_auth_cli.tokens.holder import TokenSource
    from egain_auth_cli.tokens.request import TokenChoice
    from egain_auth_cli.transport.streaming import StreamedAnswer


def run_call(runtime: Runtime, given: CallInput, choice: TokenChoice) -> None:
    """Make the request and write its answer.

    Raises:
        UsageError: Something typed cannot be sent; nothing was.
        ApiError: The API answered an error status.
    """
    terminal = runtime.terminal
    given.check()
    select = None if given.filter is None else json_filter(given.filter)
    outer = outer_token(runtime, choice, checks=not given.dry_run)
    settings = None
    if outer is None:
        settings = runtime.settings(choice.flow)
        target = profile_target(settings, choice)
    else:
        target = environment_target(outer)
    request = given.request(terminal, api_url=target.api_url, language=target.language)
    checked = check_call(request)
    if given.dry_run:
        from egain_auth_cli.call.curl import curl_line

        line = curl_line(checked, request.body, token=target.token_text)
        terminal.write_bytes([f"{line}\n".encode("utf-8", "surrogateescape")])
        return
    advice = Advice.on(given.typed(), request, settings, outer=outer, clock=runtime.clock)
    for text in advice.warnings():
        terminal.warn(text)
    tokens = token_source(runtime, choice, outer, settings)
    caller = ApiCaller(
        runtime.http,
        clock=runtime.clock,
        trace=terminal.trace,
        log=terminal.trace_head if terminal.verbosity else None,
        progress=terminal.byte_progress,
        waiting=terminal.progress,
    )
    command = ["egain", "call"] if settings is None else choice.command(settings, name="call")
    if given.paginate:
        from egain_auth_cli.call.pages import PageOptions, PageReader

        options = PageOptions(
            select, given.lines, given.slurp, given.max_pages, given.parallel, given.again(command), advice
        )
        PageReader(terminal, caller, tokens, options).read(request)
        return
    with ExitStack() as stack:
        # Before the request: what cannot be written must not be found out when something has been done.
        output, dump = (stack.enter_context(open_output(path)) for path in (given.output, given.dump_header))
        if output is not None and dump is not None and output.is_that_of(dump):
            raise UsageError("`-o` and `-D` name the same file", hint="name two files, or use `-i` for one output")
        writer = AnswerWriter(
            terminal,
            advice=advice,
            include=given.include or str(given.dump_header) == "-",
            output=output,
            dump=dump,
            select=select,
            lines=given.lines,
            as_sent=any(name.lower() == "accept-encoding" for name, _ in request.headers),
        )
        if given.wait:
            _call_and_wait(runtime, caller, tokens, request, writer, command, advice)
            return
        status = caller.call(request, tokens, on_answer=writer.write, withholds=writer.withholds)
        writer.finish(status)


def _call_and_wait(
    runtime: Runtime,
    caller: ApiCaller,
    tokens: TokenSource,
    request: CallRequest,
    writer: AnswerWriter,
    command: list[str],
    advice: Advice,
) -> None:
    """Make a request; where it was accepted as a job, wait for the job and write its last state."""
    from egain_auth_cli.call.job import ACCEPTED, JobWaiter, job_target

    deadline = None if request.timeout is None else Deadline(request.timeout)
    accepted: list[tuple[StreamedAnswer, bytes]] = []

    def receive(answer: StreamedAnswer) -> None:
        accepted.clear()
        if answer.status == ACCEPTED:
            accepted.append((answer, b"".join(bounded(answer.body()))))
        else:
            writer.write(answer)

    status = caller.call(request, tokens, on_answer=receive, withholds=writer.withholds, deadline=deadline)
    if not accepted:
        writer.finish(status)
        return
    answer, raw = accepted[0]
    try:
        target = job_target(answer.headers.get("location"), api_url=request.api_url)
    except BadAnswer:
        writer.write_document(answer, raw)  # which may name the job
        writer.finish(status)
        raise
    waiter = JobWaiter(
        runtime.terminal, caller, tokens, command=command, advice=advice, deadline=deadline, clock=runtime.clock
    )
    state = waiter.wait(request, target)
    writer.write_document(state.answer, state.raw)
    writer.finish(state.answer.status)
    state.check()


def list_operations(terminal: Terminal, words: list[str], *, json: bool) -> None:
    """List the documented operations that have every word.

    Raises:
        UsageError: None has them.
    """
    found = find_operations(*words)
    if not found:
        raise UsageError(
            f"no documented operation has `{printable(' '.join(words), limit=200)}`",
            hint="`egain call --list` shows all",
        )
    if json:
        terminal.json({"operations": [one._asdict() for one in found]})
    elif terminal.stdout_is_terminal:
        # The path is a name: it is not broken but stands alone where there is no room, and can be copied.
        rows = [(Styled(one.method, Style.HINT), one.path, *_said_of(one)) for one in found]
        terminal.rows(rows, widths=(6, 0))
    else:
        for one in found:
            cells = (one.method, one.path, " ".join(one.personas), " ".join(one.scopes), one.group, one.release)
            terminal.data("\t".join(cells))


def _said_of(one: Operation) -> Iterator[str]:
    """Yield for whom it is, in pieces that are not broken."""
    whom = ", ".join(PERSONAS[name] for name in one.personas)
    said = f"for {whom}" if whom else "not documented for whom"
    said += f", in release {one.release} alone" if one.release else ""
    first, *others = said.split(", ")
    yield Styled(first, Style.ASIDE)
    for other in others:
        yield Styled(",", Style.ASIDE)
        yield Styled(f" {other}", Style.ASIDE)
