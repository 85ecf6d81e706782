from __future__ import annotations

import copy
import pickle

import pytest

from egain_auth_cli.models.secret import Secret
from egain_auth_cli.sanitize import redact


def test_no_way_of_showing_a_secret_shows_it() -> None:
    secret = Secret("made-up-value")
    ways = [str(secret), repr(secret), f"{secret}", f"{secret:>20}", f"{secret!r}", "%s" % secret, repr([secret])]  # noqa: UP031

    assert [way for way in ways if "made-up" in way] == []
    assert "****" == str(secret)


def test_only_reveal_gives_the_value() -> None:
    assert "made-up-value" == Secret("made-up-value").reveal()


def test_a_secret_is_known_to_the_redactor_from_its_making() -> None:
    Secret("made-up-value")

    assert "a **** b" == redact("a made-up-value b")


@pytest.mark.parametrize("write_out", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_is_not_written_out(write_out: object) -> None:
    with pytest.raises(TypeError):
        write_out(Secret("made-up-value"))  # type: ignore[operator]


def test_secrets_of_one_value_are_equal_and_others_are_not() -> None:
    one, same, other = Secret("made-up-value"), Secret("made-up-value"), Secret("made-up-values")

    assert one == same
    assert one != other
    assert one != "made-up-value"


def test_a_secret_is_never_a_key() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Secret("made-up-value"))


def test_an_empty_secret_is_false() -> None:
    assert [bool(Secret("")), bool(Secret("x"))] == [False, True]


def test_secrets_compare_whatever_text_they_hold() -> None:
    assert Secret("\ud800") != Secret("é")
