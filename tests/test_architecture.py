"""What the source never does: read from its syntax trees, each ban with an example that it must catch."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import egain_auth_cli

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(egain_auth_cli.__file__).parent
FILES = sorted(path for path in ROOT.rglob("*.py") if "sandbox" not in path.relative_to(ROOT).parts)
NAMES = [str(path.relative_to(ROOT)) for path in FILES]


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def calls_any(tree: ast.AST, *names: str) -> bool:
    return any(dotted(call.func) in names for call in calls(tree))


def imports_any(tree: ast.AST, *names: str) -> bool:
    """Whether one of these modules, or something of it, is imported in any way."""
    found = {
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    return bool(found & set(names))


def trusts_anybody(tree: ast.AST) -> bool:
    """Whether a TLS context is told to check less than the certificate and the host's name."""
    return any(
        (isinstance(node, ast.Attribute) and node.attr in ("CERT_NONE", "CERT_OPTIONAL"))
        or (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Constant)
            and any(dotted(target).endswith(".check_hostname") for target in node.targets)
        )
        for node in ast.walk(tree)
    )


def unwrapped(node: ast.AST) -> ast.AST:
    """What a method is called on, as in ``state.encode()``."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value
    return node


def compares_plainly(tree: ast.AST, *names: str) -> bool:
    """Whether something of one of these names is compared by ``==`` or ``!=``."""
    return any(
        isinstance(operator, (ast.Eq, ast.NotEq))
        and any(dotted(unwrapped(side)).rpartition(".")[2] in names for side in (node.left, *node.comparators))
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        for operator in node.ops
    )


def uses_system_temp(tree: ast.AST) -> bool:
    """Whether a temporary file is made elsewhere than beside the file it is to become."""
    # A file without a name is nobody's to find.
    made = [call for call in calls(tree) if dotted(call.func).startswith("tempfile.")]
    made = [call for call in made if dotted(call.func) != "tempfile.TemporaryFile"]
    return any("dir" not in {one.arg for one in call.keywords} for call in made)


Ban = tuple["Callable[[ast.AST], bool]", str]
BANS: dict[str, Ban] = {  # what ruff's S rules do not know
    "certificates unchecked": (trusts_anybody, "context.verify_mode = ssl.CERT_NONE"),
    "host names unchecked": (trusts_anybody, "context.check_hostname = False"),
    "a context of the standard library's making": (
        lambda tree: calls_any(tree, "ssl.create_default_context"),
        "ssl.create_default_context()",
    ),
    "the system's temporary folder": (uses_system_temp, "import tempfile\nx = tempfile.NamedTemporaryFile()"),
    "the webbrowser module": (lambda tree: imports_any(tree, "webbrowser"), "import webbrowser"),
    "a server of the standard library": (
        lambda tree: imports_any(tree, "http.server", "socketserver"),
        "from http.server import ThreadingHTTPServer",
    ),
    "a server by another name": (lambda tree: imports_any(tree, "http.server"), "from http import server"),
    "a state compared in plain": (lambda tree: compares_plainly(tree, "state", "_value"), "if found.state == state: x"),
    "an encoded state compared in plain": (
        lambda tree: compares_plainly(tree, "state", "_value"),
        "if state.encode() != asked.state.encode(): x",
    ),
}
ENVIRONMENT_READERS = {
    "cli.py",
    "auth.py",
    "_fastpath.py",
    "stores/fast_file.py",
    "stores/keyring_store.py",  # tells the back-ends, which look there alone, where the user's bus is
}


def reads_environment(tree: ast.AST) -> bool:
    return any(
        dotted(node) in ("os.environ", "os.getenv") for node in ast.walk(tree) if isinstance(node, ast.Attribute)
    )


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.AST]:
    return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in zip(NAMES, FILES, strict=True)}


@pytest.mark.parametrize("name", BANS)
def test_source_never_does_what_is_banned(name: str, trees: dict[str, ast.AST]) -> None:
    breaks = BANS[name][0]

    assert [file for file, tree in trees.items() if breaks(tree)] == []


@pytest.mark.parametrize("name", BANS)
def test_each_ban_catches_its_example(name: str) -> None:  # must-fail fixtures
    breaks, example = BANS[name]

    assert breaks(ast.parse(example))
    assert not breaks(ast.parse("x = compare_digest(state, other)"))


def test_environment_is_read_at_the_edge_alone(trees: dict[str, ast.AST]) -> None:
    readers = {file for file, tree in trees.items() if reads_environment(tree) and not file.startswith("commands/")}

    assert readers == ENVIRONMENT_READERS
    assert reads_environment(ast.parse("x = os.environ['A']"))


def changes_a_name(tree: ast.AST) -> bool:
    """Whether a file is replaced, renamed, removed or synced: what each system does in its own way."""
    return calls_any(tree, "os.replace", "os.rename", "os.unlink", "os.remove", "os.fsync") or any(
        isinstance(call.func, ast.Attribute)
        and (call.func.attr == "unlink" or (call.func.attr in ("replace", "rename") and len(call.args) == 1))
        and not call.keywords  # dataclasses and tables have such methods too
        for call in calls(tree)
    )


def test_files_are_replaced_removed_and_synced_at_one_place(trees: dict[str, ast.AST]) -> None:
    assert [file for file, tree in trees.items() if changes_a_name(tree)] == ["stores/disk.py"]
    assert all(changes_a_name(ast.parse(one)) for one in ("a.replace(b)", "a.rename(b)", "a.unlink()", "os.fsync(1)"))


def test_no_file_or_folder_is_named_for_nothing() -> None:
    nothing = ("utils", "helpers", "manager", "common", "misc")
    parts = {part.removesuffix(".py") for path in ROOT.rglob("*.py") for part in path.relative_to(ROOT).parts}

    assert [part for part in parts if any(word in part for word in nothing)] == []


POSIX_MODULES = ("fcntl", "grp", "pty", "pwd", "resource", "termios", "tty")
TESTS = Path(__file__).parent


def run_by_import(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when a module is imported, whatever the system: not what stands in functions and after an ``if``."""
    for one in ast.iter_child_nodes(node):
        if not isinstance(one, (ast.If, ast.FunctionDef)):
            yield one
            yield from run_by_import(one)


def needs_posix(tree: ast.Module) -> bool:
    imports = (one for one in run_by_import(tree) if isinstance(one, (ast.Import, ast.ImportFrom)))
    return any(imports_any(one, *POSIX_MODULES) for one in imports)


@pytest.mark.parametrize(
    ("folder", "posix_alone"), [(ROOT, ["posix_keyboard.py"]), (TESTS, [])], ids=["package", "tests"]
)
def test_every_system_can_import_every_module(folder: Path, posix_alone: list[str]) -> None:
    files = [path for path in folder.rglob("*.py") if "system" not in path.parts]  # which need the real things

    assert posix_alone == [path.name for path in files if needs_posix(ast.parse(path.read_text(encoding="utf-8")))]
    assert needs_posix(ast.parse("class A:\n    from fcntl import flock"))
    assert not needs_posix(ast.parse("def f():\n    import fcntl"))
