"""Which certificates are trusted: the system's, or ``SSL_CERT_FILE`` / ``SSL_CERT_DIR``."""

from __future__ import annotations

import os
import re
import ssl
import sys
from typing import TYPE_CHECKING

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE, FOLDER = "SSL_CERT_FILE", "SSL_CERT_DIR"
_HASHED = re.compile(r"[0-9a-fA-F]{8}\.[0-9]+")
"""By such a name OpenSSL finds a certificate in a folder."""


def trusting_context(environ: Mapping[str, str]) -> ssl.SSLContext:
    """Make the context of a client.

    Args:
        environ: ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` replace the system's certificates, as in OpenSSL.

    Raises:
        ConfigError: The file or folder named is missing, unreadable or holds no certificate. There is no fall-back,
            and no switch that turns verification off.
    """
    # NOTE: not ssl.create_default_context(), which writes session keys to $SSLKEYLOGFILE.
    cafile, capath = environ.get(FILE) or None, environ.get(FOLDER) or None
    if cafile or capath:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if capath:
            _check_folders(capath, alone=cafile is None)
        try:
            context.load_verify_locations(cafile=cafile, capath=capath)
        except (OSError, ValueError) as exc:
            empty = isinstance(exc, ssl.SSLError)  # which is an OSError too
            reason = "it holds no certificate" if empty else getattr(exc, "strerror", None) or "invalid"
            name, value = (FILE, cafile) if cafile else (FOLDER, capath)
            raise _unusable(name, value, reason, "a PEM file of certificates") from exc
    else:
        import truststore

        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Older versions are deprecated (RFC 8996); OpenSSL's own default depends on how it was built.
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def authorities_named(environ: Mapping[str, str]) -> str:
    """Return the name of the variable that says whom to trust; empty for the system's store."""
    return next((name for name in (FILE, FOLDER) if environ.get(name)), "")


def system_trusts_nobody() -> bool:
    """Return whether the system's store is empty, as in a container without the package `ca-certificates`.

    To be asked after a failure alone: it costs as much as a request.
    """
    if sys.platform in ("win32", "darwin"):  # there the store is the system's own business
        return False
    import truststore

    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:  # its certificates are loaded with its first connection
        bare = context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost").context
    except ssl.SSLError:  # a file without any
        return True
    folder = ssl.get_default_verify_paths().capath  # read when it is needed, so never counted
    return not bare.cert_store_stats()["x509_ca"] and not (folder and _holds_certificates(folder))


def _check_folders(value: str, *, alone: bool) -> None:
    """Refuse folders that OpenSSL would pass over without a word.

    Args:
        value: One folder, or several as in ``PATH``.
        alone: Whether no file is named beside them.
    """
    failure: OSError | None = None
    found = False
    for folder in filter(None, value.split(os.pathsep)):
        try:
            found |= _holds_certificates(folder)
        except OSError as exc:
            failure = exc
    what = "a folder of certificates"
    if failure is not None and not found:
        raise _unusable(FOLDER, value, failure.strerror or "invalid", what) from failure
    if alone and not found:
        raise _unusable(FOLDER, value, "no certificate in it is named by its hash", f"{what} (`openssl rehash DIR`)")


def _holds_certificates(folder: str) -> bool:
    return any(_HASHED.fullmatch(name) for name in os.listdir(folder))  # noqa: PTH208  names alone


def _unusable(name: str, value: str | None, reason: str, what: str) -> ConfigError:
    return ConfigError(
        f"`{name}` names `{printable(value or '')}`, which cannot be used: {reason.lower()}",
        hint=f"point `{name}` at {what}, or unset it to use the system's",
    )
