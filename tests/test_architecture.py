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


def keyword_is(tree: ast.AST, name: str, value: object) -> bool:
    return any(
        one.arg == name and isinstance(one.value, ast.Constant) and one.value.value is value
        for call in calls(tree)
        for one in call.keywords
    )


def calls_any(tree: ast.AST, *names: str) -> bool:
    return any(dotted(call.func) in names for call in calls(tree))


def imports_any(tree: ast.AST, *names: str) -> bool:
    found = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    return bool(found & set(names))


def compares_plainly(tree: ast.AST, *names: str) -> bool:
    """Whether something of one of these names is compared by ``==`` or ``!=``."""
    return any(
        isinstance(operator, (ast.Eq, ast.NotEq))
        and any(dotted(side).rpartition(".")[2] in names for side in (node.left, *node.comparators))
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        for operator in node.ops
    )


def uses_system_temp(tree: ast.AST) -> bool:
    """Whether a temporary file is made elsewhere than beside the file it is to become."""
    made = [call for call in calls(tree) if dotted(call.func).startswith("tempfile.")]
    return any("dir" not in {one.arg for one in call.keywords} for call in made)


def catches_bare(tree: ast.AST) -> bool:
    return any(isinstance(node, ast.ExceptHandler) and node.type is None for node in ast.walk(tree))


Ban = tuple["Callable[[ast.AST], bool]", str]
BANS: dict[str, Ban] = {  # P06
    "a shell": (lambda tree: keyword_is(tree, "shell", True), "subprocess.run('x', shell=True)"),
    "os.system": (lambda tree: calls_any(tree, "os.system", "os.popen"), "os.system('x')"),
    "certificates unverified": (lambda tree: keyword_is(tree, "verify", False), "httpx.Client(verify=False)"),
    "an unverified context": (
        lambda tree: calls_any(tree, "ssl._create_unverified_context", "ssl.create_default_context"),
        "ssl.create_default_context()",
    ),
    "redirects followed": (
        lambda tree: keyword_is(tree, "follow_redirects", True),
        "httpx.Client(follow_redirects=True)",
    ),
    "text run as code": (lambda tree: calls_any(tree, "eval", "exec", "compile"), "eval('x')"),
    "pickle and the like": (lambda tree: imports_any(tree, "pickle", "shelve", "marshal"), "import pickle"),
    "the system's temporary folder": (uses_system_temp, "import tempfile\nx = tempfile.NamedTemporaryFile()"),
    "the webbrowser module": (lambda tree: imports_any(tree, "webbrowser"), "import webbrowser"),
    "http.server": (lambda tree: calls_any(tree, "HTTPServer", "http.server.HTTPServer"), "HTTPServer(('', 0), x)"),
    "a state compared in plain": (lambda tree: compares_plainly(tree, "state", "_value"), "if found.state == state: x"),
    "a bare except": (catches_bare, "try:\n    x\nexcept:\n    y"),
    "assert as a check": (
        lambda tree: any(isinstance(node, ast.Assert) and "password" in ast.dump(node) for node in ast.walk(tree)),
        "assert password",
    ),
}
ENVIRONMENT_READERS = {
    "runtime.py",
    "terminal.py",
    "cli.py",
    "auth.py",
    "_fastpath.py",
    "stores/paths.py",
    "stores/fast_file.py",
}


def reads_environment(tree: ast.AST) -> bool:
    return any(
        dotted(node) in ("os.environ", "os.getenv") for node in ast.walk(tree) if isinstance(node, ast.Attribute)
    )


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.AST]:
    return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in zip(NAMES, FILES, strict=True)}


@pytest.mark.parametrize("name", BANS)
def test_source_never_does_what_is_banned(name: str, trees: dict[str, ast.AST]) -> None:  # P06
    breaks = BANS[name][0]

    assert [file for file, tree in trees.items() if breaks(tree)] == []


@pytest.mark.parametrize("name", BANS)
def test_each_ban_catches_its_example(name: str) -> None:  # P06: must-fail fixtures
    breaks, example = BANS[name]

    assert breaks(ast.parse(example))
    assert not breaks(ast.parse("x = compare_digest(state, other)"))


def test_state_is_compared_in_constant_time() -> None:  # R01
    tree = ast.parse((ROOT / "sign_in/authorization.py").read_text(encoding="utf-8"))
    compared = [ast.dump(call) for call in calls(tree) if dotted(call.func) == "hmac.compare_digest"]

    assert ["state" in call for call in compared] == [True]


def test_environment_is_read_at_the_edge_alone(trees: dict[str, ast.AST]) -> None:
    inner = [
        file
        for file, tree in trees.items()
        if reads_environment(tree) and file not in ENVIRONMENT_READERS and not file.startswith("commands/")
    ]

    assert inner == []
    assert reads_environment(ast.parse("x = os.environ['A']"))


@pytest.mark.parametrize("word", ["utils", "helpers", "manager", "common", "misc"])
def test_no_file_is_named_for_nothing(word: str) -> None:
    assert [name for name in NAMES if word in Path(name).stem] == []


@pytest.mark.parametrize("name", NAMES)
def test_file_opens_with_a_sentence_that_says_what_it_owns(name: str) -> None:
    docstring = ast.get_docstring(ast.parse((ROOT / name).read_text(encoding="utf-8")))

    assert docstring
    assert len(docstring.splitlines()[0]) <= 120
