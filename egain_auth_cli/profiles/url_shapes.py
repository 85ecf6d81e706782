"""What a URL of the Metadata panel tells by its shape: the deployment, for whom it is, and what lies beside it."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from egain_auth_cli.models.grants import Deployment

_SELF_SERVICE = re.compile(r".*/system/auth/[^/]+-(?P<letter>[UC])/oauth2/(?:authorize|token|revoke)")
_CLIENT = re.compile(r"/global/[^/]+/oauth2/v2\.0/token")
_COMMERCIAL = re.compile(r"/(?P<gateway>[^/]+)/(?P<policy>[^/]+)/oauth2/v2\.0/(?:authorize|token)")
_LETTERS = {"U": "user", "C": "customer"}


class Shape(NamedTuple):
    """What is known of a URL.

    Attributes:
        deployment: Which eGain has such URLs; None where both have.
        endpoint: Its table in a profile's ``endpoints``; None where the URL does not tell.
    """

    deployment: Deployment | None
    endpoint: str | None


def shape_of(url: str) -> Shape | None:
    """Tell what kind of a URL this is; None for one of nobody's shape."""
    parts = urlsplit(url)
    path = parts.path
    if path.endswith("/anonymous/token"):
        return Shape(Deployment.COMMERCIAL if path.startswith("/internal/") else None, "anonymous")
    if path.endswith("/onbehalfof/token"):
        return Shape(None, f"on_behalf_of_{parse_qs(parts.query).get('user_type', ['user'])[0]}")
    if (found := _SELF_SERVICE.fullmatch(path)) is not None:
        return Shape(Deployment.SELF_SERVICE, _LETTERS[found["letter"]])
    if _CLIENT.fullmatch(path):
        return Shape(Deployment.COMMERCIAL, "client")
    found = _COMMERCIAL.fullmatch(path)
    return Shape(Deployment.COMMERCIAL, _whose(found["policy"])) if found else None


def _whose(policy: str) -> str | None:
    """Tell for whom a policy is, such as B2C_1A_User_V3_SignIn_OIDC and B2C_1A_Customer_V3_SignUpOrSignIn_OIDC."""
    return next((one for one in ("customer", "user") if f"_{one}_" in policy.lower()), None)


def beside(token_url: str) -> dict[str, str]:
    """Return the token URLs that another one implies, by the names of their tables in ``endpoints``."""
    shape = shape_of(token_url)
    if shape is None or shape.endpoint not in ("user", "customer"):
        return {}
    parts = urlsplit(token_url)
    if shape.deployment is Deployment.SELF_SERVICE:
        # One endpoint for all grants of users; a client application's own tokens come from it too.
        return {f"on_behalf_of_{shape.endpoint}": token_url} | (
            {"client": token_url} if shape.endpoint == "user" else {}
        )
    found = _COMMERCIAL.fullmatch(parts.path)
    return {"client": f"{parts.scheme}://{parts.netloc}/global/{found['gateway']}/oauth2/v2.0/token"} if found else {}


def api_url_beside(token_url: str) -> str | None:
    """Return the API of eGain's cloud that a token URL belongs to; None for another host's: nobody can guess it."""
    host, shape = urlsplit(token_url).hostname or "", shape_of(token_url)
    if shape is None:
        return None
    if shape.deployment is Deployment.SELF_SERVICE and host.endswith(".egain.cloud"):
        return f"https://api.{host}"
    found = re.fullmatch(r"login(-[a-z0-9]+)?\.egain\.cloud", host)
    return f"https://api{found[1] or ''}.egain.cloud" if found and shape.deployment is Deployment.COMMERCIAL else None
