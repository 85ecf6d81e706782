"""Running a command with a token."""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes.clock import FakeClock
from fakes.systems import NEEDS_POSIX, make_fifo
from fakes.tokens import make_token

from egain_auth_cli.errors import NetworkError, StoreError
from egain_auth_cli.exec_.child import (
    CommandNotFound,
    CommandNotRun,
    Job,
    child_environment,
    find_program,
    replace_process,
    with_exec_status,
    with_refresh_file,
)
from egain_auth_cli.exec_.parent import Parent

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.models.token import TokenSet

if sys.platform == "win32":
    pytest.skip(NEEDS_POSIX, allow_module_level=True)

TOKEN = make_token("made-up-token")


def job(*command: str, file: Path | None = None, watch: bool = False) -> Job:
    return Job(
        command=command or ("true",),
        name="X_TOKEN",
        api_url="https://api.acme.test",
        refresh_file=file,
        watch_expiry=watch,
    )


def no_renewal(_: float) -> TokenSet:
    raise AssertionError("renewed")


def parent(
    renew: Callable[[float], TokenSet] = no_renewal,
    clock: FakeClock | None = None,
    warnings: list[str] | None = None,
) -> Parent:
    told = [] if warnings is None else warnings
    return Parent(renew, clock=clock or FakeClock(), warn=told.append)


def test_child_of_a_profile_without_an_api_is_told_of_none() -> None:
    child = child_environment({"PATH": "/bin"}, Job(command=("x",), name="X_TOKEN", api_url=None), TOKEN)

    assert child == {"PATH": "/bin", "X_TOKEN": "made-up-token", "EGAIN_TOKEN_EXPIRES_AT": str(TOKEN.expires_at)}


def test_program_is_found_as_the_shell_would(tmp_path: Path) -> None:
    path = tmp_path / "tool"
    path.write_text("#!/bin/sh\n")
    with pytest.raises(CommandNotRun):
        find_program("tool", {"PATH": str(tmp_path)})
    with pytest.raises(CommandNotRun) as caught:
        find_program(str(path), {})
    path.chmod(stat.S_IRWXU)

    assert caught.value.exit_code == 126
    assert str(path) == find_program("tool", {"PATH": str(tmp_path)})
    with pytest.raises(CommandNotFound) as missing:
        find_program("no-such\x1b-tool", {"PATH": str(tmp_path)})
    assert (missing.value.exit_code, missing.value.message.isprintable()) == (127, True)


@pytest.mark.parametrize("argument", ["x", "a\0b"])
def test_program_that_the_system_refuses_is_told(tmp_path: Path, argument: str) -> None:
    path = tmp_path / "broken"
    path.write_text("#!/nowhere/at/all\n")
    path.chmod(stat.S_IRWXU)
    kind = CommandNotFound if argument == "x" else CommandNotRun  # 127 and 126, as `env` has them
    with pytest.raises(kind):
        replace_process(str(path), job(str(path), argument), {})
    with pytest.raises(kind):
        parent().run(str(path), job(str(path), argument, file=tmp_path / "token"), {}, TOKEN)

    assert not (tmp_path / "token").exists()


@pytest.mark.parametrize(("script", "status"), [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143)])
def test_parent_gives_the_childs_status(script: str, status: int) -> None:
    assert status == parent().run("/bin/sh", job("sh", "-c", script), {}, TOKEN)


def test_file_holds_the_token_while_the_command_runs_and_is_private(tmp_path: Path) -> None:
    file, seen = tmp_path / "token", tmp_path / "seen"
    script = f"cat {file} > {seen}; stat -c %a {file} >> {seen}"
    parent().run("/bin/sh", job("sh", "-c", script, file=file), {"PATH": os.environ["PATH"]}, TOKEN)

    assert seen.read_text() == "made-up-token\n600\n"
    assert not file.exists()


def test_file_is_renewed_before_its_token_ends_and_a_failure_is_told_and_tried_again(tmp_path: Path) -> None:
    file, fifo = tmp_path / "token", tmp_path / "fifo"
    make_fifo(fifo)
    clock, warnings, renewed = FakeClock(), list[str](), threading.Event()
    answers: list[NetworkError | TokenSet] = [NetworkError("down"), make_token("made-up-new", lives=3600)]

    def renew(at_least: float) -> TokenSet:
        assert at_least > 0
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        renewed.set()
        return answer

    def release() -> None:
        assert renewed.wait(10)
        while "made-up-new" not in file.read_text():
            threading.Event().wait(0.01)
        fifo.write_text("go")

    helper = threading.Thread(target=release)
    helper.start()
    short = make_token("made-up-old", lives=1)
    status = parent(renew, clock, warnings).run(
        "/bin/sh", job("sh", "-c", f"read x < {fifo}; exit 3", file=file), {}, short
    )
    helper.join(5)

    assert (status, len(warnings), answers) == (3, 1, [])
    assert "trying again" in warnings[0]


def test_end_of_the_token_is_told_once_where_it_is_watched() -> None:
    warnings: list[str] = []
    parent(warnings=warnings).run(
        "/bin/sh", job("sh", "-c", "sleep 0.8", watch=True), {"PATH": os.environ["PATH"]}, make_token(lives=0)
    )

    assert warnings == ["the token of the running command is about to expire"]


def test_folder_that_cannot_hold_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        parent().run("/bin/sh", job("sh", "-c", "exit 0", file=tmp_path / "no" / "token"), {}, TOKEN)


def test_signals_are_passed_on_to_the_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fifo = tmp_path / "fifo"
    make_fifo(fifo)
    monkeypatch.setattr(sys, "stdin", None)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)}

    def send() -> None:
        fifo.read_text()
        while signal.getsignal(signal.SIGUSR1) == before[signal.SIGUSR1]:
            threading.Event().wait(0.01)
        os.kill(os.getpid(), signal.SIGUSR1)

    sender = threading.Thread(target=send)
    sender.start()
    script = f"trap 'exit 9' USR1; echo ready > {fifo}; while :; do sleep 0.05; done"
    status = parent().run("/bin/sh", job("sh", "-c", script), {"PATH": os.environ["PATH"]}, TOKEN)
    sender.join(5)

    assert status == 9
    assert before == {number: signal.getsignal(number) for number in before}


def test_failure_of_our_own_is_not_taken_for_the_commands() -> None:
    error = with_exec_status(NetworkError("down"))

    assert (error.exit_code, error.code) == (125, "network")
    assert NetworkError("other").exit_code == 5


def test_file_is_named_from_where_we_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert with_refresh_file(job(), Path("x")).refresh_file == tmp_path / "x"
    assert with_refresh_file(job(), None).refresh_file is None
    assert json.dumps(str(with_refresh_file(job(), Path("/a/b")).refresh_file)) == '"/a/b"'
