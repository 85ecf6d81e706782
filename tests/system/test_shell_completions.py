"""TAB in real shells, on a terminal, with the scripts of `completions/` and with those that `egain` installs itself."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from egain_auth_cli.exporters import Format
from system.interactive_shell import STARTUP, interactive, write_startup

if TYPE_CHECKING:
    from system.egain_command import Egain

COMPLETIONS = Path(__file__).parents[2] / "completions"
PACKAGED = {
    "bash": f"source {COMPLETIONS}/egain.bash",
    "zsh": f"fpath=({COMPLETIONS} $fpath); autoload -Uz compinit; compinit -u",
    "fish": f"set --prepend fish_complete_path {COMPLETIONS}",
}
"""How a package makes the script known, each time in the shell's own way."""
INSTALLED = {
    "bash": ".bash_completions/egain.sh",
    "zsh": ".zfunc/_egain",
    "fish": ".config/fish/completions/egain.fish",
}
SCOPE = "https://api.egain.cloud/auth/knowledge.portalmgr.read"
FLOWS = ["anonymous", "authorization-code", "client-credentials", "on-behalf-of", "pkce", "token-exchange"]
COMMANDS = [
    "call", "doctor", "exec", "export", "flows", "help", "inspect", "login", "logout", "profile", "proxy", "sandbox",
    "secret", "status", "token",
]  # fmt: skip
EXACTLY = {
    "egain ": COMMANDS,
    "egain e": ["exec", "export"],
    "egain -p ": ["acme", "acme-com"],
    "egain status -p acme-": ["acme-com"],
    "egain token --pk": ["--pkce"],
    "egain profile add other --flow ": FLOWS,
    "egain profile set ac": ["acme", "acme-com"],
    "egain profile set acme cl": ["client_id", "client_secret_command"],
    "egain profile set acme flows.pkce.": [
        "flows.pkce.client_auth",
        "flows.pkce.registration_id",
        "flows.pkce.scopes",
        "flows.pkce.subject_token_command",
    ],
    "egain profile set acme flow ": FLOWS,
    "egain profile set acme endpoints.user.token_url ": [],
    "egain profile set acme secret_store ": ["file", "keyring", "none"],
    "egain profile set acme flows.pkce.scopes https": [SCOPE],
    "egain profile edit acme-": ["acme-com"],
    "egain export ": sorted(one.value for one in Format),
    "egain token --scope https": [SCOPE],
}

pytestmark = pytest.mark.parametrize("shell", PACKAGED)


@pytest.fixture
def home(egain: Egain) -> Path:
    """The home folder of somebody with two profiles."""
    for name, scope in {"acme": "knowledge.portalmgr.read", "acme-com": SCOPE}.items():
        egain.do(
            "profile", "add", name, "--deployment", "self-service", "--tenant", "TMPRODB88619984",
            "--client-id", "made-up", "--flow", "pkce", "--scope", scope,
        )  # fmt: skip
    return Path(egain.environ["HOME"])


def test_packaged_script_offers_what_is_there_and_prints_nothing_else(
    egain: Egain, home: Path, tmp_path: Path, shell: str
) -> None:
    write_startup(shell, home, PACKAGED[shell])
    # readline takes a colon for the end of a word: there the scope is asked for whole
    lines = {line: found for line, found in EXACTLY.items() if shell != "bash" or not line.endswith("https")}

    with interactive(shell, tmp_path / "shell", egain.environ) as one:
        offers = {line: one.offers(line) for line in lines}

    assert {line: (found, []) for line, found in lines.items()} == offers


def test_scopes_of_the_profiles_are_offered_whole(egain: Egain, home: Path, tmp_path: Path, shell: str) -> None:
    write_startup(shell, home, PACKAGED[shell])

    with interactive(shell, tmp_path / "shell", egain.environ) as one:
        found, noise = one.offers("egain token --scope ")

    assert [] == noise
    assert {"knowledge.portalmgr.read", SCOPE} <= set(found)


def test_documented_paths_are_offered_to_a_call_by_their_segments(
    egain: Egain, home: Path, tmp_path: Path, shell: str
) -> None:
    write_startup(shell, home, PACKAGED[shell])

    with interactive(shell, tmp_path / "shell", egain.environ) as one:
        offers = [
            one.offers(f"egain call {words}") for words in ("GET /know", "DELETE /knowledge/portalmgr/v4/p", "PA")
        ]
        line = one.after_tab("egain call GET /knowledge/portalmgr/v4/myp")
        with_id = one.after_tab("egain call GET /knowledge/portalmgr/v4/portals/PROD-1001/bo")

    ids = "/knowledge/portalmgr/v4/portals/{portalID}"
    assert [
        (["/knowledge/contentmgr/", "/knowledge/portalmgr/"], []),
        ([f"{ids}/bookmarks/", f"{ids}/suggestions/"], []),
        ([], []),
    ] == offers
    assert "egain call GET /knowledge/portalmgr/v4/myportals" == line
    assert "egain call GET /knowledge/portalmgr/v4/portals/PROD-1001/bookmarks" == with_id


def test_names_of_the_query_are_offered_to_a_call(egain: Egain, home: Path, tmp_path: Path, shell: str) -> None:
    write_startup(shell, home, PACKAGED[shell])
    line = "egain call GET /knowledge/portalmgr/v4/myportals -q "

    with interactive(shell, tmp_path / "shell", egain.environ) as one:
        found, noise = one.offers(line)
        quoted = one.after_tab(f"{line}'$la")
        joined = one.after_tab(f"{line}depart") if shell != "bash" else one.after_tab(f"{line}depart\tx")

    # Bash and zsh insert what they are given; an unquoted `$lang` would be the shell's own variable.
    assert {"$lang=" if shell == "fish" else r"\$lang=", "department="} <= set(found)
    assert [] == noise
    assert quoted.startswith((f"{line}'$lang=", rf"{line}\$lang="))
    assert joined.startswith(f"{line}department=")
    assert "= x" not in joined


def test_first_tab_of_a_new_shell_completes_the_word(egain: Egain, home: Path, tmp_path: Path, shell: str) -> None:
    write_startup(shell, home, PACKAGED[shell])

    with interactive(shell, tmp_path / "shell", egain.environ) as one:
        lines = [one.after_tab("egain profile sh"), one.after_tab("egain -p acme-")]

    assert ["egain profile show", "egain -p acme-com"] == lines


@pytest.mark.parametrize(
    "text", [b"profiles = [", b'version = 1\nprofiles = "none"\n', b"\x80\xff"], ids=["syntax", "shape", "bytes"]
)
def test_broken_configuration_offers_nothing_and_says_nothing(
    egain: Egain, home: Path, tmp_path: Path, shell: str, text: bytes
) -> None:
    write_startup(shell, home, PACKAGED[shell])
    config, _ = egain.folders
    (config / "config.toml").write_bytes(text)

    with interactive(shell, tmp_path / "shell", egain.environ) as one:
        offers = [one.offers("egain -p "), one.offers("egain token --pk")]

    assert 3 == egain.run("token").status
    assert [([], []), (["--pkce"], [])] == offers


def test_installed_completion_is_there_in_the_next_shell(egain: Egain, home: Path, tmp_path: Path, shell: str) -> None:
    write_startup(shell, home)
    kept = (home / STARTUP[shell]).read_text().strip()

    # NOTE: it is installed for the shell that calls it; the `or` keeps the shell there, instead of becoming the command
    done = subprocess.run(
        [shell, "-c", "egain --install-completion || exit 1"],
        env=egain.environ, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path,
    )  # fmt: skip
    with interactive(shell, tmp_path / "shell", egain.environ) as one:
        line, offers = one.after_tab("egain profile sh"), one.offers("egain -p ")

    assert (0, "") == (done.returncode, done.stderr)
    assert (home / INSTALLED[shell]).is_file()
    assert (home / STARTUP[shell]).read_text().strip().startswith(kept)
    assert ("egain profile show", (["acme", "acme-com"], [])) == (line, offers)
