"""What clients of `egain proxy` are run with, and what they ask for."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from system.places import BUILD, SESSION

if TYPE_CHECKING:
    from pathlib import Path

EXPORTS = "/knowledge/portalmgr/v4/content/export"
EXPORT = json.dumps(
    {
        "portalID": "PROD-1001",
        "language": {"code": "en-US"},
        "resourceTypes": ["articles"],
        "dataDestination": {"destinationType": "AWS S3 bucket", "path": "made-up"},
    }
)
NODE = [shutil.which("node", path=SESSION["PATH"]) or "node", str(BUILD / "fetch.mjs")]


def client_environ(home: Path) -> dict[str, str]:
    """Return an environment that holds nothing of `egain`, with a home without its files."""
    home.mkdir(exist_ok=True)
    return {"PATH": SESSION["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "TMPDIR": SESSION["TMPDIR"]}
