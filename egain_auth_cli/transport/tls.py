"""Which certificates are trusted: the system's, or ``SSL_CERT_FILE`` / ``SSL_CERT_DIR``."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from collections.abc import Mapping


def trusting_context(environ: Mapping[str, str]) -> ssl.SSLContext:
    """Make the context of a client.

    Args:
        environ: ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` replace the system's certificates, as in OpenSSL.

    Raises:
        ConfigError: The file named is missing, unreadable or holds no certificate. There is no fall-back, and
            no switch that turns verification off.
    """
    # NOTE: not ssl.create_default_context(), which writes session keys to $SSLKEYLOGFILE.
    cafile, capath = environ.get("SSL_CERT_FILE") or None, environ.get("SSL_CERT_DIR") or None
    if cafile or capath:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            context.load_verify_locations(cafile=cafile, capath=capath)
        except (OSError, ValueError) as exc:
            name = "SSL_CERT_FILE" if cafile else "SSL_CERT_DIR"
            empty = isinstance(exc, ssl.SSLError)  # which is an OSError too
            reason = "it holds no certificate" if empty else getattr(exc, "strerror", None) or "invalid"
            raise ConfigError(
                f"`{name}` names `{printable(cafile or capath or '')}`, which cannot be used: {reason.lower()}",
                hint=f"point `{name}` at a PEM file of certificates, or unset it to use the system's",
            ) from exc
    else:
        import truststore

        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Older versions are deprecated (RFC 8996); OpenSSL's own default depends on how it was built.
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
