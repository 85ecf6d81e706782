"""A command whose extra is not installed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.world import World


@pytest.mark.parametrize(("command", "library"), [("proxy", "uvicorn"), ("sandbox", "flask")])
def test_missing_library_is_named_with_how_to_install_it(
    calling: World, tmp_path: Path, command: str, library: str
) -> None:
    missing = f"No module named '{library}'"
    (tmp_path / f"{library}.py").write_text(f'raise ModuleNotFoundError("{missing}", name="{library}")\n')
    path = f"{tmp_path}{os.pathsep}{calling.egain.environ['PYTHONPATH']}"
    done = calling.egain.run(command, "--port", "0", env={"PYTHONPATH": path})

    assert (done.status, done.out) == (2, "")
    assert f"the {command} needs `{library}`, which is not installed" in done.err
    assert '".[proxy,sandbox]"' in done.err
