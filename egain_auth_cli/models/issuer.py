"""The issuer that belongs to an authorization URL, where nobody has named it: eGain's guide does not."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from egain_auth_cli.models.urls import origin_of

_REALM = re.compile(r"(?P<realm>/.+)/oauth2/authorize")
"""Self-service: Spring Authorization Server, whose issuer is what stands before its own paths."""
_POLICY = re.compile(r"/(?P<gateway>[^/]+)/(?P<policy>[^/]+)/oauth2/v2\.0/authorize")
"""Commercial: Azure AD B2C, whose issuer names the policy (``tfp``), or the directory alone."""


def is_issuer_beside(found: str, authorization_url: str) -> bool:
    """Return whether an ``iss`` (RFC 9207 §2) is of the server that the authorization URL belongs to.

    Args:
        found: As it came.
        authorization_url: Where the person was sent. Of no known shape, its origin is all that can be compared.
    """
    try:
        same_origin = origin_of(found, field="iss") == origin_of(authorization_url)
    except Exception:  # noqa: BLE001  any text can stand there
        return False
    asked, path = urlsplit(authorization_url).path, urlsplit(found).path
    if not same_origin or "?" in found or "#" in found:
        return False
    if (realm := _REALM.fullmatch(asked)) is not None:
        return path == realm["realm"]
    if (policy := _POLICY.fullmatch(asked)) is not None:
        directory = r"[0-9a-fA-F-]{36}"  # which the URL may call by its name
        gateway, name = re.escape(policy["gateway"]), re.escape(policy["policy"])
        return re.fullmatch(rf"/(?:tfp/)?(?:{gateway}|{directory})(?:/(?i:{name}))?/v2\.0/?", path) is not None
    return True
