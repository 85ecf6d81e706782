"""Where a request of the library ``requests`` goes, as the library itself says."""

from __future__ import annotations

import pytest
import requests
from requests.adapters import HTTPAdapter

from egain_auth_cli.models.urls import Origin
from egain_auth_cli.transport.prepared_request import target_origin

DEFAULT_PORTS = {"https": 443, "http": 80}


@pytest.mark.parametrize(
    "url",
    [
        "https://api.acme.test/x",
        "HTTPS://API.Acme.Test:8443/x?a=b#c",
        "http://api.acme.test",
        "https://api.acme.test@evil.test/",
        "https://api.acme.test:443@evil.test:8443/",
        "https://evil.test\\@api.acme.test/",
        "https://evil.test#@api.acme.test/",
        "https://evil.test?@api.acme.test/",
        "https://bücher.test/",
        "http://[::1]:8080/",
    ],
)
def test_origin_is_what_the_library_connects_to(url: str) -> None:
    prepared = requests.Request("GET", url).prepare()
    host, _ = HTTPAdapter().build_connection_pool_key_attributes(prepared, verify=True)
    port = host["port"] or DEFAULT_PORTS[host["scheme"]]

    assert Origin(host["scheme"], host["host"], port) == target_origin(prepared.url)


@pytest.mark.parametrize(
    "url", [None, "", "ftp://api.acme.test/", "https:///x", "https://[/", "https://api.acme.test:x/"]
)
def test_what_is_no_web_address_has_no_origin(url: str | None) -> None:
    assert target_origin(url) is None
