"""Gives this user another home folder in the system's list of users, which no variable moves for a program.

``TEST_PASSWD_HOME`` names the folder, so that tests do not meet in the one of whoever runs them.
"""

from __future__ import annotations

import os
import sys

HERE = "TEST_PASSWD_HOME"

if sys.platform != "win32":
    import pwd

    _real = pwd.getpwuid

    def _getpwuid(uid: int) -> pwd.struct_passwd:
        fields = list(_real(uid))
        fields[5] = os.environ.get(HERE, fields[5])
        return pwd.struct_passwd(fields)

    pwd.getpwuid = _getpwuid
