"""What a stored credential is for, and that it serves nothing else."""

from __future__ import annotations

import json

import pytest

from egain_auth_cli.models.binding import Binding

STORED = Binding(client_id="c", token_origins=("https://a.test", "https://b.test"), api_origin="https://api.test")


@pytest.mark.parametrize(
    ("use", "changed"),
    [
        (STORED, None),
        (Binding(client_id="c", token_origins=("https://b.test",), api_origin="https://api.test"), None),
        (Binding(client_id="d", token_origins=("https://a.test",), api_origin="https://api.test"), "client ID"),
        (Binding(client_id="c", token_origins=("https://evil.test",), api_origin="https://api.test"), "token URL"),
        (
            Binding(
                client_id="c", token_origins=("https://a.test", "https://evil.test"), api_origin="https://api.test"
            ),
            "token URL",
        ),
        (Binding(client_id="c", token_origins=("https://a.test",), api_origin="https://evil.test"), "API URL"),
        (Binding(client_id="c", token_origins=("https://a.test",), api_origin=""), "API URL"),
    ],
)
def test_a_credential_serves_only_what_it_was_stored_for(use: Binding, changed: str | None) -> None:
    assert changed == use.changed_from(STORED)


def test_binding_comes_back_as_it_was_written() -> None:
    assert Binding.from_dict(json.loads(json.dumps(STORED.as_dict()))) == STORED


@pytest.mark.parametrize(
    "broken", [{}, {"client_id": "c"}, {"token_origins": "https://a.test"}, {"token_origins": None}]
)
def test_broken_binding_matches_no_use(broken: dict[str, object]) -> None:
    use = Binding(client_id="c", token_origins=("https://a.test",), api_origin="https://api.test")

    assert use.changed_from(Binding.from_dict(broken)) is not None
