"""Suggestions: a person's own in a portal, their files and comments."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from fakes.sandbox_driver import ANONYMOUS, CUSTOMER, PORTALS, Driver, api_code, sha256, start_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

MANAGE = "knowledge.portalmgr.manage"
SUGGESTIONS = f"{PORTALS}/portals/PROD-1001/suggestions"
JSON = {"Content_Type": "application/json"}
ID = r"[a-zA-Z0-9]{2,4}-\d{4,15}"


@pytest.fixture
def sandbox() -> Iterator[Driver]:
    with start_sandbox() as driver:
        yield driver


def upload(sandbox: Driver, token: str, content: bytes) -> str:
    told = json.dumps({"name": "form.pdf", "size": len(content)}).encode()
    place = sandbox.call(token, f"{PORTALS}/attachment/preupload", method="POST", content=told, **JSON).json()
    headers = {"Content-Type": "application/octet-stream"}
    sent = sandbox.http.post(place["contentUrl"], content=content, headers=headers)
    assert sent.status_code == 201
    return str(place["altId"])


def attached(files: list[str]) -> dict[str, Any]:
    return {"attachment": [{"altId": name} for name in files]}


def send(sandbox: Driver, token: str, method: str, path: str, **body: Any) -> httpx.Response:
    return sandbox.call(token, path, method=method, content=json.dumps(body).encode(), **JSON)


def suggest(sandbox: Driver, token: str, *, files: list[str], **more: Any) -> httpx.Response:
    fields = {"name": "Neu", "content": "ü", "language": {"code": "ja-JA"}, "attachments": attached(files)}
    return send(sandbox, token, "POST", SUGGESTIONS, **fields, **more)


def change(sandbox: Driver, token: str, identifier: str, **more: Any) -> httpx.Response:
    return send(sandbox, token, "PUT", SUGGESTIONS, id=identifier, modifiedDate="2030-01-02T03:04:05Z", **more)


def newest(sandbox: Driver, token: str) -> dict[str, Any]:
    listed = sandbox.call(token, f"{SUGGESTIONS}?filter[status]=suggested&$sort=id").json()["Suggestion"]
    found: dict[str, Any] = listed[-1]
    return found


def test_suggestion_is_kept_with_the_file_that_was_uploaded(sandbox: Driver) -> None:
    token, content = sandbox.user_token(scope=MANAGE), b"a=\x00\xff" * 50_000
    made = suggest(sandbox, token, files=[upload(sandbox, token, content)])
    one = newest(sandbox, token)
    (file,) = sandbox.call(token, f"{SUGGESTIONS}/{one['id']}/attachments").json()["Attachments"]
    shown, whole = (
        sandbox.call(token, file["link"]["href"] + more).json()
        for more in ("", "?attachmentAdditionalAttributes=contentUrl")
    )

    assert (made.status_code, made.content, "location" in made.headers) == (201, b"", False)
    assert (one["content"], one["language"]["code"], one["hasAttachments"]) == ("ü", "ja-JP", True)
    assert shown == file
    assert (file["fileName"], file["size"], re.fullmatch(ID, file["id"]) is not None) == (
        "form.pdf",
        len(content),
        True,
    )
    assert sha256(sandbox.http.get(whole.pop("contentUrl")).content) == sha256(content)
    assert whole == file
    assert sandbox.call(token, f"{SUGGESTIONS}/{one['id']}", method="DELETE").status_code == 204
    assert api_code(sandbox.call(token, f"{SUGGESTIONS}/{one['id']}")) == "404-101"


@pytest.mark.parametrize("size", [0, 4, 6])
def test_file_that_is_not_as_long_as_was_announced_is_refused(sandbox: Driver, size: int) -> None:
    body = b'{"name":"x","size":5}'
    token = sandbox.user_token(scope=MANAGE)
    place = sandbox.call(token, f"{PORTALS}/attachment/preupload", method="POST", content=body, **JSON).json()

    answer = sandbox.http.post(
        place["contentUrl"], content=b"x" * size, headers={"Content-Type": "application/octet-stream"}
    )

    assert api_code(answer) == "400-152"


def test_other_peoples_suggestions_are_not_there(sandbox: Driver) -> None:
    scope = MANAGE
    alice, bob = (sandbox.user_token(person=name, scope=scope) for name in ("alice", "bob"))

    assert sandbox.call(alice, f"{SUGGESTIONS}/PROD-8001").status_code == 200
    assert api_code(sandbox.call(bob, f"{SUGGESTIONS}/PROD-8001")) == "404-101"


def test_suggestion_that_was_approved_stays(sandbox: Driver) -> None:
    token = sandbox.user_token(scope=MANAGE)

    assert api_code(sandbox.call(token, f"{SUGGESTIONS}/PROD-8003", method="DELETE")) == "400-113"


def test_file_is_unlinked_by_its_link(sandbox: Driver) -> None:
    token = sandbox.user_token(scope=MANAGE)
    suggest(sandbox, token, files=[upload(sandbox, token, b"one"), upload(sandbox, token, b"other")])
    one = newest(sandbox, token)
    path = f"{SUGGESTIONS}/{one['id']}/attachments"
    first, second = sandbox.call(token, path).json()["Attachments"]

    wrong = change(sandbox, token, one["id"], attachments={"unlink": [{"rel": "self", "href": "/nothing"}]})
    done = change(sandbox, token, one["id"], attachments={"unlink": [first["link"]]})

    assert (api_code(wrong), done.status_code) == ("400-152", 204)
    assert sandbox.call(token, path).json()["Attachments"] == [second]
    assert api_code(sandbox.call(token, first["link"]["href"])) == "404-101"


def test_suggestion_is_not_in_another_portal(sandbox: Driver) -> None:
    token = sandbox.user_token(scope=MANAGE)
    other = SUGGESTIONS.replace("1001", "1002")

    assert api_code(sandbox.call(token, f"{other}/PROD-8001")) == "404-101"
    assert sandbox.call(token, f"{other}?filter[status]=suggested").status_code == 204


def test_comment_is_taken_until_the_suggestion_is_decided_on(sandbox: Driver) -> None:
    token = sandbox.user_token(scope=MANAGE)
    answers = [
        send(sandbox, token, "POST", f"{SUGGESTIONS}/{each}/comments", content="Thanks")
        for each in ("PROD-8001", "PROD-8002", "PROD-8003")
    ]

    assert [answer.status_code for answer in answers] == [201, 201, 400]
    assert sandbox.call(token, f"{SUGGESTIONS}/PROD-8003/comments").status_code == 204


def test_suggestion_and_comment_are_of_the_person_who_made_them(sandbox: Driver) -> None:
    token = sandbox.user_token(CUSTOMER, "carol", scope=MANAGE)
    suggest(sandbox, token, files=[])
    path = f"{SUGGESTIONS}/{newest(sandbox, token)['id']}"
    send(sandbox, token, "POST", f"{path}/comments", content="Thanks")
    (comment,) = sandbox.call(token, f"{path}/comments").json()["comments"]
    plain, named = (
        sandbox.call(token, path + more).json()["modifiedBy"]
        for more in ("", "?suggestionAdditionalAttributes=modifiedBy.userName")
    )

    assert (plain["id"], plain["firstName"], "userName" in plain) == ("2001", "Carol", False)
    assert (named["userName"], comment["createdBy"]) == ("carol", plain)


def test_custom_attribute_is_kept_and_shown_by_request(sandbox: Driver) -> None:
    token, given = sandbox.user_token(scope=MANAGE), [{"name": "region", "value": ["north"], "type": "STRING"}]
    suggest(sandbox, token, files=[], customAttributes=given)
    path = f"{SUGGESTIONS}/{newest(sandbox, token)['id']}"

    assert "customAttributes" not in sandbox.call(token, path).json()
    assert sandbox.call(token, f"{path}?$customAdditionalAttributes=region").json()["customAttributes"] == given


def test_comment_of_nobody_is_refused_in_the_right_words(sandbox: Driver) -> None:
    anonymous = {"grant_type": "client_credentials", "client_id": "x", "client_secret": "x", "scope": MANAGE}
    token = sandbox.post(ANONYMOUS, **anonymous).json()["access_token"]
    answer = send(sandbox, token, "POST", f"{SUGGESTIONS}/PROD-8001/comments", content="Thanks")

    assert api_code(answer) == "403-112"
    assert "anonymous customers are not allowed" in answer.json()["developerMessage"]
