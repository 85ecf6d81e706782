"""What pages in a real browser can do through `egain proxy`: nothing, but for those whose origin was named."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from system.proxy_clients import EXPORT, EXPORTS
from system.proxy_process import proxy_process
from system.recipes import PORTAL, PORTALS, portals
from system.sandbox_process import sandbox_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from system.egain_command import Egain
    from system.person import Person

SECONDS = 60.0
# The image keeps the page loading, and so the person at it, until the script has told what came of each of its tries.
PAGE = """<!doctype html><title>A page</title><img src="/until-told" alt=""><body><iframe name="frame"></iframe>
<script type="module">
%s
const api = %s;
const language = { 'Accept-Language': 'en-US' };
const json = { ...language, 'Content-Type': 'application/json' };
const event = (one, did, failed = 'error') => new Promise((resolve) => {
  one.addEventListener(did, () => resolve(did));
  one.addEventListener(failed, () => resolve(failed));
});
const add = (name, attributes) => {
  const one = Object.assign(document.createElement(name), attributes);
  const came = event(one, 'load');
  document.body.append(one);
  return came;
};
const submit = (enctype, method) => {
  const frame = document.body.appendChild(Object.assign(document.createElement('iframe'), { name: enctype + method }));
  const action = api + EXPORTS;
  const form = Object.assign(document.createElement('form'), { method, enctype, action, target: frame.name });
  form.innerHTML = '<input name="{&quot;a" value="b&quot;:1}">';
  document.body.append(form);
  const came = event(frame, 'load');
  form.submit();
  return came;
};
const ask = async (path, options = {}) => {
  const response = await fetch(path.startsWith('http') ? path : api + path, options);
  const { status, type, headers } = response;
  return { status, type, location: headers.get('location'), text: await response.text() };
};
const tries = { %s };
const told = {};
for (const [name, attempt] of Object.entries(tries)) {
  try { told[name] = await attempt(); } catch (error) { told[name] = error.name; }
}
await fetch('/told', { method: 'POST', body: JSON.stringify(told) });
</script>"""
HOSTILE = {
    "get": "ask(PORTAL, { headers: language })",
    "text": "ask(EXPORTS, { method: 'POST', body: EXPORT })",
    "json": "ask(EXPORTS, { method: 'POST', headers: json, body: EXPORT })",
    "delete": "ask(PORTAL, { method: 'DELETE' })",
    "blind get": "ask(PORTAL, { mode: 'no-cors' })",
    "blind text": "ask(EXPORTS, { mode: 'no-cors', method: 'POST', body: EXPORT })",
    "blind and nameless": "ask(EXPORTS, {mode:'no-cors', method:'POST', body:EXPORT, referrerPolicy:'no-referrer'})",
    "beacon": "Promise.resolve(navigator.sendBeacon(api + EXPORTS, EXPORT))",
    "image": "add('img', { src: api + PORTAL })",
    "script": "add('script', { src: api + PORTAL })",
    "frame": "add('iframe', { src: api + PORTAL })",
    "form": "submit('application/x-www-form-urlencoded', 'post')",
    "form of text": "submit('text/plain', 'post')",
    "form that gets": "submit('application/x-www-form-urlencoded', 'get')",
    "web socket": "event(new WebSocket(api.replace('http', 'ws') + PORTAL), 'open')",
    "events": "event(new EventSource(api + PORTAL), 'open')",
}
BLIND = {"status": 0, "type": "opaque", "location": None, "text": ""}
REFUSED = {
    **dict.fromkeys(("get", "text", "json", "delete"), "TypeError"),
    **dict.fromkeys(("blind get", "blind text", "blind and nameless"), BLIND),
    **dict.fromkeys(("image", "script", "web socket", "events"), "error"),
    **dict.fromkeys(("frame", "form", "form of text", "form that gets"), "load"),
    "beacon": True,
}
WELCOME = {
    "portal": "ask(PORTAL, { headers: language })",
    "export": "ask(EXPORTS, { method: 'POST', headers: json, body: EXPORT })",
    "state": "ask(`${told.export.location}/status`)",
    "own cookies": "ask(PORTAL, { headers: language, credentials: 'include' })",
}


@dataclass
class Site:
    """A web site on loopback.

    Attributes:
        port: Where it is.
        page: What it shows.
        told: What each page's script said came of its tries.
        done: Set once the page that is shown has told.
    """

    port: int
    page: str = ""
    told: list[dict[str, Any]] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def at(self, host: str) -> str:
        """Return its origin under a name of this machine."""
        return f"http://{host}:{self.port}"

    def tries(self, api: str, attempts: dict[str, str]) -> None:
        """Show a page that tries these."""
        self.done.clear()
        names = {"PORTAL": PORTAL, "EXPORTS": EXPORTS, "EXPORT": EXPORT}
        consts = "\n".join(f"const {name} = {json.dumps(value)};" for name, value in names.items())
        body = ", ".join(f"{json.dumps(name)}: () => {code}" for name, code in attempts.items())
        self.page = PAGE % (consts, json.dumps(api), body)


@pytest.fixture
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path == "/until-told":
                one.done.wait(SECONDS)
            self._answer(one.page if self.path == "/" else "")

        def do_POST(self) -> None:
            one.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            one.done.set()
            self._answer("")

        def log_message(self, *_: object) -> None:
            pass

        def _answer(self, text: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        one = Site(server.server_address[1])
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield one
        one.done.set()
        server.shutdown()


@contextmanager
def sandbox(egain: Egain, log: Path) -> Iterator[None]:
    with sandbox_process(egain, "acme", "--access-log", str(log)):
        yield


def calls(log: Path) -> list[tuple[str, str, int]]:
    """Return what reached the API."""
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return [(one["method"], one["path"], one["status"]) for one in lines if one["path"].startswith("/knowledge/")]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"], ids=["same-site", "cross-site"])
def test_page_of_somebody_reaches_nothing(egain: Egain, person: Person, site: Site, tmp_path: Path, host: str) -> None:
    log = tmp_path / "access.jsonl"
    with sandbox(egain, log):
        with proxy_process(egain, "--client-credentials", trace=True) as proxy:
            site.tries(proxy.url, HOSTILE)
            person.visits(site.at(host))
        reached = calls(log)

    refused = [line for line in proxy.trace if "  403  " in line and " comes from a page of " in line]
    assert ([REFUSED], []) == (site.told, reached)
    # Each of them came, or its preflight.
    assert len(HOSTILE) == len(refused), "\n".join(proxy.trace)


def test_page_whose_origin_was_named_calls_the_api_and_no_other_does(
    egain: Egain, person: Person, site: Site, tmp_path: Path
) -> None:
    log = tmp_path / "access.jsonl"
    with sandbox(egain, log):
        with proxy_process(egain, "--client-credentials", "--cors-origin", site.at("127.0.0.1")) as proxy:
            site.tries(proxy.url, WELCOME)
            person.visits(site.at("127.0.0.1"))
            reached = calls(log)
            site.tries(proxy.url, HOSTILE)
            person.visits(site.at("localhost"))
        after = calls(log)

    welcome, other = site.told
    job = welcome["export"]["location"].removeprefix(proxy.url)
    assert ("cors", PORTALS) == (welcome["portal"]["type"], portals(welcome["portal"]["text"]))
    assert {"portal": 200, "export": 202, "state": 200} == {
        name: welcome[name]["status"] for name in ("portal", "export", "state")
    }
    assert "TypeError" == welcome["own cookies"]
    assert (REFUSED, reached) == (other, after)
    assert [("GET", PORTAL, 200), ("POST", EXPORTS, 202), ("GET", f"{job}/status", 200)] == reached[:3]
