"""Kubernetes: a Secret to apply, and the answer of a credential plugin."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from egain_auth_cli.exporters import Rendered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from egain_auth_cli.exporters import Export


def secret(export: Export, _: Mapping[str, str]) -> Rendered:
    """A Secret for ``kubectl apply -f -``; its key is the variable's name."""
    manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": export.name.lower().strip("_").replace("_", "-") or "token",
            "annotations": {"egain/expires": _timestamp(export.expires_at)},
        },
        "type": "Opaque",
        "stringData": {export.name: export.token.reveal()},
    }
    return Rendered(json.dumps(manifest))


def exec_credential(export: Export, _: Mapping[str, str]) -> Rendered:
    """An ExecCredential of ``client.authentication.k8s.io/v1``, as kubectl asks its plugins for."""
    answer = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": export.token.reveal(), "expirationTimestamp": _timestamp(export.expires_at)},
    }
    return Rendered(json.dumps(answer))


def _timestamp(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
