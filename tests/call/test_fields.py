"""A JSON body made of ``-f`` and ``-F``."""

from __future__ import annotations

import json

import pytest

from egain_auth_cli.call.fields import json_body, json_value
from egain_auth_cli.errors import UsageError


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ([("a", "b")], {"a": "b"}),
        ([("a[b][c]", 1)], {"a": {"b": {"c": 1}}}),
        ([("a[]", 1), ("a[]", 2)], {"a": [1, 2]}),
        ([("a[][b]", 1), ("a[][c]", 2), ("a[][b]", 3)], {"a": [{"b": 1, "c": 2}, {"b": 3}]}),
        ([("a", "é")], {"a": "é"}),
        ([], {}),
    ],
)
def test_fields_make_an_object(fields: list[tuple[str, object]], body: object) -> None:
    assert body == json.loads(json_body(fields))


@pytest.mark.parametrize(
    "names",
    [
        ["a", "a"],
        ["a[b]", "a"],
        ["a", "a[b]"],
        ["a[]", "a[b]"],
        ["a[b]", "a[]"],
        ["[a]"],
        ["a[b"],
        ["a]b"],
        [""],
        ["a[b]c"],
    ],
)
def test_fields_that_contradict_each_other_are_refused(names: list[str]) -> None:
    with pytest.raises(UsageError):
        json_body([(name, 1) for name in names])


@pytest.mark.parametrize("field", [("a", "\udcff"), ("\udcff", "a"), ("a[\udcff]", 1)])
def test_field_that_is_no_text_is_refused(field: tuple[str, object]) -> None:
    with pytest.raises(UsageError, match="no text"):
        json_body([field])


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "", "x", "{", "[" * 100000, "01"])
def test_typed_field_that_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no JSON"):
        json_value(text, "a")


def test_typed_field_is_json() -> None:
    assert [json_value(text, "a") for text in ("3", '["a"]', "null")] == [3, ["a"], None]
