"""``egain profile edit``: the person's own editor on a copy, which is checked before it takes the file's place."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes.instance import keep_profile
from fakes.process import INTERRUPT

if TYPE_CHECKING:
    from fakes.process import Egain, Finished

TWO = """# by hand
default_profile = "kept"

[profiles.kept]
client_id = "kept-1"  # mine

[profiles."other.one"]
client_id = "other-1"
"""


def editor(egain: Egain, script: str, name: str = "ed") -> str:
    """Make an editor of a shell script, in which `$file` is the file and `$seen` a place to write to."""
    path = egain.home / "programs" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\nfor file; do :; done; seen={egain.home}/seen\n{script}\n")
    path.chmod(0o700)
    return str(path)


def edit(egain: Egain, script: str, *argv: str, name: str = "ed", **env: str) -> Finished:
    """Run `profile edit` on a terminal with this editor."""
    given = {"EDITOR": editor(egain, script, name), **env}
    with egain.on_terminal("profile", "edit", *argv, env=given) as terminal:
        return terminal.finish()


def copies(egain: Egain) -> list[Path]:
    """Every copy of the file that is left."""
    return [
        path for path in egain.config_file.parent.iterdir() if path.name not in ("config.toml", ".config.toml.lock")
    ]


def test_what_is_written_is_kept_with_its_comments(egain: Egain) -> None:
    keep_profile(egain)
    done = edit(egain, 'sed -i s/kept-1/kept-2/ "$file"; echo "# and more" >> "$file"')
    text = egain.config_file.read_text()

    assert (done.status, done.out) == (0, "the profiles are changed\r\n")
    assert 'client_id = "kept-2"  # mine' in text
    assert text.endswith("# and more\n")
    assert stat.S_IMODE(egain.config_file.stat().st_mode) == 0o600
    assert copies(egain) == []


def test_editor_gets_a_private_copy_and_none_of_the_secrets(egain: Egain) -> None:
    before = keep_profile(egain)
    script = 'echo "$file" > "$seen"; stat -c %a "$file" >> "$seen"; cat "$file" >> "$seen"; env >> "$seen"'
    done = edit(egain, script, EGAIN_CLIENT_SECRET="secret-canary")
    path, mode, *rest = (egain.home / "seen").read_text().splitlines()

    assert (done.status, done.out) == (0, "nothing is changed\r\n")
    assert (Path(path).suffix, mode) == (".toml", "600")
    assert Path(path) != egain.config_file
    assert "\n".join(rest).startswith(before.decode().rstrip("\n"))
    assert "canary" not in "\n".join(rest)
    assert copies(egain) == []


BROKEN = {
    "no TOML": ("echo '[profiles' >> \"$file\"", "is not valid TOML"),
    "unknown flow": ('sed -i "s/client_id = .*/flow = \\"implicit\\"/" "$file"', "`profiles.kept.flow` must be"),
    "bad URL": ('sed -i "s#https://api#http://api#" "$file"', "`profiles.kept.api_url` is not a usable URL"),
    "newer version": ('sed -i "s/version = 1/version = 9/" "$file"', "has version `9`"),
    "default that is not there": (
        'sed -i "s/default_profile = .*/default_profile = \\"x\\"/" "$file"',
        "no profile `x`",
    ),
    "no text": (': > "$file"', "the editor left an empty file, or none"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_does_not_check_leaves_the_file_as_it_was_and_is_not_lost(egain: Egain, kind: str) -> None:
    before = keep_profile(egain)
    script, why = BROKEN[kind]
    done = edit(egain, f'{script}; cp "$file" "$seen"')

    assert done.status == 3, done.out
    assert why in done.out
    assert egain.config_file.read_bytes() == before
    [kept] = copies(egain)
    assert f"`{egain.config_file}` is as it was; what you wrote is kept as `{kept}`" in done.out
    assert kept.read_bytes() == (egain.home / "seen").read_bytes()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_file_that_was_changed_meanwhile_is_not_overwritten(egain: Egain) -> None:
    keep_profile(egain)
    script = f'echo "# theirs" >> {egain.config_file}; echo "# mine" >> "$file"'
    done = edit(egain, script)
    [kept] = copies(egain)

    assert done.status == 3
    assert "was changed by somebody else meanwhile" in done.out
    assert egain.config_file.read_text().endswith("# theirs\n")
    assert kept.read_text().endswith("# mine\n")
    assert str(kept) in done.out


@pytest.mark.parametrize(
    ("script", "env", "why"),
    [
        ("exit 3", {}, "the editor `ed` ended with 3: nothing is changed"),
        ("kill -9 $$", {}, "the editor `ed` ended by signal 9: nothing is changed"),
        ("", {"EDITOR": "/nowhere/at/all"}, "the editor `/nowhere/at/all` cannot be started: there is no such command"),
        ("", {"EDITOR": "'unbalanced"}, "`EDITOR` is no command: `'unbalanced`"),
    ],
)
def test_editor_that_fails_changes_nothing(egain: Egain, script: str, env: dict[str, str], why: str) -> None:
    before = keep_profile(egain)
    done = edit(egain, f'echo "# lost" >> "$file"; {script}', **env)

    assert done.status == 3
    assert f"error: {why}" in done.out
    assert egain.config_file.read_bytes() == before
    assert copies(egain) == []


@pytest.mark.parametrize(
    ("name", "argv", "place"),
    [("vim", ("other.one",), "+7"), ("nano", (), "+4"), ("ed", ("other.one",), None), ("emacs", ("kept",), "+4")],
)
def test_editor_that_takes_a_line_begins_at_the_profile(
    egain: Egain, name: str, argv: tuple[str, ...], place: str | None
) -> None:
    keep_profile(egain)
    egain.config_file.write_text(TWO)
    edit(egain, 'for one; do echo "$one"; done > "$seen"', *argv, name=name)
    words = (egain.home / "seen").read_text().splitlines()

    assert words[:-1] == ([place] if place else [])


def test_visual_comes_first_and_its_words_are_split_as_a_shell_does(egain: Egain) -> None:
    keep_profile(egain)
    visual = editor(egain, 'for one; do echo "$one"; done > "$seen"', "ed it")
    edit(egain, 'echo wrong > "$seen"', VISUAL=f"'{visual}' --wait 'two words'")

    assert (egain.home / "seen").read_text().splitlines()[:-1] == ["--wait", "two words"]


def test_ctrl_c_is_the_editors_own(egain: Egain) -> None:
    keep_profile(egain)
    given = editor(egain, 'trap "echo caught >> $file" INT; echo ready; read line; read line; exit 0')
    with egain.on_terminal("profile", "edit", env={"EDITOR": given}) as terminal:
        terminal.read_until("ready")
        terminal.send(INTERRUPT)
        terminal.send(b"\n\n")
        done = terminal.finish()

    assert done.status == 3  # and not 130
    assert "caught" in copies(egain)[0].read_text()


def test_broken_file_can_be_mended(egain: Egain) -> None:
    keep_profile(egain)
    egain.config_file.write_text("[profiles.kept\n")
    done = edit(egain, 'echo "[profiles.kept]" > "$file"', "kept")

    assert done.status == 0, done.out
    assert egain.config_file.read_text() == "[profiles.kept]\n"


def test_what_an_edit_leaves_behind_is_told(egain: Egain) -> None:
    keep_profile(egain)
    gone = edit(egain, 'sed -i "s/profiles.kept/profiles.new/; s/= .kept.$/= \\"new\\"/" "$file"')
    moved = edit(egain, 'echo "secret_store = \\"file\\"" >> "$file"')

    assert "warning: profile `kept` is gone" in gone.out
    assert "warning: profile `new` has another `secret_store`" in moved.out


def test_profile_that_is_not_there_opens_nothing(egain: Egain) -> None:
    keep_profile(egain)
    missing = edit(egain, 'echo wrong > "$seen"', "nobody")
    egain.config_file.unlink()
    none = edit(egain, 'echo wrong > "$seen"')

    assert [missing.status, none.status] == [3, 3]
    assert "there is no profile `nobody`" in missing.out
    assert "there is no profile yet" in none.out
    assert not (egain.home / "seen").exists()


def test_no_editor_is_opened_without_a_terminal(egain: Egain) -> None:
    before = keep_profile(egain)
    done = egain.run("profile", "edit", env={"EDITOR": editor(egain, 'echo wrong > "$seen"')})

    assert (done.status, done.out) == (2, "")
    assert egain.config_file.read_bytes() == before
    assert not (egain.home / "seen").exists()


def test_link_to_the_persons_own_file_stays_one(egain: Egain) -> None:
    keep_profile(egain)
    own = egain.home / "own.toml"
    egain.config_file.rename(own)
    egain.config_file.symlink_to(own)
    done = edit(egain, 'sed -i s/kept-1/kept-2/ "$file"')

    assert done.status == 0, done.out
    assert egain.config_file.is_symlink()
    assert "kept-2" in own.read_text()
