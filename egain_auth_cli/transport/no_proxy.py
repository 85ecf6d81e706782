"""Which hosts ``NO_PROXY`` names, read as curl and Go read it."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_BETWEEN = re.compile(r"[,\s]+")
_BRACKETED = re.compile(r"\[([^\]]*)\](?::(\d+))?")


def needs_no_proxy(no_proxy: str, host: str, port: int) -> bool:
    """Return whether a list names a host.

    Args:
        no_proxy: Entries between commas or blanks: ``*``; a domain, which means its subdomains too, with ``.`` or
            ``*.`` before it or not; an address; a network such as ``10.0.0.0/8``. All but a network may have a port,
            an IPv6 address then in brackets. What is none of these names nobody.
        host: A name, or an address without brackets.
        port: Of the request.
    """
    entries = [entry for entry in _BETWEEN.split(no_proxy.lower()) if entry]
    wanted = host.lower().rstrip(".")
    address = _address(wanted)
    return any(_names(entry, wanted, address, port) for entry in entries)


def literal_loopback(host: str) -> bool:
    """Return whether a host is an address of this machine's loopback."""
    address = _address(host)
    return address is not None and address.is_loopback


def _names(entry: str, host: str, address: IPv4Address | IPv6Address | None, port: int) -> bool:
    if "/" in entry:
        return address is not None and _holds(entry, address)
    named, named_port = _split(entry)
    if named_port not in ("", str(port)):
        return False
    if named == "*":
        return True
    # An address has no subdomains: `1` must not name 10.0.0.1.
    if address is not None:
        return _address(named) == address
    domain = named.removeprefix("*").lstrip(".").rstrip(".")
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _split(entry: str) -> tuple[str, str]:
    """Return an entry's host, without brackets, and its port; empty where it has none."""
    if bracketed := _BRACKETED.fullmatch(entry):
        return bracketed[1], bracketed[2] or ""
    if entry.count(":") != 1:  # an IPv6 address has more of them
        return entry, ""
    host, _, port = entry.partition(":")
    return host, port


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _holds(entry: str, address: IPv4Address | IPv6Address) -> bool:
    try:
        network = ip_network(entry.replace("[", "").replace("]", ""), strict=False)
    except ValueError:
        return False
    return address in network
