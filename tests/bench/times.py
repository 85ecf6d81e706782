"""Times of whole processes, as ratios to a rival or to a bare interpreter measured in the same run.

Pairs are interleaved and the median of their ratios is printed; ``build/bench.json`` holds the same figures. A rival
that is not installed is skipped by name. ``--pairs N`` sets how many pairs (25).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))  # a script has its own folder there
from fakes.sandbox_person import BROWSER

from bench.proxied_api import CLIENTS, REQUESTS, asked, asked_at_once, proxy_before, timed_api

if TYPE_CHECKING:
    from collections.abc import Iterator

assert sys.platform == "linux"

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
EGAIN = str(Path(sys.executable).with_name("egain"))
BARE = [sys.executable, "-c", "pass"]
PORTAL = "/knowledge/portalmgr/v4/portals/PROD-1001"
ARTICLES = f"{PORTAL}/articles"
_WARM = 2
_PROCESSES = 64
_PAGES = 200
_NEAR, _FAR = 5, 50
"""Milliseconds that a page takes on its way."""
_DOWNLOADED, _UPLOADED = 200_000_000, 25_000_000
_PIECE = 1 << 20
_ZEROS = memoryview(bytes(_PIECE))
_TWO_COMMANDS = """import typer
app = typer.Typer()
@app.command()
def one(name: str, count: int = 1) -> None:
    "Do one thing."
@app.command()
def two(name: str) -> None:
    "Do another thing."
app()
"""


@dataclass(frozen=True, kw_only=True)
class Case:
    """Two commands to compare, and the most that their ratio may be."""

    name: str
    ours: list[str]
    theirs: list[str] | None
    bound: float | None = None
    environ: dict[str, str] = field(default_factory=dict)
    lacks: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What was measured of a case: medians, and the median of the pairs' ratios."""

    case: str
    ours: float
    theirs: float
    unit: str
    ratio: float
    bound: float | None
    pairs: int


def main() -> int:
    """Measure every case and print a table; 0 if no bound is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=25)
    pairs = parser.parse_args().pairs
    with tempfile.TemporaryDirectory(prefix="egain-bench-") as name:
        folder = Path(name)
        environ = _environment(folder)
        with _sandbox(environ) as url:
            rows, skipped = _run(_cases(environ, url, folder), environ, pairs)
            rows += [_memory(environ, pairs), _herd(environ, folder)]
        with _distant_api() as url:
            rows += [*_pages(environ, url), _parallel_pages(environ, url), *_large_bodies(environ, url, folder)]
        rows += _proxied(environ)
    _show(rows, skipped)
    return 0 if all(row.bound is None or row.ratio <= row.bound for row in rows) else 1


def _cases(environ: dict[str, str], url: str, folder: Path) -> list[Case]:
    egain_token = [EGAIN, "token", "--client-credentials"]
    _quiet(egain_token, environ)
    token = subprocess.run(egain_token, env=environ, check=True, capture_output=True, text=True).stdout.strip()
    http, gh = _httpie(), shutil.which("gh")
    two = folder / "two.py"
    two.write_text(_TWO_COMMANDS, encoding="utf-8")
    token_url = f"{url}/system/auth/TMSANDBOX000001-U/oauth2/token"
    secret = {"EGAIN_CLIENT_ID": "sandbox-app", "EGAIN_CLIENT_SECRET": "sandbox-secret", "EGAIN_CLIENT_AUTH": "body"}
    secret |= {"EGAIN_TOKEN_URL": token_url, "EGAIN_SCOPE": "knowledge.portalmgr.manage"}
    form = ["grant_type=client_credentials", "scope=knowledge.portalmgr.manage", "client_id=sandbox-app"]
    get = ["Accept-Language:en-US", f"Authorization:Bearer {token}"]
    keyring = 'import keyring; keyring.get_password("egain", "bench/client-secret")'
    completing = {"_EGAIN_COMPLETE": "complete_bash", "COMP_WORDS": "egain -p s", "COMP_CWORD": "2"}
    call = [EGAIN, "call", "GET", PORTAL, "--client-credentials"]
    return [
        Case(name="egain --version / python -c pass", ours=[EGAIN, "--version"], theirs=BARE, bound=1.3),
        Case(name="cached egain token / python -c pass", ours=egain_token, theirs=BARE, bound=1.5),
        Case(
            name="cached egain token / gh auth token",
            ours=egain_token,
            theirs=[gh, "auth", "token"] if gh else None,
            bound=0.5,
            environ={"GH_TOKEN": "made-up"},
            lacks="gh",
        ),
        Case(name="TAB on a profile / python -c pass", ours=[EGAIN], theirs=BARE, bound=6, environ=completing),
        Case(
            name="egain --help / two-command Typer --help",
            ours=[EGAIN, "--help"],
            theirs=[sys.executable, str(two), "--help"],
            bound=1.3,
        ),
        Case(
            name="miss, secret in environment / HTTPie posting the form",
            ours=[*egain_token, "--force-refresh"],
            theirs=[*http, "--form", "POST", token_url, *form, "client_secret=sandbox-secret"] if http else None,
            bound=0.6,
            environ=secret,
            lacks="HTTPie",
        ),
        Case(
            name="egain call GET / HTTPie GET",
            ours=call,
            theirs=[*http, "GET", f"{url}{PORTAL}", *get] if http else None,
            bound=0.6,
            lacks="HTTPie",
        ),
        Case(
            name="egain call GET / curl GET",
            ours=call,
            theirs=[
                "curl",
                "-s",
                "-H",
                "Accept-Language: en-US",
                "-H",
                f"Authorization: Bearer {token}",
                f"{url}{PORTAL}",
            ]
            if shutil.which("curl")
            else None,
            lacks="curl",
        ),
        Case(
            name="egain reading the keyring / python reading it",
            ours=[EGAIN, "-p", "bench", "secret", "status"],
            theirs=[sys.executable, "-c", keyring] if _has_keyring(environ) else None,
            bound=1.2,
            lacks="a keyring (D-Bus session)",
        ),
    ]


def _run(cases: list[Case], environ: dict[str, str], pairs: int) -> tuple[list[Row], list[str]]:
    rows, skipped = [], []
    for case in cases:
        if case.theirs is None:
            skipped.append(f"{case.name}: {case.lacks} is not installed")
        else:
            rows.append(_measure(case, case.theirs, environ | case.environ, pairs))
    return rows, skipped


def _measure(case: Case, theirs: list[str], environ: dict[str, str], count: int) -> Row:
    for _ in range(_WARM):
        _time(case.ours, environ)
        _time(theirs, environ)
    pairs = [(_time(case.ours, environ), _time(theirs, environ)) for _ in range(count)]
    return _row(case.name, pairs, unit="ms", bound=case.bound, scale=1000)


def _memory(environ: dict[str, str], count: int) -> Row:
    ours = [EGAIN, "token", "--client-credentials"]
    pairs = [(_peak(ours, environ), _peak(BARE, environ)) for _ in range(count)]
    return _row("peak memory, cached egain token / python -c pass", pairs, unit="KiB", bound=1.2)


def _pages(environ: dict[str, str], url: str) -> Iterator[Row]:
    """200 pages over one connection, less start-up, against curl getting the same URLs.

    At 5 ms a page, still many times faster than one across a network; and at 0, what the two programs themselves cost.
    """
    given = environ | {"EGAIN_ACCESS_TOKEN": "made-up", "EGAIN_API_URL": url}
    curl = ["curl", "-s", "-H", "Accept-Language: en-US", "-H", "Authorization: Bearer made-up"]
    for milliseconds, bound in ((0, None), (_NEAR, 1.3)):
        query = ["-q", f"wait={milliseconds}", "-q", "$pagesize=1", "-q", "$pagenum=1"]
        call = [EGAIN, "--quiet", "call", "GET", ARTICLES, *query, "--paginate", "--max-pages"]
        page = f"{url}{ARTICLES}?wait={milliseconds}&$pagesize=1&$pagenum="
        pairs = []
        for _ in range(5):
            ours = _time([*call, str(_PAGES)], given) - _time([*call, "1"], given)
            theirs = _time([*curl, f"{page}[1-{_PAGES}]"], given) - _time([*curl, f"{page}1"], given)
            pairs.append((ours, theirs))
        yield _row(
            f"{_PAGES} pages of {milliseconds} ms / curl, less start-up", pairs, unit="ms", bound=bound, scale=1000
        )


def _parallel_pages(environ: dict[str, str], url: str) -> Row:
    """All pages of a list whose pages take 50 ms each, eight at a time, against curl going page by page."""
    given = environ | {"EGAIN_ACCESS_TOKEN": "made-up", "EGAIN_API_URL": url}
    query = ["-q", f"wait={_FAR}", "-q", "$pagesize=1", "-q", "$pagenum=1"]
    ours = [
        EGAIN,
        "--quiet",
        "call",
        "GET",
        ARTICLES,
        *query,
        "--paginate",
        "--parallel",
        "8",
        "--max-pages",
        str(_PAGES),
    ]
    theirs = ["curl", "-s", f"{url}{ARTICLES}?wait={_FAR}&$pagesize=1&$pagenum=[1-{_PAGES}]"]
    pairs = [(_time(ours, given), _time(theirs, given)) for _ in range(2)]
    return _row(f"{_PAGES} pages, 8 in parallel, 50 ms a page / curl", pairs, unit="ms", bound=0.2, scale=1000)


def _large_bodies(environ: dict[str, str], url: str, folder: Path) -> Iterator[Row]:
    """A long download and a long upload, less start-up, against curl; and the memory that the download takes."""
    given = environ | {"EGAIN_ACCESS_TOKEN": "made-up", "EGAIN_API_URL": url}
    out, body = str(folder / "out"), folder / "body"
    body.write_bytes(b"x" * _UPLOADED)
    call, curl = [EGAIN, "call"], ["curl", "-s"]
    get, got = [*call, "GET", "/large", "-o", out, "-q"], [*curl, "-o", out]
    put, sent = [*call, "PUT", "/large", "-d"], [*curl, "-X", "PUT", f"{url}/large", "--data-binary"]
    down, up = [], []
    for _ in range(7):
        ours = _time([*get, f"bytes={_DOWNLOADED}"], given) - _time([*get, "bytes=1"], given)
        theirs = _time([*got, f"{url}/large?bytes={_DOWNLOADED}"], given) - _time([*got, f"{url}/large?bytes=1"], given)
        down.append((ours, theirs))
        ours = _time([*put, f"@{body}"], given) - _time([*put, "x"], given)
        up.append((ours, _time([*sent, f"@{body}"], given) - _time([*sent, "x"], given)))
    yield _row("a 200 MB download / curl -o, less start-up", down, unit="ms", bound=1.3, scale=1000)
    yield _row("a 25 MB upload / curl, less start-up", up, unit="ms", bound=1.3, scale=1000)
    peaks = [(_peak([*get, f"bytes={_DOWNLOADED}"], given), _peak([*get, "bytes=1"], given)) for _ in range(3)]
    yield _row("peak memory, a 200 MB download / one of a byte", peaks, unit="KiB", bound=1.2)


def _proxied(environ: dict[str, str]) -> Iterator[Row]:
    """GETs through `egain proxy` on one connection against the same sent straight, and eight clients against one."""
    with timed_api() as api, proxy_before(api, EGAIN, environ) as proxy:
        asked(proxy, 0)
        for milliseconds, bound in ((10, 3), (0, None)):
            name = f"{REQUESTS} GETs through the proxy / straight, API of {milliseconds} ms"
            pairs = [(asked(proxy, milliseconds), asked(api, milliseconds)) for _ in range(5)]
            yield _row(name, pairs, unit="ms", bound=bound, scale=1000)
        each = REQUESTS // 4
        name = f"{CLIENTS} clients at once through the proxy / one after the other, API of 20 ms"
        pairs = [(asked_at_once(proxy, 20, each), CLIENTS * asked(proxy, 20, each)) for _ in range(3)]
        yield _row(name, pairs, unit="ms", bound=1 / 2.5, scale=1000)


class _DistantApi(BaseHTTPRequestHandler):
    """Gives pages of 25 articles, each after the milliseconds that it is asked for; takes and gives long bodies."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_PUT(self) -> None:
        left = int(self.headers["Content-Length"])
        while left:
            left -= len(self.rfile.read1(min(left, _PIECE)))
        self.send_response(204)
        self.end_headers()

    def do_GET(self) -> None:
        if self.path.startswith("/large"):
            left = int(self.path.rpartition("=")[2])
            self.send_response(200)
            self.send_header("Content-Length", str(left))
            self.end_headers()
            while left:
                left -= self.connection.send(_ZEROS[: min(left, _PIECE)])
            return
        number = int(self.path.rpartition("=")[2])
        wait = self.path.partition("wait=")[2].partition("&")[0]
        link = [{"rel": "next", "href": f"{ARTICLES}?wait={wait}&$pagesize=1&$pagenum={number + 1}"}]
        articles = [{"id": f"PROD-{number}{one:03}", "name": "Made up", "summary": "x" * 200} for one in range(25)]
        body = json.dumps({"article": articles, "paginationInfo": {"count": _PAGES, "link": link}}).encode()
        time.sleep(int(wait) / 1000)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def _distant_api() -> Iterator[str]:
    """Run such an API for as long as the body runs; its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _DistantApi)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _herd(environ: dict[str, str], folder: Path) -> Row:
    """One refresh shared by 64 processes, against 64 bare interpreters one after the other."""
    _quiet([EGAIN, "login", "--pkce", "--quiet"], environ | {"BROWSER": BROWSER})
    for entry in (folder / "cache" / "tokens").iterdir():
        entry.unlink()
    start = time.perf_counter()
    herd = [
        subprocess.Popen([EGAIN, "token", "--pkce"], env=environ, stdout=subprocess.PIPE) for _ in range(_PROCESSES)
    ]
    printed = {process.communicate()[0] for process in herd}
    ours = time.perf_counter() - start
    if len(printed) != 1 or any(process.returncode for process in herd):
        raise SystemExit("the processes did not all print the same token")
    start = time.perf_counter()
    for _ in range(_PROCESSES):
        _quiet(BARE, environ)
    pair = (ours, time.perf_counter() - start)
    name = f"{_PROCESSES} processes sharing a refresh / {_PROCESSES} python -c pass"
    return _row(name, [pair], unit="ms", bound=6, scale=1000)


def _row(name: str, pairs: list[tuple[float, float]], *, unit: str, bound: float | None, scale: float = 1) -> Row:
    return Row(
        case=name,
        ours=scale * statistics.median(ours for ours, _ in pairs),
        theirs=scale * statistics.median(theirs for _, theirs in pairs),
        unit=unit,
        ratio=statistics.median(ours / theirs for ours, theirs in pairs),
        bound=bound,
        pairs=len(pairs),
    )


def _show(rows: list[Row], skipped: list[str]) -> None:
    width = max(len(row.case) for row in rows)
    for row in rows:
        bound = "" if row.bound is None else f"  (bound {row.bound}{'' if row.ratio <= row.bound else ', EXCEEDED'})"
        print(f"{row.case:<{width}}  {row.ours:8.1f} / {row.theirs:8.1f} {row.unit:<3} = {row.ratio:5.2f}{bound}")
    for line in skipped:
        print(f"skipped: {line}")
    BUILD.mkdir(exist_ok=True)
    text = json.dumps({"rows": [asdict(row) for row in rows], "skipped": skipped}, indent=2)
    (BUILD / "bench.json").write_text(text + "\n", encoding="utf-8")


def _time(command: list[str], environ: dict[str, str]) -> float:
    start = time.perf_counter()
    _quiet(command, environ)
    return time.perf_counter() - start


def _quiet(command: list[str], environ: dict[str, str]) -> None:
    subprocess.run(command, env=environ, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def _peak(command: list[str], environ: dict[str, str]) -> float:
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return float(usage.ru_maxrss)


def _httpie() -> list[str]:
    """Give HTTPie, from a virtual environment of its own or from the path."""
    own = BUILD / "httpie" / "bin" / "http"
    found = str(own) if own.exists() else shutil.which("http")
    return [found, "--ignore-stdin", "--print=b"] if found else []


def _has_keyring(environ: dict[str, str]) -> bool:
    """Make a profile whose secret is in the keyring; whether there is one."""
    if "DBUS_SESSION_BUS_ADDRESS" not in environ:
        return False
    add = [
        EGAIN,
        "profile",
        "add",
        "bench",
        "--tenant",
        "BENCH",
        "--client-id",
        "bench",
        "--flow",
        "client-credentials",
    ]
    subprocess.run(add, env=environ, check=True, capture_output=True)
    kept = subprocess.run(
        [EGAIN, "-p", "bench", "secret", "set"],
        env=environ,
        input=b"made-up-secret\n",
        capture_output=True,
        check=False,
    )
    return kept.returncode == 0


def _environment(folder: Path) -> dict[str, str]:
    names = ("PATH", "LANG", "HOME", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "XDG_DATA_HOME")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return kept | {"EGAIN_CONFIG_DIR": str(folder / "config"), "EGAIN_CACHE_DIR": str(folder / "cache")}


@contextlib.contextmanager
def _sandbox(environ: dict[str, str]) -> Iterator[str]:
    """Run a sandbox in a process of its own, for as long as the body runs; its URL."""
    command = [EGAIN, "sandbox", "--port", "0"]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        subprocess.run([EGAIN, "profile", "use", "sandbox"], env=environ, check=True)
        yield url
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    raise SystemExit(main())
