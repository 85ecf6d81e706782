"""What TAB offers."""

from __future__ import annotations


def complete_path(incomplete: str) -> list[str]:
    """Give documented API paths that begin with what was typed."""
    from egain_auth_cli.services.api_catalogue import api_paths

    return [one.path for one in api_paths() if one.path.startswith(incomplete)]
