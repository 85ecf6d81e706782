"""Public JSON documents, fetched without any credential."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from fakes.http_server import ScriptedServer, answer

from egain_auth_cli.errors import BadAnswer
from egain_auth_cli.profiles.fetch import fetch_document

if TYPE_CHECKING:
    from egain_auth_cli.transport.client import HttpClient


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_public_document_is_read(http: HttpClient, bom: bytes) -> None:
    with ScriptedServer(answer("200 OK", bom + json.dumps({"a": "é"}).encode())) as server:
        found = fetch_document(http, f"{server.url}/doc", seconds=5)

    assert found == {"a": "é"}
    assert b"authorization" not in server.requests[0].lower()


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (answer("302 x", b"", "Location: http://127.0.0.1:9/"), "redirects"),
        (answer("404 x"), "status 404"),
        (answer("500 x"), "status 500"),
        (answer("200 OK", b"<html>", "Content-Type: text/html"), "text/html"),
        (answer("200 OK", b"[]"), "no content type"),
        (answer("200 OK", b"\xff"), "no JSON document"),
        (answer("200 OK", b"[" * 100000), "no JSON document"),
        (answer("200 OK", b"x", "Content-Type: text/\x1b[2J"), "no JSON document"),
    ],
)
def test_what_is_no_document_is_refused(http: HttpClient, raw: bytes, word: str) -> None:
    with ScriptedServer(raw) as server, pytest.raises(BadAnswer, match=word) as caught:
        fetch_document(http, f"{server.url}/doc?made-up-query", seconds=5)

    assert "made-up-query" not in caught.value.message
    assert caught.value.message.isprintable()
