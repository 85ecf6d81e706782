"""The gate alone: what it says of a request, and the target that it gives."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egain_auth_cli.proxy.gate import LONGEST_HEAD, Gate, Refused

PAGE = "http://localhost:8080"
NAMES = frozenset({"127.0.0.1:8461", "localhost:8461"})
GATE = Gate(names=NAMES, base_path="", cors_origins=frozenset({PAGE}))
HOST = "Host: localhost:8461"


def asked(gate: Gate, request: str, *lines: str) -> str:
    """The target that a request goes on to."""
    method, _, target = request.partition(" ")
    pairs = [line.split(": ", 1) for line in lines]
    return gate.check(method, target, [(name.lower().encode(), value.encode("latin-1")) for name, value in pairs])


@pytest.mark.parametrize(
    ("request_line", "lines", "status", "said"),
    [
        ("CONNECT evil.test:443", (HOST,), 403, "CONNECT is not forwarded"),
        ("GET http://evil.test/", (HOST,), 403, "the request is for `evil.test`"),
        ("GET http://localhost:8461@evil.test/", (HOST,), 403, "`****@evil.test`"),
        ("GET https://localhost:8461/", (HOST,), 400, "is no path"),
        ("GET things", (HOST,), 400, "`things` is no path"),
        ("GET /a#b", (HOST,), 400, "`/a#b` is no path"),
        ("GET /", (), 403, "the host `none`"),
        ("GET /", ("Host: ",), 403, "the host `none`"),
        ("GET /", ("Host: evil.test",), 403, "the host `evil.test`"),
        ("GET /", (HOST, "Host: evil.test"), 403, "the host `localhost:8461, evil.test`"),
        ("GET /", (HOST, "Origin: http://evil.test"), 403, "a page of `http://evil.test`"),
        ("GET /", (HOST, f"Origin: {PAGE}", f"Origin: {PAGE}"), 403, f"a page of `{PAGE}`"),
        ("GET /", (HOST, f"Origin: {PAGE}", "Origin: null"), 403, f"a page of `{PAGE}`"),
        ("GET /", (HOST, "Sec-Fetch-Site: same-site"), 403, "a page of another site"),
        ("GET /", (HOST, "Sec-Fetch-Site: none", "Sec-Fetch-Site: cross-site"), 403, "a page of another site"),
        ("TRACE /", (HOST,), 403, "the method TRACE"),
        ("GET /", (HOST, "X-HTTP-Method-Override: trace"), 403, "the method TRACE"),
        ("GET /", (HOST, "X-HTTP-Method: Trace"), 403, "the method TRACE"),
        ("GET /", (HOST, "X-Method-Override: TRACE"), 403, "the method TRACE"),
        ("GET /", (HOST, "X-Method-Override: GET", "X-Method-Override: TRACE"), 403, "the method TRACE"),
        ("GET /", (HOST, "Authorization: "), 403, "an Authorization of its own"),
        ("GET /", (HOST, "Upgrade: h2c, WebSocket"), 403, "WebSocket"),
        ("GET /", (HOST, "Upgrade: h2c", "Upgrade: websocket"), 403, "WebSocket"),
        ("POST /", (HOST, "Content-Length: 3", "Transfer-Encoding: chunked"), 400, "both a Content-Length and"),
    ],
)
def test_refusal_has_its_status_its_reason_and_a_way_on(
    request_line: str, lines: tuple[str, ...], status: int, said: str
) -> None:
    with pytest.raises(Refused) as caught:
        asked(GATE, request_line, *lines)

    assert (caught.value.status, said in caught.value.message) == (status, True)
    assert bool(caught.value.hint) == (status == 403)


@pytest.mark.parametrize(
    ("request_line", "lines", "target"),
    [
        ("GET /things?a=%20", (HOST,), "/things?a=%20"),
        ("GET /", ("Host: LocalHost:8461",), "/"),
        ("GET http://127.0.0.1:8461", (HOST,), "/"),
        ("GET HTTP://LOCALHOST:8461?a\nb", (HOST,), "/?a\nb"),
        ("GET http://localhost:8461/a/../b", (HOST,), "/a/../b"),
        ("GET /", (HOST, "Sec-Fetch-Site: none"), "/"),
        ("GET /", (HOST, "Sec-Fetch-Site: same-origin"), "/"),
        ("GET /", (HOST, f"Origin: {PAGE}", "Sec-Fetch-Site: cross-site"), "/"),
        ("PATCH /", (HOST, "X-Method-Override: delete"), "/"),
        ("GET /", (HOST, "Upgrade: h2c"), "/"),
        ("POST /", (HOST, "Transfer-Encoding: chunked"), "/"),
        ("POST /", (HOST, "Content-Length: 3"), "/"),
    ],
)
def test_request_that_is_let_through_keeps_its_target(request_line: str, lines: tuple[str, ...], target: str) -> None:
    assert asked(GATE, request_line, *lines) == target


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_method_that_could_be_allowed_has_a_hint_that_says_how(method: str) -> None:
    assert asked(GATE, f"{method} /", HOST) == "/"
    with pytest.raises(Refused) as caught:
        asked(replace(GATE, methods=()), f"{method} /", HOST)

    assert "`--allow` says which" in (caught.value.hint or "")


def test_method_that_cannot_be_allowed_has_a_hint_of_those_that_are() -> None:
    with pytest.raises(Refused) as caught:
        asked(replace(GATE, methods=("GET", "HEAD")), "TRACE /", HOST)

    assert caught.value.hint == "this proxy forwards GET, HEAD"


@pytest.mark.parametrize(
    ("target", "let_through"),
    [
        ("/base", True), ("/base/x?y=/../z", True), ("/base?x", True), ("/base/a..b", True),
        ("http://localhost:8461/base", True),
        ("/", False), ("/basement", False), ("/base/../x", False), ("/base/%2e%2e/x", False), ("/x?/base/", False),
    ],
)  # fmt: skip
def test_token_goes_nowhere_but_below_the_base_path(target: str, let_through: bool) -> None:
    gate = replace(GATE, base_path="/base")
    if let_through:
        assert target.endswith(asked(gate, f"GET {target}", HOST))
        return
    with pytest.raises(Refused, match="leaves the API's base path") as caught:
        asked(gate, f"GET {target}", HOST)

    assert (caught.value.status, caught.value.hint) == (403, "begin the path with `/base/`")


@pytest.mark.parametrize(
    ("method", "lines", "is_one"),
    [
        ("OPTIONS", (f"Origin: {PAGE}", "Access-Control-Request-Method: PUT"), True),
        ("GET", (f"Origin: {PAGE}", "Access-Control-Request-Method: PUT"), False),
        ("OPTIONS", (f"Origin: {PAGE}",), False),
        ("OPTIONS", ("Access-Control-Request-Method: PUT",), False),
    ],
)
def test_page_that_is_let_in_may_ask_first(method: str, lines: tuple[str, ...], is_one: bool) -> None:
    if is_one:
        assert asked(replace(GATE, methods=("PUT",)), f"{method} /", HOST, *lines) == "/"
        return
    with pytest.raises(Refused, match="is not let through"):
        asked(replace(GATE, methods=("PUT",)), f"{method} /", HOST, *lines)


def test_what_came_is_shown_in_part_and_without_control_characters() -> None:
    long = "e" * 300
    for request_line, lines in (
        (f"GET http://{long}/", (HOST,)), (f"GET {long}\x1b", (HOST,)), (f"{long} /", (HOST,)),
        ("GET /", (f"Host: {long}\x1b",)), ("GET /", (HOST, f"Origin: {long}\x1b")),
    ):  # fmt: skip
        with pytest.raises(Refused) as caught:
            asked(GATE, request_line, *lines)
        assert long not in caught.value.message
        assert caught.value.message.isprintable()


@pytest.mark.parametrize(("length", "status"), [(LONGEST_HEAD, None), (LONGEST_HEAD + 1, 431)])
def test_head_of_64_kib_is_taken_and_no_more(length: int, status: int | None) -> None:
    assert LONGEST_HEAD == 65536
    headers = [(b"host", b"localhost:8461")]
    headers.append((b"x", b"y" * (length - len("/things") - sum(map(len, headers[0])) - 1)))
    refused = None
    try:
        Gate(names=NAMES, base_path="").check("GET", "/things", headers)
    except Refused as exc:
        refused = exc

    assert (refused and refused.status) == status
    assert refused is None or "64 KiB" in refused.message


@settings(deadline=None, max_examples=300)
@given(
    st.lists(
        st.sampled_from(["127.0.0.1:8461", "localhost:8461", "LocalHost:8461", "evil.test", ":8461", ""]), max_size=2
    ),
    st.lists(st.text(st.characters(max_codepoint=255), max_size=12) | st.just(PAGE), max_size=2),
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=40),
)
def test_whatever_is_let_through_is_a_path_of_ours_from_no_foreign_page(
    hosts: list[str], origins: list[str], target: str
) -> None:
    headers = [(b"host", host.encode()) for host in hosts]
    headers += [(b"origin", origin.encode("latin-1")) for origin in origins]
    gate = Gate(names=NAMES, base_path="", cors_origins=frozenset({PAGE}))
    try:
        path = gate.check("GET", target, headers)
    except Refused:
        return

    assert {host.lower() for host in hosts} <= NAMES
    assert hosts
    assert origins in ([], [PAGE])
    assert path.startswith("/")
    assert target.endswith(path) or path == "/"
