"""The commands that hints, notes and errors name, read as the program itself reads a command line."""

from __future__ import annotations

import ast
import contextlib
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

import egain_auth_cli
from egain_auth_cli.cli import app
from egain_auth_cli.runtime import Runtime
from egain_auth_cli.settings.key_paths import key_at
from egain_auth_cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(egain_auth_cli.__file__).parent
FILLED = "\x00"
"""Stands in the place of what a text is filled with."""
_COMMAND = re.compile(r"`(egain(?: [^`]*)?)`")
_PLACEHOLDER = re.compile(r"[A-Z][A-Z_]+|.*….*")
UNKNOWABLE = frozenset({"URL", "ID", "SCOPES", "FILE", "USERNAME", "EMAIL", "CLIENT_ID", "GET", "POST"})
"""What stands for a value that nobody but the person knows; and the methods of a request."""


def commands_in(text: str) -> list[str]:
    """Every command of ours that stands in backticks."""
    return _COMMAND.findall(text)


def fault_of(command: str) -> str | None:
    """Why this command cannot be run as it stands; None where it can."""
    if command == "egain":
        return None
    try:
        words = shlex.split(command.partition(" < ")[0])[1:]
    except ValueError as exc:
        return str(exc)
    bad = [word for word in words if _PLACEHOLDER.fullmatch(word) and word not in UNKNOWABLE]
    if bad:
        return f"{bad[0]} is a placeholder"
    if words[:2] == ["profile", "set"] and len(words) > 3 and key_at(words[3]) is None and "x" not in words[3]:
        return f"a profile has no key {words[3]}"
    try:
        _parse(typer.main.get_command(app), words)
    except typer.TyperException as exc:
        return exc.format_message()
    return None


def _parse(command: Any, words: list[str]) -> None:
    runtime = Runtime({}, Terminal({}))
    with contextlib.suppress(typer.Exit), contextlib.redirect_stdout(None):
        context = command.make_context("egain", list(words), obj=runtime)
        while hasattr(context.command, "resolve_command"):
            rest = [*context._protected_args, *context.args]
            if not rest:
                return
            name, command, rest = context.command.resolve_command(context, rest)
            context = command.make_context(name, rest, parent=context)


def commands_in_the_source() -> Iterator[tuple[str, str]]:
    """Every command that a text of the package names, with its place; what is filled in is `FILLED`."""
    for path in sorted(PACKAGE.rglob("*.py")):
        nodes: list[Any] = list(ast.walk(ast.parse(path.read_text())))
        documentation = {id(node.body[0].value) for node in nodes if _is_documented(node)}
        inner = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in nodes:
            if id(node) not in documentation | inner and (text := _text_of(node)) is not None:
                for command in commands_in(text):
                    if not command.startswith("egain (?"):  # a pattern of such commands, and no hint
                        yield f"{path.relative_to(PACKAGE)}:{node.lineno}", command


def _is_documented(node: Any) -> bool:
    return bool(getattr(node, "body", None)) and isinstance(node.body, list) and isinstance(node.body[0], ast.Expr)


def _text_of(node: Any) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else FILLED for part in node.values)
    return None
