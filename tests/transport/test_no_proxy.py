"""Which hosts ``NO_PROXY`` names."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egain_auth_cli.transport.no_proxy import needs_no_proxy

LABELS = st.from_regex(r"[a-z][a-z0-9]{0,6}", fullmatch=True)
NAMES = st.lists(LABELS, min_size=2, max_size=4).map(".".join)
PORTS = st.integers(1, 65535)
ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))
NOISE = st.text(alphabet="ab.*:/[]-_%09 ,\t", max_size=20)


@pytest.mark.parametrize(
    ("no_proxy", "host", "named"),
    [
        ("", "api.acme.test", False),
        ("*", "api.acme.test", True),
        ("other.test , *", "api.acme.test", True),
        ("acme.test", "acme.test", True),
        ("acme.test", "api.acme.test", True),
        ("acme.test", "notacme.test", False),
        ("acme.test", "acme.test.evil.example", False),
        ("ACME.Test.", "api.acme.test", True),
        (".acme.test", "acme.test", True),
        (".acme.test", "a.b.acme.test", True),
        ("*.acme.test", "acme.test", True),
        ("*.acme.test", "a.b.acme.test", True),
        ("*.acme.test", "notacme.test", False),
        ("a*.acme.test", "api.acme.test", False),
        ("a.test b.test\tapi.acme.test", "api.acme.test", True),
        ("api.acme.test:443", "api.acme.test", True),
        ("api.acme.test:8443", "api.acme.test", False),
        ("*.acme.test:443", "api.acme.test", True),
        ("*.acme.test:80", "api.acme.test", False),
        ("api.acme.test:", "api.acme.test", True),
        ("api.acme.test:x", "api.acme.test", False),
        (".", "api.acme.test", False),
        ("*.", "api.acme.test", False),
        (",, ,", "api.acme.test", False),
        ("10.66.0.0/16", "10.66.3.4", True),
        ("10.66.0.0/16", "10.67.3.4", False),
        ("10.66.9.9/16", "10.66.3.4", True),
        ("10.66.0.0/16", "api.acme.test", False),
        ("10.66.0.0/99", "10.66.3.4", False),
        ("0.0.0.0/0", "::5", False),
        ("10.66.3.4", "10.66.3.4", True),
        ("10.66.3.4:443", "10.66.3.4", True),
        ("10.66.3.4:80", "10.66.3.4", False),
        ("3.4", "10.66.3.4", False),
        ("4", "10.66.3.4", False),
        (".66.3.4", "10.66.3.4", False),
        ("2001:db8::1", "2001:db8::1", True),
        ("2001:DB8:0::1", "2001:db8::1", True),
        ("2001:db8::2", "2001:db8::1", False),
        ("[2001:db8::1]", "2001:db8::1", True),
        ("[2001:db8::1]:443", "2001:db8::1", True),
        ("[2001:db8::1]:80", "2001:db8::1", False),
        ("[2001:db8::1", "2001:db8::1", False),
        ("2001:db8::/32", "2001:db8::1", True),
        ("[2001:db8::]/32", "2001:db8::1", True),
        ("2001:db9::/32", "2001:db8::1", False),
    ],
)
def test_entry_names_what_it_means(no_proxy: str, host: str, named: bool) -> None:
    assert named == needs_no_proxy(no_proxy, host, 443)


@given(domain=NAMES, below=LABELS, prefix=st.sampled_from(["", ".", "*."]), port=PORTS, with_port=st.booleans())
def test_domain_names_itself_and_whatever_is_below_it(
    domain: str, below: str, prefix: str, port: int, with_port: bool
) -> None:
    entry = f"{prefix}{domain}" + (f":{port}" if with_port else "")

    assert needs_no_proxy(f"other.example, {entry.upper()}", domain, port)
    assert needs_no_proxy(entry, f"{below}.{domain}", port)
    assert not needs_no_proxy(entry, f"{below}{domain}", port)
    assert not needs_no_proxy(entry, f"{domain}.{below}x", port)
    assert needs_no_proxy(entry, domain, port % 65535 + 1) != with_port


@given(address=ADDRESSES, length=st.integers(0, 128), other=ADDRESSES)
def test_network_names_its_addresses_and_no_other(address: object, length: int, other: object) -> None:
    network = ip_network(f"{address}/{min(length, 32 if '.' in str(address) else 128)}", strict=False)
    assert isinstance(network, (IPv4Network, IPv6Network))

    assert needs_no_proxy(f"{network}", f"{address}", 443)
    assert needs_no_proxy(f"{network}", f"{other}", 443) == (other in network)
    assert not needs_no_proxy(f"{network}", "api.acme.test", 443)


@given(address=ADDRESSES, other=ADDRESSES, port=PORTS)
def test_address_names_itself_alone(address: object, other: object, port: int) -> None:
    bracketed = f"[{address}]" if ":" in str(address) else str(address)

    assert needs_no_proxy(f"{address}", f"{address}", port)
    assert needs_no_proxy(f"{bracketed}:{port}", f"{address}", port)
    assert not needs_no_proxy(f"{bracketed}:{port}", f"{address}", port % 65535 + 1)
    assert needs_no_proxy(f"{address}", f"{other}", port) == (address == other)


@given(noise=NOISE, host=st.one_of(NAMES, ADDRESSES.map(str)))
def test_odd_list_neither_fails_nor_hides_what_it_names(noise: str, host: str) -> None:
    needs_no_proxy(noise, host, 443)

    assert needs_no_proxy(f"{noise},{host}", host, 443)
