"""The fast path after any history: what the full program prints, or nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from fakes.fast_world import FastWorld, Shown, profile, spoil
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from egain_auth_cli import _fastpath
from egain_auth_cli.errors import EgainError

if TYPE_CHECKING:
    import pytest

ARGV = ("token", "--client-credentials")
NOTHING = Shown(None, b"", b"")
SECRET = "made-up-secret-canary"
_WORD = st.sampled_from(
    [
        "token", "--client-credentials", "--anonymous", "--pkce", "--auth-code", "--output", "raw", "json", "header",
        "-p", "--profile", "one", "two", "gone", "@", "..", "", "--min-valid", "0", "60", "9999", "--scope", "b.read",
        "--actor", "customer", "--no-store", "--force-refresh", "--quiet", "--no-color", "-v", "--", "--output=raw",
        "-pone", "--profile=two", "--token-exchange", "--on-behalf-of", "alice", "status", "--error-format", "\udcff",
    ]
)  # fmt: skip
_USUAL = st.builds(
    lambda who, flow, output: [*who, "token", *flow, *output],
    st.sampled_from([[], ["-p", "one"], ["--profile", "two"], ["-p", "gone"]]),
    st.sampled_from([[], ["--client-credentials"], ["--client-credentials"], ["--anonymous"], ["--pkce"]]),
    st.sampled_from([[], ["--output", "raw"]]),
)
_ARGV = st.one_of(_USUAL, _USUAL, _USUAL, st.lists(_WORD, max_size=6).map(lambda words: ["token", *words]))
_VARIABLES: dict[str, list[str | None]] = {
    "EGAIN_PROFILE": [None, "one", "two", "gone", "../one", ""],
    "EGAIN_FLOW": [None, "anonymous", "client-credentials", "no-flow"],
    "EGAIN_CLIENT_ID": [None, "id-one", "id-env"],
    "EGAIN_CLIENT_SECRET": [None, SECRET, "another-made-up-secret"],
    "EGAIN_TOKEN_URL": [None, "http://127.0.0.1:9/token", "http://127.0.0.1:10/token", "http://other.example/"],
    "EGAIN_API_URL": [None, "http://127.0.0.1:11"],
    "EGAIN_SCOPE": [None, "c.read", "c.read d.read", "\u00e9"],
    "EGAIN_SCOPE_PREFIX": [None, "https://x.example/"],
    "EGAIN_CLIENT_AUTH": [None, "body", "basic"],
    "EGAIN_ACCESS_TOKEN": [None, "made-up-given-token"],
    "EGAIN_SUBJECT_TOKEN": [None, "made-up-subject"],
    "EGAIN_TIMEOUT": [None, "5", "never"],
    "EGAIN_ERROR_FORMAT": [None, "json"],
    "EGAIN_NO_INPUT": [None, "1"],
    "EGAIN_UNKNOWN": [None, "1", "2\n3"],
    "EGAIN_CACHE_DIR": [None, "", "~/a", "~/b", "relative"],
    "EGAIN_CONFIG_DIR": [None, "", "~/.config/egain/", "~/other"],
    "XDG_RUNTIME_DIR": [None, "~/run", "~/missing", "relative", ""],
    "XDG_CONFIG_HOME": [None, "~/.config", "~/xdg", "relative"],
    "XDG_CACHE_HOME": [None, "~/.cache", "~/xdg-cache"],
    "HOME": ["~", "~/run"],
}
_SET = st.sampled_from([(name, value) for name, values in _VARIABLES.items() for value in values])
_CHANGES: list[dict[str, Any]] = [
    {"client_id": "id-changed"},
    {"api_url": "http://127.0.0.1:12"},
    {"actor": "customer"},
    {"flow": "anonymous"},
    {"flow": "pkce"},
    {"token_cache": "none"},
    {"token_cache": "file"},
    {"scope_prefix": "p."},
    {"client_id": ""},
    {"endpoints": profile("http://127.0.0.1:13/token")["endpoints"]},
    {"flows": {"client-credentials": {"scopes": ["z.read"]}, "pkce": {"scopes": ["z.read"]}}},
]
_COMMANDS = [
    ("logout", "--no-revoke"),
    ("logout", "--all", "--no-revoke"),
    ("token", "--client-credentials", "--force-refresh"),
    ("-p", "two", "token", "--anonymous", "--force-refresh"),
    ("export", "json", "--client-credentials"),
    ("profile", "remove", "one"),
    ("profile", "rename", "two", "three"),
    ("profile", "use", "two"),
    ("profile", "set", "one", "client_id", "id-set"),
]
_STEP: st.SearchStrategy[tuple[str, Any]] = st.one_of(
    *[st.tuples(st.just("ask"), _ARGV)] * 4,
    st.tuples(st.just("set"), _SET),
    st.tuples(st.just("change"), st.sampled_from(_CHANGES)),
    st.tuples(st.just("default"), st.sampled_from(["one", "two", "gone"])),
    st.tuples(st.just("later"), st.sampled_from([1, 600, 3539, 3540, 3541, 4000])),
    st.tuples(st.just("run"), st.sampled_from(_COMMANDS)),
    st.tuples(st.just("touch"), st.none()),
    st.tuples(st.just("sign-in"), st.none()),
    st.tuples(
        st.just("spoil"), st.tuples(st.sampled_from(["cut", "append", "chmod", "swap", "link"]), st.integers(0, 400))
    ),
)


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(history=st.lists(_STEP, min_size=3, max_size=14), system=st.sampled_from(_fastpath.SYSTEMS))
def test_whatever_happened_the_fast_path_prints_what_the_full_program_prints_or_nothing(
    monkeypatch: pytest.MonkeyPatch, history: list[tuple[str, Any]], system: str
) -> None:
    with FastWorld.lived_in(monkeypatch, system) as one, monkeypatch.context() as patched:
        patched.chdir(one.home)
        one.full(*ARGV)
        for kind, what in [*history, ("ask", list(ARGV)), ("ask", list(ARGV))]:
            if kind == "ask":
                compare(one, what)
            else:
                happen(one, patched, kind, what)


def compare(one: FastWorld, argv: list[str]) -> None:
    """Ask both; the fast path must not have changed anything on the disk."""
    before = one.kept()
    fast = one.fast(*argv)
    after = one.kept()
    full = one.full(*argv)

    assert before == after
    assert fast in (NOTHING, full)


def happen(one: FastWorld, patched: pytest.MonkeyPatch, kind: str, what: Any) -> None:
    """Let something change the world."""
    if kind == "set":
        put_variable(one, patched, *what)
    elif kind == "change":
        one.change(**what)
    elif kind == "default":
        one.write(default_profile=what, profiles=one.document["profiles"])
    elif kind == "later":
        one.now += what
    elif kind == "run":
        one.full(*what)
    elif kind == "touch" and one.config.exists():
        os.utime(one.config)
    elif kind == "sign-in":
        sign_in(one)
    elif kind == "spoil":
        for path in one.fast_files:
            spoil(path, *what)


def put_variable(one: FastWorld, patched: pytest.MonkeyPatch, name: str, value: str | None) -> None:
    """Set a variable, or take it away."""
    if value is None:
        patched.delenv(name, raising=False)
    else:
        patched.setenv(name, value.replace("~", str(one.home)))


def sign_in(one: FastWorld) -> None:
    """Sign in where the world lets one."""
    try:
        one.sign_in()
    except EgainError:
        return
