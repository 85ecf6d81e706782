"""Binding a redirect URI: which, where, and who holds a port that is taken."""

from __future__ import annotations

import errno
import os
import re
import socket
import sys
from typing import TYPE_CHECKING, Any

import pytest
from fakes.ports import free_port

from egain_auth_cli.errors import RedirectUnavailable
from egain_auth_cli.sign_in.sockets import bind_redirect, can_listen_on, redirect_unavailable
from egain_auth_cli.transport.loopback import port_holder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from egain_auth_cli.sign_in.sockets import BoundRedirect


@pytest.fixture
def taken() -> Iterator[int]:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        yield port


def closed(bound: BoundRedirect) -> BoundRedirect:
    for one in bound.sockets:
        one.close()
    return bound


@pytest.mark.parametrize(
    ("uri", "can"),
    [
        ("http://localhost:8400/callback", True),
        ("http://127.0.0.1/", True),
        ("http://[::1]:3000/", True),
        ("https://localhost:8400/callback", False),
        ("https://acme.test/callback", False),
        ("http://acme.test/callback", False),
        ("http://127.0.0.2/", False),
    ],
)
def test_loopback_addresses_over_plain_http_can_be_listened_on(uri: str, can: bool) -> None:
    assert can == can_listen_on(uri)


def test_uri_without_a_port_takes_any_and_keeps_its_words() -> None:  # RFC 8252 7.3
    bound = closed(bind_redirect("http://127.0.0.1/a/callback?x=y"))

    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/a/callback\?x=y", bound.redirect_uri)


def test_registered_port_is_taken_as_it_stands() -> None:
    port = free_port()
    uri = f"http://127.0.0.1:{port}/callback"
    bound = bind_redirect(uri)

    assert (uri, [("127.0.0.1", port)]) == (bound.redirect_uri, [one.getsockname() for one in bound.sockets])
    with pytest.raises(OSError, match="in use"):
        bind_redirect(uri)
    closed(bound)


def test_localhost_is_bound_in_both_families_and_nowhere_else() -> None:
    bound = closed_after_names(bind_redirect("http://localhost/callback"))

    assert {"127.0.0.1", "::1"} == {name[0] for name in bound}
    assert len({name[1] for name in bound}) == 1


def closed_after_names(bound: BoundRedirect) -> list[tuple[str, int]]:
    names = [one.getsockname()[:2] for one in bound.sockets]
    closed(bound)
    return names


def test_port_taken_in_one_family_is_not_taken_in_the_other() -> None:
    port = free_port()
    with socket.create_server(("::1", port), family=socket.AF_INET6):
        with pytest.raises(OSError, match="in use"):
            bind_redirect(f"http://localhost:{port}/callback")
        with socket.create_server(("127.0.0.1", port)):
            pass


@pytest.mark.parametrize("code", [errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL])
def test_host_without_ipv6_is_served_on_ipv4(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    real = socket.socket.bind

    def bind(self: socket.socket, address: Any) -> None:
        if self.family == socket.AF_INET6:
            raise OSError(code, os.strerror(code))
        real(self, address)

    monkeypatch.setattr(socket.socket, "bind", bind)

    assert [name for name, _ in closed_after_names(bind_redirect("http://localhost/callback"))] == ["127.0.0.1"]
    with pytest.raises(OSError, match=os.strerror(code)):
        bind_redirect("http://[::1]/callback")


def test_any_port_is_tried_again_where_the_other_family_has_it_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    real, failures = socket.socket.bind, [1, 2, 3]

    def bind(self: socket.socket, address: Any) -> None:
        if self.family == socket.AF_INET6 and failures:
            failures.pop()
            raise OSError(errno.EADDRINUSE, "in use")
        real(self, address)

    monkeypatch.setattr(socket.socket, "bind", bind)
    names = closed_after_names(bind_redirect("http://localhost/callback"))

    assert (failures, len(names)) == ([], 2)


def test_no_free_port_at_all_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def bind(*_: object) -> None:
        raise OSError(errno.EADDRINUSE, "in use")

    monkeypatch.setattr(socket.socket, "bind", bind)

    with pytest.raises(OSError, match="in use"):
        bind_redirect("http://localhost/callback")


@pytest.mark.skipif(sys.platform != "linux", reason="only /proc tells who holds a port")
def test_taken_port_is_told_with_its_holder(taken: int) -> None:
    uri = f"http://127.0.0.1:{taken}/callback"
    with pytest.raises(OSError) as caught:
        bind_redirect(uri)

    error = redirect_unavailable([(uri, caught.value)], "acme")
    assert isinstance(error, RedirectUnavailable)
    assert f"port {taken} of `{uri}`" in error.message
    assert f"process {os.getpid()}" in error.message
    another = f"http://localhost:{taken + 1}/callback"
    assert f"`egain profile set acme redirect_uris '{uri} {another}'`" in (error.hint or "")


def test_port_that_may_not_be_used_is_told_with_the_reason() -> None:
    error = redirect_unavailable([("http://localhost:80/", PermissionError(errno.EACCES, "Permission denied"))], None)

    assert "port 80 of `http://localhost:80/` (permission denied)" in error.message
    assert (error.hint or "").endswith("such as `http://localhost:8400/callback`, and name it by `EGAIN_REDIRECT_URI`")


def test_port_that_windows_has_set_aside_is_told_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    # WSAEACCES, as Python has it
    refused = OSError(
        errno.EACCES, "An attempt was made to access a socket in a way forbidden by its access permissions"
    )
    monkeypatch.setattr(sys, "platform", "win32")

    error = redirect_unavailable([("http://localhost:8400/callback", refused)], "acme")

    assert "port 8400 of `http://localhost:8400/callback` (set aside by Windows)" in error.message
    assert (error.hint or "").startswith("`netsh interface ipv4 show excludedportrange protocol=tcp` lists")
    assert '"http://localhost:8400/callback http://localhost:8401/callback"`' in (error.hint or "")


def test_port_that_nobody_holds_has_no_holder() -> None:
    assert port_holder(free_port()) is None
