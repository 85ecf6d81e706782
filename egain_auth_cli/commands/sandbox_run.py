"""Starting the sandbox: its profile, what it prints, and its end."""

from __future__ import annotations

import signal
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from egain_auth_cli.commands.extras import libraries_of
from egain_auth_cli.commands.profile_make import profile_editor
from egain_auth_cli.errors import ConfigError
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.sanitize import Public
from egain_auth_cli.settings.settings import FlowOptions
from egain_auth_cli.tokens.keep_secret import keep_secret

if TYPE_CHECKING:
    from egain_auth_cli.runtime import Runtime
    from egain_auth_cli.sandbox.server import SandboxServer


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """What ``sandbox`` is asked.

    Attributes:
        port: To listen on; 0 takes any free one.
        profile: The name of the profile to write; None for none.
        token_lifetime: Seconds of life of access tokens.
        access_log: A file for one JSON line a request; None for none.
    """

    port: int
    profile: str | None
    token_lifetime: int
    access_log: Path | None


def run_sandbox(runtime: Runtime, options: SandboxOptions) -> None:
    """Serve until a signal ends it.

    Raises:
        ConfigError: The port is taken, or the profile's name belongs to a real one.
        UsageError: The sandbox's libraries are not installed.
    """
    server = _server(options)
    try:
        if options.profile is not None:
            _write_profiles(runtime, options.profile, server.url)
        # Before it is announced: whoever reads that may send one at once.
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as a script's job in the background has SIGINT
                signal.signal(number, lambda *_: server.close())
        _announce(runtime, server, options.profile)
        server.serve_forever()
    finally:
        server.close()


def _server(options: SandboxOptions) -> SandboxServer:
    with libraries_of("sandbox"):
        from egain_auth_cli.sandbox.server import SandboxServer
    try:
        return SandboxServer(port=options.port, token_lifetime=options.token_lifetime, access_log=options.access_log)
    except OSError as exc:
        reason = (exc.strerror or "not available").lower()
        raise ConfigError(
            f"the sandbox cannot start on port {options.port}: {reason}",
            hint="choose another one: `--port N`, or 0 for any",
        ) from exc


def _write_profiles(runtime: Runtime, name: str, url: str) -> None:
    """Write a profile of the self-service shapes, and one named ``…-commercial``."""
    from egain_auth_cli.sandbox.profile_document import commercial_profile_document, profile_document

    _write_profile(runtime, name, profile_document(url))
    _write_profile(runtime, f"{name}-commercial", commercial_profile_document(url))
    runtime.profile = None


def _write_profile(runtime: Runtime, name: str, values: dict[str, Any]) -> None:
    from egain_auth_cli.sandbox.registrations import REGISTRATIONS

    # A profile of the same name that points elsewhere is somebody's work, and is not overwritten.
    config = runtime.config()
    if name in config.names and not (config.profile(name).api_url or "").startswith(
        ("http://127.0.0.1:", "http://localhost:")
    ):
        raise ConfigError(
            f"the profile `{name}` is not a sandbox's",
            hint=f"name another one: `egain sandbox --profile {name}-2`, or `egain sandbox --no-profile`",
        )
    former = config.profile(name).api_url if name in config.names else None
    if former not in (None, values["api_url"]) and _is_served(former):
        runtime.terminal.warn(f"another sandbox runs at {former}: the profile `{name}` leads to this one now")
    # A person's commands must not reach it unless they name it: it takes whatever secret it is sent.
    profile_editor(runtime).add(name, values, replace=True, may_be_default=False)
    runtime.profile = name
    settings = runtime.settings(FlowOptions())
    secret = next(one.client_secret for one in REGISTRATIONS if one.client_id == values["client_id"])
    credentials = runtime.credentials(settings)
    keep_secret(credentials, settings, Secret(secret or ""), seconds=runtime.seconds, recheck=lambda: None)


def _is_served(url: str | None) -> bool:
    parts = urlsplit(url or "")
    try:
        socket.create_connection((str(parts.hostname), parts.port or 80), timeout=1).close()
    except (OSError, ValueError):
        return False
    return True


def _announce(runtime: Runtime, server: SandboxServer, profile: str | None) -> None:
    terminal = runtime.terminal
    clients = [
        {
            "client_id": one.client_id,
            "client_secret": one.client_secret,
            "redirect_uris": list(one.redirect_uris),
            "note": one.note,
        }
        for one in server.registrations
    ]
    if not terminal.stdout_is_terminal:
        terminal.json({"ready": True, "url": server.url, "profile": profile, "clients": clients})
        return
    terminal.data(f"The sandbox is at {server.url}. Everything here is public and gone at the end; Ctrl-C ends it.\n")
    # Writing the profiles has made one of the secrets known to the redactor.
    rows = [[str(one["client_id"]), Public(one["client_secret"] or "-"), str(one["note"])] for one in clients]
    terminal.table(("CLIENT ID", "SECRET", "FOR"), rows)
    if profile is not None:
        terminal.data(
            f"\nIn another terminal:\n  egain -p {profile} token --client-credentials\n"
            f"  egain -p {profile} login --pkce"
        )
        terminal.data(f"  egain -p {profile} call GET /knowledge/portalmgr/v4/portals/user")
    terminal.data(f"\nWhat is asked of it is shown at {server.url}/, as it comes.")
