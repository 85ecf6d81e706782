"""The pages that a browser is shown."""

from __future__ import annotations

import re

import pytest

from egain_auth_cli.sign_in import pages


def all_pages() -> list[pages.Page]:
    return [page for page in vars(pages).values() if isinstance(page, pages.Page)]


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
    assert not {"server", "x-powered-by", "access-control-allow-origin", "date", "set-cookie"} & set(headers)
    assert not re.search(rb"https?:|src=|<link|<script|@import", body)
