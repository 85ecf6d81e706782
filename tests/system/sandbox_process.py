"""`egain sandbox` as a process of its own."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from system.egain_command import Egain


@contextmanager
def sandbox_process(egain: Egain, profile: str, *options: str) -> Iterator[str]:
    """Run a sandbox whose profile is the default one until the block ends; its URL."""
    process = egain.start("sandbox", "--port", "0", "--profile", profile, *options)
    with process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            ready = process.stdout.readline()
            assert ready, process.stderr.read()
            egain.do("profile", "use", profile)
            yield json.loads(ready)["url"]
        finally:
            process.terminate()
            process.communicate(timeout=30)
