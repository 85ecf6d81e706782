"""Opening the person's browser: which, with what, and what is told where none opens."""

from __future__ import annotations

import json
import os
import queue
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from fakes.systems import make_fifo

from egain_auth_cli.sign_in import browser as browser_module
from egain_auth_cli.sign_in.browser import Browser, browser_commands

URL = "https://login.acme.test/authorize?a=$(id)&b='c'&d=%20`id`"


@pytest.mark.parametrize(
    ("given", "commands"),
    [
        ("firefox", [["firefox", URL]]),
        ("firefox --new-tab %s", [["firefox", "--new-tab", URL]]),
        ("'/opt/my browser/run' -x", [["/opt/my browser/run", "-x", URL]]),
        ("firefox:chrome %s", [["firefox", URL], ["chrome", URL]]),
        ("firefox %s &", [["firefox", URL]]),
        ("x --url=%s;y", [["x", f"--url={URL};y"]]),
        ("'unclosed:firefox", [["firefox", URL]]),
        (":: &", []),
    ],
)
def test_browser_variable_is_read_without_a_shell(given: str, commands: list[list[str]]) -> None:
    assert commands == browser_commands({"BROWSER": given}, URL)


def test_browser_variable_of_windows_keeps_its_backslashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "pathsep", ";")

    assert [[r"C:\Tools\firefox.exe", URL], [r"C:\Program Files\x.exe", "-new", URL]] == browser_commands(
        {"BROWSER": r'C:\Tools\firefox.exe;"C:\Program Files\x.exe" -new'}, URL
    )


@pytest.mark.parametrize(
    ("platform", "environ", "programs"),
    [
        ("darwin", {}, ["open"]),
        ("win32", {}, [r"C:\Windows\System32\rundll32.exe"]),
        ("win32", {"SYSTEMROOT": r"D:\Win"}, [r"D:\Win\System32\rundll32.exe"]),
        ("linux", {"WSL_DISTRO_NAME": "x"}, ["wslview", "rundll32.exe"]),
        (
            "linux",
            {"WSL_DISTRO_NAME": "x", "DISPLAY": ":0"},
            ["wslview", "rundll32.exe", "xdg-open", "sensible-browser"],
        ),
        ("linux", {"DISPLAY": ":0"}, ["xdg-open", "sensible-browser"]),
        ("linux", {"WAYLAND_DISPLAY": "w"}, ["xdg-open", "sensible-browser"]),
        ("linux", {}, []),
    ],
)
def test_each_system_has_its_own_way_and_the_url_is_one_argument(
    monkeypatch: pytest.MonkeyPatch, platform: str, environ: dict[str, str], programs: list[str]
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(browser_module, "Path", lambda _: Path("/nowhere"))
    commands = browser_commands(environ, URL)

    assert programs == [command[0] for command in commands]
    assert all(command[-1] == URL for command in commands)
    assert not {"cmd", "powershell", "sh", "start"} & {Path(program).stem for program in programs}


def program(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(stat.S_IRWXU)
    return path


def wait_for(path: Path) -> str:
    for _ in range(500):
        if path.exists():
            return path.read_text()
        threading.Event().wait(0.02)
    raise AssertionError(f"{path} never came")


def opened(environ: dict[str, str], *, is_wanted: bool = True) -> queue.Queue[str]:
    """Open it; give what is told, with each program that is started and why none could be."""
    told: queue.Queue[str] = queue.Queue()
    failed = Browser(environ, notify=told.put, trace=told.put).open(URL, lambda: is_wanted)
    if failed is not None:
        told.put(failed)
    return told


DUMP = """
import json, os, sys
from pathlib import Path
print("noise on stdout"); print("noise on stderr", file=sys.stderr)
out = Path({out!r})
state = {{"argv": sys.argv[1:], "env": dict(os.environ), "stdin": sys.stdin.read(), "sid": os.getsid(0) == os.getpid()}}
out.with_suffix(".new").write_text(json.dumps(state)); out.with_suffix(".new").rename(out)
"""


def test_browser_gets_the_url_alone_and_no_secret(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.json"
    path = program(tmp_path, "dumper", DUMP.format(out=str(out)))
    environ = {
        "BROWSER": str(path),
        "PATH": os.environ["PATH"],
        "EGAIN_CLIENT_SECRET": "made-up-secret",
        "EGAIN_ACCESS_TOKEN": "made-up-token",
        "KEPT": "yes",
    }
    opened(environ)
    seen = json.loads(wait_for(out))

    assert (seen["argv"], seen["stdin"], seen["sid"], seen["env"]["KEPT"]) == ([URL], "", True, "yes")
    assert "made-up" not in json.dumps(seen["env"])
    assert tuple(capfd.readouterr()) == ("", "")


def test_browser_that_runs_on_does_not_delay_the_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser_module, "_QUICK_SECONDS", 0.1)
    fifo = tmp_path / "fifo"
    make_fifo(fifo)
    path = program(tmp_path, "sleeper", f"open({str(fifo)!r}).read()\n")
    children: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def popen(*args: object, **more: object) -> subprocess.Popen[bytes]:
        children.append(real(*args, **more))  # type: ignore[call-overload]
        return children[0]

    monkeypatch.setattr(subprocess, "Popen", popen)
    told = opened({"BROWSER": str(path)})
    children[0].poll()
    assert children[0].returncode is None

    fifo.open("w").close()
    assert children[0].wait(10) == 0
    assert [told.get(timeout=5), told.empty()] == [f"browser: `{path}`", True]


def test_first_browser_that_is_there_is_taken(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    path = program(tmp_path, "dumper", DUMP.format(out=str(out)))
    broken = tmp_path / "broken"
    broken.write_text("#!/nowhere/interpreter\n")
    broken.chmod(stat.S_IRWXU)
    told = opened({"BROWSER": f"/nowhere/at/all:{broken}:{path}"})

    assert json.loads(wait_for(out))["argv"] == [URL]
    assert [told.get(timeout=5), told.empty()] == [f"browser: `{path}`", True]


@pytest.mark.parametrize(
    ("environ", "word"),
    [({"BROWSER": "/nowhere/at/all"}, "`/nowhere/at/all` cannot be started"), ({"BROWSER": " "}, "no display")],
)
def test_missing_browser_is_told(environ: dict[str, str], word: str) -> None:
    said = opened(environ).get(timeout=5)

    assert word in said


@pytest.mark.parametrize("end", ["raise SystemExit(3)", "import os; os.kill(os.getpid(), 9)"])
def test_browser_that_fails_is_told_and_the_next_one_tried(tmp_path: Path, end: str) -> None:
    out = tmp_path / "out.json"
    failing = program(tmp_path, "failing", f"{end}\n")
    good = program(tmp_path, "good", DUMP.format(out=str(out)))
    told = opened({"BROWSER": f"{failing}:/nowhere/at/all:{good}:{failing}"})

    assert json.loads(wait_for(out))["argv"] == [URL]
    assert [told.get(timeout=5) for _ in range(3)] == [
        f"browser: `{failing}`", f"browser: `{good}`", f"`{failing}` did not open it; trying `{good}`"
    ]  # fmt: skip


def test_browsers_that_all_fail_are_told(tmp_path: Path) -> None:
    failing = program(tmp_path, "failing", "raise SystemExit(3)\n")
    told = opened({"BROWSER": f"{failing}:{failing}"})
    said = [told.get(timeout=10) for _ in range(4)]

    assert said[:2] == [f"browser: `{failing}`"] * 2
    assert said[3] == "the browser could not be started: open the address yourself"


@pytest.mark.parametrize(
    ("there", "opens"),
    [
        (["xdg-open", "sensible-browser"], ["xdg-open", "sensible-browser"]),
        (["wslview", "xdg-open"], ["wslview", "xdg-open"]),
        (["rundll32.exe", "sensible-browser"], ["rundll32.exe", "sensible-browser"]),
    ],
)
def test_systems_openers_are_tried_in_turn(tmp_path: Path, there: list[str], opens: list[str]) -> None:
    for name in there:
        program(tmp_path, name, "raise SystemExit(3)\n")
    wsl = {"WSL_DISTRO_NAME": "x"} if opens[0] in ("wslview", "rundll32.exe") else {}
    told = opened({"PATH": str(tmp_path), "DISPLAY": ":0", **wsl})

    said = [told.get(timeout=10) for _ in range(4)]
    assert [one for one in said if one.startswith("browser: ")] == [f"browser: `{name}`" for name in opens]
    assert "could not be started" in said[-1]


def test_no_other_browser_is_tried_when_the_sign_in_is_over(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    failing = program(tmp_path, "failing", DUMP.format(out=str(out)) + "raise SystemExit(3)\n")
    threads = set(threading.enumerate())
    told = opened({"BROWSER": f"{failing}:{failing}"}, is_wanted=False)
    for one in set(threading.enumerate()) - threads:
        one.join(10)

    assert out.exists()
    assert [told.get(timeout=5), told.empty()] == [f"browser: `{failing}`", True]


def test_wsl_is_told_by_its_kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    (tmp_path / "osrelease").write_text("5.15.0-Microsoft-standard-WSL2")
    monkeypatch.setattr(browser_module, "Path", lambda _: tmp_path / "osrelease")

    assert browser_commands({}, URL)[0][0] == "wslview"
