"""Programs that people have, none of which knows of tokens, at a sandbox's API through `egain proxy`."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from system.places import BUILD, SESSION, SYSTEM
from system.proxy_clients import EXPORT, EXPORTS, NODE, client_environ
from system.proxy_process import proxy_process
from system.recipes import PORTAL, PORTALS, portals, run_command
from system.sandbox_process import sandbox_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from system.egain_command import Egain, Ran
    from system.proxy_process import Proxy

SCOPES = tuple(f"--scope=knowledge.{one}.manage" for one in ("portalmgr", "contentmgr"))
AS_AN_APPLICATION = ("--client-credentials", *SCOPES)
LARGEST = 25 * 1024 * 1024
"""Bytes of an attachment, as eGain takes it."""
LANGUAGE = ("-H", "Accept-Language: en-US")
EGAINS_LIBRARY = """
import os, sys
from egain_api_python import Egain
api = sys.argv[1]
with Egain(server_url=f"{api}/knowledge/portalmgr/v4") as sdk:
    print(sdk.portal.general.get_portal_details_by_id(accept_language="en-US", portal_id="PROD-1001").name)
    templates = sdk.prompt.get_prompt_templates(
        accept_language="en-US", department="Service", language_code="en-US",
        server_url=f"{api}/knowledge/contentmgr/v4",
    )
    print([one.name for one in templates.prompt_templates])
    try:
        sdk.portal.general.get_portal_details_by_id(accept_language="en-US", portal_id="PROD-9999")
    except Exception as exc:
        print(exc.status_code, exc.data.code)
"""


@pytest.fixture
def sandbox(egain: Egain) -> Iterator[str]:
    """A sandbox with the profile `acme`, which is the default one; its URL."""
    with sandbox_process(egain, "acme") as url:
        yield url


@pytest.fixture
def proxy(egain: Egain, sandbox: str) -> Iterator[Proxy]:
    """A proxy before that sandbox, for an application."""
    with proxy_process(egain, *AS_AN_APPLICATION) as one:
        yield one


def run_client(tmp_path: Path, egain: Egain, *words: str) -> Ran:
    """Run a client in an environment that holds nothing of ours; no token is in what it prints."""
    ran = run_command(list(words), tmp_path, client_environ(tmp_path / "client"))
    token = egain.do("token", *AS_AN_APPLICATION)
    assert token not in ran.stdout + ran.stderr
    return ran


def test_egains_library_needs_its_address_alone(egain: Egain, proxy: Proxy, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(EGAINS_LIBRARY)

    ran = run_client(tmp_path, egain, sys.executable, "program.py", proxy.url)

    assert (0, "Customer care\n['Shorten', 'Make friendly']\n404 404-101\n", "") == (ran.status, ran.stdout, ran.stderr)


def test_postmans_collection_needs_its_base_url_alone(egain: Egain, proxy: Proxy, tmp_path: Path) -> None:
    ran = run_client(
        tmp_path,
        egain,
        str(BUILD / "node_modules/.bin/newman"),
        *("run", str(SYSTEM / "portal.postman_collection.json"), "--env-var", f"baseUrl={proxy.url}"),
        *("--reporters", "json", "--reporter-json-export", "report.json"),
    )
    report: dict[str, Any] = json.loads((tmp_path / "report.json").read_text())
    answers = {
        one["item"]["name"]: (one["response"]["code"], bytes(one["response"]["stream"]["data"]).decode())
        for one in report["run"]["executions"]
    }

    assert (0, "") == (ran.status, ran.stderr)
    assert {"a portal": 200, "a new export": 202, "its state": 200, "no portal": 404} == {
        name: status for name, (status, _) in answers.items()
    }
    assert PORTALS == portals(answers["a portal"][1])
    assert json.loads(answers["its state"][1])["status"] in ("Pending", "In Progress", "Successful")
    assert "404-101" == json.loads(answers["no portal"][1])["code"]
    assert [] == report["run"]["failures"]


def test_requests_made_as_egains_typescript_library_makes_them(egain: Egain, proxy: Proxy, tmp_path: Path) -> None:
    def answer(times: int, *words: str) -> dict[str, Any]:
        ran = run_command([*NODE, str(times), *words], tmp_path, client_environ(tmp_path / "client"))
        assert (0, "") == (ran.status, ran.stderr)
        (only,) = json.loads(ran.stdout)["answers"]
        return dict(only)

    got = answer(1, f"{proxy.url}{PORTAL}?$lang=en-US")
    made = answer(1, f"{proxy.url}{EXPORTS}", EXPORT)

    assert (200, PORTALS) == (got["status"], portals(got["text"]))
    assert (202, "") == (made["status"], made["text"])
    assert made["location"].startswith(f"{proxy.url}{EXPORTS}/")


def test_curl_asks_for_a_portal_and_its_head(egain: Egain, proxy: Proxy, tmp_path: Path) -> None:
    got = run_client(tmp_path, egain, "curl", "-sSv", *LANGUAGE, f"{proxy.url}{PORTAL}")
    head = run_command(["curl", "-sSI", *LANGUAGE, f"{proxy.url}{PORTAL}"], tmp_path, {"PATH": SESSION["PATH"]})

    assert (0, PORTALS) == (got.status, portals(got.stdout))
    first, *rest = head.stdout.splitlines()
    assert (0, "HTTP/1.1 200 OK") == (head.status, first)
    assert f"content-length: {len(got.stdout)}" in rest


def test_curl_reaches_the_api_over_the_socket(egain: Egain, sandbox: str, tmp_path: Path) -> None:
    path = tmp_path / "egain.sock"
    with proxy_process(egain, *AS_AN_APPLICATION, "--socket", str(path)) as proxy:
        ran = run_client(tmp_path, egain, "curl", "-sS", "--unix-socket", str(path), *LANGUAGE, proxy.url + PORTAL)

    assert ("http://localhost", 0, PORTALS) == (proxy.url, ran.status, portals(ran.stdout))
    assert not path.exists()


def test_curl_uploads_the_largest_attachment_and_gets_it_back(egain: Egain, sandbox: str, tmp_path: Path) -> None:
    content = os.urandom(LARGEST)
    (tmp_path / "sent").write_bytes(content)
    announced = json.dumps({"name": "sent", "size": LARGEST})
    curl = ("curl", "-sS", "--fail", *LANGUAGE)
    with proxy_process(egain, "--on-behalf-of", "alice", "--scope=knowledge.portalmgr.onbehalfof.manage") as proxy:
        url = f"{proxy.url}/knowledge/portalmgr/v4/attachment/preupload"
        told = run_client(tmp_path, egain, *curl, "-H", "Content-Type: application/json", "--data", announced, url)
        # It has a signature of its own, and leads past the proxy where it is taken as it is.
        place = json.loads(told.stdout)["contentUrl"].replace(sandbox, proxy.url)
        back, _, alt_id = place.partition("?signature=")
        binary = ("-H", "Content-Type: application/octet-stream")
        sent = run_client(tmp_path, egain, *curl, *binary, "--data-binary", "@sent", place)
        came = run_client(tmp_path, egain, *curl, "--output", "came", f"{back}/{alt_id}")

    assert (0, 0) == (sent.status, came.status), sent.stderr + came.stderr
    assert hashlib.sha256(content).digest() == hashlib.sha256((tmp_path / "came").read_bytes()).digest()
