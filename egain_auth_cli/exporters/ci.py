"""Variables of CI systems: masked before they are set."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from egain_auth_cli.errors import UsageError
from egain_auth_cli.exporters import Rendered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from egain_auth_cli.exporters import Export


def github_env(export: Export, environ: Mapping[str, str]) -> Rendered:
    """Render for later steps of a GitHub Actions job: lines for the file named by ``GITHUB_ENV``."""
    return _github(export, environ, "GITHUB_ENV")


def github_output(export: Export, environ: Mapping[str, str]) -> Rendered:
    """Render for a GitHub Actions step's outputs: lines for the file named by ``GITHUB_OUTPUT``."""
    return _github(export, environ, "GITHUB_OUTPUT")


def azure_pipelines(export: Export, _: Mapping[str, str]) -> Rendered:
    """Render for Azure Pipelines: logging commands that set a secret variable, its expiry and its API."""
    (name, token), *others = export.variables()
    lines = [f"##vso[task.setvariable variable={name};issecret=true]{token}"]
    lines += [f"##vso[task.setvariable variable={other}]{value.replace('%', '%AZP25')}" for other, value in others]
    lines += [f"##vso[task.setvariable variable={stale}]" for stale in export.stale]
    return Rendered("\n".join(lines))


def _github(export: Export, environ: Mapping[str, str], variable: str) -> Rendered:
    """Render as GitHub's "Workflow commands" say. A random delimiter cannot be forged by the value."""
    file = environ.get(variable)
    if not file:
        raise UsageError(f"`{variable}` is not set", hint="this format is for a step of GitHub Actions")
    token = export.token.reveal()
    # Outside a step nobody reads the command: it would only show the token. Within one it is printed before the file
    # is written, so that no later line can show the token.
    masked = environ.get("GITHUB_ACTIONS") == "true"
    mask = f"::add-mask::{token.replace('%', '%25')}" if masked else ""
    delimiter = f"egain_{secrets.token_hex(16)}"
    lines = [f"{export.name}<<{delimiter}", token, delimiter]
    lines += [f"{name}={value}" for name, value in export.variables()[1:]]
    lines += [f"{stale}=" for stale in export.stale if variable == "GITHUB_ENV"]
    return Rendered(mask, file, "".join(f"{line}\n" for line in lines))
