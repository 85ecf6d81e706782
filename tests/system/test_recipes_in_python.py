"""What the README shows and says of Python, and what eGain's own library does with the token."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from fakes.hostile_server import HostileServer
from fakes.readme import texts

from system.recipes import run_command
from system.sandbox_process import sandbox_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from system.egain_command import Egain, Ran

PRINTED = "Customer care\n['Shorten', 'Make friendly']\n"
REQUESTS = """
import requests
from egain_auth_cli.auth import EgainAuth
with requests.Session() as session:
    session.auth = auth = EgainAuth(flow="client-credentials")
    url = f"{auth.api_url}/knowledge/portalmgr/v4/portals/PROD-1001"
    print(session.get(url, headers={"Accept-Language": "en-US"}).json()["name"])
"""
_CALLS = """
    print(sdk.portal.general.get_portal_details_by_id(accept_language="en-US", portal_id="PROD-1001").name)
    templates = sdk.prompt.get_prompt_templates(
        accept_language="en-US", department="Service", language_code="en-US",
        server_url=f"{api}/knowledge/contentmgr/v4",
    )
    print([one.name for one in templates.prompt_templates])
"""
SDK_WITH_A_TOKEN = f"""
import os
from egain_api_python import Egain
api = os.environ["EGAIN_API_URL"]
with Egain(access_token=os.environ["EGAIN_ACCESS_TOKEN"], server_url=f"{{api}}/knowledge/portalmgr/v4") as sdk:{_CALLS}
"""
SDK_WITH_OUR_CLIENT = f"""
import httpx
from egain_api_python import Egain
from egain_auth_cli.auth import EgainAuth
auth = EgainAuth()
api, client = auth.api_url, httpx.Client(auth=auth)
with client, Egain(client=client, server_url=f"{{api}}/knowledge/portalmgr/v4") as sdk:{_CALLS}
"""
DEVELOPMENT_HOST = "api.aidev.egain.cloud:443"
ELSEWHERE = """
import json, os, sys
import httpx
from egain_api_python import Egain
from egain_auth_cli.auth import EgainAuth, access_token

LANGUAGE = {"accept_language": "en-US", "department": "Service", "language_code": "en-US"}
QUESTION = {"q": "pay a bill", "portal_id": "PROD-1001", "language": "en-US"}
SOURCE = {"type": "Shared file path", "path": "/made-up"}
IMPORT = ("content", "import_")
CALLS = [
    (IMPORT, "create_import_job", {"data_source": SOURCE, "operation": "import"}),
    (IMPORT, "get_validation_hooks", {}),
    (IMPORT, "create_validation_hook", {"type_": "import_pre_validation_hook", "file_object": {}}),
    (IMPORT, "get_validation_hook_versions", {"hook_id": 1}),
    (IMPORT, "create_validation_hook_version", {"hook_id": 1}),
    (IMPORT, "get_validation_hook_version", {"hook_id": 1, "version_id": 1}),
    (IMPORT, "get_import_status", {"job_id": "1"}),
    (IMPORT, "create_import_validation_job", {"data_source": SOURCE}),
    (IMPORT, "cancel_import", {"job_id": "1"}),
    (("prompt",), "get_prompt_templates", LANGUAGE),
    (("prompt",), "get_prompt_template_by_id", {**LANGUAGE, "prompt_id": "1"}),
    (("aiservices", "retrieve"), "retrieve_chunks", QUESTION),
    (("aiservices", "answers"), "get_best_answer", QUESTION),
    (("aiservices", "prompt"), "execute_prompt", {
        "prompt_id": "1", "department": "Service", "language_code": "en-US", "event_type": "generate",
        "client_session_id": "123e4567-e89b-12d3-a456-426614174000", "streaming": False,
    }),
]

def failure(sdk, wing, name, given):
    for part in wing:
        sdk = getattr(sdk, part)
    try:
        getattr(sdk, name)(**given)
    except Exception as exc:
        return [type(exc).__name__, str(exc)]

def sdk():
    auth = EgainAuth(flow="client-credentials")
    portals = auth.api_url + "/knowledge/portalmgr/v4"
    if sys.argv[1] == "client":
        return Egain(client=httpx.Client(auth=auth), server_url=portals)
    return Egain(access_token=access_token(flow="client-credentials"), server_url=portals)

print(json.dumps([failure(sdk(), *call) for call in CALLS]))
"""


@pytest.fixture
def sandbox(egain: Egain) -> Iterator[str]:
    """A sandbox with the profile `acme`, which is the default one; its URL."""
    with sandbox_process(egain, "acme") as url:
        yield url


def run_program(text: str, folder: Path, egain: Egain, *words: str) -> Ran:
    (folder / "program.py").write_text(text)
    return run_command([sys.executable, "program.py", *words], folder, egain.environ)


@pytest.mark.parametrize("block", texts("From Python"))
def test_program_of_the_readme_gets_a_portal_and_a_token(
    egain: Egain, sandbox: str, tmp_path: Path, block: str
) -> None:
    ran = run_program(f"{block}print(portals['name'])\nprint(token)", tmp_path, egain)

    assert (0, "") == (ran.status, ran.stderr)
    assert ["Customer care", egain.do("token", "--client-credentials")] == ran.stdout.splitlines()


def test_requests_takes_the_authentication_as_the_readme_says(egain: Egain, sandbox: str, tmp_path: Path) -> None:
    ran = run_program(REQUESTS, tmp_path, egain)

    assert (0, "Customer care\n", "") == (ran.status, ran.stdout, ran.stderr)


@pytest.mark.parametrize("program", [SDK_WITH_A_TOKEN, SDK_WITH_OUR_CLIENT], ids=["token", "client"])
def test_egains_library_gets_what_it_asks_for_where_each_call_names_its_address(
    egain: Egain, sandbox: str, tmp_path: Path, program: str
) -> None:
    (tmp_path / "program.py").write_text(program)
    words = [
        "exec",
        "--client-credentials",
        *(f"--scope=knowledge.{one}.manage" for one in ("portalmgr", "contentmgr")),
    ]

    ran = run_command(["egain", *words, "--", sys.executable, "program.py"], tmp_path, egain.environ)

    assert (0, PRINTED, "") == (ran.status, ran.stdout, ran.stderr)


@pytest.fixture
def proxy() -> Iterator[HostileServer]:
    """A proxy on loopback that is asked for whatever is not loopback, and lets nothing through."""
    with HostileServer() as server:
        yield server


@pytest.mark.parametrize("way", ["client", "token"])
def test_operations_that_egains_library_sends_to_the_development_host_are_refused_by_our_client_alone(
    egain: Egain, sandbox: str, tmp_path: Path, proxy: HostileServer, way: str
) -> None:
    behind = egain.within({"HTTPS_PROXY": proxy.url, "NO_PROXY": "127.0.0.1"})

    ran = run_program(ELSEWHERE, tmp_path, behind, way)
    failures: list[Any] = json.loads(ran.stdout)
    asked = [(one.method, one.target) for one in proxy.requests]

    refused = ["UsageError", f"the token is for `{sandbox}` alone"]
    expected = [refused] * 14 if way == "client" else [["ProxyError", "404 Not Found"]] * 14
    assert expected == failures
    assert asked == ([] if way == "client" else [("CONNECT", DEVELOPMENT_HOST)] * 14)
