"""``egain call --paginate``: which links are followed, when it ends, and what is printed."""

from __future__ import annotations

import json

import pytest
from fakes.call_world import Api, egain_error, page
from fakes.hostile_server import Answer, Recorded, in_turn
from fakes.world import api_answer, cache_token

INFO = {"count": 9, "pagenum": 1, "pagesize": 2}


def chain(api: Api, *pages: Answer) -> None:
    """Serve pages by ``$pagenum``; beyond the last, 204."""

    def handler(request: Recorded) -> Answer:
        number = int(request.query.partition("$pagenum=")[2] or 1)
        return pages[number - 1] if number <= len(pages) else Answer(status=204)

    api.answers(handler)


def three(api: Api) -> None:
    chain(
        api,
        page(["a", "b"], "/things?$pagesize=2&$pagenum=2"),
        page(["c", "d"], "/things?$pagesize=2&$pagenum=3"),
        page(["é"]),
    )


def items(line: str) -> object:
    return json.loads(line)["portal"]


def test_pages_are_followed_to_the_end_over_one_connection(api: Api) -> None:
    three(api)

    done = api.call("GET", "/things", "-q", "$pagesize=2", "--paginate")

    assert (done.status, done.err) == (0, "")
    assert [items(line) for line in done.out.splitlines()] == [["a", "b"], ["c", "d"], ["é"]]
    assert [one.target for one in api.requests] == [
        "/things?$pagesize=2", "/things?$pagesize=2&$pagenum=2", "/things?$pagesize=2&$pagenum=3"
    ]  # fmt: skip
    assert api.world.server.connections == 1


def test_page_is_one_line_of_the_servers_own_bytes(api: Api) -> None:
    api.answers(api_answer(b'\n{\r\n "portal" : [ {"name": "a\\nb", "n":1.50, "m":1E400} ]\n}\n'))

    assert api.call("GET", "/things", "--paginate").out == '{ "portal" : [ {"name": "a\\nb", "n":1.50, "m":1E400} ]}\n'


def test_slurp_gives_one_array_of_all_items(api: Api) -> None:
    three(api)

    assert api.call("GET", "/things", "--paginate", "--slurp").shown == (0, '["a","b","c","d","é"]\n', "")


def test_headers_and_token_go_with_every_page(api: Api) -> None:
    three(api)

    api.call("GET", "/things", "--paginate", "-H", "Accept-Language: de-DE", "-H", "X-One: 1")
    sent = {
        (*one.header("Accept-Language"), *one.header("X-One"), *one.header("Authorization")) for one in api.requests
    }

    assert sent == {("de-DE", "1", "Bearer at-canary-0")}


@pytest.mark.parametrize(("most", "count"), [(1, 1), (2, 2), (3, 3), (9, 3)])
def test_no_more_pages_are_asked_for_than_allowed(api: Api, most: int, count: int) -> None:
    three(api)

    done = api.call("GET", "/things", "--paginate", "--max-pages", str(most))

    assert (done.status, done.out.count("\n"), len(api.requests)) == (0, count, count)


@pytest.mark.parametrize(("argv", "out"), [([], ""), (["--slurp"], "[]\n")])
def test_list_without_content_is_an_empty_one(api: Api, argv: list[str], out: str) -> None:
    api.answers(Answer(status=204))

    assert api.call("GET", "/things", "--paginate", *argv).shown == (0, out, "")


def test_page_without_content_is_the_last(api: Api) -> None:
    chain(api, page(["a"], "/things?$pagenum=2"))

    done = api.call("GET", "/things", "--paginate", "--slurp")

    assert (done.shown, len(api.requests)) == ((0, '["a"]\n', ""), 2)


@pytest.mark.parametrize(
    ("argv", "out"),
    [
        (["--filter", "portal"], '["a","b"]\n["c","d"]\n["é"]\n'),
        (["--filter", "portal[0]"], "a\nc\né\n"),
        (["--filter", "portal", "--slurp"], '["a","b","c","d","é"]\n'),
        (["--filter", "portal[0]", "--slurp"], '["a","c","é"]\n'),
    ],
)
def test_filter_applies_to_each_page(api: Api, argv: list[str], out: str) -> None:
    three(api)

    assert api.call("GET", "/things", "--paginate", *argv).shown == (0, out, "")


@pytest.mark.parametrize(
    "href",
    [
        "ELSEWHERE/things?$pagenum=2",
        "//ELSEHOST/things",
        "https://evil.example/things",
        "http://127.0.0.1:PORT@ELSEHOST/things",
        "http://ELSEHOST\\@127.0.0.1:PORT/things",
        "\\\\ELSEHOST\\things",
        "http://localhost:PORT/things",
        "things?$pagenum=2",
        "/../things",
        "javascript:alert(1)",
        "/things\r\nX-Evil: 1",
        "/th\u001bings",
    ],
)
def test_link_that_leaves_the_api_is_not_followed(api: Api, href: str) -> None:
    # the other server fails the test if anything connects to it
    host = api.world.elsewhere.url.removeprefix("http://")
    text = href.replace("ELSEWHERE", api.world.elsewhere.url).replace("ELSEHOST", host)
    api.answers(page(["a"], text.replace("PORT", str(api.world.server.port))))

    done = api.call("GET", "/things", "--paginate")

    assert (done.status, items(done.out), len(api.requests)) == (5, ["a"], 1)
    assert done.err.startswith("error: the link to the next page is not followed: ")
    assert done.err.replace("\n", "").isprintable()


def test_link_in_full_of_the_profile_s_own_origin_is_followed(api: Api) -> None:
    chain(api, page(["a"], f"{api.world.server.url}/things?$pagenum=2"), page(["b"]))

    assert api.call("GET", "/things", "--paginate", "--slurp").shown == (0, '["a","b"]\n', "")


def test_link_relative_to_the_host_is_followed_below_a_base_path(api: Api) -> None:
    base = f"{api.world.server.url}/gateway"
    api.world.add_profile(flow="client-credentials", api_url=base)
    cache_token(api.world.egain, "at-canary-0")
    api.answers(in_turn(page(["a"], "/gateway/things?$pagenum=2"), page(["b"])), path="/gateway/things")

    done = api.call("GET", "/things", "--paginate", "--slurp")

    assert [one.target for one in api.requests] == ["/gateway/things", "/gateway/things?$pagenum=2"]
    assert done.shown == (0, '["a","b"]\n', "")


@pytest.mark.parametrize("link", [None, [], {}, "x", [None], [{"rel": "next"}], [{"rel": "prev", "href": "/prev"}]])
def test_page_without_a_next_link_is_the_last(api: Api, link: object) -> None:
    api.answers(api_answer(json.dumps({"portal": ["a"], "paginationInfo": {**INFO, "link": link}}).encode()))

    done = api.call("GET", "/things", "--paginate", "--slurp")

    assert (done.shown, len(api.requests)) == ((0, '["a"]\n', ""), 1)


@pytest.mark.parametrize(
    ("argv", "links"),
    [
        ([], ["/things"]),
        ([], ["/things?$pagenum=2", "/things?$pagenum=2"]),
        ([], ["/things?$pagenum=2", "/things?$pagenum=3", "/things?$pagenum=2"]),
        (["-q", "$pagenum=1"], ["/things?$pagenum=1"]),
        (["-q", "$pagenum=1"], ["/things?$pagenum=2", "/things?$pagenum=1"]),
    ],
)
def test_links_in_a_circle_end_and_give_each_page_once(api: Api, argv: list[str], links: list[str]) -> None:
    targets = ["/things" + ("?$pagenum=1" if argv else ""), *links]
    following = dict(zip(targets, links, strict=False))
    api.answers(lambda request: page([request.target], following.get(request.target, links[-1])))

    done = api.call("GET", "/things", *argv, "--paginate", "--slurp", "--max-pages", "20")

    assert (done.status, json.loads(done.out)) == (0, list(dict.fromkeys(targets)))


def test_error_amid_the_pages_shows_its_body_and_ends(api: Api) -> None:
    wrong = egain_error("400-105", "bad $pagenum")
    chain(api, page(["a"], "/things?$pagenum=2"), wrong)

    done = api.call("GET", "/things", "--paginate")
    first, _, rest = done.stdout.partition(b"\n")

    assert (done.status, items(first.decode()), rest) == (7, ["a"], wrong.body)
    assert "400-105: bad $pagenum" in done.err


def test_token_that_expires_amid_the_pages_is_renewed_once(api: Api) -> None:
    def handler(request: Recorded) -> Answer:
        if not request.query:
            return page(["a"], "/things?$pagenum=2")
        good = request.header("Authorization") == ["Bearer at-canary-1"]
        return page(["b"]) if good else Answer(status=401)

    api.answers(handler)

    assert api.call("GET", "/things", "--paginate", "--slurp").shown == (0, '["a","b"]\n', "")
    assert len(api.world.server.to("/token")) == 1


@pytest.mark.parametrize("status", [302, 307])
def test_page_that_redirects_is_not_followed(api: Api, status: int) -> None:
    moved = Answer(status=status, headers=(("Location", f"{api.world.elsewhere.url}/things"),))
    chain(api, page(["a"], "/things?$pagenum=2"), moved)

    done = api.call("GET", "/things", "--paginate")

    assert (done.status, items(done.out), len(api.requests)) == (7, ["a"], 2)


@pytest.mark.parametrize("argv", [["POST", "/things"], ["GET", "/things", "-i"], ["GET", "/things", "-o", "file"]])
def test_pages_are_refused_where_they_make_no_sense(api: Api, argv: list[str]) -> None:
    done = api.call(*argv, "--paginate")

    assert (done.status, done.out, api.requests) == (2, "", [])


@pytest.mark.parametrize("argv", [["--slurp"], ["--max-pages", "2"], ["--paginate", "--max-pages", "0"]])
def test_option_for_pages_alone_needs_pages(api: Api, argv: list[str]) -> None:
    done = api.call("GET", "/things", *argv)

    assert (done.status, done.out, api.requests) == (2, "", [])


def test_page_with_several_lists_asks_for_a_filter(api: Api) -> None:
    api.answers(api_answer(b'{"article":[1],"topic":[2]}'))

    done = api.call("GET", "/things", "--paginate", "--slurp")

    assert (done.status, done.out) == (5, "")
    assert "`article`, `topic`" in done.err
    assert "--filter" in done.err


def test_count_of_pages_leaves_nothing_on_a_terminal(api: Api) -> None:
    three(api)
    with api.world.egain.on_terminal(
        "call", "GET", "/things", "--paginate", "--filter", "portal[0]", exact=True
    ) as one:
        done = one.finish()
    lines = [line.rpartition("\r\x1b[K")[2] for line in done.out.split("\n")]

    assert lines == ["a", "c", "é", ""]
