"""Makes the integration tests' helpers importable, and gives the fixtures of jobs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

_INTEGRATION = str(Path(__file__).parents[1] / "integration")
if _INTEGRATION not in sys.path:
    sys.path.append(_INTEGRATION)

from integration_fixtures import egain, elsewhere, server, world  # noqa: E402, F401  fixtures
from world import add_profile  # noqa: E402

from egain_auth_cli.sandbox.profile_document import profile_document  # noqa: E402
from egain_auth_cli.sandbox.server import SandboxServer  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from process import Egain


@pytest.fixture
def sandbox(egain: Egain) -> Iterator[SandboxServer]:  # noqa: F811  the fixture itself
    """A local eGain, and a profile ``acme`` for it, whose secret the environment has."""
    with SandboxServer() as one:
        add_profile(egain, "acme", profile_document(one.url) | {"redirect_uris": ["http://127.0.0.1/callback"]})
        egain.environ["EGAIN_CLIENT_SECRET"] = "sandbox-secret"
        yield one
