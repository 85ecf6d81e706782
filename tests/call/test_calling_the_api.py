"""``egain call`` on the wire: where it may go, what it sends, and what each answer comes to."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest
from fakes.hostile_server import Answer, Recorded, first_line_of, in_turn, refusal, token_answer
from fakes.process import NOTHING, Env
from fakes.world import World, api_answer, cache_token

from egain_auth_cli.models.grants import Flow

if TYPE_CHECKING:
    from fakes.process import Finished, LoadedProgram

TOKEN = "at-canary-0"


@pytest.fixture
def api(world: World) -> World:
    """The world with a cached token for client credentials, and one resource."""
    world.add_profile(flow="client-credentials")
    world.egain.environ["EGAIN_CLIENT_SECRET"] = "secret-canary-1"
    cache_token(world.egain, TOKEN)
    world.give_tokens("at-canary-1")
    world.server.on("/things", api_answer())
    return world


def only(world: World) -> Recorded:
    (request,) = world.server.requests
    return request


def call(world: World, *argv: str, env: Env = NOTHING) -> Finished:
    return world.egain.run("call", *argv, env=env)


def test_get_sends_these_headers_and_no_others(api: World) -> None:
    done = call(api, "GET", "/things")
    sent = {name.lower(): value for name, value in only(api).headers}

    assert done.shown == (0, '{"portal":[]}', "")
    assert sent.pop("user-agent").startswith("egain-auth-cli/")
    assert sent == {
        "host": f"127.0.0.1:{api.server.port}",
        "accept": "application/json",
        "accept-encoding": "gzip",
        "accept-language": "en-US",
        "authorization": f"Bearer {TOKEN}",
    }


def test_language_of_the_profile_is_sent(api: World) -> None:
    api.add_profile(flow="client-credentials", language="de-DE")
    call(api, "GET", "/things")

    assert only(api).header("Accept-Language") == ["de-DE"]


def test_headers_given_replace_the_defaults(api: World) -> None:
    call(api, "GET", "/things", "-H", "accept: text/plain", "-H", "Accept-Language:fr-FR", "-H", "X-One:  two  ")
    request = only(api)

    assert request.header("Accept") == ["text/plain"]
    assert request.header("Accept-Language") == ["fr-FR"]
    assert request.header("X-One") == ["two"]


@pytest.mark.parametrize(
    ("argv", "target"),
    [
        (["/things", "-q", "$lang=en-US"], "/things?$lang=en-US"),
        (["/things", "-q", "a=b c&d", "-q", "e=f=g"], "/things?a=b%20c%26d&e=f%3Dg"),
        (["/things?a=1", "-q", "b=2"], "/things?a=1&b=2"),
        (["/things", "-q", "\u00fc=\u00e9"], "/things?%C3%BC=%C3%A9"),
        (["/things", "-q", "q="], "/things?q="),
        (["/things?$filter=a%20b"], "/things?$filter=a%20b"),
    ],
)
def test_query_is_percent_encoded_and_the_dollar_kept(
    api: World, program: LoadedProgram, argv: list[str], target: str
) -> None:
    program.run(api.egain, "call", "GET", *argv)

    assert only(api).target == target


def test_url_of_the_profile_s_own_origin_passes(api: World) -> None:
    done = call(api, "GET", f"{api.server.url}/things")

    assert (done.status, only(api).target) == (0, "/things")


def test_base_path_of_the_api_stays_in_front(api: World) -> None:
    api.add_profile(flow="client-credentials", api_url=f"{api.server.url}/base/v1/")
    cache_token(api.egain, TOKEN)
    call(api, "GET", "/things")

    assert only(api).target == "/base/v1/things"


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
    api: World, program: LoadedProgram, target: str
) -> None:
    # A01, A02; F9: no socket is opened, neither to the API nor to the token endpoint nor elsewhere
    text = target.replace("ELSEWHERE", api.elsewhere.url).replace("ELSEHOST", api.elsewhere.url[7:])
    text = text.replace("PORT", str(api.server.port))

    done = program.run(api.egain, "call", "--force-refresh", "--", "GET", text)

    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert done.err.replace("\n", "").isprintable()
    assert api.server.connections == 0


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
def test_path_that_climbs_is_refused_unsent(api: World, program: LoadedProgram, path: str) -> None:
    # A03
    api.add_profile(flow="client-credentials", api_url=f"{api.server.url}/v1")

    done = program.run(api.egain, "call", "GET", path)

    assert (done.status, done.out) == (2, "")
    assert api.server.connections == 0


@pytest.mark.parametrize("path", ["/a//b", "/a..b", "/...", "/a/%2F", "/a;b=c", "/a%20b", "/\u00e9", "/a:b@c"])
def test_path_that_only_looks_odd_is_sent_as_it_is_meant(api: World, program: LoadedProgram, path: str) -> None:
    # A03
    program.run(api.egain, "call", "GET", path)

    assert only(api).target == path.replace("\u00e9", "%C3%A9")


@pytest.mark.parametrize("bad", ["\r\nX-Evil: 1", "\n", "\r", "\t", "\x1b[31m", "\x7f", "\u2028", " "])
@pytest.mark.parametrize("where", ["method", "path", "header-name", "header-value"])
def test_control_character_is_refused_unsent(api: World, program: LoadedProgram, bad: str, where: str) -> None:
    # A04
    argv = {
        "method": [f"GE{bad}T", "/things"],
        "path": ["GET", f"/a{bad}b"],
        "header-name": ["GET", "/things", "-H", f"X{bad}Y: value"],
        "header-value": ["GET", "/things", "-H", f"X-Y: a{bad}b"],
    }[where]
    harmless = (where == "header-value" and bad in "\t ") or (where == "path" and bad == "\u2028")

    done = program.run(api.egain, "call", *argv)

    assert done.status == (0 if where == "header-value" and harmless else 7 if harmless else 2)
    assert (api.server.connections > 0) == harmless
    assert done.err.replace("\n", "").isprintable()
    assert TOKEN not in done.err


@pytest.mark.parametrize(
    "name", ["Authorization", "HOST", "Content-Length", "Transfer-Encoding", "Proxy-Authorization"]
)
def test_header_that_is_the_program_s_own_is_refused(api: World, name: str) -> None:
    # A06
    done = call(api, "GET", "/things", "-H", f"{name}: Bearer secret-of-a-person")

    assert (done.status, done.out) == (2, "")
    assert "secret-of-a-person" not in done.err
    assert api.server.connections == 0


def test_token_is_in_one_header_and_nowhere_else(api: World) -> None:
    # A06
    call(api, "POST", "/things", "-q", "a=b", "-d", "{}", "-H", "Cookie: mine=1")
    request = only(api)

    assert request.header("Authorization") == [f"Bearer {TOKEN}"]
    assert request.raw.count(TOKEN.encode()) == 1
    assert request.header("Cookie") == ["mine=1"]


def test_cookie_of_one_answer_is_not_sent_with_the_next(api: World) -> None:
    # A06
    api.server.on("/things", in_turn(Answer(status=401, headers=(("Set-Cookie", "sid=1"),)), api_answer()))
    call(api, "GET", "/things")

    assert [one.header("Cookie") for one in api.server.to("/things")] == [[], []]


@pytest.mark.parametrize("place", [".netrc", "_netrc"])
def test_netrc_is_never_read(api: World, place: str) -> None:
    # A07
    path = api.egain.home / place
    path.write_text("machine 127.0.0.1 login evil password evil\ndefault login evil password evil\n")
    path.chmod(0o600)
    call(api, "GET", "/things", env={"NETRC": str(path)})

    assert only(api).header("Authorization") == [f"Bearer {TOKEN}"]


def test_loopback_never_goes_through_a_proxy(api: World) -> None:
    # N04
    proxy = api.elsewhere.url
    names = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
    done = call(api, "GET", "/things", env=dict.fromkeys(names, proxy))

    assert done.shown == (0, '{"portal":[]}', "")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((status, "other origin") for status in (301, 302, 303, 307, 308)),
        *((status, kind) for status in (302, 307) for kind in ("same origin", "no location", "hostile text", "no url")),
    ],
)
def test_redirect_is_shown_and_not_followed(api: World, program: LoadedProgram, status: int, kind: str) -> None:
    # A05, F8
    location = {
        "other origin": (("Location", f"{api.elsewhere.url}/things"),),
        "same origin": (("Location", "/other"),),
        "no location": (),
        "hostile text": (("Location", "https://evil.example/\x1b[31m\x9b31m\u202e"),),
        "no url": (("Location", "http://[evil"),),
    }[kind]
    headers = tuple((name, value.encode().decode("latin-1")) for name, value in location)
    api.server.on("/things", Answer(status=status, headers=headers, body=b"moved"))

    done = program.run(api.egain, "call", "POST", "/things", "-d", "{}", "-H", "X-Api-Key: mine")

    assert (done.status, done.out) == (7, "moved")
    assert done.err.replace("\n", "").isprintable()
    assert "redirects are not followed" in done.err
    assert first_line_of(api.server.requests) == ["POST /things"]


def test_401_is_met_by_one_renewal_and_one_repeat(api: World) -> None:
    # A08
    def guarded(request: Recorded) -> Answer:
        good = request.header("Authorization") == ["Bearer at-canary-1"]
        return api_answer(b"[1]") if good else Answer(status=401, body=b"no")

    api.server.on("/things", guarded)
    done = call(api, "PUT", "/things", "-d", "the body")

    assert done.shown == (0, "[1]", "")
    assert [one.body for one in api.server.to("/things")] == [b"the body"] * 2
    assert len(api.server.to("/token")) == 1


def test_401_for_ever_is_asked_twice_and_ends_with_authentication(api: World) -> None:
    # A08
    api.server.on("/things", Answer(status=401, body=b'{"code":"401-100"}'))

    done = call(api, "GET", "/things")

    assert (done.status, done.out) == (4, '{"code":"401-100"}')
    assert len(api.server.to("/things")) == 2
    assert len(api.server.to("/token")) == 1


def test_401_with_a_renewal_that_is_refused_gives_the_body_and_ends(api: World) -> None:
    # A08
    api.server.on("/things", Answer(status=401, body=b"no"))
    api.server.on("/token", refusal("invalid_client", status=401))

    done = call(api, "GET", "/things")

    assert (done.status, done.out) == (4, "no")
    assert len(api.server.to("/things")) == 1


def test_body_from_a_pipe_is_not_sent_half_a_second_time(api: World) -> None:
    # A08
    api.server.on("/things", Answer(status=401, body=b"no"))

    done = api.egain.run("call", "POST", "/things", "-d", "@-", stdin=b"from a pipe")

    assert (done.status, done.out) == (4, "no")
    assert [one.body for one in api.server.to("/things")] == [b"from a pipe"]


def test_missing_scope_is_an_api_error_and_no_renewal(api: World) -> None:
    # A08
    challenge = (("WWW-Authenticate", 'Bearer error="insufficient_scope", scope="knowledge.portalmgr.manage"'),)
    api.server.on("/things", Answer(status=403, headers=challenge, body=b'{"code":"403-112"}'))

    done = call(api, "GET", "/things")

    assert (done.status, done.out) == (7, '{"code":"403-112"}')
    assert api.server.to("/token") == []


BODIES = [b"", b"{}", b"a\r\nb\x00\xff", bytes(range(256)) * 2000]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("how", ["file", "pipe"])
def test_body_is_sent_byte_for_byte(api: World, body: bytes, how: str) -> None:
    path = api.egain.home / "body"
    path.write_bytes(body)

    done = api.egain.run("call", "POST", "/things", "-d", f"@{path}" if how == "file" else "@-", stdin=body)

    assert done.status == 0, done.err
    assert only(api).body == body
    assert only(api).header("Content-Type") == ["application/json"]


def test_body_given_as_text_is_sent_as_utf_8(api: World) -> None:
    call(api, "PATCH", "/things", "-d", '{"a": "\u00e9\U0001f600"}', "-H", "Content-Type: text/x-mine")

    assert only(api).body == '{"a": "\u00e9\U0001f600"}'.encode()
    assert only(api).header("Content-Type") == ["text/x-mine"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "DELETE", "delete"])
def test_method_without_a_body_sends_none(api: World, program: LoadedProgram, method: str) -> None:
    program.run(api.egain, "call", method, "/things")

    assert (only(api).method, only(api).body) == (method.upper(), b"")
    assert only(api).header("Content-Type") == []


@pytest.mark.parametrize("body", [b"", b"null", b"\xff\xfe\x00", b"x" * 300_000, b"no newline", b"line\r\n"])
@pytest.mark.parametrize("squeezed", [False, True])
def test_answer_comes_out_of_a_pipe_byte_for_byte(api: World, body: bytes, squeezed: bool) -> None:
    # A10
    headers = (("Content-Encoding", "gzip"),) if squeezed else ()
    api.server.on("/things", api_answer(gzip.compress(body, mtime=0) if squeezed else body, headers=headers))

    done = call(api, "GET", "/things")

    assert (done.status, done.stdout, done.stderr) == (0, body, b"")


def test_204_prints_nothing(api: World) -> None:
    # A10
    api.server.on("/things", Answer(status=204))

    assert call(api, "DELETE", "/things").shown == (0, "", "")


@pytest.mark.parametrize("status", [400, 403, 404, 406, 409, 429, 500, 503])
def test_error_status_gives_the_body_and_one_line_with_a_hint(api: World, program: LoadedProgram, status: int) -> None:
    # A10
    body = json.dumps({"code": f"{status}-100", "developerMessage": "no \x1b[31m way"}).encode()
    api.server.on("/things", Answer(status=status, headers=(("Retry-After", "0"),), body=body))

    done = program.run(api.egain, "call", "POST", "/things", "-d", "{}")

    assert (done.status, done.stdout) == (7, body)
    assert done.err.startswith(f"error: the API answered status {status}")
    assert done.err.count("\n") == 3
    assert "\n\nhint: " in done.err
    assert "\x1b" not in done.err


def test_error_status_as_json_names_it(api: World) -> None:
    api.server.on("/things", Answer(status=404, body=b'{"code":"404-100"}'))

    done = call(api, "GET", "/things", "--error-format", "json")
    said = json.loads(done.err)["error"]

    assert (said["code"], said["exit"], said["status"], said["oauth_error"]) == ("api-error", 7, 404, None)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.99])
def test_connection_that_is_cut_half_way_is_a_network_failure(api: World, share: float) -> None:
    # A10
    whole = api_answer(b"x" * 1000)
    api.server.on("/things", api_answer(b"x" * 1000, cut=int(len(whole.head()) + 1000 * share)))

    done = call(api, "GET", "/things")

    assert done.status == 5
    assert set(done.out) <= {"x"}
    assert "was lost before the answer was complete" in done.err


def test_connection_that_is_cut_in_a_chunked_body_is_a_network_failure(api: World) -> None:
    # A10
    chunked = (("Transfer-Encoding", "chunked"),)
    whole = Answer(headers=chunked, body=b"5\r\nhello\r\n")
    api.server.on("/things", Answer(headers=chunked, body=b"5\r\nhello\r\n", cut=len(whole.head()) + len(whole.body)))

    assert call(api, "GET", "/things").status == 5


def test_answer_that_hangs_is_given_up_at_the_time_out(api: World) -> None:
    api.server.on("/things", Answer(until=api.server.closing))

    done = call(api, "GET", "/things", "--timeout", "1")

    assert (done.status, done.out) == (5, "")
    assert done.seconds < 3


def test_answer_that_drips_is_given_up_at_the_time_out(api: World) -> None:
    # N06
    api.server.on("/things", api_answer(b"x" * 4000, drip=0.05))

    done = call(api, "GET", "/things", "--timeout", "1")

    assert done.status == 5
    assert done.seconds < 3


def test_output_file_holds_the_whole_body(api: World) -> None:
    # A09
    body = bytes(range(256)) * 5000
    api.server.on("/things", api_answer(body, headers=(("Content-Disposition", 'attachment; filename="../evil"'),)))
    path = api.egain.home / "out.bin"
    before = set(api.egain.home.rglob("*"))

    done = call(api, "GET", "/things", "-o", str(path))

    assert done.shown == (0, "", "")
    assert path.read_bytes() == body
    made = {one for one in set(api.egain.home.rglob("*")) - before if api.egain.cache not in one.parents}
    assert made == {path}


@pytest.mark.parametrize("kind", ["cut", "error status"])
def test_output_file_is_untouched_by_a_failure(api: World, kind: str) -> None:
    # A09
    answer = api_answer(b"x" * 1000, cut=400) if kind == "cut" else Answer(status=500, body=b"oh")
    api.server.on("/things", answer)
    folder = api.egain.home / "out"
    folder.mkdir()
    (folder / "file").write_bytes(b"before")

    done = call(api, "GET", "/things", "-o", str(folder / "file"))

    assert (done.status, done.out) == ((5, "") if kind == "cut" else (7, "oh"))
    assert [path.name for path in folder.iterdir()] == ["file"]
    assert (folder / "file").read_bytes() == b"before"


def test_status_line_and_headers_come_first_where_they_are_asked_for(api: World) -> None:
    api.server.on("/things", api_answer(b"[]", headers=(("X-One", "1"), ("X-One", "2"))))

    done = call(api, "GET", "/things", "-i")

    assert done.status == 0
    assert done.out.endswith("\n\n[]")
    assert done.out.splitlines()[0] == "HTTP/1.1 200 OK"
    assert [line for line in done.out.lower().splitlines() if line.startswith("x-one")] == ["x-one: 1", "x-one: 2"]


def test_headers_that_are_shown_cannot_draw_on_the_terminal(api: World) -> None:
    # O01
    api.server.on("/things", api_answer(b"[]", headers=(("X-One", "a\x1b]0;evil\x07b\x9b31m"),)))

    done = call(api, "GET", "/things", "-i")

    assert done.status == 0, done.err
    assert "x-one: a\\x1b]0;evil\\x07b\\x9b31m\n" in done.out.lower()


def test_query_right_after_the_origin_stays_at_the_origin(api: World) -> None:
    # A02: two parsers agree on the host here
    api.server.on("/", api_answer(b"[]"))

    done = call(api, "GET", f"{api.server.url}?@evil.example/things")

    assert (done.status, only(api).target) == (0, "/?@evil.example/things")


def test_server_that_is_not_there_is_a_network_failure(api: World) -> None:
    api.add_profile(flow="client-credentials", api_url="http://127.0.0.1:9")

    done = call(api, "GET", "/things")

    assert (done.status, done.out) == (5, "")


def test_call_with_a_stored_login_never_opens_a_browser(world: World) -> None:
    mark = world.egain.home / "opened"

    done = world.egain.run("call", "GET", "/things", env={"BROWSER": f"touch {mark}"})

    assert (done.status, done.out) == (4, "")
    assert not mark.exists()
    assert world.server.connections == 0


def test_fresh_token_is_fetched_for_a_call_and_kept(world: World) -> None:
    world.server.on("/token", token_answer("at-fresh"))
    world.server.on("/things", api_answer())
    for _ in range(2):
        world.egain.run("call", "GET", "/things", "--client-credentials", env={"EGAIN_CLIENT_SECRET": "s"})

    assert len(world.server.to("/token")) == 1
    assert [one.header("Authorization") for one in world.server.to("/things")] == [["Bearer at-fresh"]] * 2


def test_body_of_a_missing_file_is_a_usage_error(api: World) -> None:
    done = call(api, "POST", "/things", "-d", "@/nonexistent")

    assert (done.status, done.out) == (2, "")
    assert api.server.connections == 0


def test_profile_without_an_api_says_what_to_set(world: World) -> None:
    world.add_profile(api_url=None)
    cache_token(world.egain, TOKEN, flow=Flow.PKCE)

    done = world.egain.run("call", "GET", "/things")

    assert (done.status, done.out) == (3, "")
    assert "`egain profile set acme api_url VALUE`" in done.err
