"""The small models: error texts, tokens, JWT claims, grants, bindings, the environment of a child."""

from __future__ import annotations

import base64
import json

import pytest
from fakes.tokens import make_token
from hypothesis import given, settings
from hypothesis import strategies as st

from egain_auth_cli.call.errors import Expected, api_error
from egain_auth_cli.models.binding import Binding
from egain_auth_cli.models.grants import Actor, Flow, Subject, endpoint_names
from egain_auth_cli.models.jwt import unverified_claims
from egain_auth_cli.models.oauth_errors import explain, readable
from egain_auth_cli.settings.environment import without_secrets

CODES = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "access_denied",
    "unsupported_response_type",
    "server_error",
    "temporarily_unavailable",
    "invalid_target",
    "login_required",
    "consent_required",
    "interaction_required",
    "account_selection_required",
    "invalid_token",
    "insufficient_scope",
    "Unauthorized",
    "password",
    "username",
    "AADB2C90084",
]


@pytest.mark.parametrize("text", CODES)
def test_error_value_of_base64s_alphabet_is_left_as_it_is(text: str) -> None:
    assert text == readable(text)


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("strip", [True, False])
def test_base64_of_url_encoded_text_is_decoded(encode: object, strip: bool) -> None:
    raw: bytes = encode(b"The+client%3F+is+not+known~~")  # type: ignore[operator]
    text = raw.decode().rstrip("=") if strip else raw.decode()

    assert "The client? is not known~~" == readable(text)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_whatever_the_server_says_is_one_printable_line(text: str) -> None:  # O01
    assert readable(text).isprintable()
    assert explain(text, text).isprintable()


@pytest.mark.parametrize(
    "hidden", [b"\x1b[2Jxxxxxxx", b"a%07bbbbbbbb", b"\xff\xff\xff\xff\xff\xff\xff", b"%zz%zz\x00zz"]
)
def test_base64_of_something_unprintable_is_not_decoded(hidden: bytes) -> None:
    text = base64.b64encode(hidden).decode()

    assert text == readable(text)


def test_each_oauth_error_has_its_own_hint() -> None:  # T03: told apart
    told_apart = ("invalid_client", "invalid_grant", "invalid_scope", "unauthorized_client", "access_denied")
    hints = {explain(code) for code in told_apart}

    assert len(told_apart) == len(hints)
    assert explain("something_else")


@pytest.mark.parametrize(("code", "word"), [("AADB2C90084", "--pkce"), ("AADSTS9002327", "Single Page Application")])
def test_microsofts_codes_win_over_the_error_value(code: str, word: str) -> None:
    assert word in explain("invalid_request", f"{code}: something")


def test_remaining_life_is_counted_to_the_expiry_and_may_be_negative() -> None:  # T11
    token = make_token(lives=60, obtained_at=1000)

    assert [token.remaining(now) for now in (1000, 1060, 1100)] == [60, 0, -40]


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_claims_of_a_jwt_are_read() -> None:
    token = f"{encoded({'alg': 'RS256'})}.{encoded({'sub': 'jane', 'exp': 1})}.made-up"

    assert unverified_claims(token) == {"sub": "jane", "exp": 1}


@pytest.mark.parametrize(
    "token",
    [
        "",
        "opaque-token",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "é.é.é",
        f"{encoded({'typ': 'JWT'})}.{encoded({})}.x",
        f"{encoded([])}.{encoded({})}.x",
        f"{encoded({'alg': 'none'})}.{base64.urlsafe_b64encode(b'[' * 100000).decode()}.x",
        f"{encoded({'alg': 'none'})}.{base64.urlsafe_b64encode(bytes([255, 254])).decode()}.x",
    ],
)
def test_token_without_readable_claims_is_opaque(token: str) -> None:
    assert unverified_claims(token) is None


@settings(deadline=None)
@given(st.text())
def test_no_text_breaks_the_reader_of_claims(text: str) -> None:
    assert unverified_claims(text) is None or text.count(".") == 2


@pytest.mark.parametrize(
    ("flow", "option", "signs_in"),
    [
        (Flow.PKCE, "--pkce", True),
        (Flow.AUTHORIZATION_CODE, "--auth-code", True),
        (Flow.CLIENT_CREDENTIALS, "--client-credentials", False),
        (Flow.ANONYMOUS, "--anonymous", False),
        (Flow.ON_BEHALF_OF, "--on-behalf-of", False),
        (Flow.TOKEN_EXCHANGE, "--token-exchange", False),
    ],
)
def test_flow_knows_its_option_and_whether_a_person_signs_in(flow: Flow, option: str, signs_in: bool) -> None:
    assert (option, signs_in) == (flow.option, flow.signs_in)


@pytest.mark.parametrize(
    ("flow", "actor", "subject", "names"),
    [
        (Flow.PKCE, Actor.USER, None, ("user",)),
        (Flow.AUTHORIZATION_CODE, Actor.CUSTOMER, None, ("customer",)),
        (Flow.CLIENT_CREDENTIALS, Actor.CUSTOMER, None, ("client",)),
        (Flow.ANONYMOUS, Actor.USER, None, ("anonymous",)),
        (Flow.ON_BEHALF_OF, Actor.USER, Subject.USERNAME, ("on_behalf_of_user", "user")),
        (Flow.ON_BEHALF_OF, Actor.CUSTOMER, Subject.USERID, ("on_behalf_of_user", "user")),
        (Flow.ON_BEHALF_OF, Actor.USER, Subject.EMAIL, ("on_behalf_of_customer", "customer")),
        (Flow.TOKEN_EXCHANGE, Actor.CUSTOMER, None, ("customer",)),
    ],
)
def test_each_flow_uses_the_documented_endpoint_tables(
    flow: Flow, actor: Actor, subject: Subject | None, names: tuple[str, ...]
) -> None:
    assert names == endpoint_names(flow, actor, subject)


STORED = Binding(client_id="c", token_origins=("https://a.test", "https://b.test"), api_origin="https://api.test")


@pytest.mark.parametrize(
    ("use", "changed"),
    [
        (STORED, None),
        (Binding(client_id="c", token_origins=("https://b.test",), api_origin="https://api.test"), None),
        (Binding(client_id="d", token_origins=("https://a.test",), api_origin="https://api.test"), "client ID"),
        (Binding(client_id="c", token_origins=("https://evil.test",), api_origin="https://api.test"), "token URL"),
        (
            Binding(
                client_id="c", token_origins=("https://a.test", "https://evil.test"), api_origin="https://api.test"
            ),
            "token URL",
        ),
        (Binding(client_id="c", token_origins=("https://a.test",), api_origin="https://evil.test"), "API URL"),
        (Binding(client_id="c", token_origins=("https://a.test",), api_origin=""), "API URL"),
    ],
)
def test_a_credential_serves_only_what_it_was_stored_for(use: Binding, changed: str | None) -> None:  # S13
    assert changed == use.changed_from(STORED)


def test_binding_comes_back_as_it_was_written() -> None:
    assert Binding.from_dict(json.loads(json.dumps(STORED.as_dict()))) == STORED


@pytest.mark.parametrize(
    "broken", [{}, {"client_id": "c"}, {"token_origins": "https://a.test"}, {"token_origins": None}]
)
def test_broken_binding_matches_no_use(broken: dict[str, object]) -> None:
    use = Binding(client_id="c", token_origins=("https://a.test",), api_origin="https://api.test")

    assert use.changed_from(Binding.from_dict(broken)) is not None


def test_child_gets_no_variable_that_holds_a_secret_or_leads_to_one() -> None:  # E06, E07
    names = ["EGAIN_CLIENT_SECRET", "EGAIN_CLIENT_SECRET_FILE", "EGAIN_SUBJECT_TOKEN", "EGAIN_ACCESS_TOKEN"]
    environ = dict.fromkeys([*names, "egain_client_secret"], "made-up-secret") | {
        "PATH": "/bin",
        "EGAIN_FLOW": "pkce",
    }

    assert without_secrets(environ) == {"PATH": "/bin", "EGAIN_FLOW": "pkce"}


def test_api_error_gives_code_message_and_a_hint_of_its_own() -> None:
    body = json.dumps({"code": "403-197", "developerMessage": "Scope missing", "details": []}).encode()

    error = api_error(403, body, {}, Expected())

    assert (
        error.message,
        error.status,
        error.exit_code,
    ) == ("the API answered status 403: 403-197: Scope missing", 403, 7)
    assert "scope" in (error.hint or "")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"callInfo": {"message": "unlicensed"}}', ": unlicensed"),
        (b'{"message": "old"}', ": old"),
        (b'{"callInfo": "x"}', ""),
        (b'{"code": 5, "developerMessage": []}', ""),
        (b"[]", ""),
        (b"<html>", ""),
        (b"\xff", ""),
        (b"[" * 100000, ""),
        (b"", ""),
        (b'{"developerMessage": "\\u001b[2J\\u202e"}', ": \\x1b[2J\\u202e"),
    ],
)
def test_api_error_says_what_the_body_says_and_nothing_unprintable(body: bytes, said: str) -> None:  # O01
    error = api_error(400, body, {}, Expected())

    assert f"the API answered status 400{said}" == error.message
    assert error.message.isprintable()


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (401, "login"),
        (403, "inspect"),
        (404, "path"),
        (406, "language"),
        (415, "content type"),
        (429, "too many"),
        (500, "again"),
        (418, "body"),
    ],
)
def test_each_status_has_a_hint(status: int, word: str) -> None:
    assert word in (api_error(status, b"", {}, Expected()).hint or "")


def test_refused_token_is_an_authentication_error_and_the_rest_the_apis() -> None:  # A08: exit 4 and 7
    exits = {status: int(api_error(status, b"", {}, Expected()).exit_code) for status in (302, 400, 401, 403, 404, 500)}

    assert exits == {302: 7, 400: 7, 401: 4, 403: 7, 404: 7, 500: 7}


def test_redirect_is_shown_and_not_followed() -> None:  # A05
    error = api_error(302, b"", {"location": "https://evil.test/\x1b[2J"}, Expected())

    assert "the API redirects (status 302) to `https://evil.test/\\x1b[2J`" == error.message
    assert "redirects are not followed" == error.hint


@pytest.mark.parametrize(
    ("code", "expected", "words"),
    [
        ("403-197", Expected(scope="knowledge.read"), "(`knowledge.read`)"),
        ("403-112", Expected(flows=("--pkce", "--anonymous")), "takes `--pkce` or `--anonymous`"),
    ],
)
def test_hint_names_what_the_endpoint_takes_where_it_is_known(code: str, expected: Expected, words: str) -> None:
    body = json.dumps({"code": code}).encode()

    assert words in (api_error(403, body, {}, expected).hint or "")
    assert "{" not in (api_error(403, body, {}, Expected()).hint or "")


def test_too_many_requests_says_until_when() -> None:
    error = api_error(429, b"", {"x-ratelimit-reset": "2026-01-01 00:00:00\x1b"}, Expected())

    assert "until `2026-01-01 00:00:00\\x1b`" in (error.hint or "")
