"""Every setting is told once, in the table of keys; what cannot be made from it is held to it here."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from egain_auth_cli import _fastpath
from egain_auth_cli.models.token import CLOCK_SLACK
from egain_auth_cli.settings.environment import VARIABLES
from egain_auth_cli.settings.key_paths import keys_help
from egain_auth_cli.settings.keys import KEYS, Key, Place, keys_at
from egain_auth_cli.settings.profile import Endpoint, FlowTable, Profile
from egain_auth_cli.settings.settings import Settings
from egain_auth_cli.tokens.request import DEFAULT_MIN_VALID

README = Path(__file__).parents[2] / "README.md"
NAMES = [key.name for key in KEYS]
BESIDE = {"name", "endpoints", "flows"}
"""Fields of a profile that are not keys: its own name, and its tables."""


@pytest.mark.parametrize(
    ("place", "kind"), [(Place.PROFILE, Profile), (Place.ENDPOINT, Endpoint), (Place.FLOW, FlowTable)]
)
def test_fields_of_a_profile_are_the_keys_of_the_table(place: Place, kind: type) -> None:
    assert set(keys_at(place)) == {one.name for one in fields(kind)} - BESIDE


def test_resolved_settings_are_the_keys_of_the_table_and_the_profile() -> None:
    resolved = {one.name for one in fields(Settings) if str(one.type).startswith("Setting[")}

    assert {"profile", *(key.name for key in KEYS if key.resolved)} == resolved


def test_readme_names_every_variable() -> None:
    names = {*(key.variable for key in KEYS if key.variable), *(one.name for one in VARIABLES)}

    assert names <= set(re.findall(r"\bEGAIN_[A-Z_]+", README.read_text()))


def test_no_name_stands_in_two_places() -> None:
    assert len(NAMES) == len(set(NAMES))


def test_fast_path_compares_every_variable_that_shapes_a_token() -> None:
    settings = {key.variable for key in KEYS if key.variable}

    assert settings | {variable.name for variable in VARIABLES if variable.shapes} == set(_fastpath._SHAPING)


def test_fast_path_counts_with_the_same_seconds() -> None:
    assert (_fastpath._MIN_VALID, _fastpath._CLOCK_SLACK) == (DEFAULT_MIN_VALID, CLOCK_SLACK)


@pytest.mark.parametrize("key", KEYS, ids=NAMES)
def test_help_of_profile_set_has_the_key(key: Key) -> None:
    assert f"  {key.name:<22} {key.help}" in keys_help().splitlines()
