"""Which proxy a request takes, and that a proxy's password goes to the proxy alone."""

from __future__ import annotations

import base64
import os
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


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_loopback_never_goes_through_a_proxy(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://proxy.test:3128")

    assert [proxy_for(Origin(scheme, host, 8080), os.environ) for scheme in ("http", "https")] == [None, None]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://proxy.test:3128"}, "http://proxy.test:3128"),
        ({"https_proxy": "proxy.test:3128"}, "http://proxy.test:3128"),
        ({"ALL_PROXY": "https://proxy.test"}, "https://proxy.test"),
        ({"HTTPS_PROXY": "http://proxy\t.test:3128\n"}, "http://proxy.test:3128"),
        ({"HTTP_PROXY": "http://proxy.test"}, None),
        ({"HTTPS_PROXY": ""}, None),
        ({"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": "api.acme.test"}, None),
        ({"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": ".acme.test"}, None),
        ({"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": "other.test, api.acme.test:443"}, None),
        ({"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": "other.test"}, "http://proxy.test"),
    ],
)
def test_proxy_is_the_environments(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], expected: str | None
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    assert expected == proxy_for(API, os.environ)


@pytest.mark.parametrize(
    "proxy",
    [
        "http://a..b:1",
        "http://h x:3",
        "http://-x:1",
        "socks5://proxy.test",
        "http://",
        "http://proxy.test:99999",
        "http://[::1",
        "http://proxy.test:0",
        "://x",
        "http://us\x01er@proxy.test",
        "http://us\u00e9r@proxy.test",
    ],
)
def test_unusable_proxy_is_a_configuration_error_that_does_not_show_it(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)

    with pytest.raises(ConfigError, match="the proxy in `HTTPS_PROXY`") as caught:
        proxy_for(API, os.environ)

    assert proxy not in caught.value.message


def test_proxys_password_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:made%2Dup-password@proxy.test:3128")
    proxy_for(API, os.environ)

    assert redact("made-up-password made%2Dup-password") == "**** ****"


def test_refusing_proxy_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(answer("407 Proxy Authentication Required")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:made-up-password@127.0.0.1:{proxy.port}")
        http = HttpClient(os.environ)
        error = failing(http, "https://api.acme.test/x")

    assert "the proxy refused the connection to `https://api.acme.test` with status 407" == error.message
    assert "made-up-password" not in repr(error.__dict__)


@pytest.mark.parametrize(
    ("userinfo", "credentials"),
    [
        ("", None),
        ("user:made-up@", "user:made-up"),
        ("user@", "user:"),
        ("us%3Aer:p%40ss%2Fmade%C3%A9@", "us:er:p@ss/made\u00e9"),
    ],
)
def test_credentials_of_a_proxys_url_are_sent_to_it(
    monkeypatch: pytest.MonkeyPatch, userinfo: str, credentials: str | None
) -> None:
    with ScriptedServer(answer("407 Proxy Authentication Required")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{userinfo}127.0.0.1:{proxy.port}")
        failing(HttpClient(os.environ), "https://api.acme.test/x")

    expected = [] if credentials is None else [f"Basic {base64.b64encode(credentials.encode()).decode()}"]
    lines = header_lines_of(proxy.requests[0])
    assert expected == [line.partition(": ")[2] for line in lines if line.lower().startswith("proxy-authorization")]


@pytest.mark.parametrize("kind", ["plain", "encrypted"])
def test_request_goes_through_the_proxys_tunnel_and_its_password_no_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    ca = trustme.CA()
    with tls_server(ca.issue_cert("api.acme.test")) as server:
        tunnel = tunnel_to(server.port)
        own = tls_server(ca.issue_cert("127.0.0.1"), tunnel) if kind == "encrypted" else ScriptedServer(tunnel)
        with own as proxy:
            url = proxy.url.replace("://", "://us%3Aer:made-up%40password@")
            monkeypatch.setenv("HTTPS_PROXY", url)
            http = HttpClient({"HTTPS_PROXY": url, **trusted(ca, tmp_path)})
            request = HttpRequest(method="GET", url="https://api.acme.test/x", headers=(("Authorization", "Bearer t"),))
            found = http.exchange(request, deadline=Deadline(5), limit=10)

    asked, sent = proxy.requests[0], server.requests[0]
    credentials = base64.b64encode(b"us:er:made-up@password").decode()
    assert (b"safe", 1, 1) == (found.body, len(proxy.requests), len(server.requests))
    assert asked.startswith(b"CONNECT api.acme.test:443 HTTP/1.1\r\n")
    assert [f"Proxy-Authorization: Basic {credentials}"] == [one for one in header_lines_of(asked) if "uthor" in one]
    assert ["Authorization: Bearer t"] == [one for one in header_lines_of(sent) if "uthor" in one]
