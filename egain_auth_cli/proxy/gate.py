"""Which requests are let through: of this machine's own programs, to this listener, without a credential of their own.

A browser sends to loopback whatever a page of anybody asks of it, so a request that a page can have caused is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from http import HTTPStatus

from egain_auth_cli.errors import EgainError
from egain_auth_cli.models.urls import climbs
from egain_auth_cli.sanitize import printable
from egain_auth_cli.transport.wire_log import without_values

FORWARDED = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""TRACE is not among them: its answer would show the token (RFC 9110 §9.3.8)."""
_ABSOLUTE = re.compile(r"http://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_USUAL_PORT = 80
_OWN_SITE = frozenset({"none", "same-origin"})
_OVERRIDES = frozenset({"x-http-method-override", "x-http-method", "x-method-override"})
LONGEST_HEAD = 64 * 1024
"""Bytes of a request's head."""

LOOPBACK_NAMES = ("127.0.0.1", "localhost")

Headers = list[tuple[bytes, bytes]]
"""As ASGI has them: names in small letters."""


class Refused(EgainError):
    """The request is not forwarded; ``status`` is that of the answer."""

    code = "refused"


def values_of(headers: Headers, name: str) -> list[str]:
    """Return the values of every header of a name in small letters."""
    return [value.decode("latin-1") for key, value in headers if key == name.encode("ascii")]


def listener_names(port: int) -> frozenset[str]:
    """Return what a request to a port of loopback may name as its host; clients leave the usual port out."""
    usual = ("",) if port == _USUAL_PORT else ()
    return frozenset(f"{name}{shown}" for name in LOOPBACK_NAMES for shown in (f":{port}", *usual))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What is let through.

    Attributes:
        names: The listener's own in small letters, with its port where it has one.
        base_path: The API's; nothing outside it gets the token.
        methods: Those that are forwarded.
        cors_origins: Of the pages that may read the answers.
    """

    names: frozenset[str]
    base_path: str
    methods: tuple[str, ...] = FORWARDED
    cors_origins: frozenset[str] = field(default_factory=frozenset)

    def check(self, method: str, target: str, headers: Headers) -> str:
        """Return the target to ask the API for, byte for byte what came but for an absolute form (RFC 9112 §3.2.2).

        Raises:
            Refused: The request is not let through.
        """
        if len(target) + sum(len(name) + len(value) for name, value in headers) > LONGEST_HEAD:
            raise Refused(
                f"the request's head is longer than {LONGEST_HEAD // 1024} KiB",
                status=HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
            )
        path = self._own_target(method, target)
        self._check_host(headers)
        self._check_site(headers)
        if not self.is_preflight(method, headers):
            self._check_method(method, headers)
        if values_of(headers, "authorization"):
            raise _forbidden("the request has an Authorization of its own", "leave it out: the proxy adds the token")
        if any("websocket" in value.lower() for value in values_of(headers, "upgrade")):
            raise _forbidden("WebSocket is not forwarded", "send plain HTTP requests")
        if values_of(headers, "transfer-encoding") and values_of(headers, "content-length"):
            raise Refused(  # RFC 9112 §6.1: two servers might read two different requests
                "the request has both a Content-Length and a Transfer-Encoding", status=HTTPStatus.BAD_REQUEST
            )
        return path

    def origin(self, headers: Headers) -> str | None:
        """Return the origin of the page that a request is from, where it may read the answer."""
        return next((value for value in values_of(headers, "origin") if value in self.cors_origins), None)

    def is_preflight(self, method: str, headers: Headers) -> bool:
        """Return whether a browser asks, for a page of one of ``cors_origins``, whether it may send another request."""
        asks = bool(values_of(headers, "access-control-request-method"))
        return method == "OPTIONS" and asks and self.origin(headers) is not None

    def _own_target(self, method: str, target: str) -> str:
        if method == "CONNECT":
            raise _forbidden(
                "CONNECT is not forwarded", "this is no proxy for other hosts: send requests to it as to a server"
            )
        path = target
        if found := _ABSOLUTE.fullmatch(target):
            if found[1].lower() not in self.names:
                raise _forbidden(
                    f"the request is for `{printable(without_values(f'//{found[1]}')[2:], limit=200)}`",
                    "this is no proxy for other hosts: take its address as the API's base URL",
                )
            path = found[2] if found[2].startswith("/") else f"/{found[2]}"
        if not path.startswith("/") or "#" in path:
            raise Refused(f"`{printable(without_values(target), limit=200)}` is no path", status=HTTPStatus.BAD_REQUEST)
        only = path.partition("?")[0]
        if self.base_path and (not f"{only}/".startswith(f"{self.base_path}/") or climbs(only)):
            raise _forbidden(
                f"`{printable(only, limit=200)}` leaves the API's base path",
                f"begin the path with `{self.base_path}/`",
            )
        return path

    def _check_host(self, headers: Headers) -> None:
        hosts = values_of(headers, "host")
        if not hosts or not {one.lower() for one in hosts} <= self.names:
            raise _forbidden(
                f"the request is for the host `{printable(', '.join(hosts) or 'none', limit=200)}`",
                f"address it to {' or '.join(f'`{name}`' for name in sorted(self.names))}",
            )

    def _check_site(self, headers: Headers) -> None:
        origins = values_of(headers, "origin")
        if origins and (len(origins) > 1 or self.origin(headers) is None):
            raise _forbidden(
                f"the request comes from a page of `{printable(origins[0], limit=200)}`",
                "`--cors-origin ORIGIN` lets the pages of an origin use the proxy",
            )
        if not origins and not set(values_of(headers, "sec-fetch-site")) <= _OWN_SITE:
            raise _forbidden(
                "the request comes from a page of another site", "send it from a program, or open the address itself"
            )

    def _check_method(self, method: str, headers: Headers) -> None:
        # Some servers obey these headers in place of the method, some with an underscore for a hyphen (RFC 3875).
        overrides = [value for name, value in headers if name.decode("latin-1").replace("_", "-") in _OVERRIDES]
        wanted = [method, *(value.decode("latin-1").upper() for value in overrides)]
        for one in wanted:
            if one not in self.methods:
                raise _forbidden(f"the method {printable(one, limit=40)} is not let through", self._methods_hint(one))

    def _methods_hint(self, method: str) -> str:
        allowed = f"this proxy forwards {', '.join(self.methods)}"
        return f"{allowed}; `--allow` says which" if method in FORWARDED else allowed


def _forbidden(message: str, hint: str) -> Refused:
    return Refused(message, hint=hint, status=HTTPStatus.FORBIDDEN)
