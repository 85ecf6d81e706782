"""What TAB offers. A broken configuration offers nothing; completion never complains."""

from __future__ import annotations

import os

import typer


def complete_method(incomplete: str) -> list[str]:
    """Return the methods of documented operations."""
    from egain_auth_cli.call.catalogue import operations

    found = {one.method for one in operations() if one.method.startswith(incomplete.upper())}
    return sorted(found)


def complete_path(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return how documented paths with this method go on: to the end of a segment, or whole where there is one.

    Ids that stand in placeholders' places are kept.
    """
    from egain_auth_cli.call.catalogue import operations

    method = str(ctx.params.get("method") or "GET").upper()
    segments = incomplete.split("/")
    typed = (_with_ids(one.path.split("/"), segments) for one in operations() if one.method == method)
    paths = {path for path in typed if path.startswith(incomplete)}
    if not paths:
        return []
    # As many segments as lead to a choice: a shell puts a blank after the one thing that is offered.
    deepest = max(path.count("/") for path in paths)
    for depth in range(incomplete.count("/") or 1, deepest + 1):
        cut = {"/".join(path.split("/")[: depth + 1]) + ("/" if path.count("/") > depth else "") for path in paths}
        if len(cut) > 1:
            return sorted(cut)
    return sorted(paths)


def _with_ids(template: list[str], typed: list[str]) -> str:
    """Return a documented path with what was typed in its placeholders' places, but for the last, which is unfinished.

    What does not fit is left as it is, and does not begin as was typed.
    """
    from egain_auth_cli.call.catalogue import fits_path

    whole = typed[:-1]
    if len(template) >= len(typed) and fits_path(template[: len(whole)], whole):
        return "/".join([*whole, *template[len(whole) :]])
    return "/".join(template)


def complete_query(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the names of the query that the operation has, as the shell is to insert them."""
    from egain_auth_cli.call.catalogue import operation_of

    # An option without its value ends Typer's parsing: what stands before it is still in `args`.
    method, path = (*[ctx.params.get(name) for name in ("method", "path") if ctx.params.get(name)], *ctx.args, "", "")[
        :2
    ]
    one = operation_of(str(method), str(path))
    names = (*one.required, *one.optional) if one is not None else ()
    mark = _dollar()
    return [_Quoted(f"{name}=".replace("$", mark)) for name in names if name.startswith(incomplete)]


def complete_profile(incomplete: str) -> list[str]:
    """Return the profiles whose name begins with what was typed."""
    return [name for name in _profiles() if name.startswith(incomplete)]


def complete_flow(incomplete: str) -> list[str]:
    """Return the flows' names."""
    from egain_auth_cli.models.grants import Flow

    return [one.value for one in Flow if one.value.startswith(incomplete)]


def complete_setting(incomplete: str) -> list[str]:
    """Return the keys of a profile, dotted as in TOML."""
    from egain_auth_cli.settings.key_paths import known_paths

    return [path for path in known_paths() if path.startswith(incomplete)]


def complete_value(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the values that the key may hold, where there are few, or that are usual."""
    from egain_auth_cli.settings.key_paths import key_at

    key = key_at(str(ctx.params.get("key") or ""))
    if key is None:
        return []
    if key.name == "scopes":
        return complete_scope(incomplete)
    return [value for value in key.choices if value.startswith(incomplete)]


def complete_scope(incomplete: str) -> list[str]:
    """Return the scopes that the profiles name, and those of the documented paths."""
    from egain_auth_cli.call.catalogue import operations

    own = [scope for table in _profiles().values() for scope in _scopes(table)]
    known = [scope for one in operations() for scope in one.scopes]
    return sorted({scope for scope in (*own, *known) if scope.startswith(incomplete)})


def patch_completion_scripts() -> None:
    """Let the script for zsh complete at the first TAB too, and that for bash put no blank after a name of the query.

    NOTE: Typer's for zsh only registers its function when zsh loads it from ``fpath``, so that TAB is lost (its
    templates are private).
    """
    from typer import _completion_shared

    scripts = _completion_shared._completion_scripts  # noqa: SLF001
    first = '\nif [ "$funcstack[1]" = "_%(prog_name)s" ]; then\n  %(complete_func)s "$@"\nfi\n'
    if not scripts["zsh"].endswith(first):
        scripts["zsh"] += first
    done, open_end = "    return 0\n", "    [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace\n"
    if open_end not in scripts["bash"]:
        scripts["bash"] = scripts["bash"].replace(done, open_end + done)


class _Quoted(str):
    """What a shell is to insert: it goes on from what was typed, though it is quoted. Typer asks by `startswith`."""

    __slots__ = ()

    def startswith(self, *_: object) -> bool:
        return True


def _dollar() -> str:
    """Return how a `$` is given to the shell, so that what it inserts is no variable of its own."""
    shell, words, at = (os.environ.get(name, "") for name in ("_EGAIN_COMPLETE", "COMP_WORDS", "COMP_CWORD"))
    if shell == "complete_zsh":
        return r"\\\\$"  # evaluated by Typer's script, and once more by what that calls
    word = words.split("\n")[int(at)] if at.isdigit() and int(at) <= words.count("\n") else ""
    # Bash inserts what it is given, but within an open quote nothing is special; fish quotes by itself.
    return r"\$" if shell == "complete_bash" and word[:1] not in ("'", '"') else "$"


def _profiles() -> dict[str, object]:
    # The tables unchecked: the name of a profile can be offered though something in it is invalid.
    from egain_auth_cli.errors import EgainError
    from egain_auth_cli.stores.config_file import read_tables
    from egain_auth_cli.stores.paths import Paths

    try:
        return dict(read_tables(Paths(os.environ).config_file))
    except EgainError:
        return {}


def _scopes(table: object) -> list[str]:
    flows = table.get("flows") if isinstance(table, dict) else None
    tables = flows.values() if isinstance(flows, dict) else ()
    found = [one.get("scopes") for one in tables if isinstance(one, dict)]
    return [scope for scopes in found if isinstance(scopes, list) for scope in scopes if isinstance(scope, str)]
