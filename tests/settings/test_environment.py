"""What of the environment a child process gets."""

from __future__ import annotations

from egain_auth_cli.settings.environment import without_secrets


def test_child_gets_no_variable_that_holds_a_secret_or_leads_to_one() -> None:
    names = ["EGAIN_CLIENT_SECRET", "EGAIN_CLIENT_SECRET_FILE", "EGAIN_SUBJECT_TOKEN", "EGAIN_ACCESS_TOKEN"]
    environ = dict.fromkeys([*names, "egain_client_secret"], "made-up-secret") | {
        "PATH": "/bin",
        "EGAIN_FLOW": "pkce",
    }

    assert without_secrets(environ) == {"PATH": "/bin", "EGAIN_FLOW": "pkce"}
