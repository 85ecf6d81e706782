"""A login that commands renew, replace and move while they are struck at a chosen call; the server is the judge.

``walk`` strikes one command at every call, one after the other, and says what is wrong after each: a torn file, a
profile that is gone, a login that the server does not know any more, an error that is not told.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import random
import shutil
import threading
import time
import tomllib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from fakes import shared_keyring
from fakes.hostile_server import Answer, Recorded, refusal, token_answer
from fakes.process import Fault
from fakes.world import api_answer, redirect_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from fakes.process import Egain, Finished, ForkedRun, LoadedProgram
    from fakes.world import World

KEYRING = "keyring.json"
FORMER_SECRET, NEW_SECRET = "secret-former", "secret-new"
NEW_NAME = "other"


@dataclass
class Families:
    """A token endpoint that rotates, and ends a family of refresh tokens when a spent one comes back.

    Attributes:
        good: The refresh tokens that are good now, each with its family.
        spent: Those that are not any more.
        ended: Families that were ended.
        rotations: How often a refresh token was taken back.
        client_secrets: Those that came, in order.
        expires_in: Of each access token.
        before, after: Called around each answer.
    """

    good: dict[str, int] = field(default_factory=dict)
    spent: dict[str, int] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)
    rotations: int = 0
    client_secrets: list[str] = field(default_factory=list)
    expires_in: int = 3600
    before: Callable[[], object] = lambda: None
    after: Callable[[], object] = lambda: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Recorded) -> Answer:
        self.before()
        with self.lock:
            answer = self._answer(request.form)
        self.after()
        return answer

    def api(self, request: Recorded) -> Answer:
        """Be an API that takes these access tokens."""
        sent = "".join(request.header("Authorization")).removeprefix("Bearer ")
        known = sent.replace("at-", "rt-") in {*self.good, *self.spent}
        return api_answer(b"[]") if known else Answer(status=401)

    def _answer(self, form: dict[str, str]) -> Answer:
        if form["grant_type"] == "client_credentials":
            self.client_secrets.append(form["client_secret"])
            return token_answer("at-application")
        if form["grant_type"] == "authorization_code":
            return self._give(len(self.good) + len(self.spent) + 1)
        sent = form["refresh_token"]
        if sent in self.spent:
            self.ended.add(self.spent[sent])
        family = self.good.pop(sent, None)
        if family is None or family in self.ended:
            return refusal("invalid_grant")
        self.spent[sent] = family
        self.rotations += 1
        return self._give(family)

    def _give(self, family: int) -> Answer:
        number = len(self.good) + len(self.spent) + 1
        self.good[f"rt-{family}-{number}"] = family
        refresh_token = f"rt-{family}-{number}"
        return token_answer(f"at-{family}-{number}", refresh_token=refresh_token, expires_in=self.expires_in)


@dataclass
class Ordeal:
    """A world in which one command after the other is struck.

    Attributes:
        store: The kind of the profile's secret store; ``keychain`` is a keyring that deletes before it adds.
    """

    world: World
    program: LoadedProgram
    store: str = "file"
    server: Families = field(default_factory=Families)
    _server: Families = field(default_factory=Families)

    @property
    def egain(self) -> Egain:
        return self.world.egain

    def prepare(self) -> None:
        """Make the profile, its secret and its login, as a person does, and keep a copy."""
        self.world.server.on("/token", self.server)
        self.egain.environ |= shared_keyring.environment(self.egain.home / KEYRING)
        self.egain.environ["BROWSER"] = "true"
        if self.store == "keychain":
            self.egain.environ["EGAIN_TEST_KEYCHAIN"] = "1"
            self.store = "keyring"
        self.world.add_profile(secret_store=self.store)
        for command, secret in (("login", None), ("secret set", FORMER_SECRET)):
            done = self.strike(command, None, secret=secret)
            assert done.status == 0, done.err
        shutil.copytree(self.egain.home, self._kept, symlinks=True)
        self._server = replace(self.server, good=dict(self.server.good))

    def reset(self) -> None:
        """Bring everything back to where ``prepare`` left it."""
        shutil.rmtree(self.egain.home)
        shutil.copytree(self._kept, self.egain.home, symlinks=True)
        self.server = replace(self._server, good=dict(self._server.good), spent={}, ended=set(), client_secrets=[])
        self.world.server.on("/token", self.server)

    @property
    def _kept(self) -> Path:
        return self.egain.home.with_name("kept")

    def start(self, command: str, fault: Fault | None = None, *, secret: str | None = None) -> ForkedRun:
        """Begin a command; for a login somebody must ``answer_browser``."""
        other = "keyring" if self.store == "file" else "file"
        argv = [word.format(other=other) for word in COMMANDS[command]]
        stdin = None if command == "login" else f"{secret or NEW_SECRET}\n".encode()
        return self.program.start(self.egain, argv, stdin=stdin, env={}, fault=fault)

    def strike(self, command: str, fault: Fault | None, *, secret: str | None = None) -> Finished:
        """Do a command with a fault."""
        run = self.start(command, fault, secret=secret)
        if command == "login":
            answer_browser(run)
        return run.finish()

    def judge(self, command: str, *, said: str = "") -> list[str]:
        """Say what is wrong after a command, in words that a test can show.

        What the command said is left behind in the store that the profile left must be there when it goes back.
        """
        if "left behind" in said and command == "profile set secret_store":
            self.program.run(self.egain, "profile", "set", "acme", "secret_store", self.store)
        wrong = [f"torn: {path.name}" for path in torn_files(self.egain)]
        wrong += [f"readable: {path.name}" for path in self.egain.files() if _can_be_read(path)]
        document = tomllib.loads(self.egain.config_file.read_text())
        names = list(document.get("profiles", {}))
        if command == "profile remove" and not names:
            return wrong
        if names not in (["acme"], [NEW_NAME]):
            return [*wrong, f"profiles: {names}"]
        wrong += self._judge_secret(names[0], command)
        return wrong + self._judge_login(names[0], command)

    def _judge_secret(self, name: str, command: str) -> list[str]:
        done = self.program.run(self.egain, "-p", name, "token", "--client-credentials", "--force-refresh")
        if command == "profile remove" and done.status == 3:
            return []
        sent = self.server.client_secrets[-1:] if done.status == 0 else []
        good = [[FORMER_SECRET], [NEW_SECRET]] if command == "secret set" else [[FORMER_SECRET]]
        return [] if sent in good else [f"secret: {sent} {done.err}"]

    def _judge_login(self, name: str, command: str) -> list[str]:
        stored = [path.read_bytes() for path in self.egain.home.rglob("*") if path.is_file()]
        held = any(one.encode() in raw for one in self.server.good for raw in stored)
        done = self.program.run(self.egain, "-p", name, "token", "--force-refresh")
        wrong = ["a refresh token was sent twice"] if self.server.ended and held else []
        if done.status == 0 or (command in ENDING and done.status == 4):
            return wrong
        if not held and done.status == 4:
            return [LOST]
        return [*wrong, f"login: {done.status} {done.err}"]


def walk(
    ordeal: Ordeal, command: str, mode: str, folder: Path, *, points: Iterable[int], times: int = 1
) -> tuple[int, dict[int, list[str]]]:
    """Strike a command at the points given, so many times at each, up to the first that it does not reach.

    Returns:
        How often it was struck, and what was wrong after which point.
    """
    ordeal.prepare()
    found: dict[int, list[str]] = {}
    for struck, (number, turn) in enumerate(itertools.product(points, range(times))):
        ordeal.reset()
        fault = Fault(mode, number, folder / f"reached-{number}-{turn}")
        done = ordeal.strike(command, fault)
        if not fault.struck:
            return struck, found
        wrong = ordeal.judge(command, said=done.err)
        told = done.status == 0 or (done.status in TOLD and done.out == "" and "error: " in done.err)
        if mode != "kill" and (not told or "Traceback" in done.err):
            wrong.append(f"badly told: {done.shown}")
        if wrong:
            found[number] = wrong
    raise AssertionError(f"`{command}` has more points than were walked")


def kill_at_random(ordeal: Ordeal, count: int, *, seed: int) -> tuple[int, dict[int, list[str]]]:
    """Kill so many commands at random moments: about half of them renewals for which the server has been asked.

    Returns:
        How many lost the login at the one instant, and what else was wrong after which.
    """
    chance = random.Random(seed)
    ordeal.prepare()
    found: dict[int, list[str]] = {}
    killed = lost = number = 0
    while killed < count:
        number += 1
        ordeal.reset()
        asked = threading.Event()
        command = "token" if number % 2 else chance.choice(sorted(COMMANDS))
        ordeal.server.before = asked.set
        run = ordeal.start(command)
        browser = threading.Thread(target=answer_browser, args=(run,))
        if command == "login":
            browser.start()
        if number % 2:
            asked.wait(30)
        threading.Event().wait(chance.uniform(0, 0.006 if number % 2 else 0.04))
        run.kill()
        if command == "login":
            browser.join()
        if run.finish().status >= 0:  # it was through by then
            continue
        killed += 1
        wrong = ordeal.judge(command)
        lost += LOST in wrong
        if wrong and (wrong != [LOST] or command != "token"):
            found[number] = [command, *wrong]
    return lost, found


TOLD = frozenset({3, 6})
"""The exit statuses of a configuration and of a store that cannot be used."""
LOST = "lost: the successor was on no disk"
ENDING = frozenset({"logout", "profile remove"})
COMMANDS = {
    "token": ("token", "--force-refresh"),
    "login": ("login", "--force"),
    "logout": ("logout",),
    "secret set": ("secret", "set"),
    "profile set": ("profile", "set", "acme", "domain_hint", "x.example"),
    "profile set secret_store": ("profile", "set", "acme", "secret_store", "{other}"),
    "profile rename": ("profile", "rename", "acme", NEW_NAME),
    "profile remove": ("profile", "remove", "acme"),
}


def answer_browser(run: ForkedRun) -> None:
    """Be the browser that a login opens: send the redirect as soon as the address is shown."""
    answer_when_shown(run.streams[1], lambda: run.over)


def answer_when_shown(stderr: Path, over: Callable[[], bool]) -> None:
    """The same, for a program whose standard error goes to a file."""
    while not over():
        shown = stderr.read_text()
        if "response_type=code" in shown and shown.endswith("\n"):
            with contextlib.suppress(OSError, URLError), urlopen(redirect_of(shown), timeout=30) as page:
                page.read()
            return
        time.sleep(0.002)


def torn_files(egain: Egain) -> list[Path]:
    """Every file that a reader of its kind could not read.

    Temporary ones are nobody's to read, and those of the fast path say themselves whether they are whole.
    """
    torn = []
    for path in egain.files():
        try:
            if path.suffix == ".toml":
                tomllib.loads(path.read_text())
            elif path.suffix == ".renewal":
                json.loads(path.read_bytes().rstrip(b"\0") or b"{}")
            elif path.suffix != ".tmp" and path.parent.name != "fast" and path.name != KEYRING:
                json.loads(path.read_bytes())
        except ValueError:
            torn.append(path)
    return torn


def _can_be_read(path: Path) -> bool:
    return path.name != KEYRING and path.stat().st_mode & 0o777 != 0o600
