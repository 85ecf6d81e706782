"""A profile from what an instance or a file says: ``profile discover`` and ``profile import``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.models.urls import check_url
from egain_auth_cli.profiles.mcp import profile_from_mcp
from egain_auth_cli.profiles.metadata import is_metadata, profile_from_metadata, read_deployment
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.models.grants import Actor

_LIMIT = 1024 * 1024


class Discovery:
    """Reads documents into a profile's table; writes nothing.

    Args:
        fetch: Fetches the JSON object at a URL.
    """

    def __init__(self, fetch: Callable[[str], dict[str, object]]) -> None:
        self._fetch = fetch

    def discover(self, instance: str, *, actor: Actor) -> dict[str, Any]:
        """Ask an instance: deploymentInfo, then the metadata document.

        Args:
            instance: ``https://HOST`` or ``https://HOST/PATH``.
            actor: Whose scope prefix is taken.

        Raises:
            ConfigError: The address is unusable, or a document lacks a field; it is named.
            NetworkError: The instance was not reached, or answered something else.
        """
        base = check_url(instance.rstrip("/"), field="INSTANCE", query=False)
        deployed = read_deployment(self._fetch(f"{base}/system/deploymentInfo"), base)
        return profile_from_metadata(self._fetch(deployed.metadata_url), actor=actor, deployed=deployed)

    def read(self, source: str, *, stdin: Callable[[], bytes], actor: Actor) -> dict[str, Any]:
        """Read a saved metadata document or an MCP server configuration.

        Args:
            source: A file, ``-`` for standard input, or a URL.
            stdin: Reads standard input.
            actor: Whose scope prefix is taken.

        Raises:
            ConfigError: It cannot be read, is neither, or lacks a field; it is named.
            NetworkError: The URL was not reached.
        """
        document = self._fetch(check_url(source, field="URL")) if "://" in source else _parse(source, stdin)
        if is_metadata(document):
            values = profile_from_metadata(document, actor=actor)
            return values | {"metadata_url": source if "://" in source else None}
        values_or_none = profile_from_mcp(document)
        if values_or_none is None:
            raise ConfigError(
                "this is neither eGain's metadata document nor an MCP server configuration: "
                "it has no `authenticationDetails`, `authUrl` or `AUTH_URL`",
                hint="save the document behind the Metadata panel's Metadata URL, or use `egain profile add`",
            )
        return values_or_none


def _parse(source: str, stdin: Callable[[], bytes]) -> dict[str, object]:
    shown = "standard input" if source == "-" else f"`{printable(source, limit=200)}`"
    try:
        if source == "-":
            raw = stdin()
        else:
            # One byte more than may be, to see whether it is too long.
            with Path(source).open("rb") as file:
                raw = file.read(_LIMIT + 1)
        document = json.loads(raw.decode("utf-8-sig")) if len(raw) <= _LIMIT else None
    except OSError as exc:
        raise ConfigError(
            f"{shown} cannot be read: {(exc.strerror or 'failed').lower()}", hint="check the path"
        ) from exc
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise ConfigError(f"{shown} is no JSON object", hint="save the document as it is, in UTF-8")
    return document
