"""The line of ``egain call --dry-run``, run by ``sh`` with curl: the same request, and no secret in the line."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from shutil import which
from typing import TYPE_CHECKING

import pytest
from fakes.call_world import TOKEN, Api
from fakes.hostile_server import Answer

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.hostile_server import Recorded
    from fakes.process import Finished

SHELL = "$(touch marked) `touch marked` \"'\\ $HOME ; touch marked & #*?!~ é\n\nlast"
OWN = ["token", "--client-credentials"]
CURL = '#!/bin/sh\nprintf "%s\\n" "$@" >words-of-curl\nexec {} "$@"\n'
STUB = '#!/bin/sh\nprintf "%s\\n" "$@" >asked\nprintf "%s\\n" stub-token\n'


@dataclass
class Line:
    """A dry run, and what its line does under ``sh``."""

    api: Api

    @property
    def home(self) -> Path:
        return self.api.world.egain.home

    def print(self, *argv: str, stdin: bytes = b"", before: tuple[str, ...] = ()) -> Finished:
        return self.api.world.egain.run(*before, "call", *argv, "--dry-run", stdin=stdin)

    def run(self, line: bytes, stdin: bytes = b"", *, egain: str = STUB) -> int:
        """Run it in ``sh``, with a program in the place of ``egain``; return its exit status."""
        folder = self.home / "bin"
        folder.mkdir()
        for name, text in (("egain", egain), ("curl", CURL.format(which("curl")))):
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        environ = {**self.api.world.egain.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
        (self.home / "script").write_bytes(line)
        done = subprocess.run(
            ["sh", "script"], input=stdin, env=environ, cwd=self.home, capture_output=True, timeout=60,
            check=egain == STUB,
        )  # fmt: skip
        return done.returncode

    @property
    def words_of_curl(self) -> list[str]:
        """What every user of the machine could read of curl, where it was run."""
        file = self.home / "words-of-curl"
        return file.read_text(errors="surrogateescape").splitlines() if file.exists() else []

    @property
    def asked(self) -> list[str]:
        """The words with which the line asked for a token."""
        return (self.home / "asked").read_text().splitlines()


@pytest.fixture
def line(api: Api) -> Line:
    """A server that takes anything anywhere."""
    for path in ("/things", "/a%20b/(c)'%22", "/"):
        api.answers(Answer(status=204), path=path)
    return Line(api)


def essence(request: Recorded, *, streamed: bool) -> dict[str, object]:
    """What a request is, but for the client's name, the codings that it understands, and the token."""
    names = ["content-type", "content-encoding", "content-language", "accept", "accept-language"]
    names += ["cookie", "x-one", "x-two", "x-empty", *([] if streamed else ["content-length"])]
    headers = {name: request.header(name) for name in names}
    return {"method": request.method, "target": request.target, "body": request.body, "headers": headers}


CASES: dict[str, list[str]] = {
    "get": ["GET", "/things"],
    "query": ["GET", "/things?a=[1]{x}&b=%5B", "-q", "$filter[tags]={a}", "-q", f"q={SHELL}"],
    "glob": ["GET", "/things?a=[1-3]&b={x,y}"],
    "path": ["GET", "/a%20b/(c)'\""],
    "headers": ["GET", "/things", "-H", "X-One: a'b\"c $HOME `x`\\", "-H", "X-Two:@file", "-H", "accept: */*"],
    "empty header": ["GET", "/things", "-H", "X-Empty:"],
    "two headers": ["GET", "/things", "-H", "X-One: 1", "-H", "X-One: 2"],
    "head": ["HEAD", "/things"],
    "options": ["OPTIONS", "/things"],
    "delete": ["DELETE", "/things"],
    "post of nothing": ["POST", "/things"],
    "put of nothing": ["PUT", "/things"],
    "post of an empty text": ["POST", "/things", "-d", ""],
    "text": ["POST", "/things", "-d", SHELL],
    "text like a file": ["POST", "/things", "-f", "a=@file"],
    "text with a dash": ["POST", "/things", "-d", "--next"],
    "crlf": ["POST", "/things", "-d", "a\r\nb\n"],
    "fields": ["PATCH", "/things", "-f", f"a[b]={SHELL}", "-F", "n=[1,null]"],
    "type": ["PUT", "/things", "-d", "x", "-H", "Content-Type: text/plain; charset=utf-8"],
    "empty type": ["PUT", "/things", "-d", "x", "-H", "Content-Type:"],
    "no coding": ["GET", "/things", "-H", "Accept-Encoding:"],
    "body of a form made by hand": ["PUT", "/things", "-d", "x", "-H", "Content-Type: multipart/form-data; boundary=b"],
    "long text": ["POST", "/things", "-F", "a=@long", "-f", "b='"],
    "get with a body": ["GET", "/things", "-d", "x"],
    "head with a body": ["HEAD", "/things", "-d", "x"],
    "delete with a body": ["DELETE", "/things", "-d", "x"],
    "file": ["POST", "/things", "-d", "@a file 'x' $(touch marked)"],
    "empty file": ["POST", "/things", "-d", "@empty"],
    "file named -": ["POST", "/things", "-d", "@./-"],
    "large file": ["POST", "/things", "-d", "@large"],
    "stdin": ["POST", "/things", "-d", "@-"],
    "stdin by a file's name": ["POST", "/things", "-d", "@/dev/stdin"],
    "bytes that are no text": ["POST", "/things", "-d", "a\udcffb"],
}


@pytest.mark.parametrize("argv", CASES.values(), ids=CASES.keys())
def test_line_makes_the_same_request_as_the_call(line: Line, argv: list[str]) -> None:
    body = b"a\x00\xff\r\n'$(x)\n"
    (line.home / "a file 'x' $(touch marked)").write_bytes(body)
    (line.home / "empty").write_bytes(b"")
    (line.home / "long").write_text("<p>'long'</p>" * 20_000)
    (line.home / "-").write_bytes(b"dash")
    (line.home / "large").write_bytes(body * 400_000)
    streamed = argv[-1] in ("@-", "@/dev/stdin")
    stdin = body if streamed else b""

    printed = line.print(*argv, stdin=stdin)
    silent = line.api.world.server.connections
    line.run(printed.stdout, stdin=stdin)
    real = line.api.world.egain.run("call", *argv, stdin=stdin)
    from_line, from_call = (essence(one, streamed=streamed) for one in line.api.requests)

    assert (printed.status, printed.err, silent, real.status) == (0, "", 0, 0)
    assert from_line == from_call
    assert line.api.requests[0].header("Authorization") == ["Bearer stub-token"]
    assert [word for word in line.words_of_curl if "stub-token" in word] == []
    assert line.words_of_curl
    assert not (line.home / "marked").exists()


NO_TOKEN = "#!/bin/sh\necho 'error: sign in' >&2\nexit 4\n"


@pytest.mark.parametrize("argv", [CASES[name] for name in ("get", "text", "long text", "file", "stdin")])
def test_nothing_is_sent_where_there_is_no_token(line: Line, argv: list[str]) -> None:
    for name in ("a file 'x' $(touch marked)", "long"):
        (line.home / name).write_text("<p>'long'</p>" * 20_000)

    status = line.run(line.print(*argv).stdout, egain=NO_TOKEN)

    assert (status, line.words_of_curl, line.api.requests) == (4, [], [])


@pytest.mark.parametrize("name", ["EGAIN_ACCESS_TOKEN", "EGAIN_ACCESS_TOKEN_FILE"])
def test_nothing_is_sent_where_the_environment_gives_a_token_no_more(line: Line, name: str) -> None:
    environ = line.api.world.egain.environ
    (line.home / "token.txt").write_text("given-canary")
    environ |= {"EGAIN_ACCESS_TOKEN": "given-canary", "EGAIN_API_URL": line.api.world.server.url}
    environ |= {"EGAIN_ACCESS_TOKEN_FILE": "token.txt"} if name.endswith("FILE") else {}
    printed = line.print("GET", "/things")
    del environ[name]

    status = line.run(printed.stdout, egain=NO_TOKEN)

    assert (status != 0, line.words_of_curl, line.api.requests) == (True, [], [])


def test_line_holds_no_secret_and_fetches_none(line: Line) -> None:
    done = line.print("POST", "/things", "-d", "{}", "--force-refresh", before=("-vv",))

    assert done.status == 0
    assert [one for one in (TOKEN, "secret-canary-1") if one in done.out + done.err] == []
    assert line.api.world.server.connections == 0


@pytest.mark.parametrize(
    ("argv", "asked"),
    [
        ([], ["token", "--client-credentials"]),
        (["--pkce"], ["token", "--pkce"]),
        (["--on-behalf-of", "o'ne $(touch marked)"], ["token", "--on-behalf-of", "o'ne $(touch marked)"]),
        (["--on-behalf-of-userid", "12"], ["token", "--on-behalf-of-userid", "12"]),
        (["--on-behalf-of-email", "a@b.test"], ["token", "--on-behalf-of-email", "a@b.test"]),
        (["--scope", "a.b", "--scope", "c"], [*OWN, "--scope", "a.b", "--scope", "c"]),
        (["--actor", "customer", "--pkce"], ["token", "--pkce", "--actor", "customer"]),
        (["--no-store"], ["token", "--client-credentials", "--no-store"]),
        (["--force-refresh"], ["token", "--client-credentials", "--force-refresh"]),
        (["--min-valid", "600"], ["token", "--client-credentials", "--min-valid", "600"]),
    ],
)  # fmt: skip
def test_line_asks_for_the_token_of_this_call(line: Line, argv: list[str], asked: list[str]) -> None:
    printed = line.print("GET", "/things", *argv)
    line.run(printed.stdout)

    assert (printed.status, line.asked) == (0, asked)
    assert not (line.home / "marked").exists()


def test_line_names_the_profile_where_the_call_does(line: Line) -> None:
    line.run(line.print("GET", "/things", before=("-p", "acme")).stdout)

    assert ["-p", "acme", *OWN] == line.asked


def test_line_takes_the_token_of_the_environment_by_its_name(line: Line) -> None:
    line.api.world.egain.environ |= {
        "EGAIN_ACCESS_TOKEN": "given-canary", "EGAIN_API_URL": line.api.world.server.url
    }  # fmt: skip
    printed = line.print("GET", "/things")
    line.run(printed.stdout)

    assert (printed.status, "given-canary" in printed.out) == (0, False)
    assert line.api.only.header("Authorization") == ["Bearer given-canary"]


def test_coding_that_was_chosen_stays_the_chosen_one(line: Line) -> None:
    line.run(line.print("GET", "/things", "-H", "Accept-Encoding: identity").stdout)

    assert line.api.only.header("Accept-Encoding") == ["identity"]


@pytest.mark.parametrize("argv", [["GET", "https://evil.example/x"], ["FETCH", "/x"], ["GET", "/x", "-H", "Host: x"]])
def test_line_is_not_printed_for_what_would_not_be_sent(line: Line, argv: list[str]) -> None:
    done = line.print(*argv)

    assert (done.status, done.out) == (2, "")


def test_line_is_one_that_curl_s_own_settings_do_not_change(line: Line) -> None:
    (line.home / ".curlrc").write_text('header = "X-One: from-curlrc"\nlocation\n')
    printed = line.print("GET", "/things")
    line.run(printed.stdout)

    assert line.api.only.header("X-One") == []
