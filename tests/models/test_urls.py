"""Which URLs are taken, and their origins, as another parser sees them."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.models.urls import Origin, check_url, origin_of
from egain_auth_cli.sanitize import redact

HOSTILE = [
    "",
    " ",
    "https://",
    "https:///path",
    "https:evil.test",
    "https:/evil.test",
    "//evil.test",
    "evil.test",
    "/path",
    "http://evil.test/",
    "HTTP://evil.test/",
    "ftp://evil.test/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:text/html,x",
    "ws://evil.test/",
    "-https://evil.test/",
    "--help",
    "https://user@evil.test/",
    "https://user:secret@evil.test/",
    "https://api.acme.test@evil.test/",
    "https://api.acme.test%5C@evil.test/",
    "https://api.acme.test\\@evil.test/",
    "https://api.acme.test\\.evil.test/",
    "https:\\\\evil.test/",
    "https://evil.test/#fragment",
    "https://evil.test#",
    "https://evil.test/a b",
    "https://evil.test/\t",
    "https://evil.test/\r\nHost: x",
    "https://evil.test/\x00",
    "https://ev\til.test/",
    "https://evil.test/\x1b[2J",
    "https://évil.test/",
    "https://аpi.acme.test/",  # noqa: RUF001  Cyrillic
    "https://evil。test/",
    "https://evil.test:0/",
    "https://evil.test:65536/",
    "https://evil.test:-1/",
    "https://evil.test:80:80/",
    "https://evil.test:/",
    "https://evil.test:abc/",
    "https://evil.test:٤٤٣/",
    "https://.evil.test/",
    "https://evil..test/",
    "https://evil.test./",
    "https://-evil.test/",
    "https://:443/",
    "https://.evil.test:443/",
    "https://evil..test:443/",
    "https://evil.test.:443/",
    "https://-evil.test:443/",
    "https://[::1/",
    "https://::1/",
    "https://[fe80::1%25eth0]/",
    "https://[::zz]/",
    "https://[1.2.3.4]/",
    "https://[]/",
    "https://ev%69l.test/",
    "https://evil.test%2f/",
    "https://evil.test,api.test/",
    "http://127.0.0.1.evil.test/",
    "http://localhost.evil.test/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f.0.0.1/",
    "http://[::ffff:127.0.0.1]/",
    "http://0.0.0.0/",
    "https://evil.test/a\\b",
    "https://evil.test/?a\\b",
    "https://evil.test/`id`",
    "https://evil.test/<x>",
    'https://evil.test/"x"',
    "https://evil.test/{x}",
    "https://evil.test/|x",
    "https://evil.test/^x",
]
GOOD = [
    "https://api.acme.test",
    "https://api.acme.test/",
    "https://api.acme.test:8443/base?x=1&y=$(id)&z=%action",
    "https://API.acme.test/x",
    "HTTPS://api.acme.test/x",
    "https://xn--fiqs8s.test/",
    "https://my_host.test/",
    "https://[2001:db8::1]:8443/x",
    "https://10.0.0.1/",
    "http://127.0.0.1:8400/callback",
    "http://[::1]:8400/callback",
    "http://localhost/callback",
    "http://LOCALHOST:80/callback",
    "https://api.acme.test/a/../b;c=d/@x:y",
]
CHARS = "htps:/.@\\?#[]%:-_~$&'()*+,;=!09azAZ \t\né。"
NOISE = st.text(st.sampled_from(CHARS), max_size=24)


@pytest.mark.parametrize("url", HOSTILE)
def test_hostile_url_is_refused_and_the_setting_is_named(url: str) -> None:
    with pytest.raises(ConfigError, match="`token_url` is not a usable URL") as caught:
        check_url(url, field="token_url")

    assert caught.value.message.isprintable()


@pytest.mark.parametrize("url", GOOD)
def test_good_url_is_given_back_as_it_is(url: str) -> None:
    assert url == check_url(url, field="api_url")


@pytest.mark.parametrize("url", GOOD)
def test_another_parser_sees_the_same_origin(url: str) -> None:
    assert _theirs(url) == origin_of(url)


@settings(deadline=None, max_examples=500)
@given(
    st.one_of(
        NOISE,
        st.builds("https://{}".format, NOISE),
        st.builds("http://localhost{}".format, NOISE),
        st.builds("https://api.acme.test{}".format, NOISE),
        st.builds(
            "https://{}:{}/{}".format,
            st.from_regex(r"[a-zA-Z0-9._\-]{1,20}", fullmatch=True),
            st.integers(0, 70000),
            NOISE,
        ),
        st.builds("https://[{}]".format, st.text("0123456789abcdef:.", max_size=20)),
    )
)
@example("https://api.acme.test:443")
def test_whatever_is_accepted_another_parser_reads_alike(url: str) -> None:
    try:
        origin = origin_of(url)
    except ConfigError:
        return

    assert _theirs(url) == origin
    assert origin.scheme == "https" or origin.loopback


def _theirs(url: str) -> Origin:
    parsed = httpx.URL(url)
    assert parsed.userinfo == b""
    assert parsed.fragment == ""
    host = parsed.raw_host.decode("ascii").lower()
    return Origin(parsed.scheme, host.strip("[]"), parsed.port or {"https": 443, "http": 80}[parsed.scheme])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://api.acme.test", "https://api.acme.test.evil.test"),
        ("https://api.acme.test", "https://xapi.acme.test"),
        ("https://api.acme.test", "https://api.acme.test:8443"),
        ("https://localhost", "http://localhost"),
        ("http://localhost:8400", "http://127.0.0.1:8400"),
    ],
)
def test_look_alikes_have_another_origin(one: str, other: str) -> None:
    assert origin_of(one) != origin_of(other)


@pytest.mark.parametrize("same", ["https://API.ACME.test", "https://api.acme.test:443/x", "HTTPS://api.acme.test?y"])
def test_case_default_port_and_path_do_not_change_the_origin(same: str) -> None:
    assert origin_of("https://api.acme.test/") == origin_of(same)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://api.acme.test:443/x", "https://api.acme.test"),
        ("https://api.acme.test:8443/x", "https://api.acme.test:8443"),
        ("http://[::1]:80/", "http://[::1]"),
        ("http://[::1]:8400/", "http://[::1]:8400"),
    ],
)
def test_origin_is_shown_as_browsers_do(url: str, shown: str) -> None:
    assert shown == str(origin_of(url))


def test_a_query_is_refused_where_none_may_be() -> None:
    with pytest.raises(ConfigError, match="it must not hold a query"):
        check_url("https://api.acme.test/?x=1", field="api_url", query=False)


@pytest.mark.parametrize(
    "url", ["https://user@api.acme.test/", "https://:@api.acme.test/", "https://api.acme.test@evil.test/"]
)
def test_user_name_in_a_url_is_told_as_such(url: str) -> None:
    with pytest.raises(ConfigError, match="it holds a user name or password"):
        check_url(url, field="api_url")


def test_a_password_in_a_url_is_not_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        check_url("https://user:made-up-password@api.acme.test/", field="api_url")

    assert "made-up-password" not in caught.value.message
    assert redact(caught.value.message) == caught.value.message


@pytest.mark.parametrize(
    ("host", "loopback"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("127.0.0.2", False)]
)
def test_loopback_means_the_three_loopback_names(host: str, loopback: bool) -> None:
    assert loopback == Origin("http", host, 80).loopback
