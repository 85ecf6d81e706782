"""Which proxy a request takes, and that a proxy's password goes to the proxy alone."""

from __future__ import annotations

import base64
import sys
import urllib.request
from typing import TYPE_CHECKING

import pytest
import trustme
from fakes.exchanges import failing, header_lines_of
from fakes.http_server import ScriptedServer, answer
from fakes.tls_server import tls_server, trusted, tunnel_to

from egain_auth_cli.deadline import Deadline
from egain_auth_cli.errors import ConfigError
from egain_auth_cli.models.urls import Origin
from egain_auth_cli.sanitize import redact
from egain_auth_cli.transport.client import HttpClient, HttpRequest
from egain_auth_cli.transport.proxy import proxy_for

if TYPE_CHECKING:
    from pathlib import Path

API = Origin("https", "api.acme.test", 443)


PROXY = "http://proxy.test:3128"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_loopback_never_goes_through_a_proxy(host: str) -> None:
    environ = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"), PROXY)

    assert [proxy_for(Origin(scheme, host, 8080), environ) for scheme in ("http", "https")] == [None, None]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"HTTPS_PROXY": PROXY}, f"{PROXY} of `HTTPS_PROXY`"),
        ({"https_proxy": "proxy.test:3128"}, f"{PROXY} of `https_proxy`"),
        ({"HTTPS_PROXY": "user:secret@proxy.test:3128"}, "http://user:secret@proxy.test:3128 of `HTTPS_PROXY`"),
        ({"HTTPS_PROXY": " HTTP://PROXY.test:3128/ "}, "http://PROXY.test:3128/ of `HTTPS_PROXY`"),
        ({"ALL_PROXY": "https://proxy.test"}, "https://proxy.test of `ALL_PROXY`"),
        ({"all_proxy": PROXY, "ALL_PROXY": "http://other.test"}, f"{PROXY} of `all_proxy`"),
        ({"HTTPS_PROXY": PROXY, "ALL_PROXY": "socks5://other.test"}, f"{PROXY} of `HTTPS_PROXY`"),
        ({"https_proxy": PROXY, "HTTPS_PROXY": "http://other.test"}, f"{PROXY} of `https_proxy`"),
        ({"https_proxy": "", "HTTPS_PROXY": "http://other.test"}, None),
        ({"https_proxy": "", "ALL_PROXY": PROXY}, f"{PROXY} of `ALL_PROXY`"),
        ({"HTTPS_PROXY": "http://proxy\t.test:3128\n"}, f"{PROXY} of `HTTPS_PROXY`"),
        ({"HTTP_PROXY": PROXY}, None),
        ({"HTTPS_PROXY": ""}, None),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "api.acme.test"}, None),
        ({"HTTPS_PROXY": PROXY, "no_proxy": "*.acme.test"}, None),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "other.test, api.acme.test:443"}, None),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "other.test"}, f"{PROXY} of `HTTPS_PROXY`"),
        ({"HTTPS_PROXY": PROXY, "no_proxy": "", "NO_PROXY": "*"}, f"{PROXY} of `HTTPS_PROXY`"),
    ],
)
def test_proxy_is_the_environments(environ: dict[str, str], expected: str | None) -> None:
    found = proxy_for(API, environ)

    assert expected == (found and f"{found.url} of {found.source}")


@pytest.mark.parametrize(
    ("proxy", "shown"),
    [
        (PROXY, "proxy.test:3128"),
        ("http://proxy.test", "proxy.test:80"),
        ("https://us-er:pass-word@proxy.test", "proxy.test:443"),
        ("http://[2001:db8::1]:3128", "[2001:db8::1]:3128"),
    ],
)
def test_proxy_is_shown_by_its_address_and_variable_alone(proxy: str, shown: str) -> None:
    found = proxy_for(API, {"HTTPS_PROXY": proxy})

    assert f"`{shown}` of `HTTPS_PROXY`" == str(found)
    assert "pass-word" not in repr(found)


@pytest.mark.parametrize("system", ["win32", "darwin"])
@pytest.mark.parametrize("bypassed", ["", "api.acme.test", "api.acme.test:443"])
def test_proxy_of_the_systems_settings_is_taken_where_no_variable_names_one(
    monkeypatch: pytest.MonkeyPatch, system: str, bypassed: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(urllib.request, "getproxies", lambda: {"https": "proxy.test:3128"})
    monkeypatch.setattr(urllib.request, "proxy_bypass", lambda host: host == bypassed)

    found = proxy_for(API, {})

    assert (None if bypassed else "`proxy.test:3128` of the system's settings") == (found and str(found))
    assert found is None or found.setting == "`HTTPS_PROXY`"
    assert "`other.test:1` of `ALL_PROXY`" == str(proxy_for(API, {"ALL_PROXY": "other.test:1"}))


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "all_proxy"])
@pytest.mark.parametrize(
    "proxy",
    [
        "http://a..b:1",
        "http://h x:3",
        "http://-x:1",
        "ftp://proxy.test",
        "http://",
        "http://proxy.test:99999",
        "http://user:made-up",
        "http://[::1",
        "http://[::z]",
        "http://1.2.3.999:3128",
        "http://proxy.test:0",
        "://x",
        "http://us\x01er@proxy.test",
        "http://us\u00e9r@proxy.test",
    ],
)
def test_unusable_proxy_is_a_configuration_error_that_names_the_variable_and_does_not_show_it(
    proxy: str, name: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        proxy_for(API, {name: proxy})

    assert f"the proxy in `{name}` is not a usable URL" == caught.value.message
    assert f"set `{name}` as `http://HOST:PORT`" in (caught.value.hint or "")
    assert ("percent-encode" in (caught.value.hint or "")) == ("@" in proxy)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("char", ["#", "/", "?"])
@pytest.mark.parametrize("scheme", ["http://", "https://", ""])
def test_raw_character_before_the_at_sign_is_named_with_its_code_and_nothing_else(char: str, scheme: str) -> None:
    with pytest.raises(ConfigError) as caught:
        proxy_for(API, {"HTTPS_PROXY": f"{scheme}user:12{char}34@proxy.test:3128"})

    error = caught.value
    assert f"the proxy in `HTTPS_PROXY` has a raw `{char}` before its `@`" == error.message
    assert f"`%{ord(char):02X}`" in (error.hint or "")
    assert not any(part in f"{error.message}{error.hint}" for part in ("user:", "12", "34", "proxy.test"))


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "SOCKS4", "socks4a", "socks"])
def test_socks_is_told_to_be_not_supported(scheme: str) -> None:
    with pytest.raises(ConfigError) as caught:
        proxy_for(API, {"ALL_PROXY": f"{scheme}://127.0.0.1:1080"})

    assert "the proxy in `ALL_PROXY` is a SOCKS proxy, which is not supported" == caught.value.message
    assert "`HTTPS_PROXY=http://HOST:PORT`" in (caught.value.hint or "")


def test_proxys_password_is_never_shown() -> None:
    proxy_for(API, {"HTTPS_PROXY": "http://user:made%2Dup-password@proxy.test:3128"})

    assert redact("made-up-password made%2Dup-password") == "**** ****"


@pytest.mark.parametrize(
    ("userinfo", "credentials"),
    [
        ("", None),
        ("user:made-up@", "user:made-up"),
        ("user@", "user:"),
        ("us%3Aer:p%40ss%2Fmade%C3%A9@", "us:er:p@ss/made\u00e9"),
        ("user:12%2334%3F@", "user:12#34?"),
        ("user:raw@sign@", "user:raw@sign"),
    ],
)
def test_credentials_of_a_proxys_url_are_sent_to_it(userinfo: str, credentials: str | None) -> None:
    with ScriptedServer(answer("407 Proxy Authentication Required")) as proxy:
        http = HttpClient({"HTTPS_PROXY": f"http://{userinfo}127.0.0.1:{proxy.port}"})
        failing(http, "https://api.acme.test/x")

    expected = [] if credentials is None else [f"Basic {base64.b64encode(credentials.encode()).decode()}"]
    lines = header_lines_of(proxy.requests[0])
    assert expected == [line.partition(": ")[2] for line in lines if line.lower().startswith("proxy-authorization")]


@pytest.mark.parametrize("kind", ["plain", "encrypted"])
def test_request_goes_through_the_proxys_tunnel_and_its_password_no_further(tmp_path: Path, kind: str) -> None:
    ca = trustme.CA()
    with tls_server(ca.issue_cert("api.acme.test")) as server:
        tunnel = tunnel_to(server.port)
        own = tls_server(ca.issue_cert("127.0.0.1"), tunnel) if kind == "encrypted" else ScriptedServer(tunnel)
        with own as proxy:
            url = proxy.url.replace("://", "://us%3Aer:made-up%40password@")
            http = HttpClient({"HTTPS_PROXY": url, **trusted(ca, tmp_path)})
            request = HttpRequest(method="GET", url="https://api.acme.test/x", headers=(("Authorization", "Bearer t"),))
            found = http.exchange(request, deadline=Deadline(5), limit=10)

    asked, sent = proxy.requests[0], server.requests[0]
    credentials = base64.b64encode(b"us:er:made-up@password").decode()
    assert (b"safe", 1, 1) == (found.body, len(proxy.requests), len(server.requests))
    assert asked.startswith(b"CONNECT api.acme.test:443 HTTP/1.1\r\n")
    assert [f"Proxy-Authorization: Basic {credentials}"] == [one for one in header_lines_of(asked) if "uthor" in one]
    assert ["Authorization: Bearer t"] == [one for one in header_lines_of(sent) if "uthor" in one]
