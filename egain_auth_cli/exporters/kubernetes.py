"""Kubernetes: a Secret to apply, and the answer of a credential plugin."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from egain_auth_cli.errors import UsageError
from egain_auth_cli.exporters import Rendered
from egain_auth_cli.models.moments import rfc3339
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from egain_auth_cli.exporters import Export

_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")


def secret(export: Export, _: Mapping[str, str]) -> Rendered:
    """Render a Secret for ``kubectl apply -f -``; its key is the variable's name."""
    manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": export.name.lower().strip("_").replace("_", "-") or "token",
            "annotations": {"egain/expires": rfc3339(export.expires_at)},
        },
        "type": "Opaque",
        "stringData": {export.name: export.token.reveal()},
    }
    return Rendered(json.dumps(manifest))


def exec_credential(export: Export, environ: Mapping[str, str]) -> Rendered:
    """Render an ExecCredential, as kubectl asks its plugins for, in the version that it asks for.

    Raises:
        UsageError: It asks for another version than v1 and v1beta1, or what it asks cannot be read.
    """
    answer = {
        "apiVersion": _asked_version(environ.get("KUBERNETES_EXEC_INFO")),
        "kind": "ExecCredential",
        "status": {"token": export.token.reveal(), "expirationTimestamp": rfc3339(export.expires_at)},
    }
    return Rendered(json.dumps(answer))


def _asked_version(info: str | None) -> str:
    """Return the version in kubectl's question, which its answer must have."""
    if not info:
        return _VERSIONS[0]
    try:
        version = json.loads(info)["apiVersion"]
    except (ValueError, RecursionError, TypeError, KeyError):
        version = None
    if version not in _VERSIONS:
        shown = f"asks for `{printable(version, limit=80)}`" if isinstance(version, str) else "names no version"
        known = " or ".join(f"`{one}`" for one in _VERSIONS)
        raise UsageError(f"`KUBERNETES_EXEC_INFO` {shown}", hint=f"set `apiVersion` in the kubeconfig to {known}")
    return str(version)
