"""A key that nothing reads stays in the file, and is said with the one that was probably meant."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from egain_auth_cli.settings.key_paths import known_paths, unknown_keys

if TYPE_CHECKING:
    from fakes.command_line import CommandLine
    from fakes.process import Egain

SLIPS = {
    'clientid = "x"': ("clientid", "client_id"),
    'Flow = "pkce"': ("Flow", "flow"),
    'endpoints.user.tokn_url = "https://x.test/t"': ("endpoints.user.tokn_url", "endpoints.user.token_url"),
    'endpoints.usr.token_url = "https://x.test/t"': ("endpoints.usr", "endpoints.user"),
    'flows.auth-code.scopes = ["a"]': ("flows.auth-code", "flows.authorization-code"),
    'flows.pkce.scope = ["a"]': ("flows.pkce.scope", "flows.pkce.scopes"),
    'mine = "kept"': ("mine", None),
}


@pytest.mark.parametrize("line", SLIPS)
def test_slip_is_said_by_show_and_doctor(program_line: CommandLine, line: str) -> None:
    key, meant = SLIPS[line]
    program_line.write_config(f'default_profile = "acme"\n[profiles.acme]\nclient_id = "c"\n{line}\n')
    shown, doctor = program_line("profile", "show"), program_line("doctor", "--offline", "--json")
    checks = [one for one in json.loads(doctor.out)["checks"] if one["name"] == "keys"]

    asked = f"; did you mean `{meant}`?" if meant else ""
    assert f"warning: unknown key `{key}` of profile `acme`{asked}\n" in shown.err
    assert ["warning"] == [one["state"] for one in checks]
    assert (meant or "egain profile set --help") in checks[0]["fix"]
    assert line in program_line.config_file.read_text()


def test_slip_is_said_after_an_edit(egain: Egain) -> None:
    egain.config_file.parent.mkdir(mode=0o700)
    egain.config_file.write_text('[profiles.acme]\nclient_id = "c"\n')
    egain.environ["EDITOR"] = "sed -i s/client_id/clientid/"
    with egain.on_terminal("profile", "edit") as terminal:
        done = terminal.finish()

    assert (0, True) == (done.status, "unknown key `clientid` of profile `acme`; did you mean `client_id`?" in done.out)


def test_every_key_that_can_be_set_is_known() -> None:
    for path in known_paths():
        table: dict[str, object] = {}
        *steps, last = path.split(".")
        inner = table
        for step in steps:
            inner[step] = inner = {}
        inner[last] = "x"

        assert [] == list(unknown_keys(table)), path


def test_usual_profile_has_no_unknown_key(configured: CommandLine) -> None:
    assert "unknown" not in configured("profile", "show").err
