"""JMESPath filters, and how their results are written."""

from __future__ import annotations

import json

import pytest

from egain_auth_cli.call.document import compact_json
from egain_auth_cli.call.filter import json_filter, result_text
from egain_auth_cli.errors import BadAnswer, UsageError


@pytest.mark.parametrize("expression", ["", "portal[", "a b", "]\x1b", "nosuch(@)"])
def test_malformed_filter_is_wrong_use(expression: str) -> None:
    with pytest.raises((UsageError, BadAnswer)) as caught:
        json_filter(expression)({})

    assert caught.value.message.isprintable()


def test_filter_that_does_not_fit_the_data_is_told_of_the_answer() -> None:
    with pytest.raises(BadAnswer, match="does not fit"):
        json_filter("length(@)")(5)


@pytest.mark.parametrize(
    ("value", "text"), [("a b", "a b"), (["é"], '["é"]'), ({"a": 1}, '{"a":1}'), (None, "null"), (True, "true")]
)
def test_result_is_a_bare_text_or_compact_json(value: object, text: str) -> None:
    assert text == result_text(value)
    assert json.loads(compact_json(value)) == value
