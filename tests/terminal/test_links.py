"""Which terminals are known to have links, and what a link is made of."""

from __future__ import annotations

import pytest

from egain_auth_cli.terminal.links import has_links, link

KNOWN = [
    {"TERM_PROGRAM": "iTerm.app"},
    {"TERM_PROGRAM": "WezTerm"},
    {"TERM_PROGRAM": "vscode"},
    {"WT_SESSION": "x"},
    {"KITTY_WINDOW_ID": "1", "TERM": "xterm-kitty"},
    {"KONSOLE_VERSION": "230804"},
    {"VTE_VERSION": "5000"},
    {"VTE_VERSION": "7402"},
]
UNKNOWN = [
    {},
    {"TERM_PROGRAM": "Apple_Terminal"},
    {"VTE_VERSION": "4205"},
    {"VTE_VERSION": "x"},
    {"WT_SESSION": "x", "TERM": "dumb"},
    {"WT_SESSION": "x", "TERM": ""},
    {"WT_SESSION": "x", "TERM": "screen-256color"},
    {"WT_SESSION": "x", "TERM": "tmux-256color"},
    {"VTE_VERSION": "7402", "TMUX": "/tmp/tmux-1000/default,1,0"},
    {"VTE_VERSION": "7402", "STY": "1.pts-0"},
]


@pytest.mark.parametrize("environ", KNOWN)
def test_terminal_that_is_known_has_links(environ: dict[str, str]) -> None:
    assert has_links({"TERM": "xterm-256color", **environ})


@pytest.mark.parametrize("environ", UNKNOWN)
def test_terminal_that_is_unknown_or_behind_another_has_none(environ: dict[str, str]) -> None:
    assert not has_links({"TERM": "xterm-256color", **environ})


def test_link_shows_where_it_leads_and_no_address_gets_out_of_it() -> None:
    assert link("https://ai.example/a?b=c") == (
        "\x1b]8;;https://ai.example/a?b=c\x1b\\this link to ai.example\x1b]8;;\x1b\\"
    )
    assert link("https://ai.example/\x1b\\\x1b[31m").count("\x1b") == 4
