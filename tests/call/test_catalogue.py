"""The documented paths."""

from __future__ import annotations

from egain_auth_cli.call.catalogue import api_paths, find_paths, path_of


def test_every_documented_path_reads_and_has_a_flow_and_a_scope() -> None:
    paths = api_paths()

    assert len(paths) > 5
    assert [
        one for one in paths if one.method != "GET" or not one.path.startswith("/") or not one.flows or not one.note
    ] == []


def test_path_is_found_by_a_word_and_by_a_request() -> None:
    template = next(one for one in api_paths() if "{" in one.path)
    concrete = "/".join("PZ-1001" if part.startswith("{") else part for part in template.path.split("/"))

    assert template in find_paths(template.path.rpartition("/")[0].upper())
    assert path_of(f"{concrete}?$lang=en-US") == template
    assert path_of("/no/such/path") is None
    assert find_paths("no such word anywhere") == ()
