"""Whose a file or folder is. What is obeyed, or made anew in a folder, is this user's or root's, as ssh has it.

So nobody else's `config.toml` names a command that is run; and root, in the home of a user, neither acts as that user's
files say nor leaves files there that the user cannot change.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_ROOT = 0


class Distrusted(PermissionError):
    """Somebody else can change it.

    Attributes:
        remedy: What to do.
    """

    def __init__(self, reason: str, *, remedy: str) -> None:
        super().__init__(errno.EPERM, reason)
        self.remedy = remedy


def require_trusted(path: Path, found: os.stat_result) -> None:
    """Refuse what somebody else than this user and root can change; a folder like `/tmp` keeps each file to its owner.

    Args:
        path: For the remedy.
        found: What the system says of it.

    Raises:
        Distrusted: It belongs to another user, or its mode lets others write.
    """
    require_trusted_owner(path, found)
    if sys.platform == "win32" or (stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX):
        return
    if found.st_mode & stat.S_IWOTH or (found.st_mode & stat.S_IWGRP and not _is_own_group(found.st_gid)):
        raise Distrusted(f"other users can write {_called(path, found)}", remedy=f"run `chmod go-w {path}`")


def require_trusted_owner(path: Path, found: os.stat_result) -> None:
    """Refuse what belongs to another user.

    Raises:
        Distrusted: It does.
    """
    if sys.platform == "win32" or found.st_uid in (os.geteuid(), _ROOT):
        return
    owner = _user(found.st_uid)
    remedy = "run `egain` as that user, or name folders of your own by `EGAIN_CONFIG_DIR` and `EGAIN_CACHE_DIR`"
    raise Distrusted(f"{_called(path, found)} belongs to another user, {owner}", remedy=remedy)


def require_place(folder: Path) -> None:
    """Refuse to make a folder where another user would own what it is in.

    Raises:
        OSError: Another user does, or nothing can be said of it.
    """
    there = next(one for one in (folder, *folder.parents) if one.exists())
    require_trusted_owner(there, there.stat())


def _called(path: Path, found: os.stat_result) -> str:
    return f"the folder `{path}`" if stat.S_ISDIR(found.st_mode) else "it"


def _user(uid: int) -> str:
    if sys.platform == "win32":
        return str(uid)
    import pwd

    try:
        return f"`{pwd.getpwuid(uid).pw_name}`"
    except KeyError:
        return f"number {uid}"


def _is_own_group(gid: int) -> bool:
    """Return whether a group is this user's alone: root's, or one that is made and named for each user."""
    if sys.platform == "win32" or gid != os.getegid():
        return False
    import grp
    import pwd

    try:
        group, user = grp.getgrgid(gid), pwd.getpwuid(os.geteuid())
    except KeyError:
        return False
    return group.gr_name == user.pw_name and set(group.gr_mem) <= {user.pw_name}
