"""A command for the person's shell: as it is typed, and as it is read, on POSIX and by what Windows documents."""

from __future__ import annotations

import os
import re
import shlex
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from egain_auth_cli.models.command_words import command_line, command_words, program_on_windows

if TYPE_CHECKING:
    from pathlib import Path

WORDS = st.lists(
    st.text(st.characters(exclude_characters="\0\r\n", exclude_categories=["Cs"]), max_size=12), max_size=5
)


def read_by_windows(line: str) -> list[str]:
    """Read a line as a C program on Windows does: `\\` is itself but before a quote, which begins or ends a part."""
    words, word, inside, at = [], None, False, 0
    while at < len(line):
        slashes = re.match(r"\\*", line[at:])[0]  # type: ignore[index]  # it always matches
        at += len(slashes)
        after = line[at : at + 1]
        if after == '"':
            word = (word or "") + "\\" * (len(slashes) // 2)
            if len(slashes) % 2:
                word += '"'
            else:
                inside = not inside
            at += 1
            continue
        word = (word or "") + slashes if slashes else word
        if after in " \t" and not inside:
            words += [word] if word is not None else []
            word = None
        else:
            word = (word or "") + after
        at += 1
    return words + ([word] if word is not None else [])


@given(WORDS)
def test_shell_reads_the_words_that_the_line_was_made_of(words: list[str]) -> None:
    assert shlex.split(command_line(words)) == words
    assert command_words(command_line(words)) == words


@given(WORDS)
def test_program_on_windows_gets_the_words_that_the_line_was_made_of(words: list[str]) -> None:
    words = [re.sub(r"""["$`%\u201c-\u201e]""", "", word) for word in words]  # those are a shell's own
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "platform", "win32")
        line = command_line(words)

    assert read_by_windows(line) == words


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["egain", "-p", "acme", "login", "--pkce"], "egain -p acme login --pkce"),
        (["egain", "profile", "set", "a", "k", "x y"], 'egain profile set a k "x y"'),
        (["-q", "$filter[topicId]=…"], "-q '$filter[topicId]=…'"),
        ([r"C:\Users\made up\x", "a&b", "C:\\a b\\", ""], r'"C:\Users\made up\x" "a&b" "C:\a b\\" ""'),
        (["/x?$pagenum=2&id=1"], '"/x?…pagenum=2&id=1"'),
        (["/x?q=a%20b"], '"/x?q=a%20b"'),
        (["/x?$q=a%20b&$pagenum=2"], "'/x?$q=a%20b&$pagenum=2'"),
        (["@splat", "$(calc)'", "%PATH%", '{"a":1}'], '"@splat" "…(calc)\'" "…PATH…" "{…a…:1}"'),
    ],
)
def test_line_for_windows_has_quotes_that_its_shells_have(
    monkeypatch: pytest.MonkeyPatch, words: list[str], line: str
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")

    assert command_line(words) == line


HOSTILE = st.lists(
    st.text(st.sampled_from("ab '\"`$%&|<>^;(){}@,#!\\/=:-\u2018\u2019\u201c\u201d\n"), max_size=12), max_size=4
)


@given(HOSTILE)
@example(["$a&calc"])
@example(["$(calc)'"])
@example(['a" & calc & "'])
@example(["%COMSPEC:~-1%&calc"])
@example(["$\u2019;calc;\u2018"])
@example(["`", ";calc"])
def test_no_part_of_a_word_is_a_command_to_a_shell_of_windows(words: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "platform", "win32")
        line = command_line(["egain", *words])

    # PowerShell: texts in quotes, of which those in double ones hold no variable and no escape; and plain words.
    word = r"""'[^'\u2018-\u201b]*'|"[^"$`\u201c-\u201e]*"|[\w+=:./\\-][\w@+=:./\\-]*"""
    assert re.fullmatch(rf"(?:{word})(?: (?:{word}))*", line, re.ASCII)
    # cmd.exe: nothing outside of double quotes goes on with another command, but one of a name that no program has.
    assert not re.search(r"[|<>^\r\n]|&(?!\$)", re.sub(r'"[^"]*"', "", line))
    assert not re.search(r"%(?![0-9A-Fa-f]{2})", line)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (r"C:\Tools\Firefox\firefox.exe", [r"C:\Tools\Firefox\firefox.exe"]),
        (
            r'"C:\Program Files\Mozilla\firefox.exe" -new-tab %s',
            [r"C:\Program Files\Mozilla\firefox.exe", "-new-tab", "%s"],
        ),
        ("pass show it's", ["pass", "show", "it's"]),
        ("  ", []),
    ],
)
def test_command_on_windows_keeps_its_backslashes(monkeypatch: pytest.MonkeyPatch, text: str, words: list[str]) -> None:
    monkeypatch.setattr(sys, "platform", "win32")

    assert command_words(text) == words


def test_quote_that_does_not_close_is_an_error_on_windows_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")

    with pytest.raises(ValueError, match="quotation"):
        command_words('"C:\\Program Files')


def test_program_on_windows_is_found_with_its_ending_and_never_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
        (folder / "az.cmd").write_text("")
        (folder / "az.cmd").chmod(0o755)
    monkeypatch.chdir(here)

    environ = {"PATH": os.pathsep.join([".", "", str(here), str(there)]), "PATHEXT": ".exe;.cmd"}

    assert program_on_windows("az", environ) == str(there / "az.cmd")
    assert program_on_windows("az.cmd", environ) == str(there / "az.cmd")
    assert program_on_windows("az", {**environ, "PATH": str(here)}) == "az"
    assert program_on_windows("./az", environ) == "./az"
