"""``config.toml`` in the person's own editor: a copy of it, which is checked before it takes the file's place."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from egain_auth_cli.errors import ConfigError, ProfileMissing
from egain_auth_cli.models.command_words import command_words, windows_program
from egain_auth_cli.sanitize import printable
from egain_auth_cli.settings.environment import without_secrets
from egain_auth_cli.settings.profile import profile_missing
from egain_auth_cli.stores.config_file import read_document
from egain_auth_cli.stores.disk import replace_file, unlink_file
from egain_auth_cli.stores.profile_store import check_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from egain_auth_cli.settings.profile import Config
    from egain_auth_cli.stores.profile_store import ProfileStore

_VARIABLES = ("VISUAL", "EDITOR")
_TAKE_LINES = frozenset({"vi", "vim", "nvim", "nano", "emacs"})
"""Editors that take ``+LINE`` before the file."""


def edit_by_hand(store: ProfileStore, environ: Mapping[str, str], name: str | None) -> list[str] | None:
    """Open the editor on a copy of the file, and put what was written in the file's place.

    Args:
        store: The file.
        environ: ``VISUAL``, ``EDITOR``; also the editor's environment, without any ``EGAIN_*`` secret.
        name: The profile where it opens; None for the beginning.

    Returns:
        What is left behind where profiles have gone or moved, and which keys are not known, in words; None where
        nothing was changed.

    Raises:
        ProfileMissing: There is no file, or no such profile in it.
        ConfigError: The editor failed, or what it left does not check, or the file was changed meanwhile. It is as it
            was; what was written is kept beside it, and named.
    """
    before = read_document(store.path)
    if not before:
        raise ProfileMissing("there is no profile yet to be edited", hint="make one with `egain profile add`")
    line = _line_of(before, name) if name else None
    if name is not None and line is None:
        _refuse_unknown(before, store.path, name)
    with _copy(store.path, before) as copy:
        _run_editor(_editor(environ), copy, environ, line=line)
        try:
            after = read_document(copy)
            if after == before:
                return None
            changed = _checked(after, copy)
            store.replace(before, after)
        except ConfigError as exc:
            kept = _keep(copy)
            message = exc.message.replace(printable(str(copy)), printable(str(kept)))
            raise ConfigError(
                message,
                hint=f"`{printable(str(store.path))}` is as it was; what you wrote is kept as `{printable(str(kept))}`",
            ) from exc
    unknown = [note for one in changed.names for note in changed.notes(one)]
    return [*_left_behind(before, changed, store.path), *unknown]


def _checked(text: str, path: Path) -> Config:
    if not text.strip():  # an editor that failed, more likely than a wish to have no profile at all
        raise ConfigError("the editor left an empty file, or none")
    return check_document(text, path)


def _left_behind(before: str, after: Config, path: Path) -> Iterator[str]:
    """Say what an edit by hand does not take along, as ``profile rename`` and ``profile set`` do."""
    with contextlib.suppress(ConfigError):
        former = check_document(before, path)
        for name in former.names:
            if name not in after.names:
                yield f"profile `{name}` is gone; a secret or login that is stored for it stays where it is"
            elif former.profile(name).secret_store is not after.profile(name).secret_store:
                yield f"profile `{name}` has another `secret_store`; what it has in the former one stays there"


def _line_of(text: str, name: str) -> int | None:
    """Return the number of the line where the profile's table begins; the text may be no TOML at all."""
    header = re.compile(rf"^\s*\[\s*profiles\s*\.\s*(?P<quote>[\"']?){re.escape(name)}(?P=quote)\s*[.\]]", re.MULTILINE)
    found = header.search(text)
    return None if found is None else text.count("\n", 0, found.end()) + 1


def _refuse_unknown(text: str, path: Path, name: str) -> None:
    """Refuse a profile that is not there; a file that cannot be read is there to be mended, whatever its name."""
    config: Config | None = None
    with contextlib.suppress(ConfigError):
        config = check_document(text, path)
    if config is not None and name not in config.names:
        raise profile_missing(name, config.names)


@contextlib.contextmanager
def _copy(path: Path, text: str) -> Iterator[Path]:
    """Make a private copy beside the file, which is gone at the end if it is still there."""
    try:
        handle, made = tempfile.mkstemp(dir=path.parent, prefix="edit-", suffix=".toml")
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as exc:
        raise ConfigError(
            f"no copy can be made in `{printable(str(path.parent))}`: {(exc.strerror or 'failed').lower()}",
            hint="make the folder writable for you, or free some space",
        ) from exc
    try:
        yield Path(made)
    finally:
        with contextlib.suppress(OSError):
            unlink_file(Path(made))


def _keep(copy: Path) -> Path:
    """Move what was written to where the end of the run leaves it."""
    kept = copy.with_name(f"kept-{copy.name}")
    with contextlib.suppress(OSError):  # the editor may have taken it away, and then there is nothing to lose
        replace_file(copy, kept)
    return kept


def _editor(environ: Mapping[str, str]) -> list[str]:
    """Return the words that start the editor."""
    variable = next((one for one in _VARIABLES if environ.get(one)), None)
    if variable is None:
        return [windows_program("notepad.exe", environ) if sys.platform == "win32" else "vi"]
    try:
        words = command_words(environ[variable])
    except ValueError:
        words = []
    if not words:
        raise ConfigError(
            f"`{variable}` is no command: `{printable(environ[variable], limit=80)}`", hint=f"set `{variable}` to one"
        )
    return words


def _run_editor(words: list[str], copy: Path, environ: Mapping[str, str], *, line: int | None) -> None:
    name = Path(words[0]).name
    place = [f"+{line}"] if line is not None and name in _TAKE_LINES else []
    with _ctrl_c_is_the_editors():
        try:
            done = subprocess.run(  # noqa: S603  the person's own editor, no shell
                [*words, *place, str(copy)], env=without_secrets(environ), check=False
            )
        except OSError as exc:
            reason = "there is no such command" if isinstance(exc, FileNotFoundError) else exc.strerror or "failed"
            raise ConfigError(
                f"the editor `{printable(words[0])}` cannot be started: {reason.lower()}; nothing is changed",
                hint="name another one by `EDITOR`",
            ) from exc
    if done.returncode != 0:
        how = f"with {done.returncode}" if done.returncode > 0 else f"by signal {-done.returncode}"
        raise ConfigError(f"the editor `{printable(name)}` ended {how}: nothing is changed", hint="run it again")


@contextlib.contextmanager
def _ctrl_c_is_the_editors() -> Iterator[None]:
    """Leave Ctrl-C to the editor, which shares the terminal, and to which it means something else."""
    # A handler, since what is ignored would be ignored by the editor too.
    former = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)
