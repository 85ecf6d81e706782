"""Squid, Debian's proxy, on loopback alone; it knows the hosts of a test and asks nobody else for names."""

from __future__ import annotations

import socket
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from system.authorization_server import free_port
from system.person import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM, HELPERS = "/usr/sbin/squid", Path("/usr/lib/squid")
USER, PASSWORD = "made-up", "p#a/s?s:w@rd %"
ORIGIN, DENIED = "api.acme.test", "denied.acme.test"
_CONFIGURATION = """
http_port 127.0.0.1:{port}
hosts_file {folder}/hosts
dns_nameservers 127.0.0.1
dns_timeout 1 second
pid_filename none
cache_log /dev/null
cache_store_log none
access_log none
cache deny all
shutdown_lifetime 0 seconds
connect_timeout 5 seconds
coredump_dir none
pinger_enable off
{sign_in}
acl denied dstdomain {denied}
acl known proxy_auth REQUIRED
http_access deny denied
http_access allow known
http_access deny all
"""
_BASIC = """
auth_param basic program {helpers}/basic_ncsa_auth {folder}/passwords
auth_param basic realm a test
"""
_NEGOTIATE = """
auth_param negotiate program {helpers}/basic_fake_auth
"""


@dataclass(frozen=True)
class Squid:
    """A proxy that runs."""

    port: int

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"


@contextmanager
def squid(*, negotiate: bool = False) -> Iterator[Squid]:
    """Run a proxy until the block ends: it takes one user's password, or signs in by Negotiate alone."""
    # Squid gives up root's rights, so its files stand where another user may read them.
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        port = free_port()
        sign_in = (_NEGOTIATE if negotiate else _BASIC).format(helpers=HELPERS, folder=folder)
        (folder / "hosts").write_text(f"127.0.0.1 localhost {ORIGIN} {DENIED}\n")
        (folder / "passwords").write_text(f"{USER}:{_hashed(PASSWORD)}\n")
        configuration = folder / "squid.conf"
        configuration.write_text(_CONFIGURATION.format(port=port, folder=folder, sign_in=sign_in, denied=DENIED))
        command = [PROGRAM, "-N", "-f", str(configuration)]
        with (folder / "errors").open("w") as errors, subprocess.Popen(command, stderr=errors, cwd=folder) as process:
            try:
                wait_until(lambda: _listens(process, port, folder / "errors"), what="Squid")
                yield Squid(port)
            finally:
                process.terminate()
                process.wait(timeout=30)


def _hashed(password: str) -> str:
    command = ["openssl", "passwd", "-apr1", "-stdin"]
    return subprocess.run(command, input=password, capture_output=True, text=True, check=True).stdout.strip()


def _listens(process: subprocess.Popen[bytes], port: int, errors: Path) -> bool:
    assert process.poll() is None, errors.read_text()
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
