"""Git Bash's window: mintty gives a program of Windows pipes in place of a console, so nothing can be hidden there."""

from __future__ import annotations

import re
import sys

_NAME = re.compile(r"\\(?:msys|cygwin)-[0-9a-f]+-pty\d+-(?:from|to)-master")
"""What Cygwin's library calls the pipes of a terminal of its own."""


def is_mintty(handle: int) -> bool:
    """Return whether a file descriptor is the keyboard of such a window."""
    return sys.platform == "win32" and _NAME.match(_pipe_name(handle)) is not None


def _pipe_name(handle: int) -> str:
    """Return the name of a pipe (GetFileInformationByHandleEx, FileNameInfo); empty for what has none."""
    if sys.platform != "win32":
        return ""
    import ctypes
    import msvcrt

    class FileNameInfo(ctypes.Structure):
        _fields_ = (("length", ctypes.c_uint32), ("name", ctypes.c_wchar * 1024))

    info = FileNameInfo()
    try:
        pipe = ctypes.c_void_p(msvcrt.get_osfhandle(handle))
    except OSError:
        return ""
    found = ctypes.windll.kernel32.GetFileInformationByHandleEx(pipe, 2, ctypes.byref(info), ctypes.sizeof(info))
    return info.name[: info.length // 2] if found else ""
