"""The only package that holds the HTTP library."""

import sys

# NOTE: httpx tries to import its own command line, and with it rich, click and pygments where those are installed:
# a third of its time. A None in sys.modules makes that import fail, which httpx is prepared for.
_COMMAND_LINE = "httpx._main"
if "httpx" not in sys.modules:
    sys.modules[_COMMAND_LINE] = None  # type: ignore[assignment]  # documented: halts the import
    try:
        import httpx as httpx
    finally:
        del sys.modules[_COMMAND_LINE]
