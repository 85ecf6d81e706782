"""Content codings, numbers and text on the wire: what comes out is what was meant, or an error says what is wrong."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING

import pytest
from fakes.hostile_server import Answer

if TYPE_CHECKING:
    from fakes.call_world import Api

ROWS = b'{"row":1}\n{"row":2}\n'
MEMBERS = gzip.compress(ROWS[:10], mtime=0) + gzip.compress(ROWS[10:], mtime=0)


def coded(coding: str, body: bytes) -> Answer:
    return Answer(headers=(("Content-Encoding", coding), ("Content-Type", "application/json")), body=body)


def test_members_of_gzip_are_one_body(api: Api) -> None:
    api.answers(coded("gzip", MEMBERS))

    assert api.call("GET", "/things").shown == (0, ROWS.decode(), "")


@pytest.mark.parametrize("argv", [[], ["-o", "file"]])
def test_what_follows_a_member_is_an_error(api: Api, argv: list[str]) -> None:
    api.answers(coded("gzip", MEMBERS + b"garbage"))

    done = api.call("GET", "/things", *argv)

    assert done.status == 5
    assert "content coding is broken" in done.err
    assert not (api.world.egain.home / "file").exists()


@pytest.mark.parametrize("coding", ["utf-8", "none", "identity, utf-8"])
def test_what_is_no_coding_is_warned_of_and_the_body_given(api: Api, coding: str) -> None:
    api.answers(coded(coding, ROWS))

    done = api.call("GET", "/things")

    assert (done.status, done.stdout) == (0, ROWS)
    assert done.err.startswith("warning: `Content-Encoding: ")


@pytest.mark.parametrize("coding", ["gzip, identity", "identity,GZIP", "deflate, gzip"])
def test_list_of_codings_is_undone(api: Api, coding: str) -> None:
    api.answers(coded(coding, gzip.compress(zlib.compress(ROWS) if "deflate" in coding else ROWS, mtime=0)))

    assert api.call("GET", "/things").shown == (0, ROWS.decode(), "")


def test_coding_that_is_not_undone_here_is_named_and_can_be_had_as_it_is(api: Api) -> None:
    api.answers(coded("br", b"\x0b\x02brotli"))
    refused = api.call("GET", "/things")

    done = api.call("GET", "/things", "-H", "Accept-Encoding: br")

    assert (refused.status, refused.stdout) == (5, b"\x0b\x02brotli")
    assert "`br`" in refused.err
    assert "-H 'Accept-Encoding: br'" in refused.err
    assert (done.status, done.stdout) == (0, b"\x0b\x02brotli")


def test_who_asks_for_a_coding_gets_the_bytes_as_they_are(api: Api) -> None:
    api.answers(coded("gzip", MEMBERS))

    assert api.call("GET", "/things", "-H", "Accept-Encoding: gzip").stdout == MEMBERS


NUMBERS = '{"big":12345678901234567890.123456789,"e":1E400,"m":1e2,"z":1.50,"n":-0,"s":-0.0,"i":123456789012345678901}'


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ([], NUMBERS),
        (["--paginate"], NUMBERS + "\n"),
        (["--filter", "@"], NUMBERS + "\n"),
        (["--filter", "[big, e, m]"], "[12345678901234567890.123456789,1E400,1e2]\n"),
        (["--filter", "z"], "1.50\n"),
        (["--paginate", "--filter", "e"], "1E400\n"),
        (["--filter", "big > m"], "true\n"),
        (["--filter", "sum([m, z])"], "101.5\n"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_numbers_keep_their_text(api: Api, argv: list[str], expected: str) -> None:
    api.answers(Answer(body=NUMBERS.encode()))

    assert api.call("GET", "/things", *argv).shown == (0, expected, "")


@pytest.mark.parametrize("text", ["1E400", "1.50", "12345678901234567890.123456789", "-0"])
def test_number_as_a_text_or_on_a_terminal_is_what_was_sent(api: Api, text: str) -> None:
    api.answers(Answer(body=f'{{"a":[{text},"é"]}}'.encode()))

    with api.world.egain.on_terminal("call", "GET", "/things", exact=True, env={"NO_COLOR": "1"}) as running:
        shown = running.finish().out

    assert api.call("GET", "/things", "--filter", "to_string(a)").out == f'[{text},"é"]\n'
    assert shown.replace("\r", "").endswith(f'{{\n  "a": [\n    {text},\n    "é"\n  ]\n}}\n')


@pytest.mark.parametrize("expression", ["ceil(b)", "floor(b)", "avg([h])", "sum([h, b])", "n[::0]", "to_number(n)[0]"])
def test_expression_that_the_library_fails_at_does_not_lose_the_answer(api: Api, expression: str) -> None:
    body = f'{{"b":1e400,"h":{"9" * 400},"n":[1,2]}}'
    api.answers(Answer(body=body.encode()))

    done = api.call("POST", "/things", "-d", "{}", "--filter", expression)

    assert (done.status, done.out) in {(5, body), (0, "null\n")}
    assert "unexpected" not in done.err


def test_answer_that_is_nested_too_deeply_to_be_written_anew_is_told(api: Api) -> None:
    body = "[" * 900 + "1.50" + "]" * 900
    api.answers(Answer(body=body.encode()))

    done = api.call("GET", "/things", "--filter", "@")

    assert (done.status, done.out.strip()) in {(5, body), (0, body)}
    assert "unexpected" not in done.err


def test_items_of_all_pages_keep_their_numbers(api: Api) -> None:
    api.answers(Answer(body=b'{"portal":[{"n":1E400},{"n":2.0}]}'))

    assert api.call("GET", "/things", "--paginate", "--slurp").out == '[{"n":1E400},{"n":2.0}]\n'


@pytest.mark.parametrize("body", ["[NaN]", "[Infinity]", '{"a":-Infinity}'])
def test_what_json_does_not_have_is_never_written_as_json(api: Api, body: str) -> None:
    api.answers(Answer(body=body.encode()))

    done = api.call("GET", "/things", "--filter", "@")

    assert (done.status, done.out) == (5, body)  # as it came
    assert "is no JSON" in done.err


def test_result_that_json_does_not_have_is_an_error(api: Api) -> None:
    api.answers(Answer(body=b'{"a":[1e308,1e308]}'))

    done = api.call("GET", "/things", "--filter", "sum(a)")

    assert done.status == 5
    assert "does not have" in done.err


TEXT = "Zürich 日本 😀"


@pytest.mark.parametrize("env", [{"PYTHONIOENCODING": "cp1252"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0"}, {}])
@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--filter", "name"], TEXT),
        (["--filter", "[name]"], json.dumps([TEXT], ensure_ascii=False)),
        (["--paginate", "--slurp"], f'[{{"name":"{TEXT}"}}]'),
        (["--filter", "[name, name]", "--lines"], f"{TEXT}\n{TEXT}"),
    ],
    ids=["text", "list", "slurp", "lines"],
)
def test_data_is_utf_8_whatever_the_locale(api: Api, env: dict[str, str], argv: list[str], expected: str) -> None:
    slurp = "--slurp" in argv
    body = json.dumps({"portal": [{"name": TEXT}]} if slurp else {"name": TEXT}, ensure_ascii=False)
    api.answers(Answer(body=body.encode()))

    done = api.world.egain.run("call", "GET", "/things", *argv, env={**env, "PYTHONCOERCECLOCALE": "0"})

    assert (done.status, done.stdout) == (0, f"{expected}\n".encode())


def test_half_a_pair_stays_an_escape_of_json(api: Api) -> None:
    api.answers(Answer(body=b'{"a":["\\ud800"]}'))

    assert api.call("GET", "/things", "--filter", "a").out == '["\\ud800"]\n'


def test_lines_are_the_elements_with_their_texts_bare(api: Api) -> None:
    api.answers(Answer(body=b'{"a":["x y",1.50,{"b":null},null]}'))

    assert api.call("GET", "/things", "--filter", "a", "--lines").out == 'x y\n1.50\n{"b":null}\nnull\n'


def test_answer_with_a_malformed_header_line_is_told_as_that_and_not_repeated(api: Api) -> None:
    api.answers(Answer(headers=(("X Bad Name", "1"),), body=b"x"))

    done = api.call("GET", "/things")

    assert (done.status, done.out, len(api.requests)) == (5, "", 1)
    assert "no valid HTTP" in done.err


def test_nothing_modified_is_no_redirect(api: Api) -> None:
    api.answers(Answer(status=304, headers=(("ETag", '"x"'),)))
    path = api.world.egain.home / "file"
    path.write_bytes(b"former")

    done = api.call("GET", "/things", "-H", 'If-None-Match: "x"', "-o", str(path))

    assert (done.status, done.out, path.read_bytes()) == (7, "", b"former")
    assert "nothing was modified" in done.err


@pytest.mark.parametrize("seconds", ["nan", "inf", "1e300", "-1", "0", "700000"])
@pytest.mark.parametrize("command", [("call", "GET", "/things"), ("login", "--pkce")], ids=" ".join)
def test_time_that_is_no_finite_number_is_refused(api: Api, command: tuple[str, ...], seconds: str) -> None:
    done = api.world.egain.run(*command, "--timeout", seconds)

    assert (done.status, done.out, api.requests) == (2, "", [])


def test_warning_has_the_form_of_errors_where_those_are_json(api: Api) -> None:
    api.answers(coded("utf-8", ROWS))

    done = api.call("GET", "/things", before=("--error-format", "json"))

    assert (done.status, done.stdout) == (0, ROWS)
    (line,) = done.err.splitlines()
    assert json.loads(line)["warning"]["message"].startswith("`Content-Encoding: utf-8`")
