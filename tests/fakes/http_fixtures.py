"""A client, and what it was heard to say."""

from __future__ import annotations

import pytest

from egain_auth_cli.transport.client import HttpClient


@pytest.fixture
def trace() -> list[str]:
    return []


@pytest.fixture
def http(trace: list[str]) -> HttpClient:
    return HttpClient({}, trace=trace.append)
