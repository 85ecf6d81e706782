"""What is written to a person and to a program."""

from __future__ import annotations

import getpass
import io
import json
import os
import sys
import threading
from typing import TYPE_CHECKING, TextIO

import pytest

from egain_auth_cli.call.document import indented_json
from egain_auth_cli.errors import ConfigError, UsageError
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.terminal import OutputFailed, Terminal, abandon_stdout, system_terminal
from egain_auth_cli.terminal import progress as progress_module

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typing_extensions import Buffer


class Memory(io.BytesIO):
    """Bytes in memory that may fail."""

    failure: Exception | None = None

    def write(self, data: Buffer) -> int:
        if self.failure is not None:
            raise self.failure
        return super().write(data)


class Stream(io.TextIOWrapper):
    """A text stream in memory that may pass for a terminal, and may fail."""

    def __init__(self, text: str = "", *, tty: bool = False) -> None:
        self.memory = Memory(text.encode())
        super().__init__(self.memory, encoding="utf-8", newline="")
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty

    @property
    def said(self) -> str:
        self.flush()
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode()


class Desk:
    """A terminal and its three streams."""

    def __init__(self, text: str = "", *, tty: bool = False, **environ: str) -> None:
        self.stdin = Stream(text, tty=tty)
        self.stdout = Stream(tty=tty)
        self.stderr = Stream(tty=tty)
        self.terminal = Terminal(environ, stdin=self.stdin, stdout=self.stdout, stderr=self.stderr)


def closed() -> Terminal:
    return Terminal({})


@pytest.mark.parametrize("length", [1, 200, 65536])
@pytest.mark.parametrize("tty", [True, False])
def test_data_is_written_as_it_is(length: int, tty: bool) -> None:
    desk = Desk(tty=tty, COLUMNS="10", TERM="dumb")
    token = "tok[abc]def" * (length // 11 + 1)
    desk.terminal.data(token)

    assert (f"{token}\n", "") == (desk.stdout.said, desk.stderr.said)


def test_json_is_ascii_on_one_line_and_indented_for_a_person() -> None:
    piped, shown = Desk(), Desk(tty=True)
    for desk in (piped, shown):
        desk.terminal.json({"é": "\x1b"})

    assert (piped.stdout.said, shown.stdout.said.startswith("{\n  ")) == ('{"\\u00e9": "\\u001b"}\n', True)


@pytest.mark.parametrize(
    "failure", [OSError(28, "No space left on device"), BrokenPipeError(32, "Broken pipe"), ValueError("closed")]
)
def test_failing_output_is_an_error(failure: Exception) -> None:
    desk = Desk()
    desk.stdout.memory.failure = failure
    with pytest.raises(OutputFailed) as caught:
        desk.terminal.data("x")

    status = 141 if isinstance(failure, BrokenPipeError) else 1
    assert (caught.value.exit_code, caught.value.code, caught.value.__cause__) == (status, "output-failed", None)


def test_closed_output_is_an_error_and_closed_words_are_none() -> None:
    with pytest.raises(OutputFailed, match="closed"):
        closed().data("x")
    with pytest.raises(OutputFailed, match="closed"):
        closed().write_bytes([b"x"])
    closed().say("x")
    closed().error(ConfigError("x"))

    assert (closed().stdout_is_terminal, closed().can_ask, closed().stdin_handle) == (False, False, None)


def test_full_stderr_is_no_error() -> None:
    desk = Desk()
    desk.stderr.memory.failure = OSError(28, "full")

    desk.terminal.error(ConfigError("x"))
    assert desk.stdout.said == ""


def test_bytes_are_written_as_they_are_and_a_persons_line_is_ended() -> None:
    piped, shown, ended = Desk(), Desk(tty=True), Desk(tty=True)
    piped.terminal.write_bytes([b"a\xff", b"\x00b"])
    shown.terminal.write_bytes([b"abc"])
    ended.terminal.write_bytes([b"abc\n"])

    raw = piped.stdout.buffer
    assert isinstance(raw, io.BytesIO)
    assert (raw.getvalue(), shown.stdout.said, ended.stdout.said) == (b"a\xff\x00b", "abc\n", "abc\n")


def test_bytes_that_cannot_be_written_are_an_error() -> None:
    desk = Desk()
    desk.stdout.buffer.close()
    with pytest.raises(OutputFailed):
        desk.terminal.write_bytes([b"x"])
    desk.stdout = Stream()


def test_servers_text_goes_to_a_pipe_as_it_is_and_to_a_person_with_visible_escapes() -> None:
    piped, shown = Desk(), Desk(tty=True)
    for desk in (piped, shown):
        desk.terminal.text("a\x1b[2J\u202eé")

    assert (piped.stdout.said, shown.stdout.said) == ("a\x1b[2J\u202eé\n", "a\\u001b[2J\\u202eé\n")


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {}])
def test_document_for_a_person_moves_no_cursor_and_reads_no_markup(environ: dict[str, str]) -> None:
    desk = Desk(tty=True, **environ)
    desk.terminal.pretty_json(indented_json({"a": "[link=https://evil.test]x[/link] \x1b[2J\u202e é", "b": "x" * 300}))
    said = desk.stdout.said

    assert "[link=https://evil.test]x[/link]" in said
    assert "\u202e" not in said
    assert "\\u001b[2J" in said
    assert "x" * 300 in said
    assert ("\x1b[2J" in said, "\x1b]8" in said) == (False, False)


def test_words_are_printable_and_hold_no_secret() -> None:
    desk = Desk()
    Secret("made-up-secret")
    desk.terminal.say("a\x1b[2J\nb \u202e made-up-secret")
    desk.terminal.warn("careful")

    assert desk.stderr.said == "a\\x1b[2J\nb \\u202e ****\nwarning: careful\n"


def test_error_has_a_line_and_a_hint() -> None:
    desk = Desk()
    desk.terminal.error(ConfigError("no good", hint="try\x1b again"))
    desk.terminal.error(ConfigError("alone"))

    assert desk.stderr.said == "error: no good\n\nhint: try\\x1b again\nerror: alone\n"


def test_error_as_json_is_one_line_with_every_key() -> None:
    desk = Desk()
    desk.terminal.json_errors = True
    Secret("made-up-secret")
    desk.terminal.error(ConfigError("no made-up-secret\n", status=400))

    (line,) = desk.stderr.said.splitlines()
    expected = {
        "code": "config-invalid",
        "message": "no ****\n",
        "hint": None,
        "exit": 3,
        "status": 400,
        "oauth_error": None,
    }
    assert {"error": expected} == json.loads(line)


def test_quiet_keeps_errors_and_instructions() -> None:
    desk = Desk()
    desk.terminal.quiet = True
    desk.terminal.say("a")
    desk.terminal.warn("b")
    desk.terminal.instruct("c")
    desk.terminal.error(ConfigError("d"))

    assert desk.stderr.said == "c\nerror: d\n"


def test_steps_are_told_with_verbose_alone() -> None:
    desk = Desk()
    desk.terminal.trace("a")
    desk.terminal.verbosity = 1
    desk.terminal.trace("b")

    assert desk.stderr.said == "egain: b\n"


@pytest.mark.parametrize(
    ("environ", "color"), [({}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colour_is_the_environments(environ: dict[str, str], color: bool) -> None:
    assert color == Terminal(environ).color


@pytest.mark.parametrize(("text", "answer"), [("abc\n", "abc"), ("  x \n", "x"), ("\n", "default")])
def test_person_is_asked(text: str, answer: str) -> None:
    desk = Desk(text, tty=True)

    assert answer == desk.terminal.ask("Name", default="default")
    assert (desk.stderr.said, desk.stdout.said) == ("Name [default]: ", "")


def test_end_of_input_at_a_question_interrupts(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyboardInterrupt):
        Desk("", tty=True).terminal.ask("Name")

    def end(_: str) -> str:
        raise EOFError

    monkeypatch.setattr(getpass, "getpass", end)
    with pytest.raises(KeyboardInterrupt):
        Desk(tty=True).terminal.ask_secret("Secret")


@pytest.mark.parametrize("environ", [{}, {"EGAIN_NO_INPUT": "1"}])
def test_nobody_there_fails_at_once_and_never_blocks(environ: dict[str, str]) -> None:
    desk = Desk("x\n", tty=bool(environ), **environ)
    with pytest.raises(UsageError, match="nobody is here"):
        desk.terminal.ask("Name")
    with pytest.raises(UsageError, match="nobody is here"):
        desk.terminal.ask_secret("Secret")


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("made-up\n", "made-up"),
        ("made-up\r\nmore\n", "made-up"),
        ("made-up", "made-up"),
        (" x \n", "x"),
        ("\ufeffx\u200b\r\n", "x"),
        ("", ""),
    ],
)
def test_secret_from_a_pipe_is_one_line(text: str, secret: str) -> None:
    assert secret == Desk(text).terminal.read_secret_line("Secret")


def test_secret_from_a_closed_input_is_empty() -> None:
    desk = Desk("x\n")
    desk.stdin.close()

    assert (
        desk.terminal.read_secret_line("x"),
        closed().read_secret_line("x"),
        desk.terminal.stdin_handle,
    ) == ("", "", None)


def test_input_is_read_up_to_its_limit() -> None:
    assert (
        Desk("abc").terminal.read_input(),
        closed().read_input(),
        len(Desk("x" * 2 * 1024 * 1024).terminal.read_input()),
    ) == (b"abc", b"", 1024 * 1024 + 1)


def test_table_is_aligned_and_printable() -> None:
    desk = Desk()
    desk.terminal.table(("Name", "Value"), [("a", "b"), ("longer name", "c\x1b")])

    assert desk.stdout.said == "Name         Value\na            b\nlonger name  c\\x1b\n"


def test_table_of_a_person_is_within_the_terminals_width_and_moves_no_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    desk = Desk(tty=True, NO_COLOR="1")
    desk.terminal.table(("Name", "Value"), [("a", "[red]b[/red]"), ("n" * 60, "c\x1b[2J " * 8)])

    said = desk.stdout.said
    assert max(map(len, said.splitlines())) <= 40
    assert ("\x1b" in said, "[red]b[/red]" in said, said.count("n"), said.count("c\\x1b[2J")) == (False, True, 60, 8)


@pytest.mark.parametrize("width", [40, 60, 80])
def test_table_of_a_person_keeps_every_word_of_every_column(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    desk = Desk(tty=True, NO_COLOR="1")
    headings = ("FLOW", "OPTION", "FOR", "PLATFORM", "READY")
    row = ("client-credentials", "--client-credentials", "the client application itself", "Web", "needs scopes, secret")
    desk.terminal.table(headings, [row])

    shown = sorted("".join(desk.stdout.said.split()))
    assert shown == sorted("".join((*headings, *row)).replace(" ", ""))
    assert width < 80 or all(word in desk.stdout.said for word in " ".join(row).split())


def test_progress_is_shown_late_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_module, "SLOW_SECONDS", 0.01)
    desk = Desk(tty=True, NO_COLOR="1")
    with desk.terminal.progress("asking\x1b[2J"):
        while "asking" not in desk.stderr.said:
            threading.Event().wait(0.01)
        desk.terminal.warn("a warning")

    said = desk.stderr.said
    assert ("asking\\x1b[2J …" in said, "warning: a warning\n" in said, desk.stdout.said) == (True, True, "")
    assert said.endswith("\x1b[1A\x1b[2K")  # up to the line, and the line removed


def test_what_goes_on_within_something_else_has_no_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_module, "SLOW_SECONDS", 0.01)
    desk = Desk(tty=True, NO_COLOR="1")
    with desk.terminal.progress("outer"), desk.terminal.progress("inner") as inner:
        while "outer" not in desk.stderr.said:
            threading.Event().wait(0.01)
        desk.terminal.say("above")
    with desk.terminal.progress("next") as after:
        pass

    assert (inner, after is not None, "inner" in desk.stderr.said, "above\n" in desk.stderr.said) == (
        None,
        True,
        False,
        True,
    )


@pytest.mark.parametrize(
    ("environ", "tty", "colour"),
    [({}, True, True), ({}, False, False), ({"NO_COLOR": "1"}, True, False), ({"TERM": "dumb"}, True, False)],
)
def test_words_that_begin_a_line_have_colour_on_a_terminal(environ: dict[str, str], tty: bool, colour: bool) -> None:
    desk = Desk(tty=tty, **environ)
    desk.terminal.error(ConfigError("no good: warning: x", hint="try"))
    desk.terminal.warn("careful")
    desk.terminal.say("note: y\nelse: z")

    shown = "error: no good: warning: x\n\nhint: try\nwarning: careful\nnote: y\nelse: z\n"
    labels = {"error": "1;31", "hint": "36", "\nwarning": "33", "note": "36"}
    painted = shown
    for label, code in labels.items():
        word = label.strip()
        painted = painted.replace(f"{label}:", f"{label[: -len(word)]}\x1b[{code}m{word}:\x1b[0m", 1)
    assert desk.stderr.said == (painted if colour else shown)


@pytest.mark.parametrize("kind", ["quick", "pipe", "quiet"])
def test_progress_is_not_shown_where_it_would_disturb(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(progress_module, "SLOW_SECONDS", 30.0 if kind == "quick" else 0.0)
    desk = Desk(tty=kind != "pipe")
    desk.terminal.quiet = kind == "quiet"
    with desk.terminal.progress("asking"):
        pass

    assert desk.stderr.said == ""


@pytest.mark.parametrize("total", [4 * 1024 * 1024, None])
def test_bytes_are_counted_on_a_terminal_alone(monkeypatch: pytest.MonkeyPatch, total: int | None) -> None:
    monkeypatch.setattr(progress_module, "SLOW_SECONDS", 0.0)
    shown, piped = Desk(tty=True), Desk()
    with piped.terminal.byte_progress(total) as unseen, shown.terminal.byte_progress(total) as progress:
        assert progress is not None
        progress.advance(1024 * 1024)
        while ("25%" if total else "1.0") not in shown.stderr.said:
            threading.Event().wait(0.01)

    assert (unseen, piped.stderr.said, ("1.0/4.0 MiB" in shown.stderr.said) == bool(total)) == (None, "", True)


@pytest.fixture
def own_streams() -> Iterator[None]:
    kept = sys.stdout, sys.stderr
    yield
    sys.stdout, sys.stderr = kept


def test_streams_of_the_process_take_any_text(own_streams: None, tmp_path: Path) -> None:
    out, err = tmp_path / "out", tmp_path / "err"
    with out.open("w", encoding="ascii") as stdout, err.open("w", encoding="ascii") as stderr:
        sys.stdout, sys.stderr = stdout, stderr
        terminal = system_terminal({})
        terminal.data("é🎉")
        terminal.say("é🎉")

    assert (out.read_bytes(), err.read_text()) == ("é🎉\n".encode(), "\\xe9\\U0001f389\n")


def test_missing_streams_of_the_process_are_borne(own_streams: None) -> None:
    sys.stdout = sys.stderr = None

    with pytest.raises(OutputFailed):
        system_terminal({}).data("x")
    abandon_stdout()


def test_broken_output_is_pointed_at_nothing(own_streams: None) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    stream: TextIO = os.fdopen(write_end, "w")
    sys.stdout = stream
    stream.write("x")
    abandon_stdout()
    stream.close()  # its last flush would raise

    assert stream.closed
