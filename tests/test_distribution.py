"""What is handed out: the wheel and the sdist, file for file, the same from every build; and what they stand on."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DECLARED = [
    Requirement(one)
    for one in (*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["sandbox"])
]
SAME_TERMS = re.compile(r"\b(MIT|BSD|Apache|ISC|PSF|Python Software Foundation|0BSD|Unlicense)\b")
"""Licences that ask for no more than a notice; certifi's list of authorities is under the MPL, file by file."""
FILE_BY_FILE = {"certifi"}


@pytest.fixture(scope="module")
def files() -> set[str]:
    """Every file of the checkout that is, or would be, in the repository."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        found = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no checkout, so nothing tells what belongs to it")
    return {name for name in found if name and (ROOT / name).is_file()}


@pytest.fixture(scope="module")
def built(files: set[str], tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, Path]]:
    """The wheel and the sdist of two builds: of two copies that were made one after the other, in two places."""
    builds = []
    for turn in ("one", "another place"):
        tree, made = tmp_path_factory.mktemp("tree") / turn, tmp_path_factory.mktemp("made")
        for name in files:
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, tree / name)
            (tree / name).chmod((ROOT / name).stat().st_mode & 0o755)
        subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "-d", str(made)], cwd=tree, capture_output=True, check=True
        )
        builds.append((next(made.glob("*.whl")), next(made.glob("*.tar.gz"))))
    return builds


def test_two_builds_are_equal_byte_for_byte(built: list[tuple[Path, Path]]) -> None:
    one, another = ([hashlib.sha256(file.read_bytes()).hexdigest() for file in files] for files in built)

    assert one == another


def test_wheel_has_the_package_and_nothing_else(built: list[tuple[Path, Path]], files: set[str]) -> None:
    with zipfile.ZipFile(built[0][0]) as wheel:
        names = set(wheel.namelist())
    info = {name.partition("/")[2] for name in names if ".dist-info/" in name}

    assert {name for name in names if ".dist-info/" not in name} == {
        name for name in files if name.startswith("egain_auth_cli/")
    }
    assert info == {"METADATA", "WHEEL", "entry_points.txt", "licenses/LICENSE", "RECORD"}


def test_sdist_has_what_builds_and_tests_it(built: list[tuple[Path, Path]], files: set[str]) -> None:
    with tarfile.open(built[0][1]) as sdist:
        names = {one.name.partition("/")[2] for one in sdist.getmembers() if one.isfile()}
    included = tuple(PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"])
    wanted = {name for name in files if name.startswith(tuple(f"{one}/" for one in included)) or name in included}

    assert names - {"PKG-INFO", ".gitignore", "pyproject.toml"} == wanted


def test_every_direct_dependency_has_a_floor_and_a_ceiling() -> None:
    operators = {one.name: {each.operator for each in one.specifier} for one in DECLARED}

    assert {name: found for name, found in operators.items() if found != {">=", "<"}} == {}


def _stood_on(names: Iterator[str]) -> set[str]:
    found: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # of another system
        if distribution.name in found:
            continue
        found.add(distribution.name)
        for text in distribution.requires or ():
            one = Requirement(text)
            if one.marker is None or one.marker.evaluate({"extra": ""}):
                left.append(one.name)
    return found


def test_every_licence_asks_for_a_notice_at_most() -> None:
    told = {}
    for name in _stood_on(one.name for one in DECLARED):
        about = metadata.metadata(name)
        named = [one for key in ("License-Expression", "License") for one in about.get_all(key) or ()]
        classifiers = [one for one in about.get_all("Classifier") or () if one.startswith("License ::")]
        told[name] = " ".join(named + classifiers)

    assert len(told) > 20
    assert {name: text for name, text in told.items() if not SAME_TERMS.search(text)}.keys() <= FILE_BY_FILE
