"""Ports that nobody uses, outside the range from which the system takes the ports of outgoing connections."""

from __future__ import annotations

import os
import random
import socket


def free_port() -> int:
    """Return a port that is free in both families."""
    source = random.Random(f"{os.getpid()} {os.urandom(8).hex()}")
    while True:
        port = source.randrange(20000, 30000)
        try:
            with socket.create_server(("127.0.0.1", port)), socket.create_server(("::1", port), family=socket.AF_INET6):
                return port
        except OSError:
            continue
