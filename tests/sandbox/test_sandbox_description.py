"""The sandbox's description of itself, held to it by requests of every kind, and by eGain's own library."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import schemathesis
from fakes.sandbox_driver import start_sandbox
from hypothesis import HealthCheck, Phase
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from egain_auth_cli.sandbox.description import description

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakes.sandbox_driver import Driver

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
KNOWN = {
    "portalID": "PROD-1001", "articleID": "PROD-3006", "topicID": "PROD-4002", "attachmentID": "PROD-6001",
    "publishViewId": "PROD-2501", "suggestionID": "PROD-8001", "promptID": "PROD-9001", "$filter[topicId]": "PROD-4002",
    "q": "pay", "department": "Service",
}  # fmt: skip
JOB = "00000000-0000-4000-8000-000000000001"
OPERATIONS = [(method.upper(), path) for path, methods in description()["paths"].items() for method in methods]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Driver]:
    with start_sandbox() as driver:
        yield driver


@pytest.fixture(scope="module")
def tokens(sandbox: Driver) -> list[str]:
    scope = "knowledge.portalmgr.manage knowledge.contentmgr.manage core.aiservices.read core.aiservices.manage"
    client = "knowledge.portalmgr.manage knowledge.contentmgr.manage app.conversation.conversationmgr.manage"
    return [sandbox.user_token(scope=scope), sandbox.client_token(scope=client)]


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda value: value)
def test_operation_is_as_it_is_described(sandbox: Driver, tokens: list[str], method: str, path: str) -> None:
    schema = schemathesis.openapi.from_url(f"{sandbox.server.url}/openapi.json")
    operation = schema[path][method]

    @hypothesis.given(case=operation.as_strategy())
    @hypothesis.settings(
        max_examples=10, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck)
    )
    def check(case: Any) -> None:
        for token, found in product(tokens, (False, True)):
            if found:  # any other id is unknown
                case.path_parameters = {name: KNOWN.get(name, JOB) for name in case.path_parameters}
                case.query |= {name: KNOWN[name] for name in case.query if name in KNOWN}
            case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)

    check()
