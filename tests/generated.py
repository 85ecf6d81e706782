"""What is generated: completion scripts. ``--check`` fails if one of them has drifted."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPLETIONS = {"bash": "egain.bash", "zsh": "_egain", "fish": "egain.fish", "powershell": "egain.ps1"}


def main() -> int:
    """Write everything, or compare it; 0 if nothing has drifted."""
    wanted = {ROOT / "completions" / name: completion_script(shell) for shell, name in COMPLETIONS.items()}
    if "--check" not in sys.argv[1:]:
        for path, text in wanted.items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return 0
    drifted = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in drifted:
        print(f"{path.relative_to(ROOT)} has drifted: run `make completions`", file=sys.stderr)
    return 1 if drifted else 0


def completion_script(shell: str) -> str:
    """Return the script that a shell sources."""
    from typer._completion_shared import get_completion_script

    from egain_auth_cli.commands.completion import patch_completion_scripts

    patch_completion_scripts()
    return get_completion_script(prog_name="egain", complete_var="_EGAIN_COMPLETE", shell=_typer_name(shell)) + "\n"


def _typer_name(shell: str) -> str:
    return "pwsh" if shell == "powershell" else shell


if __name__ == "__main__":
    raise SystemExit(main())
