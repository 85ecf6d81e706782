"""Configuration of HTTP clients that keeps the token out of their arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.exporters import Rendered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from egain_auth_cli.exporters import Export


def curl_config(export: Export, _: Mapping[str, str]) -> Rendered:
    """Render for ``config=$(egain export curl-config) && curl --config - URL <<<"$config"``."""
    value = export.token.reveal().replace("\\", "\\\\").replace('"', '\\"')
    return Rendered(f'header = "Authorization: Bearer {value}"')
