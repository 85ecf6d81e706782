"""The errors of TLS, with a hint for each reason why a certificate is not trusted."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from egain_auth_cli.errors import NetworkError
from egain_auth_cli.sanitize import printable
from egain_auth_cli.transport.tls import system_trusts_nobody

if TYPE_CHECKING:
    from egain_auth_cli.transport.way import Way

# OpenSSL's X509_V_ERR codes; other systems' own are none of them.
_OUT_OF_DATE = frozenset({9, 10})
_OTHER_NAME = frozenset({62, 64})
_EMPTY_STORE = "NO_CERTIFICATE_OR_CRL_FOUND"


def tls_failed(cause: ssl.SSLError, way: Way) -> NetworkError:
    """Return the error of a handshake that failed, with the origin or with the proxy before it.

    Args:
        cause: OpenSSL's.
        way: How far it was come.
    """
    whose = f"the proxy {way.hop}" if way.hop else f"`{way.origin}`"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _untrusted(cause, whose, way)
    if cause.reason == _EMPTY_STORE:
        return _nobody_trusted(whose)
    plain = f"a proxy that speaks plain HTTP is named by `http://` in {way.hop.setting}" if way.hop else ""
    return NetworkError(
        f"TLS with {whose} failed: {printable(str(cause.reason or 'unknown reason'), limit=80)}",
        hint=plain or f"check the URL and port; the server must offer TLS 1.2 or newer{way.through}",
    )


def _untrusted(cause: ssl.SSLCertVerificationError, whose: str, way: Way) -> NetworkError:
    if cause.verify_code in _OUT_OF_DATE:
        hint = "check this machine's clock; if it is right, tell whoever runs that server"
    elif cause.verify_code in _OTHER_NAME:
        hint = f"check the URL for a slip: another server answers for that name{way.through}"
    elif way.authorities:
        hint = (
            f"`{way.authorities}` replaces the system's certificates: add to it the authority that issued this one, "
            f"or unset it; {_shows_issuer(way)}"
        )
    elif system_trusts_nobody():
        return _nobody_trusted(whose)
    else:
        hint = (
            "a company that inspects TLS puts a certificate of its own there: name a PEM file with its authority by "
            f"`SSL_CERT_FILE`; {_shows_issuer(way)}"
        )
    why = printable(cause.verify_message or "unknown reason", limit=160)
    return NetworkError(f"the certificate of {whose} is not trusted: {why}", hint=hint)


def _nobody_trusted(whose: str) -> NetworkError:
    return NetworkError(
        f"the certificate of {whose} cannot be checked: this machine has no certificates of authorities",
        hint="install the package `ca-certificates`, or name a PEM file of such certificates by `SSL_CERT_FILE`",
    )


def _shows_issuer(way: Way) -> str:
    """Return how a person sees who issued the certificate: Python does not give one that failed."""
    host = f"[{way.origin.host}]" if ":" in way.origin.host else way.origin.host
    target, via = f"{host}:{way.origin.port}", f" -proxy {way.proxy.address}" if way.proxy else ""
    if way.hop:
        target, via = way.hop.address, ""
    return f"`openssl s_client -connect {target}{via}` shows its issuer"
