"""Kubernetes: a Secret to apply, and the answer of a credential plugin."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from egain_auth_cli.exporters import Rendered
from egain_auth_cli.models.moments import rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping

    from egain_auth_cli.exporters import Export


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


def exec_credential(export: Export, _: Mapping[str, str]) -> Rendered:
    """Render an ExecCredential of ``client.authentication.k8s.io/v1``, as kubectl asks its plugins for."""
    answer = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": export.token.reveal(), "expirationTimestamp": rfc3339(export.expires_at)},
    }
    return Rendered(json.dumps(answer))
