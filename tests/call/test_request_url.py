"""The address of a request: the API's own origin and base path, whatever is asked for."""

from __future__ import annotations

import posixpath
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from egain_auth_cli.call.url import api_request_url
from egain_auth_cli.errors import ConfigError, UsageError
from egain_auth_cli.models.urls import origin_of

HOSTILE = [
    "",
    " ",
    "evil.test",
    "https://evil.test/x",
    "https:evil.test",
    "https:/evil.test",
    "https://",
    "//evil.test",
    "///evil.test",
    "\\\\evil.test",
    "/\\evil.test",
    "\\/evil.test",
    "@evil.test",
    ":8443/x",
    ".evil.test",
    "?x=1",
    "#x",
    "/x#y",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "http://api.acme.test/v1/x",
    "http://localhost/v1/x",
    "https://api.acme.test@evil.test/v1/x",
    "https://api.acme.test:secret@evil.test/v1/x",
    "https://user@api.acme.test/v1/x",
    "https://api.acme.test%5C@evil.test/v1/x",
    "https://api.acme.test.evil.test/v1/x",
    "https://xapi.acme.test/v1/x",
    "https://api.acme.test./v1/x",
    "https://api.acme.test:8443/v1/x",
    "https://аpi.acme.test/v1/x",  # noqa: RUF001  Cyrillic
    "https://[fe80::1%25eth0]/v1/x",
    "https://api.acme.test/v1",
    "https://api.acme.test/v2/x",
    "https://api.acme.test/v1x",
    "https://api.acme.test/v1//evil.test",
    "https://api.acme.test/v1/../admin",
    "/../../admin",
    "/..",
    "/.",
    "/x/./y",
    "/x/../../../admin",
    "/%2e%2e/admin",
    "/%2E%2e/admin",
    "/.%2e/admin",
    "/%252e%252e/admin",
    "/..;/admin",
    "/..;x=y/admin",
    "/x/..%2fadmin",
    "/x/..%5cadmin",
    "/%2e%2e%2fadmin",
    "/x\\..\\admin",
    "/x y",
    "/x\ty",
    "/x\r\nHost: evil.test",
    "/x\x00",
    "/x\x1b[2J",
    "/x\x7f",
]


@pytest.mark.parametrize("target", HOSTILE)
def test_target_outside_the_api_is_refused(target: str) -> None:
    with pytest.raises(UsageError) as caught:
        api_request_url("https://api.acme.test/v1", target)

    assert caught.value.message.isprintable()


@pytest.mark.parametrize(
    ("base", "target", "url"),
    [
        ("https://api.acme.test", "/a/b", "https://api.acme.test/a/b"),
        ("https://api.acme.test/", "/a/b", "https://api.acme.test/a/b"),
        ("https://api.acme.test/v1/", "/a", "https://api.acme.test/v1/a"),
        ("https://API.acme.test:443", "/a", "https://api.acme.test/a"),
        ("https://api.acme.test", "https://API.ACME.TEST:443/a?b=1", "https://api.acme.test/a?b=1"),
        ("https://api.acme.test/v1", "https://api.acme.test/v1/a", "https://api.acme.test/v1/a"),
        ("https://api.acme.test", "https://api.acme.test", "https://api.acme.test/"),
        ("https://api.acme.test", "/a?$filter[tags]=x", "https://api.acme.test/a?$filter[tags]=x"),
        ("https://api.acme.test", "/a?", "https://api.acme.test/a"),
        ("https://api.acme.test", "/a%20b%2Fc", "https://api.acme.test/a%20b%2Fc"),
        ("https://api.acme.test", "/100%", "https://api.acme.test/100%25"),
        ("https://api.acme.test", "/é", "https://api.acme.test/%C3%A9"),
        ("https://api.acme.test", "/a//b", "https://api.acme.test/a//b"),
        ("https://api.acme.test", "/a..b/...", "https://api.acme.test/a..b/..."),
        ("http://[::1]:8080", "/a", "http://[::1]:8080/a"),
        ("https://api.acme.test", "/a@b:c", "https://api.acme.test/a@b:c"),
    ],
)
def test_path_is_joined_to_the_api_url(base: str, target: str, url: str) -> None:
    assert url == api_request_url(base, target)


def test_query_pairs_come_back_as_they_were_given() -> None:
    pairs = [("$filter[tags]", "x&y=z#?%/ +é"), ("name", "")]

    url = httpx.URL(api_request_url("https://api.acme.test", "/a", pairs))

    assert pairs == list(url.params.multi_items())


def test_dollar_of_a_query_pair_stays_and_what_may_be_taken_for_more_is_encoded() -> None:
    url = api_request_url("https://api.acme.test", "/a?$b=1", [("$filter[tags]", "$c/d&e")])

    assert url == "https://api.acme.test/a?$b=1&$filter[tags]=$c%2Fd%26e"


@pytest.mark.parametrize(
    "base", ["http://api.acme.test", "https://api.acme.test?x=1", "https://user@api.acme.test", ""]
)
def test_bad_api_url_is_a_configuration_error(base: str) -> None:
    with pytest.raises(ConfigError):
        api_request_url(base, "/a")


@pytest.mark.parametrize("target", ["/\udcff", "/a?b=\udcff", "https://api.acme.test/\udcff"])
def test_target_that_is_not_valid_text_is_refused(target: str) -> None:  # bytes of the command line
    with pytest.raises(UsageError):
        api_request_url("https://api.acme.test", target)


@pytest.mark.parametrize("pair", [("\udcff", "x"), ("x", "\udcff")])
def test_query_pair_that_is_not_valid_text_is_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(UsageError):
        api_request_url("https://api.acme.test", "/a", [pair])


PIECES = st.sampled_from(
    [
        "/",
        "//",
        ".",
        "..",
        "%2e",
        "%2E",
        "%252e",
        "%2f",
        "%5c",
        ";",
        "\\",
        "@",
        ":",
        "?",
        "#",
        "https:",
        "http:",
        "evil.test",
        "api.acme.test",
        "api.acme.test:443",
        "/v1/",
        "v1",
        "a",
        "$x[y]",
        "%",
        "%zz",
        "é",
        " ",
        "\t",
        "\r\n",
        "\x00",
        "..;",
        "&",
        "=",
    ]
)
TARGETS = st.one_of(
    st.lists(PIECES, max_size=10).map("".join),
    st.lists(PIECES, max_size=8).map(lambda pieces: "/" + "".join(pieces)),
    st.lists(PIECES, max_size=8).map(lambda pieces: "https://api.acme.test/v1/" + "".join(pieces)),
    st.text(max_size=30).map(lambda text: "/" + text),
)


@settings(deadline=None, max_examples=500)
@given(st.sampled_from(["https://api.acme.test/v1", "https://api.acme.test", "http://127.0.0.1:8080/a/b/"]), TARGETS)
@example("https://api.acme.test/v1", "/%2e%2e;/x")
def test_no_target_leaves_the_origin_or_the_base_path(base: str, target: str) -> None:
    try:
        url = api_request_url(base, target)
    except UsageError:
        return

    parsed = httpx.URL(url)
    origin = origin_of(base)
    seen = (parsed.scheme, parsed.host, parsed.port or {"https": 443, "http": 80}[parsed.scheme])
    path = parsed.raw_path.decode("ascii").partition("?")[0]
    root = httpx.URL(base).path.rstrip("/")
    assert tuple(origin) == seen
    assert url.isascii()
    assert url.isprintable()
    assert parsed.userinfo == b""
    for form in (path, unquote(path), unquote(unquote(path))):
        resolved = posixpath.normpath("/" + form.replace("\\", "/").lstrip("/"))
        assert resolved == root or resolved.startswith(f"{root}/")
    # What is shown is what is sent.
    assert url.removeprefix(str(origin)) == parsed.raw_path.decode("ascii")
