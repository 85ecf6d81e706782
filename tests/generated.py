"""What is generated: completion scripts and the README's pictures. ``--check`` fails on drift."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pictures import pictures

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
COMPLETIONS = {"bash": "egain.bash", "zsh": "_egain", "fish": "egain.fish", "powershell": "egain.ps1"}


def main() -> int:
    """Write what is named, or everything, or compare it; 0 if nothing has drifted."""
    arguments = sys.argv[1:]
    named = [name for name in _TEXTS if name in arguments] or list(_TEXTS)
    drifted = 0
    for name in named:
        for path, text in _TEXTS[name]().items():
            if path.exists() and path.read_text(encoding="utf-8") == text:
                continue
            if "--check" in arguments:
                print(f"{path.relative_to(ROOT)} has drifted: run `make {name}`", file=sys.stderr)
                drifted = 1
            else:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8")
    return drifted


def _completions() -> dict[Path, str]:
    return {ROOT / "completions" / name: completion_script(shell) for shell, name in COMPLETIONS.items()}


def completion_script(shell: str) -> str:
    """Return the script that a shell sources."""
    from typer._completion_shared import get_completion_script

    from egain_auth_cli.commands.completion import patch_completion_scripts

    patch_completion_scripts()
    return get_completion_script(prog_name="egain", complete_var="_EGAIN_COMPLETE", shell=_typer_name(shell)) + "\n"


def _typer_name(shell: str) -> str:
    return "pwsh" if shell == "powershell" else shell


_TEXTS: dict[str, Callable[[], dict[Path, str]]] = {"completions": _completions}
"""By what `make` calls them."""
if sys.platform != "win32":  # which has no terminal that a program could draw
    _TEXTS["pictures"] = pictures

if __name__ == "__main__":
    raise SystemExit(main())
