"""The pages that a browser is shown."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from egain_auth_cli.errors import AuthError, EgainError, LoginTimedOut, SignInRefused
from egain_auth_cli.sanitize import remember_secret
from egain_auth_cli.sign_in import pages

HOSTILE = "<script>alert(1)</script>\"'&\u202e"


def all_pages() -> list[pages.Page]:
    fixed = [page for page in vars(pages).values() if isinstance(page, pages.Page)]
    return [*fixed, pages.signed_in(profile="acme", person=HOSTILE), pages.failed(EgainError(HOSTILE, hint=HOSTILE))]


def body_of(page: pages.Page) -> str:
    return page.render().partition(b"\r\n\r\n")[2].decode()


@pytest.mark.parametrize("raw", [*(page.render() for page in all_pages()), pages.moved("/done")])
def test_every_page_has_the_headers_that_protect_it_and_no_banner(raw: bytes) -> None:
    head, _, body = raw.partition(b"\r\n\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head.decode("ascii").split("\r\n")[1:])

    expected = {
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "connection": "close",
        "content-length": str(len(body)),
    }
    assert expected == {name: headers[name] for name in expected}
    policy = headers["content-security-policy"]
    assert ("default-src 'none'" in policy, "frame-ancestors 'none'" in policy) == (True, True)
    assert "unsafe" not in policy
    assert not {"server", "x-powered-by", "access-control-allow-origin", "date", "set-cookie"} & set(headers)
    assert not re.search(rb"https?:|src=|<link|<script|@import|url\(|style=", body)


@pytest.mark.parametrize("page", all_pages())
def test_policy_lets_through_the_style_of_the_page_and_no_other(page: pages.Page) -> None:
    head, _, body = page.render().partition(b"\r\n\r\n")

    styles = re.findall(rb"<style>(.*?)</style>", body, re.DOTALL)
    assert len(styles) == 1
    digest = base64.b64encode(hashlib.sha256(styles[0]).digest()).decode()
    assert f"style-src 'sha256-{digest}';" in head.decode()


@pytest.mark.parametrize(
    ("person", "profile", "told"),
    [
        ("alice", "acme", "As alice, for the profile <code>acme</code>."),
        (None, "acme", "For the profile <code>acme</code>."),
        ("alice", None, "As alice, for the client application of the environment."),
        ("<b>`x`</b>", "acme", "As &lt;b&gt;&#x27;x&#x27;&lt;/b&gt;, for the profile <code>acme</code>."),
        ("a\u202e\n" + "b" * 100, "acme", f"As a\\u202e\\n{'b' * 77}…, for the profile <code>acme</code>."),
    ],
)
def test_page_of_a_login_says_whose_it_is(person: str | None, profile: str | None, told: str) -> None:
    page = body_of(pages.signed_in(profile=profile, person=person))

    assert f"<p>{told}</p>" in page
    assert "You may close this page" in page


@pytest.mark.parametrize(
    ("error", "title"),
    [
        (LoginTimedOut("nobody signed in", hint="run `egain login` again"), "The sign-in has expired"),
        (SignInRefused("it was: AADB2C90091: x", oauth_error="access_denied", hint="run"), "Sign-in was cancelled"),
        (SignInRefused("it was", oauth_error="access_denied", hint="run"), "Sign-in was not approved"),
        (AuthError("it was", hint="run"), "Sign-in did not succeed"),
    ],
)
def test_page_of_a_failure_says_what_happened_and_what_to_do(error: EgainError, title: str) -> None:
    page = pages.failed(error)

    assert (page.title, page.path, page.status) == (title, "/failed", "200 OK")
    assert page.paragraphs[0] == f"{error.message[:1].upper()}{error.message[1:]}."
    assert page.paragraphs[1] == f"What to do: {error.hint}."


def test_texts_of_a_failure_are_escaped_and_hold_no_secret() -> None:
    remember_secret("made-up-secret-1")
    page = body_of(pages.failed(EgainError(f"{HOSTILE} made-up-secret-1", hint="run `egain login --scope '<a>'`")))

    assert "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&amp;\\u202e ****" in page
    assert "<code>egain login --scope &#x27;&lt;a&gt;&#x27;</code>" in page
    assert ("<script" in page, "made-up-secret" in page) == (False, False)
