"""The faults that are put into a module, one at a time: edits of its text, found by its syntax tree."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}
_ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
}
_SWAPPED = {"min": "max", "max": "min", "any": "all", "all": "any"}
_CLEANING = ("lower", "strip", "rstrip", "lstrip", "removeprefix", "removesuffix")
_WORDS = ("hint", "field", "doing", "option", "limit")
"""Keywords that choose the words of a message, and how many of them are shown."""
_REMOVED = (ast.Expr, ast.AugAssign, ast.Delete, ast.Break, ast.Continue, ast.Raise)


class Fault(NamedTuple):
    """One fault.

    Attributes:
        line: Its number.
        what: The line before and after, which edits elsewhere do not change.
        text: The module with the fault.
        function: The function whose body has it, as ``__qualname__`` says it; None outside of any.
    """

    line: int
    what: str
    text: str
    function: str | None


class Edit(NamedTuple):
    """What makes a fault: from ``start`` to ``end`` the text is replaced."""

    start: int
    end: int
    text: str


def faults(source: str) -> list[Fault]:
    """Return the faults of a module, in its order.

    What only Windows runs, and what asks for the system, has none: it is not run here.
    """
    finder = _Finder(source)
    edits = dict.fromkeys(sorted(finder.found(ast.parse(source))))
    return [fault for fault in (_fault(source, one, finder) for one in edits) if _compiles(fault.text)]


def _fault(source: str, edit: Edit, finder: _Finder) -> Fault:
    first, last = source.rfind("\n", 0, edit.start) + 1, source.find("\n", edit.end)
    text = source[: edit.start] + edit.text + source[edit.end :]
    before, after = source[first:last], text[first : last + len(text) - len(source)]
    what = f"{' '.join(before.split())} => {' '.join(after.split())}"
    return Fault(source.count("\n", 0, edit.start) + 1, what, text, finder.function_at(edit.start))


def _compiles(source: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("error", SyntaxWarning)
        try:
            compile(source, "mutant", "exec", dont_inherit=True)
        except SyntaxError:  # which the warnings become
            return False
    return True


class _Finder:
    def __init__(self, source: str) -> None:
        self._source = source
        lines = source.splitlines(keepends=True)
        self._starts = [0]
        for line in lines:
            self._starts.append(self._starts[-1] + len(line))
        self._lines = lines
        self._bodies: list[tuple[int, int, str]] = []

    def function_at(self, place: int) -> str | None:
        """Return the outermost function that has this place in its body."""
        return next((name for start, end, name in self._bodies if start <= place < end), None)

    def found(self, node: ast.AST, inside: str = "") -> Iterator[Edit]:
        if isinstance(node, ast.keyword) and node.arg in _WORDS:
            return
        if isinstance(node, ast.If) and _is_elsewhere(node.test):
            for one in node.orelse:
                yield from self.found(one, inside)
            return
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inside = f"{inside}{node.name}."
            if not isinstance(node, ast.ClassDef):
                self._bodies.append((self._span(node.body[0])[0], self._span(node)[1], inside[:-1]))
        yield from self._of(node)
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "ctx", "type_params", "decorator_list"):  # what is cached is the same
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from self.found(child, inside)

    def _of(self, node: ast.AST) -> Iterator[Edit]:  # noqa: C901, PLR0912  one kind of fault, one case
        match node:
            case ast.Compare():
                yield from self._comparison(node)
            case ast.BoolOp():
                yield from self._without_each(node.values)
            case ast.BinOp(op=ast.BitOr() | ast.BitAnd()):
                yield self._put(node, self._text(node.left))
                yield self._put(node, self._text(node.right))
            case ast.BinOp() if type(node.op) in _ARITHMETIC:
                yield from self._between(node.left, node.right, *_ARITHMETIC[type(node.op)])
            case ast.UnaryOp(op=ast.Not()):
                yield self._put(node, self._text(node.operand))
            case ast.If() | ast.IfExp() | ast.While():
                yield self._put(node.test, "False")
                if not isinstance(node, ast.While):
                    yield self._put(node.test, "True")
            case ast.comprehension():
                yield from (self._put(test, "True") for test in node.ifs)
            case ast.Constant(value=bool()):
                yield self._put(node, str(not node.value))
            case ast.Constant(value=int() | float()):
                yield self._put(node, f"({self._text(node)} + 1)")
                yield self._put(node, f"({self._text(node)} - 1)")
            case ast.Tuple(ctx=ast.Load(), elts=[first, second]):  # what is left is a tuple still
                start, end = self._span(first)[0], self._span(second)[1]
                yield from (Edit(start, end, f"{self._text(one)},") for one in (first, second))
            case ast.Tuple(ctx=ast.Load()) | ast.List(ctx=ast.Load()) | ast.Set() if len(node.elts) > 1:
                yield from self._without_each(node.elts)
            case ast.Call():
                yield from self._call(node)
            case ast.ExceptHandler(type=ast.expr() as caught):
                yield self._put(caught, "()")
            case ast.withitem(optional_vars=None):
                yield self._put(node.context_expr, '__import__("contextlib").nullcontext()')
            case ast.Return(value=ast.expr() as value) if not _is_constant(value):
                yield self._put(value, "None")
            case ast.Return(value=None):
                yield self._put(node, "pass")
            case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
                yield self._put(node, "pass")
            case ast.Expr(value=ast.Constant()):
                return
            case _ if isinstance(node, _REMOVED):
                yield self._put(node, "pass")

    def _comparison(self, node: ast.Compare) -> Iterator[Edit]:
        for left, op, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
            yield from self._between(left, right, *_COMPARISONS[type(op)])

    def _call(self, node: ast.Call) -> Iterator[Edit]:
        if isinstance(node.func, ast.Name) and node.func.id in _SWAPPED:
            yield self._put(node.func, _SWAPPED[node.func.id])
        if isinstance(node.func, ast.Attribute) and node.func.attr in _CLEANING:
            yield self._put(node, self._text(node.func.value))
        for keyword in node.keywords:
            start, end = self._span(keyword)
            comma = self._source.rfind(",", 0, start)
            opened = self._source.rfind("(", 0, start)
            if keyword.arg is not None and keyword.arg not in _WORDS:
                yield Edit(comma if comma > opened else start, end, "")

    def _without_each(self, nodes: list[ast.expr]) -> Iterator[Edit]:
        spans = [self._span(node) for node in nodes]
        for number, (start, end) in enumerate(spans):
            if number:
                yield Edit(spans[number - 1][1], end, self._closing(spans[number - 1][1], start))
            else:
                yield Edit(start, spans[1][0], "")

    def _closing(self, start: int, end: int) -> str:
        """Return the brackets between two expressions, which are not part of either."""
        return "".join(char for char in self._source[start:end] if char in "()")

    def _between(self, left: ast.expr, right: ast.expr, old: str, new: str) -> Iterator[Edit]:
        start, end = self._span(left)[1], self._span(right)[0]
        at = self._source.find(old, start, end)
        if at >= 0:
            yield Edit(at, at + len(old), new)

    def _put(self, node: ast.AST, text: str) -> Edit:
        return Edit(*self._span(node), text)

    def _text(self, node: ast.AST) -> str:
        start, end = self._span(node)
        return f"({self._source[start:end]})"

    def _span(self, node: ast.AST) -> tuple[int, int]:
        assert isinstance(node, ast.expr | ast.stmt | ast.keyword)
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._at(node.lineno, node.col_offset), self._at(node.end_lineno, node.end_col_offset)

    def _at(self, line: int, column: int) -> int:
        # The tree counts bytes.
        return self._starts[line - 1] + len(self._lines[line - 1].encode()[:column].decode())


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool))


def _is_elsewhere(test: ast.expr) -> bool:
    return "sys.platform == 'win32'" in ast.unparse(test) or ast.unparse(test) == "TYPE_CHECKING"
