"""Loaded by every interpreter that has this folder on its path: the tests' processes."""

import fakes.passwd  # noqa: F401
