"""`egain proxy` as a process of its own."""

from __future__ import annotations

import json
import signal
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from system.egain_command import Egain


@dataclass
class Proxy:
    """One that runs.

    Attributes:
        url: Its base URL.
        pid: Of its process.
        trace: What it said on stderr; there once it has ended.
    """

    url: str
    pid: int
    trace: list[str] = field(default_factory=list)

    @property
    def peak(self) -> int:
        """The most memory that it has had, in bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))) * 1024


@contextmanager
def proxy_process(egain: Egain, *options: str, trace: bool = False) -> Iterator[Proxy]:
    """Run a proxy until the block ends, then by Ctrl-C, which it must take for its usual end."""
    place = () if "--socket" in options else ("--port", "0")
    process = egain.start(*(("-vv",) if trace else ()), "proxy", *place, *options)
    with process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            line = process.stdout.readline()
            assert line, process.stderr.read()
            ready: dict[str, Any] = json.loads(line)
            proxy = Proxy(ready["url"], process.pid)
            yield proxy
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
            proxy.trace = err.splitlines()
            assert (0, "") == (process.returncode, out), err
            assert trace or not err, err
            assert "Traceback" not in err
        finally:
            process.kill()
