"""The help of a command: options in groups, defaults in words, examples that run as they are copied, in any width."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.models import CommandFunctionType

WIDEST = 100
"""Columns; longer lines are hard to read, however wide the terminal is."""
GLOBAL_OPTIONS = ("profile", "verbose", "quiet", "error_format", "no_color")
"""What every command takes, before its name and after it."""
Groups = Mapping[str, Sequence[str]]
"""Headings, each with the long names of its options."""
_NO_GROUPS: Groups = {}
_LONGEST_TERM = 30
_SENTENCE = re.compile(r"(.*?)(?:[;:.](?=\s|$).*)?$", re.DOTALL)
_HEADING = re.compile(r"^(?:Usage(?=: )|[A-Z][A-Za-z, ]*(?=:$))", re.MULTILINE)
_WORDS = re.compile(r"""(?:-\S+ (?!-))?(?:'[^']*'|"[^"]*"|[^\s'"])+""")
"""A word of a command line as a shell reads it, an option together with what may be its value."""
_TERM_AND_TEXT = re.compile(r"( *\S+ {2,})(\S.*)")


class _HelpPage:
    """What commands and groups of commands have in common; Typer's own page cuts, and does not wrap examples."""

    # Typer's own types are private, and so is what it calls these by.
    params: Any
    groups: ClassVar[Groups] = _NO_GROUPS
    epilog: Any
    help: Any
    short_help: Any

    def get_help(self, ctx: Any) -> str:  # noqa: ANN401
        """Return the page, with bold headings on a terminal."""
        page: str = super().get_help(ctx)  # type: ignore[misc]
        terminal = getattr(ctx.obj, "terminal", None)
        if terminal is None or not terminal.paints_stdout:
            return page
        from egain_auth_cli.terminal.paint import Style, paint

        return _HEADING.sub(lambda match: paint(match[0], Style.HEADING), page)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401
        """Read the command line; a complaint about it knows the command, which Typer leaves out of some."""
        try:
            rest: list[str] = super().parse_args(ctx, args)  # type: ignore[misc]
        except typer.TyperException as exc:
            if getattr(exc, "ctx", None) is None:
                exc.ctx = ctx  # type: ignore[attr-defined]  # its type is private
            raise
        return rest

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002
        """Return the line in the list of commands, whole: the first sentence or what stands for it."""
        if self.short_help:
            return str(self.short_help)
        match = _SENTENCE.match(" ".join((self.help or "").split()))
        return f"{match[1]}." if match and match[1] else ""

    def format_usage(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write the usage; what must be given has no braces, as if there were a choice."""
        pieces = self.collect_usage_pieces(ctx)  # type: ignore[attr-defined]
        words = [ctx.command_path, *(re.sub(r"^\{(.*)\}$", r"\1", piece) for piece in pieces)]
        _write(formatter, _wrapped(f"Usage: {' '.join(words)}", formatter.width, indent=len("Usage: ")))

    def format_help_text(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002
        """Write what the command is for."""
        formatter.write_paragraph()
        _write(formatter, _wrapped(f"  {' '.join((self.help or '').split())}", formatter.width, indent=2))

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write arguments, commands and options, these in the groups that they name."""
        heading_of = {name: heading for heading, names in self.groups.items() for name in names}
        sections: dict[str, list[tuple[str, str]]] = {name: [] for name in ("Arguments", *self.groups, "Options")}
        for param in self.get_params(ctx):  # type: ignore[attr-defined]
            if not param.hidden:
                usual = "Arguments" if param.param_type_name == "argument" else "Options"
                heading = next((heading_of[name] for name in param.opts if name in heading_of), usual)
                sections[heading].append(_row(param, ctx))
        if isinstance(self, HelpGroup):
            write_sections({"Commands": self.command_lines(ctx)}, formatter)
        write_sections(sections, formatter)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write examples and notes, and name the options that every command takes."""
        # A paragraph that begins with `\b` keeps its lines.
        paragraphs = [part.strip("\n") for part in (self.epilog or "").split("\n\n")]
        for part in [*paragraphs, self._global_options(ctx)]:
            if part:
                lines = part.removeprefix("\b\n").split("\n") if part.startswith("\b") else [" ".join(part.split())]
                fold = fold_command if lines[0].startswith("Example") else fold_text
                formatter.write_paragraph()
                _write(formatter, [row for line in lines for row in fold(line, formatter.width)])

    def _global_options(self, ctx: Any) -> str:  # noqa: ANN401
        if ctx.parent is None:
            return ""
        own = {name for param in self.params if not param.hidden for name in param.opts}
        shared = [one for one in ctx.find_root().command.params if one.name in GLOBAL_OPTIONS]
        names = [min(one.opts, key=len) for one in shared if own.isdisjoint(one.opts)]
        return f"Global options: {', '.join(names)} (`egain --help`)."


class HelpCommand(_HelpPage, TyperCommand):
    """A command with this help."""


class HelpGroup(_HelpPage, TyperGroup):
    """A group of commands with this help."""

    def command_lines(self, ctx: Any) -> list[tuple[str, str]]:  # noqa: ANN401, ARG002
        """Return the commands, each with its line."""
        return [(name, command.get_short_help_str()) for name, command in self.commands.items()]


class CommandSet(typer.Typer):
    """Commands with this help: one of its own name, or several under one that shows their list.

    Args:
        help: What they are for, where there are several.
        epilog: Examples of these.
    """

    def __init__(self, help: str = "", epilog: str = "") -> None:  # noqa: A002  Typer's name for it
        super().__init__(
            cls=HelpGroup, add_completion=False, rich_markup_mode=None, no_args_is_help=True, help=help, epilog=epilog
        )

    def command(
        self,
        name: str | None = None,
        *,
        groups: Groups = _NO_GROUPS,
        **told: Any,  # noqa: ANN401
    ) -> Callable[[CommandFunctionType], CommandFunctionType]:
        """Add a command, as Typer does.

        Args:
            name: Its name, where it is not the function's.
            groups: The groups of its options; those in none come last.
            told: What Typer takes.
        """
        return super().command(name, cls=type("HelpCommand", (HelpCommand,), {"groups": groups}), **told)


def _row(param: Any, ctx: Any) -> tuple[str, str]:  # noqa: ANN401
    term = param.get_help_record(ctx)[0]
    said = []
    choices = getattr(param.type, "choices", None)
    if choices and len(term) > _LONGEST_TERM and param.metavar is None:
        term = f"{', '.join(param.opts)} {param.name.upper()}"
        said.append("one of " + ", ".join(one.value if isinstance(one, Enum) else one for one in choices))
    said += _bounds(param.type)
    default = _default(param, ctx)
    if default:
        said.append(f"default {default}")
    text = param.help or ""
    return term, f"{text.removesuffix('.')} ({', '.join(said)})." if said else text


def _bounds(kind: Any) -> list[str]:  # noqa: ANN401
    least, most = getattr(kind, "min", None), getattr(kind, "max", None)
    if most is not None:
        return [f"{least or 0} to {most}"]
    # That nothing is less than none goes without saying.
    return [f"at least {least}"] if least is not None and least > 1 else []


def _default(param: Any, ctx: Any) -> str:  # noqa: ANN401
    value = param.get_default(ctx, call=False) if param.show_default and not getattr(param, "count", False) else None
    if value is None or isinstance(value, (bool, list, tuple)):
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def write_sections(sections: Mapping[str, Sequence[tuple[str, str]]], formatter: Any) -> None:  # noqa: ANN401
    """Write lists of terms and what they mean, all in the same two columns.

    Args:
        sections: By their headings; those without a row are left out.
        formatter: Typer's.
    """
    widest = min(_LONGEST_TERM, formatter.width // 2 - 4)
    fitting = [len(term) for rows in sections.values() for term, _ in rows if len(term) <= widest]
    column = max(fitting, default=widest)
    for heading, rows in sections.items():
        if rows:
            lines = [f"{heading}:"]
            for term, text in rows:
                above = [] if len(term) <= column else [f"  {term}"]
                beside = "" if above else term
                lines += above + _wrapped(f"  {beside:<{column}}  {text}", formatter.width, indent=column + 4)
            formatter.write_paragraph()
            _write(formatter, lines)


def fold_text(line: str, width: int) -> list[str]:
    """Wrap a line of words; a second column is wrapped below itself.

    Args:
        line: With its indentation.
        width: Columns.
    """
    match = _TERM_AND_TEXT.match(line)
    return _wrapped(line, width, indent=len(match[1]) if match else len(line) - len(line.lstrip()))


def _write(formatter: Any, lines: Sequence[str]) -> None:  # noqa: ANN401
    formatter.write("".join(f"{line}\n" for line in lines))


def _wrapped(line: str, width: int, *, indent: int) -> list[str]:
    from textwrap import wrap

    # Neither within a word nor at a hyphen: what is broken cannot be copied.
    rows = wrap(line, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)
    return rows or [""]


def fold_command(line: str, width: int) -> list[str]:
    """Wrap an example as a shell takes it, or the comment above one.

    Args:
        line: With its indentation.
        width: Columns.
    """
    from textwrap import wrap

    indent = line[: len(line) - len(line.lstrip())]
    if line.lstrip().startswith("# "):
        return wrap(line, width, subsequent_indent=f"{indent}# ", break_long_words=False)
    if len(line) <= width:
        return [line]
    rows = [indent.removesuffix(" ")]
    for word in _WORDS.findall(line):
        # Two columns for the blank and the backslash that say that the line goes on.
        if len(rows[-1]) + 1 + len(word) > width - 2 and rows[-1].strip():
            rows.append(f"{indent}   ")
        rows[-1] += f" {word}"
    return [f"{row} \\" for row in rows[:-1]] + rows[-1:]
