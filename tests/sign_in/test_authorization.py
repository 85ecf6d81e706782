"""The authorization request, and reading what the redirect brings back."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oauthlib.oauth2 import WebApplicationClient
from oauthlib.oauth2.rfc6749.parameters import prepare_grant_uri

from egain_auth_cli.errors import SignInRefused
from egain_auth_cli.sign_in.authorization import AuthorizationRequest, NotTheAnswer, read_redirect

STATE = "made-up-state-0123456789"
ASKED = AuthorizationRequest(
    authorization_url="https://login.acme.test/U/authorize",
    client_id="acme-client",
    redirect_uri="http://localhost:8400/callback",
    scopes=("knowledge.read", "core.read"),
    state=STATE,
    code_challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
)
ASCII = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=40)
WORDS = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"\\'), min_size=1, max_size=20
)


def answer(**fields: str) -> str:
    return urlencode({"state": STATE, **fields})


@settings(deadline=None)
@given(ASCII, ASCII, st.lists(WORDS, max_size=4), ASCII, st.none() | WORDS)
def test_authorization_url_says_what_oauthlib_would_say(
    client_id: str, redirect_uri: str, scopes: list[str], state: str, challenge: str | None
) -> None:
    asked = replace(
        ASKED,
        client_id=client_id,
        redirect_uri=redirect_uri,
        scopes=tuple(scopes),
        state=state,
        code_challenge=challenge,
    )
    theirs = prepare_grant_uri(
        ASKED.authorization_url,
        client_id,
        "code",
        redirect_uri=redirect_uri,
        scope=scopes,
        state=state,
        code_challenge=challenge,
        code_challenge_method="S256",
    )

    expected = parse_qs(urlsplit(theirs).query, keep_blank_values=True)
    assert expected == parse_qs(urlsplit(asked.uri).query, keep_blank_values=True)
    assert asked.uri.isascii()
    assert not set(asked.uri) & set(" \"'<>`\\")


def test_authorization_url_says_what_oauthlibs_client_would_say() -> None:
    client = WebApplicationClient("acme-client")
    theirs = client.prepare_request_uri(
        ASKED.authorization_url, redirect_uri=ASKED.redirect_uri, scope=list(ASKED.scopes), state=STATE
    )

    ours = replace(ASKED, code_challenge=None).uri
    assert parse_qs(urlsplit(theirs).query) == parse_qs(urlsplit(ours).query)


@pytest.mark.parametrize(
    ("own", "kept"),
    [
        ("?x=1&y=2", [("x", "1"), ("y", "2")]),
        ("?p=B2C_1A&z", [("p", "B2C_1A"), ("z", "")]),
        ("?", []),
        ("?&&x=1&", [("x", "1")]),
        ("?state=old&x=1&client_id=other&response_type=token&scope=s&redirect_uri=r", [("x", "1")]),
        ("?code_challenge_method=plain&%73tate=old", []),
        ("?domain_hint=a.test&domain_hint=a.test", [("domain_hint", "a.test")]),
    ],
)
def test_endpoints_own_query_is_merged_and_nothing_is_doubled(own: str, kept: list[tuple[str, str]]) -> None:
    uri = replace(ASKED, authorization_url=ASKED.authorization_url + own).uri

    pairs = parse_qsl(urlsplit(uri).query, keep_blank_values=True)
    names = [name for name, _ in pairs]
    assert kept == pairs[: len(kept)]
    assert len(names) == len(set(names)) == len(kept) + 7
    assert uri.count("?") == 1


@pytest.mark.parametrize(
    ("own", "hint", "expected"),
    [
        ("", "acme.test/path", ["acme.test/path"]),
        ("?domain_hint=kept.test", "other.test", ["kept.test"]),
        ("?domain_hint=", "other.test", [""]),
        ("?domain%5Fhint=kept.test", "other.test", ["kept.test"]),
        ("", "", []),
    ],
)
def test_domain_hint_is_added_only_where_the_endpoint_has_none(own: str, hint: str, expected: list[str]) -> None:
    uri = replace(ASKED, authorization_url=ASKED.authorization_url + own, domain_hint=hint).uri

    assert expected == [value for name, value in parse_qsl(urlsplit(uri).query, True) if name == "domain_hint"]


def test_code_of_the_right_answer_is_taken() -> None:
    assert "made-up-code" == read_redirect(answer(code="made-up-code"), ASKED).reveal()


def test_unknown_parameters_are_ignored_even_when_doubled() -> None:
    code = read_redirect(answer(code="made-up-code", session_state="x") + "&x=1&x=2", ASKED)

    assert "made-up-code" == code.reveal()


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=200))
def test_code_of_any_printable_characters_arrives_byte_for_byte(code: str) -> None:
    assert code == read_redirect(f"state={STATE}&code={quote(code, safe='')}", ASKED).reveal()


@pytest.mark.parametrize(
    "state",
    [None, "", STATE[:-1], STATE + "x", STATE.upper(), " " + STATE, "old-state", "é", "\ud800", STATE + "\x00"],
)
def test_answer_with_a_wrong_state_is_not_the_answer(state: str | None) -> None:
    fields = {"code": "made-up-code"} | ({} if state is None else {"state": state})
    query = urlencode(fields, errors="surrogatepass")

    with pytest.raises(NotTheAnswer):
        read_redirect(query, ASKED)


@pytest.mark.parametrize("state", ["", "&state=wrong"])
def test_error_without_the_right_state_is_ignored(state: str) -> None:
    with pytest.raises(NotTheAnswer, match="`state`"):
        read_redirect(f"error=access_denied{state}", ASKED)


@pytest.mark.parametrize(
    "error",
    [
        "invalid_request",
        "unauthorized_client",
        "access_denied",
        "unsupported_response_type",
        "invalid_scope",
        "server_error",
        "temporarily_unavailable",
        "login_required",
    ],
)
def test_error_with_the_right_state_ends_the_login_and_is_named(error: str) -> None:
    with pytest.raises(SignInRefused) as caught:
        read_redirect(answer(error=error, error_description="the person said no"), ASKED)

    assert (error, f"sign-in was refused: `{error}`: the person said no") == (
        caught.value.oauth_error,
        caught.value.message,
    )
    assert caught.value.hint
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    "payload", ["<script>alert(1)</script>", "\x1b]52;c;x\x07", "a\r\nb", "\x00", "+ADw-script+AD4-"]
)
def test_hostile_error_texts_are_shown_as_one_printable_line(payload: str) -> None:
    with pytest.raises(SignInRefused) as caught:
        read_redirect(answer(error=payload, error_description=payload), ASKED)

    assert caught.value.message.isprintable()


@pytest.mark.parametrize("name", ["code", "state", "iss", "error", "error_description", "access_token"])
def test_doubled_parameter_is_refused(name: str) -> None:
    query = answer(code="made-up-code", iss="https://login.acme.test") + f"&{name}=x&{name}=x"

    with pytest.raises(NotTheAnswer, match="twice"):
        read_redirect(query, ASKED)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"code": ""},
        {"code": "x", "error": "access_denied"},
        {"code": "x", "error": ""},
        {"code": "x", "access_token": "y"},
        {"access_token": "y", "token_type": "bearer"},
        {"error": "access_denied", "access_token": "y"},
        {"code": "a b"},
        {"code": "a\r\nb"},
        {"code": "a\x00"},
        {"code": "é"},
    ],
)
def test_answer_without_exactly_one_usable_code_is_not_the_answer(fields: dict[str, str]) -> None:
    with pytest.raises(NotTheAnswer):
        read_redirect(answer(**fields), ASKED)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "&",
        "state",
        f"state={STATE}&code=%ff",
        f"state={STATE}&code=%c0%ae",
        f"state={STATE}&code=x&" + "&".join(f"a{n}=1" for n in range(100)),
        f"state={STATE}&code=" + "x" * 70000,
    ],
)
def test_answer_that_cannot_be_read_is_not_the_answer(query: str) -> None:
    with pytest.raises(NotTheAnswer):
        read_redirect(query, ASKED)


KNOWN = "https://login.acme.test/U"


@pytest.mark.parametrize(
    ("issuer", "iss", "accepted"),
    [
        (None, None, True),
        (None, "https://login.acme.test", True),
        (None, "https://login.acme.test/", True),
        (None, "https://login.acme.test/other", True),
        (None, "https://LOGIN.acme.test:443/U", True),
        (None, "https://login.acme.test.evil.test", False),
        (None, "https://login.acme.test:8443", False),
        (None, "http://login.acme.test", False),
        (None, "https://evil.test", False),
        (None, "", False),
        (None, "no url", False),
        (KNOWN, None, True),
        (KNOWN, KNOWN, True),
        (KNOWN, KNOWN + "/", False),
        (KNOWN, KNOWN.replace("login", "LOGIN"), False),
        (KNOWN, "https://login.acme.test:443/U", False),
        (KNOWN, "https://login.acme.test", False),
        (KNOWN, "", False),
    ],
)
def test_issuer_must_be_the_one_that_was_asked(issuer: str | None, iss: str | None, *, accepted: bool) -> None:
    asked = replace(ASKED, issuer=issuer)
    query = answer(code="made-up-code", **({} if iss is None else {"iss": iss}))

    if accepted:
        assert "made-up-code" == read_redirect(query, asked).reveal()
    else:
        with pytest.raises(SignInRefused, match="another server"):
            read_redirect(query, asked)


def test_issuer_of_an_error_is_checked_before_the_error_is_believed() -> None:  # RFC 9207 2.4
    with pytest.raises(SignInRefused, match="another server"):
        read_redirect(answer(error="access_denied", iss="https://evil.test"), ASKED)


@settings(deadline=None, max_examples=500)
@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from([f"state={STATE}", "code=x", "error=y", "iss=z", "&", "%", "%f", "=", "+"])).map(
        "&".join
    )
)
def test_no_query_at_all_breaks_the_reader(query: str) -> None:
    try:
        code = read_redirect(query, ASKED)
    except (NotTheAnswer, SignInRefused):
        return

    assert f"state={STATE}" in query
    assert code.reveal() in query


REALM = "https://ai.acme.test/system/auth/TENANT-U"
B2C = "https://login.acme.test/6a3f/B2C_1A_User_SignIn"
DIRECTORY = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.mark.parametrize(
    ("url", "iss", "accepted"),
    [
        (f"{REALM}/oauth2/authorize", REALM, True),
        (f"{REALM}/oauth2/authorize", f"{REALM}/", False),
        (f"{REALM}/oauth2/authorize", REALM.replace("-U", "-C"), False),
        (f"{REALM}/oauth2/authorize", REALM.lower(), False),
        (f"{REALM}/oauth2/authorize", f"{REALM}?x", False),
        (f"{REALM}/oauth2/authorize", "https://ai.acme.test/evil/issuer", False),
        (f"{REALM}/oauth2/authorize", "https://ai.acme.test", False),
        (f"{B2C}/oauth2/v2.0/authorize", "https://login.acme.test/tfp/6a3f/B2C_1A_User_SignIn/v2.0/", True),
        (f"{B2C}/oauth2/v2.0/authorize", f"https://login.acme.test/tfp/{DIRECTORY}/b2c_1a_user_signin/v2.0/", True),
        (f"{B2C}/oauth2/v2.0/authorize", f"https://login.acme.test/{DIRECTORY}/v2.0/", True),
        (f"{B2C}/oauth2/v2.0/authorize", "https://login.acme.test/6a3f/v2.0", True),
        (f"{B2C}/oauth2/v2.0/authorize", "https://login.acme.test/tfp/6a3f/B2C_1A_Customer/v2.0/", False),
        (f"{B2C}/oauth2/v2.0/authorize", "https://login.acme.test/evil/v2.0/", False),
        (f"{B2C}/oauth2/v2.0/authorize", "https://login.acme.test/", False),
    ],
)
def test_issuer_that_nobody_named_follows_from_the_authorization_url(url: str, iss: str, *, accepted: bool) -> None:
    asked = replace(ASKED, authorization_url=url)
    query = answer(code="made-up-code", iss=iss)

    if accepted:
        assert read_redirect(query, asked).reveal() == "made-up-code"
    else:
        with pytest.raises(SignInRefused, match="another server"):
            read_redirect(query, asked)
