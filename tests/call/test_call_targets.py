"""Where ``egain call`` may go: a path, or an address of the profile's own origin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.call_world import TOKEN, only_request, run_call
from fakes.world import World, api_answer, cache_token

if TYPE_CHECKING:
    from fakes.process import LoadedProgram


def test_url_of_the_profile_s_own_origin_passes(calling: World) -> None:
    done = run_call(calling, "GET", f"{calling.server.url}/things")

    assert (done.status, only_request(calling).target) == (0, "/things")


def test_base_path_of_the_api_stays_in_front(calling: World) -> None:
    calling.add_profile(flow="client-credentials", api_url=f"{calling.server.url}/base/v1/")
    cache_token(calling.egain, TOKEN)
    run_call(calling, "GET", "/things")

    assert only_request(calling).target == "/base/v1/things"


@pytest.mark.figure("targets that name another origin", "40 and more, each refused before a socket opens")
@pytest.mark.parametrize(
    "target",
    [
        "ELSEWHERE/things",
        "https://evil.example/things",
        "//evil.example/things",
        "//ELSEHOST/things",
        "\\\\evil.example\\things",
        "/\\evil.example/things",
        "\\/evil.example",
        "@evil.example/things",
        "https:evil.example",
        "https:/evil.example",
        "http:things",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "ftp://127.0.0.1/things",
        "https://127.0.0.1:PORT/things",
        "http://127.0.0.1/things",
        "http://127.0.0.1:1PORT/things",
        "http://localhost:PORT/things",
        "http://127.0.0.1:PORT@evil.example/things",
        "http://user@127.0.0.1:PORT/things",
        "http://user:pw@127.0.0.1:PORT/things",
        "http://127.0.0.1:PORT%40evil.example/things",
        "http://127.0.0.1.evil.example:PORT/things",
        "http://evil127.0.0.1:PORT/things",
        "http://127.0.0.1.:PORT/things",
        "http://127.0.0.01:PORT/things",
        "http://2130706433:PORT/things",
        "http://0x7f.1:PORT/things",
        "http://[::ffff:127.0.0.1]:PORT/things",
        "http://[::1%25lo]:PORT/things",
        "http://127.0.0.1:PORT\\@evil.example/things",
        "http://127.0.0.1:PORT#@evil.example/things",
        "http://\uff11\uff12\uff17.0.0.1:PORT/things",
        "http:// 127.0.0.1:PORT/things",
        "things",
        "",
        " /things",
        ".",
        "?a=b",
        "#",
        "-",
    ],
)
def test_anything_but_a_path_or_the_profile_s_own_origin_is_refused_unsent(
    calling: World, program: LoadedProgram, target: str
) -> None:
    # no socket is opened, neither to the API nor to the token endpoint nor elsewhere
    text = target.replace("ELSEWHERE", calling.elsewhere.url).replace("ELSEHOST", calling.elsewhere.url[7:])
    text = text.replace("PORT", str(calling.server.port))

    done = program.run(calling.egain, "call", "--force-refresh", "--", "GET", text)

    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert done.err.replace("\n", "").isprintable()
    assert calling.server.connections == 0


@pytest.mark.parametrize(
    "path",
    [
        "/../admin",
        "/things/../../admin",
        "/%2e%2e/admin",
        "/%2E./admin",
        "/.%2e/admin",
        "/%252e%252e/admin",
        "/things/..;/admin",
        "/things/%2e%2e;a=b/admin",
        "/./things",
        "/things/..",
        "/things/..\\admin",
        "/things\\..\\admin",
        "/things/%5c..%5cadmin",
        "/things/%2f..%2fadmin",
        "//things",
    ],
)
def test_path_that_climbs_is_refused_unsent(calling: World, program: LoadedProgram, path: str) -> None:
    calling.add_profile(flow="client-credentials", api_url=f"{calling.server.url}/v1")

    done = program.run(calling.egain, "call", "GET", path)

    assert (done.status, done.out) == (2, "")
    assert calling.server.connections == 0


@pytest.mark.parametrize("path", ["/a//b", "/a..b", "/...", "/a/%2F", "/a;b=c", "/a%20b", "/\u00e9", "/a:b@c"])
def test_path_that_only_looks_odd_is_sent_as_it_is_meant(calling: World, program: LoadedProgram, path: str) -> None:
    program.run(calling.egain, "call", "GET", path)

    assert only_request(calling).target == path.replace("\u00e9", "%C3%A9")


@pytest.mark.parametrize("bad", ["\r\nX-Evil: 1", "\n", "\r", "\t", "\x1b[31m", "\x7f", "\u2028", " "])
@pytest.mark.parametrize("where", ["method", "path", "header-name", "header-value"])
def test_control_character_is_refused_unsent(calling: World, program: LoadedProgram, bad: str, where: str) -> None:
    argv = {
        "method": [f"GE{bad}T", "/things"],
        "path": ["GET", f"/a{bad}b"],
        "header-name": ["GET", "/things", "-H", f"X{bad}Y: value"],
        "header-value": ["GET", "/things", "-H", f"X-Y: a{bad}b"],
    }[where]
    harmless = (where == "header-value" and bad in "\t ") or (where == "path" and bad == "\u2028")

    done = program.run(calling.egain, "call", *argv)

    assert done.status == (0 if where == "header-value" and harmless else 7 if harmless else 2)
    assert (calling.server.connections > 0) == harmless
    assert done.err.replace("\n", "").isprintable()
    assert TOKEN not in done.err


def test_query_right_after_the_origin_stays_at_the_origin(calling: World) -> None:
    # two parsers agree on the host here
    calling.server.on("/", api_answer(b"[]"))

    done = run_call(calling, "GET", f"{calling.server.url}?@evil.example/things")

    assert (done.status, only_request(calling).target) == (0, "/?@evil.example/things")
