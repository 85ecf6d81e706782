"""Where ``-o`` writes: links, devices, pipes, mounted files, other owners; opened first, and nothing left behind."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import tomllib
from typing import TYPE_CHECKING

import pytest
from fakes.call_world import Api, StreamServer
from fakes.hostile_server import Answer, in_turn
from fakes.process import ended
from fakes.systems import IS_ROOT, NEEDS_LINUX, make_fifo
from fakes.world import api_answer, cache_token

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if sys.platform != "linux":
    pytest.skip(NEEDS_LINUX, allow_module_level=True)

BODY = b'{"a": "body"}'
NAMESPACE = ("unshare", "-m") if IS_ROOT else ("unshare", "-Urm")
PROGRAM = f"{sys.executable} -m egain_auth_cli"


@pytest.fixture
def folder(api: Api) -> Path:
    """A folder of the person's; the API answers with a body."""
    api.answers(api_answer(BODY))
    path = api.world.egain.home / "out"
    path.mkdir()
    return path


def test_link_is_followed_and_stays_one(api: Api, folder: Path) -> None:
    (folder / "target").write_bytes(b"former")
    (folder / "link").symlink_to("target")
    (folder / "dangling").symlink_to("new")
    done = [api.call("GET", "/things", "-o", str(folder / name)) for name in ("link", "dangling")]

    assert [one.shown for one in done] == [(0, "", "")] * 2
    assert [(folder / name).is_symlink() for name in ("link", "dangling")] == [True, True]
    assert [(folder / name).read_bytes() for name in ("target", "new")] == [BODY, BODY]


def test_file_with_a_second_name_keeps_both(api: Api, folder: Path) -> None:
    (folder / "one").write_bytes(b"former and longer than the body that comes")
    (folder / "two").hardlink_to(folder / "one")

    api.call("GET", "/things", "-o", str(folder / "one"))

    assert (folder / "two").read_bytes() == BODY
    assert (folder / "one").stat().st_nlink == 2


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "-"])
@pytest.mark.parametrize("into", [">", ">>", "| cat >"])
def test_standard_output_by_any_name_is_written_to_as_it_stands(api: Api, folder: Path, name: str, into: str) -> None:
    (folder / "log").write_bytes(b"before\n")

    done = api.world.egain.shell(f"(egain call GET /things -o {name}; echo after) {into} {folder}/log")

    kept = b"before\n" if into == ">>" else b""
    assert (done.status, done.stderr) == (0, b"")
    assert (folder / "log").read_bytes() == kept + BODY + b"after\n"
    assert not (api.world.egain.home / "-").exists()


def test_link_to_standard_output_is_followed(api: Api, folder: Path) -> None:
    (folder / "link").symlink_to("/dev/stdout")

    done = api.call("GET", "/things", "-o", str(folder / "link"))

    assert (done.status, done.stdout) == (0, BODY)
    assert (folder / "link").is_symlink()


def test_pipe_is_written_to(api: Api, folder: Path) -> None:
    make_fifo(folder / "pipe")
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append((folder / "pipe").read_bytes()))
    reader.start()
    done = api.call("GET", "/things", "-o", str(folder / "pipe"))
    reader.join(30)

    assert (done.shown, read) == ((0, "", ""), [BODY])
    assert stat.S_ISFIFO((folder / "pipe").stat().st_mode)


@pytest.mark.skipif(not IS_ROOT, reason="only root makes files of other owners")
def test_file_of_another_owner_stays_theirs(api: Api, folder: Path) -> None:
    path = folder / "theirs"
    path.write_bytes(b"former")
    os.chown(path, 4321, 4322)
    path.chmod(0o640)

    api.call("GET", "/things", "-o", str(path))

    found = path.stat()
    assert (path.read_bytes(), found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (BODY, 4321, 4322, 0o640)


@pytest.mark.parametrize("what", ["a mounted file", "a folder that takes nothing"])
def test_file_that_cannot_be_replaced_is_written_in_place(api: Api, folder: Path, what: str) -> None:
    (folder / "file").write_bytes(b"former and longer than the body that comes")
    (folder / "source").write_bytes(b"former and longer than the body that comes")
    mount = {
        "a mounted file": 'mount --bind "$F/source" "$F/file"',
        "a folder that takes nothing": 'mount --bind "$F" "$F" && mount --bind "$F/source" "$F/file" && '
        'mount -o remount,ro,bind "$F"',
    }[what]
    script = f'F={folder}; {mount} && {PROGRAM} call GET /things -o "$F/file" && cat "$F/file"'

    done = subprocess.run(
        [*NAMESPACE, "sh", "-c", script], env=api.world.egain.environ, capture_output=True, check=False, timeout=60
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, BODY, b"")
    assert (folder / "source").read_bytes() == BODY


@pytest.mark.parametrize(
    "name", ["nowhere/file", "", "out", "readonly/file", "x" * 300], ids=["no folder", "empty", "folder", "ro", "long"]
)
def test_output_that_cannot_be_written_is_found_before_anything_is_sent(api: Api, folder: Path, name: str) -> None:
    (folder.parent / "readonly").mkdir(mode=0o500)
    argv = ["call", "POST", "/things", "-d", "{}", "-o", str(folder.parent / name) if name else ""]

    done = api.world.egain.run(*argv, under=["plain-user"])

    assert (done.status, done.out, api.requests) == (2, "", [])
    assert "nothing was sent" in done.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signal_leaves_no_temporary_file_and_ends_the_program_as_it_does(
    api: Api, folder: Path, number: signal.Signals
) -> None:
    more = threading.Event()

    def dripping() -> Iterator[bytes]:
        yield b"x" * 800_000  # more than Python 3.14 holds back before it writes
        more.wait(30)

    (folder / "file").write_bytes(b"former")
    with StreamServer("HTTP/1.1 200 OK\r\nContent-Length: 900000", dripping) as server:
        api.world.add_profile(flow="client-credentials", api_url=server.url)
        cache_token(api.world.egain, "at-0")
        with ended(api.world.egain.start("call", "GET", "/things", "-o", str(folder / "file"))) as running:
            while not any(path.name.startswith(".egain-") and path.stat().st_size for path in folder.iterdir()):
                assert running.child.poll() is None
            running.signal(number)
            done = running.finish()
        more.set()

    assert done.status == (130 if number is signal.SIGINT else -number)
    assert [path.name for path in folder.iterdir()] == ["file"]
    assert (folder / "file").read_bytes() == b"former"


def test_file_with_two_names_is_untouched_where_the_disk_is_full_and_the_answer_is_kept(api: Api, folder: Path) -> None:
    body = b"x" * 40_000
    api.answers(api_answer(body))
    script = (
        f"mount -t tmpfs -o size=64k none {folder} && cd {folder} && echo precious >one && ln one two && "
        f"{{ {PROGRAM} call GET /things -o one; echo $? >&2; cat one; cat .egain-*; }}"
    )

    done = subprocess.run(
        [*NAMESPACE, "sh", "-c", script], env=api.world.egain.environ, capture_output=True, check=False, timeout=60
    )

    assert done.stdout == b"precious\n" + body
    assert b"no space left" in done.stderr
    assert b"it is in `" in done.stderr
    assert done.stderr.endswith(b"1\n")


@pytest.mark.parametrize("name", ["/dev/stdout", "-"])
def test_reader_of_standard_output_that_leaves_is_nobodys_fault(api: Api, name: str) -> None:
    api.answers(api_answer(b"x" * 1_000_000))

    done = api.world.egain.shell(
        f"egain call GET /things -o {name} | head -c 5; echo ${{PIPESTATUS[0]}}", program="bash"
    )

    assert done.shown == (0, "xxxxx141\n", "")


def test_one_file_for_body_and_head_is_refused_unsent(api: Api, folder: Path) -> None:
    (folder / "link").symlink_to("same")

    done = api.call("GET", "/things", "-o", str(folder / "same"), "-D", str(folder / "link"))

    assert (done.status, done.out, api.requests) == (2, "", [])
    assert [path.name for path in folder.iterdir()] == ["link"]


def test_head_may_go_to_standard_output_and_the_body_to_a_file(api: Api, folder: Path) -> None:
    api.answers(api_answer(BODY, headers=(("X-Long", "y" * 12_000),)))

    done = api.call("GET", "/things", "-o", str(folder / ("😀" * 63)), "-D", "-")

    assert done.out.startswith("HTTP/1.1 200 OK\n")
    assert f"x-long: {'y' * 12_000}\n" in done.out
    assert (folder / ("😀" * 63)).read_bytes() == BODY


def test_error_that_was_cut_is_asked_for_again_and_written_once(api: Api, folder: Path) -> None:
    body = b'{"code":"404-100"}'
    whole = api_answer(body, status=404)
    api.answers(in_turn(api_answer(body, status=404, cut=len(whole.head()) + 4), whole))

    done = api.call("GET", "/things", "-o", str(folder / "file"))

    assert (done.status, done.stdout, len(api.requests)) == (7, body, 2)


def test_answer_that_was_cut_is_asked_for_again_and_written_once(api: Api, folder: Path) -> None:
    whole = api_answer(BODY)
    api.answers(in_turn(api_answer(BODY, cut=len(whole.head()) + 4), whole))

    done = api.call("GET", "/things", "-o", str(folder / "file"), "-i")

    assert (done.status, (folder / "file").read_bytes(), len(api.requests)) == (0, BODY, 2)
    assert done.out.count("HTTP/1.1 200 OK") == 1


@pytest.mark.parametrize(("argv", "requests"), [([], 1), (["--retry-unsafe"], 2)])
def test_post_whose_answer_was_cut_is_made_again_only_where_that_is_asked(
    api: Api, folder: Path, argv: list[str], requests: int
) -> None:
    whole = api_answer(BODY)
    api.answers(in_turn(api_answer(BODY, cut=len(whole.head()) + 4), whole))

    done = api.call("POST", "/things", "-d", "{}", "-o", str(folder / "file"), *argv)

    assert (done.status, len(api.requests)) == (0 if argv else 5, requests)


def test_answer_that_has_begun_on_standard_output_is_not_made_again(api: Api) -> None:
    whole = api_answer(b"x" * 200_000)
    api.answers(in_turn(api_answer(b"x" * 200_000, cut=len(whole.head()) + 100_000), whole))

    done = api.call("GET", "/things")

    assert (done.status, len(done.stdout), len(api.requests)) == (5, 100_000, 1)


def test_head_goes_to_a_file_of_its_own(api: Api, folder: Path) -> None:
    done = api.call("GET", "/things", "-D", str(folder / "head"))

    assert (done.status, done.stdout) == (0, BODY)
    head = (folder / "head").read_bytes()
    assert head.startswith(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
    assert head.endswith(b"\r\n\r\n")


def test_head_of_an_error_is_dumped_and_a_former_body_stays(api: Api, folder: Path) -> None:
    api.answers(Answer(status=404, body=b"{}"))
    (folder / "file").write_bytes(b"former")

    done = api.call("GET", "/things", "-D", str(folder / "head"), "-o", str(folder / "file"))

    assert (done.status, done.out, (folder / "file").read_bytes()) == (7, "{}", b"former")
    assert (folder / "head").read_bytes().startswith(b"HTTP/1.1 404 ")


def test_profiles_that_are_mounted_on_their_own_can_be_changed(api: Api) -> None:
    config = api.world.egain.config_file
    source = api.world.egain.home / "source.toml"
    source.write_bytes(config.read_bytes() + b"\n# a comment\n" * 50)
    script = f"mount --bind {source} {config} && {PROGRAM} profile set acme domain_hint x.example"

    done = subprocess.run(
        [*NAMESPACE, "sh", "-c", script], env=api.world.egain.environ, capture_output=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stderr
    assert tomllib.loads(source.read_text())["profiles"]["acme"]["domain_hint"] == "x.example"
