from __future__ import annotations

import inspect
import re

import pytest

from egain_auth_cli import errors
from egain_auth_cli.errors import ConfigError, EgainError, ExitCode, GrantRefused, UsageError

TREE = {name: kind for name, kind in vars(errors).items() if inspect.isclass(kind) and issubclass(kind, EgainError)}

EXITS = {
    "EgainError": (1, "unexpected"),
    "UsageError": (2, "usage"),
    "ConfigError": (3, "config-invalid"),
    "ProfileMissing": (3, "profile-missing"),
    "SettingMissing": (3, "setting-missing"),
    "BindingChanged": (3, "binding-changed"),
    "RedirectUnavailable": (3, "redirect-unavailable"),
    "AuthError": (4, "authentication"),
    "LoginRequired": (4, "login-required"),
    "LoginTimedOut": (4, "login-timed-out"),
    "SignInRefused": (4, "sign-in-refused"),
    "GrantRefused": (4, "grant-refused"),
    "NetworkError": (5, "network"),
    "TimedOut": (5, "timed-out"),
    "BadAnswer": (5, "bad-answer"),
    "StoreError": (6, "secret-store"),
    "KeyringMissing": (6, "keyring-missing"),
    "KeyringLocked": (6, "keyring-locked"),
    "ApiError": (7, "api-error"),
}


def test_each_error_has_the_exit_status_and_code_that_scripts_rely_on() -> None:
    actual = {name: (int(kind.exit_code), kind.code) for name, kind in TREE.items()}

    assert actual == EXITS


def test_codes_are_kebab_case_and_no_two_errors_share_one() -> None:
    codes = [kind.code for kind in TREE.values()]

    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)


def test_tree_in_the_docstring_names_each_error_with_its_exit_and_code() -> None:
    drawn = re.findall(r"(\w+) +(\d) +([a-z-]+)", errors.__doc__ or "")

    assert {(name, str(exit_), code) for name, (exit_, code) in EXITS.items()} == set(drawn)


def test_error_as_dict_has_every_documented_key_and_null_where_nothing_is_known() -> None:
    expected = {
        "code": "config-invalid",
        "message": "no good",
        "hint": None,
        "exit": 3,
        "status": None,
        "oauth_error": None,
    }

    assert expected == ConfigError("no good").as_dict()


def test_error_as_dict_gives_status_and_oauth_error() -> None:
    error = GrantRefused("refused", hint="try", status=400, oauth_error="invalid_grant")

    described = error.as_dict()

    assert tuple(described[key] for key in ("hint", "status", "oauth_error", "exit")) == (
        "try",
        400,
        "invalid_grant",
        4,
    )


@pytest.mark.parametrize(("code", "value"), [("OK", 0), ("INTERRUPTED", 130), ("API", 7)])
def test_exit_statuses_are_the_documented_numbers(code: str, value: int) -> None:
    assert value == ExitCode[code]


def test_exec_has_statuses_of_its_own_as_env_has_them() -> None:
    assert [code for code in ExitCode if code.starts_no_command] == [125, 126, 127]


def test_an_error_is_its_message() -> None:
    assert "wrong" == str(UsageError("wrong"))
