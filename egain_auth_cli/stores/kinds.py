"""The secret store of each kind; what a kind does not use is not loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.models.grants import SecretStoreKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from egain_auth_cli.stores.paths import Paths
    from egain_auth_cli.stores.secret_store import SecretStore


def open_secret_store(
    kind: SecretStoreKind, environ: Mapping[str, str], paths: Paths, *, waiting: Callable[[str], None] | None = None
) -> SecretStore:
    """Return the secret store of a kind; a keyring is opened when a secret is first asked for.

    Args:
        kind: Which.
        environ: The environment.
        paths: The folders.
        waiting: Told, where a person is there to unlock a keyring, that it is waited for.
    """
    if kind is SecretStoreKind.KEYRING:
        from egain_auth_cli.stores.keyring_store import KeyringStore

        return KeyringStore(environ, waiting=waiting)
    if kind is SecretStoreKind.FILE:
        from egain_auth_cli.stores.file_secret_store import FileSecretStore

        return FileSecretStore(paths.secrets_dir())
    from egain_auth_cli.stores.secret_store import NoSecretStore

    return NoSecretStore()
