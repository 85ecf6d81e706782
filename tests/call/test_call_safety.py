"""``egain call`` gives its token to the profile's origin alone, and shows it to nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.call_world import RENEWED, TOKEN, Api, page
from fakes.hostile_server import Answer, HostileServer, in_turn
from fakes.systems import make_fifo
from fakes.world import api_answer, cache_token

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRETS = (TOKEN, RENEWED, "secret-canary-1")


@pytest.fixture
def given(api: Api) -> Iterator[Api]:
    """The environment's token and API, and no profile asked for."""
    api.world.egain.environ |= {"EGAIN_ACCESS_TOKEN": "given-canary", "EGAIN_API_URL": api.world.server.url}
    yield api

    assert api.world.server.to("/token") == []


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("status", "target"),
    [
        *((status, "ELSEWHERE/x") for status in (301, 302, 303, 307, 308)),
        *((302, target) for target in ("//ELSEHOST/x", "http://localhost:PORT/x", "https://127.0.0.1:PORT/x")),
        *((307, target) for target in ("HERE/other", "/other")),
    ],
)
def test_redirect_is_shown_and_followed_nowhere(api: Api, method: str, status: int, target: str) -> None:
    # the other server fails the test if anything connects to it
    location = target.replace("ELSEWHERE", api.world.elsewhere.url).replace("HERE", api.world.server.url)
    location = location.replace("ELSEHOST", api.world.elsewhere.url[7:]).replace("PORT", str(api.world.server.port))
    api.answers(Answer(status=status, headers=(("Location", location),)))

    done = api.call(method, "/things", "-H", "X-Api-Key: mine")

    assert (done.status, done.out, [one.path for one in api.requests]) == (7, "", ["/things"])
    assert f"(status {status}) to `{location}`\n\nhint: redirects are not followed\n" in done.err
    assert api.world.server.connections == 1


def test_refresh_header_and_link_header_are_not_followed(api: Api) -> None:
    elsewhere = f"{api.world.elsewhere.url}/x"
    api.answers(
        api_answer(b"[1]", headers=(("Refresh", f"0; url={elsewhere}"), ("Link", f'<{elsewhere}>; rel="next"')))
    )

    assert api.call("GET", "/things", "--paginate").shown == (0, "[1]\n", "")


def test_preflight_of_another_host_in_a_header_changes_nothing(api: Api) -> None:
    elsewhere = api.world.elsewhere.url[7:]

    done = api.call("GET", "/things", "-H", f"X-Forwarded-Host: {elsewhere}")

    assert (done.status, api.only.header("Host")) == (0, [f"127.0.0.1:{api.world.server.port}"])


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "authorization",
        "Host",
        "Content-Length",
        "Transfer-Encoding",
        "Connection",
        "Proxy-Authorization",
    ],
)
@pytest.mark.parametrize("blank", ["", " ", "\t"])
def test_header_of_the_program_s_own_is_refused_unsent(api: Api, name: str, blank: str) -> None:
    done = api.call("GET", "/things", "-H", f"{name}{blank}: chosen-value")

    assert (done.status, done.out, "chosen-value" in done.err) == (2, "", False)
    assert api.world.server.connections == 0


@pytest.mark.parametrize("text", ["Name", ": value", "", "Na me: value", "Näme: value", "Name: vä", "(x): y"])
def test_header_that_is_none_is_refused_unsent(api: Api, text: str) -> None:
    done = api.call("GET", "/things", "-H", text)

    assert (done.status, done.out, api.world.server.connections) == (2, "", 0)


def test_no_netrc_is_ever_opened(api: Api) -> None:
    # opening one of these pipes would hang for ever
    for name in (".netrc", "_netrc", "named"):
        make_fifo(api.world.egain.home / name)
    named = {"NETRC": str(api.world.egain.home / "named")}

    done = api.world.egain.run("call", "GET", "/things", "--timeout", "20", env=named)

    assert done.status == 0, done.err
    assert api.only.header("Authorization") == [f"Bearer {TOKEN}"]


@pytest.mark.parametrize("before", [("-v",), ("-vv",), ("-vvv",)])
def test_verbose_shows_neither_token_nor_secret(api: Api, before: tuple[str, ...]) -> None:
    busy = Answer(status=503, headers=(("Retry-After", "0"),))
    api.answers(in_turn(busy, Answer(status=401), page(["a"], "/things?$pagenum=2"), page(["b"])))

    done = api.call("GET", "/things", "--paginate", before=before)

    assert done.status == 0
    assert "GET " in done.err
    assert [one for one in SECRETS if one in done.out + done.err] == []


def test_verbose_shows_both_heads_but_no_value_of_the_query_and_nothing_that_authenticates(api: Api) -> None:
    session = (("X-egain-session", "canary-in-session"), ("Set-Cookie", "c=canary-in-cookie"))
    api.answers(api_answer(b"[]", headers=(*session, ("Location", "/x?code=canary-in-location&$pagenum=2"))))
    query = ["-q", "other=canary-in-query", "-q", "$lang=de-DE"]
    done = api.call(
        "GET", "/things?key=canary-in-path", *query, "-H", "Cookie: canary-in-cookie", "-H", "X-A: b", before=("-vv",)
    )

    assert (done.status, done.out, "canary" in done.err) == (0, "[]", False)
    assert "> GET /things?key=****&other=****&$lang=de-DE HTTP/1.1\n> Host: 127.0.0.1:" in done.err
    assert "> X-A: b\n" in done.err
    assert "> Cookie: ****\n" in done.err
    assert "> Authorization: Bearer ****\n" in done.err
    assert "< HTTP/1.1 200 OK\n" in done.err
    assert "< Location: /x?code=****&$pagenum=2\n" in done.err


def test_error_that_echoes_the_token_does_not_show_it_on_standard_error(api: Api) -> None:
    api.answers(api_answer(f'{{"code":"400-102","developerMessage":"bad {TOKEN}"}}'.encode(), status=400))

    done = api.call("GET", "/things")

    assert (done.status, TOKEN in done.err) == (7, False)


def test_token_of_the_environment_is_used_as_it_is(given: Api) -> None:
    done = given.call("GET", "/things")

    assert done.shown == (0, '{"name":"one"}', "")
    assert given.only.header("Authorization") == ["Bearer given-canary"]
    assert given.only.header("Accept-Language") == ["en-US"]


def test_token_of_the_environment_is_not_renewed(given: Api) -> None:
    given.answers(Answer(status=401, body=b"no"))

    done = given.call("GET", "/things")

    assert (done.status, done.out, len(given.requests)) == (4, "no", 1)


@pytest.mark.parametrize("how", ["option", "variable"])
def test_token_of_the_environment_stays_away_from_a_named_profile(api: Api, how: str) -> None:
    api.world.egain.environ |= {"EGAIN_ACCESS_TOKEN": "given-canary", "EGAIN_API_URL": api.world.elsewhere.url}
    if how == "variable":
        api.world.egain.environ["EGAIN_PROFILE"] = "acme"
        del api.world.egain.environ["EGAIN_API_URL"]

    done = api.call("GET", "/things", before=("-p", "acme") if how == "option" else ())

    assert done.status == 0, done.err
    assert api.only.header("Authorization") == [f"Bearer {TOKEN}"]


@pytest.mark.parametrize("token", ["a b", "a\nb", "é", "a\x1b[31m"])
def test_token_of_the_environment_that_is_none_is_refused_unshown(given: Api, token: str) -> None:
    given.world.egain.environ["EGAIN_ACCESS_TOKEN"] = token

    done = given.call("GET", "/things")

    assert (done.status, done.out, given.requests) == (3, "", [])
    assert "`EGAIN_ACCESS_TOKEN` gives no bearer token" in done.err


@pytest.mark.parametrize("url", ["http://api.example", "ftp://127.0.0.1", "http://127.0.0.1@evil.example", "word"])
def test_api_of_the_environment_must_be_encrypted_or_loopback(given: Api, url: str) -> None:
    given.world.egain.environ["EGAIN_API_URL"] = url

    done = given.call("GET", "/things")

    assert (done.status, done.out) == (3, "")


def test_each_profile_s_token_goes_to_its_own_origin(api: Api) -> None:
    with HostileServer() as other:
        other.on("/things", api_answer(b"[2]"))
        urls = {"client": {"token_url": f"{api.world.server.url}/token"}}
        api.world.add_profile("beta", flow="client-credentials", api_url=other.url, endpoints=urls)

        done = api.call("GET", "/things", before=("-p", "beta"))

    assert done.shown == (0, "[2]", "")
    assert [one.header("Authorization") for one in other.requests] == [[f"Bearer {RENEWED}"]]
    assert api.requests == []


def test_profile_turned_to_another_api_takes_no_cached_token_along(api: Api) -> None:
    with HostileServer() as other:
        other.on("/things", api_answer(b"[2]"))
        api.world.add_profile(flow="client-credentials", api_url=other.url)

        api.call("GET", "/things")

    assert [one.raw for one in other.requests if TOKEN.encode() in one.raw] == []


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_certificates_that_cannot_be_read_end_an_encrypted_call(api: Api, variable: str) -> None:
    # without them nothing would be verified
    api.world.add_profile(flow="client-credentials", api_url="https://127.0.0.1:9")
    cache_token(api.world.egain, TOKEN)
    api.world.egain.environ[variable] = "/nonexistent"

    done = api.call("GET", "/things")

    assert (done.status, done.out) == (3 if variable == "SSL_CERT_FILE" else done.status, "")
    assert done.status in (3, 5)


def test_key_log_is_not_written(api: Api) -> None:
    log = api.world.egain.home / "keys"
    api.world.egain.environ["SSLKEYLOGFILE"] = str(log)

    done = api.call("GET", "/things")

    assert (done.status, log.exists()) == (0, False)


def test_header_may_be_left_out_and_read_from_a_file_or_standard_input(api: Api) -> None:
    (api.world.egain.home / "headers").write_text("# comment\nX-A: a\u2028X-B: b\n", "utf-8")
    api.call("GET", "/things", "-H", "User-Agent:", "-H", "@-", stdin=b"X-One: 1\r\n\r\nX-Two: 2\r\n")
    refused = api.call("GET", "/things", "-H", f"@{api.world.egain.home}/headers")

    assert (api.only.header("User-Agent"), api.only.header("X-One"), api.only.header("X-Two")) == ([], ["1"], ["2"])
    assert refused.status == 2  # one header, whose value no header has


def test_redirect_is_told_without_the_values_of_its_query(api: Api) -> None:
    api.answers(Answer(status=302, headers=(("Location", "/login?code=canary&x=y#token=canary"),)))

    done = api.call("GET", "/things")

    assert "/login?code=****&x=****#token=****" in done.err
    assert "canary" not in done.err
