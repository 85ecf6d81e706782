"""bash, zsh and fish as a person has them: on a terminal, with a start-up file, asked by key strokes."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

STARTUP = {"bash": ".bashrc", "zsh": ".zshrc", "fish": ".config/fish/config.fish"}
"""The file that each shell reads when it starts on a terminal, in the home folder."""

_PROMPT = "READY> "
_BINDINGS = {
    "bash": r"""
PS1='READY> '
bind '"\C-xa": insert-completions'
bind -x '"\C-xw": printf "%s\0" "$READLINE_LINE" >"$ANSWERS"'
""",
    "zsh": r"""
PS1='READY> '
unsetopt prompt_sp
unset zle_bracketed_paste
zstyle ':completion:all-matches:*' completer _all_matches _complete
zstyle ':completion:all-matches:*' insert yes
zle -C all-matches complete-word _generic
write-line() { printf '%s\0' "${(j: :)${(@Q)${(z)BUFFER}}}" >$ANSWERS }
zle -N write-line
bindkey '^Xa' all-matches '^Xw' write-line
""",
    "fish": r"""
set -g fish_greeting
function fish_prompt; echo -n 'READY> '; end
function insert_all
  set -l found (complete -C (commandline --cut-at-cursor --current-process) | string replace -r '\t.*' '')
  set -q found[1]; and commandline --current-token --replace -- (string join -- ' ' $found)
end
bind \cxa insert_all
bind \cxw 'printf "%s\0" (commandline) >$ANSWERS'
""",
}
_CLEAR, _INSERT_ALL, _WRITE, _TAB = "\x15", "\x18a", "\x18w", "\t"
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x1f\x7f]")
_SECONDS = 60.0
_WIDE = (50, 9999)
"""Rows and columns: no line is ever folded."""


@dataclass(frozen=True)
class InteractiveShell:
    """A shell that waits at its prompt."""

    terminal: int
    answers: int
    errors: Path
    expected: set[str] = field(default_factory=lambda: set(_PROMPT.split()))
    """The words that may be on the screen: a line is drawn once more when its answer is already there."""

    def offers(self, line: str) -> tuple[list[str], list[str]]:
        """Return what TAB offers at the end of a line, sorted, and whatever else the person gets to see."""
        screen, given = self._ask(line, _INSERT_ALL)
        found = [] if given == line.rstrip() else given.removeprefix(line.rpartition(" ")[0]).split()
        seen = self.errors.read_text() if self.errors.exists() else _CONTROL.sub(" ", screen)
        return sorted(found), [word for word in seen.split() if word not in self.expected]

    def after_tab(self, line: str) -> str:
        """Type a line and press TAB; what stands there then."""
        return self._ask(line, _TAB)[1]

    def _ask(self, line: str, key: str) -> tuple[str, str]:
        os.write(self.terminal, (_CLEAR + line + key + _WRITE).encode())
        screen, answer = self.read_until("\0")
        self.expected.update(line.split(), answer.split())
        return screen, answer.rstrip()

    def read_until(self, end: str) -> tuple[str, str]:
        """Read the screen and the answers until this is in one of them; give both."""
        screen = answer = ""
        deadline = time.monotonic() + _SECONDS
        while end not in answer and end not in screen:
            ready, _, _ = select.select([self.terminal, self.answers], [], [], deadline - time.monotonic())
            assert ready, f"the shell says nothing more after {screen!r}"
            if self.terminal in ready:
                screen += os.read(self.terminal, 1 << 16).decode()
            if self.answers in ready:
                answer += os.read(self.answers, 1 << 16).decode()
        return screen, answer.rstrip("\0")


def write_startup(shell: str, home: Path, *lines: str) -> None:
    """Write the file that the shell reads when it starts: the keys for the test, then these lines."""
    startup = home / STARTUP[shell]
    startup.parent.mkdir(parents=True, exist_ok=True)
    startup.write_text("\n".join([_BINDINGS[shell], *lines, ""]))


@contextmanager
def interactive(shell: str, folder: Path, environ: Mapping[str, str]) -> Iterator[InteractiveShell]:
    """Start a shell in an empty folder on a terminal of its own, until the block ends."""
    if sys.platform == "win32":
        raise NotImplementedError
    import termios

    folder.mkdir()
    answers, errors, empty = folder / "answers", folder / "errors", folder / "empty"
    os.mkfifo(answers)
    empty.mkdir()
    master, slave = os.openpty()
    termios.tcsetwinsize(slave, _WIDE)
    # NOTE: readline draws on stderr, the other two do not, so that theirs shows what programs complain about.
    with open(os.ttyname(slave) if shell == "bash" else errors, "w") as stderr:  # noqa: PTH123  one of two kinds
        process = subprocess.Popen(
            ["setsid", "--ctty", shell, "-i"],
            env={**environ, "TERM": "dumb", "ANSWERS": str(answers)},
            stdin=slave,
            stdout=slave,
            stderr=stderr,
            cwd=empty,
        )
    os.close(slave)
    reader = os.open(answers, os.O_RDWR | os.O_NONBLOCK)
    try:
        one = InteractiveShell(master, reader, errors)
        one.read_until(_PROMPT)
        yield one
    finally:
        process.kill()
        process.wait()
        os.close(reader)
        os.close(master)
