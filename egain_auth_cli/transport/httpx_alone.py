"""The library that users of the Python API hold, without its command line."""

import sys

__all__ = ["httpx"]

# NOTE: httpx tries to import its own command line, and with it rich, click and pygments where those are installed:
# a third of its time. A None in sys.modules makes that import fail, which httpx is prepared for.
_COMMAND_LINE = "httpx._main"
_FIRST = "httpx" not in sys.modules
if _FIRST:
    sys.modules[_COMMAND_LINE] = None  # type: ignore[assignment]  # documented: halts the import
try:
    import httpx
finally:
    if _FIRST:
        del sys.modules[_COMMAND_LINE]
