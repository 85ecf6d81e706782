from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from fakes.systems import files_of_at_most, make_fifo

from egain_auth_cli.errors import UsageError
from egain_auth_cli.stores.append import open_to_append

if TYPE_CHECKING:
    from pathlib import Path


def test_text_is_appended_to_what_is_there(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("A=1\n")
    with open_to_append(str(file)) as append:
        append("B=2\n")
        append("C=é\n")

    assert file.read_text(encoding="utf-8") == "A=1\nB=2\nC=é\n"


@pytest.mark.parametrize("kind", ["missing", "link", "folder", "fifo", "NUL"])
def test_file_that_is_no_plain_file_is_refused(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "env"
    victim = tmp_path / "victim"
    if kind == "link":
        victim.write_text("victim")
        file.symlink_to(victim)
    elif kind == "folder":
        file.mkdir()
    elif kind == "fifo":
        make_fifo(file)
    name = f"{file}\0" if kind == "NUL" else str(file)

    with pytest.raises(UsageError, match="is not written to"), open_to_append(name) as append:
        append("B=2\n")

    assert kind != "link" or victim.read_text() == "victim"
    assert kind != "missing" or not file.exists()


def test_device_is_refused() -> None:
    with pytest.raises(UsageError, match="not a regular file"), open_to_append(os.devnull):
        pass


def test_full_disk_is_told(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.touch()
    with files_of_at_most(10), pytest.raises(UsageError, match="file too large"), open_to_append(str(file)) as append:
        append("x" * 100)
