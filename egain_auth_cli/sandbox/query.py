"""What the query of a request asks for, beyond the check of its values."""

from __future__ import annotations

from flask import g

from egain_auth_cli.sandbox.api_error import ApiError
from egain_auth_cli.sandbox.json_text import read_json
from egain_auth_cli.sandbox.world import Document, search


def names_in_query(name: str) -> set[str]:
    """Return the names in a parameter that is a list with commas; none where it is not given."""
    return {each for each in str(g.query.get(name, "")).split(",") if each}


def searched() -> list[Document]:
    """Return the articles that fit the words, the topics and the tags of a search.

    Raises:
        ApiError: The tags are no object of lists.
    """
    return search(str(g.query["q"]), names_in_query("$filter[topicIds]"), _tags())


def _tags() -> list[set[str]]:
    """Read the tags of a search: categories with their tags, of each of which an article has one."""
    try:
        given = read_json(str(g.query.get("$filter[tags]", "{}")))
        if isinstance(given, dict) and all(isinstance(each, list) for each in given.values()):
            return [{str(tag) for tag in each} for each in given.values() if each]
    except (ValueError, RecursionError):
        pass
    raise ApiError("400-196", "The value of '$filter[tags]' is not valid, expected values are: [an object of lists]")
