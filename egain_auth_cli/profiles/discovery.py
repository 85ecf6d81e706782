"""A profile from what an instance or a file says: ``profile discover`` and ``profile import``."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.models.urls import check_url
from egain_auth_cli.profiles.add import profile_values
from egain_auth_cli.profiles.doubts import doubts_of
from egain_auth_cli.profiles.env_file import variables_in
from egain_auth_cli.profiles.metadata import is_metadata, profile_from_metadata, read_deployment
from egain_auth_cli.profiles.program_settings import fields_of_program, holds_secret
from egain_auth_cli.profiles.told import told_by_urls
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.models.grants import Actor

_LIMIT = 1024 * 1024


class Discovery:
    """Reads documents into a profile's table; writes nothing.

    Args:
        fetch: Fetches the JSON object at a URL.

    Attributes:
        left_secret: Whether there was a client secret in what was read; it stays there.
        told: What the URLs of a program's settings have told, in words; None where nothing.
        doubts: Where they contradict what was said.
    """

    def __init__(self, fetch: Callable[[str], dict[str, object]]) -> None:
        self._fetch = fetch
        self.left_secret = False
        self.told: str | None = None
        self.doubts: tuple[str, ...] = ()

    def discover(self, instance: str, *, actor: Actor | None) -> dict[str, Any]:
        """Ask an instance: deploymentInfo, then the metadata document.

        Args:
            instance: ``https://HOST`` or ``https://HOST/PATH``.
            actor: Who acts, and whose scope prefix is taken; None for a user, without a word of it in the profile.

        Raises:
            ConfigError: The address is unusable, or a document lacks a field; it is named.
            NetworkError: The instance was not reached, or answered something else.
        """
        base = check_url(instance.rstrip("/"), field="INSTANCE", query=False)
        deployed = read_deployment(self._fetch(f"{base}/system/deploymentInfo"), base)
        document = self._fetch(deployed.metadata_url)
        return profile_from_metadata(document, actor=actor, deployed=deployed)

    def read(self, source: str, *, stdin: Callable[[], bytes], actor: Actor | None) -> dict[str, Any]:
        """Read a saved metadata document, or the settings of eGain's MCP server or of one of its samples.

        Args:
            source: A file, ``-`` for standard input, or a URL.
            stdin: Reads standard input.
            actor: Who acts, and whose scope prefix is taken; None for a user, without a word of it in the profile.

        Raises:
            ConfigError: It cannot be read, is neither, or lacks a field; it is named.
            NetworkError: The URL was not reached.
        """
        url = check_url(source, field="URL") if "://" in source else None
        document = self._fetch(url) if url else _parse(source, stdin)
        if is_metadata(document):
            return profile_from_metadata(document, actor=actor) | {"metadata_url": url}
        fields = fields_of_program(document)
        if fields is None:
            raise ConfigError(
                "this is neither eGain's metadata document nor the settings of its MCP server or of a sample: "
                "it has no `authenticationDetails`, `authUrl`, `AUTH_URL` or `EGAIN_TOKEN_URL`",
                hint="save the document behind the Metadata panel's Metadata URL, or use `egain profile add`",
            )
        self.left_secret = holds_secret(document)
        fields = replace(fields, actor=actor)
        values = profile_values(fields)
        self.told, self.doubts = told_by_urls(fields), tuple(doubts_of(fields, values))
        return values


def _parse(source: str, stdin: Callable[[], bytes]) -> dict[str, object]:
    shown = "standard input" if source == "-" else f"`{printable(source, limit=200)}`"
    try:
        if source == "-":
            raw = stdin()
        else:
            # One byte more than may be, to see whether it is too long.
            with Path(source).open("rb") as file:
                raw = file.read(_LIMIT + 1)
        if len(raw) > _LIMIT:
            raise _too_long(shown)
        text = raw.decode("utf-8-sig")
        document = json.loads(text) if text.lstrip().startswith(("{", "[")) else variables_in(text)
    except OSError as exc:
        raise ConfigError(
            f"{shown} cannot be read: {(exc.strerror or 'failed').lower()}", hint="check the path"
        ) from exc
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise ConfigError(f"{shown} is no JSON object and no `.env` file", hint="save the document as it is, in UTF-8")
    return document


def _too_long(shown: str) -> ConfigError:
    return ConfigError(
        f"{shown} is longer than 1 MiB", hint="give the metadata document or the settings alone; they are far shorter"
    )
