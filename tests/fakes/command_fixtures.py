"""The command line within the test's own process, with and without profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakes.command_line import CommandLine

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
version = 1
default_profile = "acme"

[profiles.acme]
deployment = "self-service"
client_id = "b4b2c1d9-4c19-4e8a-8e7a-9a0b1c2d3e4f"
flow = "pkce"
api_url = "https://api.ai.egain.cloud"
redirect_uris = ["http://localhost:8400/callback", "http://127.0.0.1/callback"]
secret_store = "file"

[profiles.acme.endpoints.user]
authorization_url = "https://ai.egain.cloud/system/auth/TMPRODB88619984-U/oauth2/authorize"
token_url = "https://ai.egain.cloud/system/auth/TMPRODB88619984-U/oauth2/token"

[profiles.acme.endpoints.client]
token_url = "https://ai.egain.cloud/system/auth/TMPRODB88619984-U/oauth2/token"

[profiles.acme.flows.pkce]
scopes = ["knowledge.portalmgr.read", "core.aiservices.read"]

[profiles.acme.flows.client-credentials]
scopes = ["knowledge.portalmgr.manage"]
client_auth = "body"

[profiles.ci]
deployment = "commercial"
client_id = "d1e8c2b5-3a18-4f7b-9c6d-8e5f7a4b3c2d"
flow = "client-credentials"
api_url = "https://api.egain.cloud"
scope_prefix = "https://api.egain.cloud/auth/"
token_cache = "none"
secret_store = "none"

[profiles.ci.endpoints.client]
token_url = "https://login.egain.cloud/global/f51302dd-7036-41b5-b619-e1a52a67c780/oauth2/v2.0/token"

[profiles.ci.flows.client-credentials]
scopes = [".default"]
"""


@pytest.fixture
def program_line(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> CommandLine:
    """The command line, without any profile."""
    return CommandLine(capfd, tmp_path)


@pytest.fixture
def configured(program_line: CommandLine) -> CommandLine:
    """The command line with the profiles ``acme`` and ``ci``."""
    program_line.write_config(CONFIG)
    return program_line
