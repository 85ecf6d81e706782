"""What a URL of the Metadata panel tells by its shape: the deployment, for whom it is, and what lies beside it."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from egain_auth_cli.models.grants import Actor, Deployment

_SELF_SERVICE = re.compile(r".*/system/auth/(?P<tenant>[^/]+)-(?P<letter>[UC])/oauth2/(?:authorize|token|revoke)")
_CLIENT = re.compile(r"/global/(?P<gateway>[^/]+)/oauth2/v2\.0/token")
_COMMERCIAL = re.compile(r"/(?P<gateway>[^/]+)/(?P<policy>[^/]+)/oauth2/v2\.0/(?:authorize|token)")
_LOGIN_HOST = re.compile(r"login(?P<region>-[a-z0-9]+)?\.egain\.cloud")
_LETTERS = {"U": Actor.USER, "C": Actor.CUSTOMER}
_USER_TYPES = {"user": Actor.USER, "agent": Actor.USER, "customer": Actor.CUSTOMER}
"""In a query; an agent is what the guide calls a user."""


class Kind(StrEnum):
    """Who gets a token at a URL."""

    PERSON = "person"
    CLIENT = "client"
    ANONYMOUS = "anonymous"
    ON_BEHALF_OF = "on_behalf_of"


class Shape(NamedTuple):
    """What is known of a URL.

    Attributes:
        deployment: Which eGain has such URLs; None where both have.
        kind: Who gets a token there.
        actor: Whose it is; None where the URL does not tell, or is for neither.
    """

    deployment: Deployment | None
    kind: Kind
    actor: Actor | None = None

    def table(self, actor: Actor | None) -> str | None:
        """Name its table in a profile's ``endpoints``; None where neither the URL nor its kind tells.

        Args:
            actor: Who acts, for a URL of on-behalf-of that does not tell for whom.
        """
        if self.kind is Kind.PERSON:
            return self.actor.value if self.actor else None
        if self.kind is Kind.ON_BEHALF_OF:
            return f"on_behalf_of_{(self.actor or actor or Actor.USER).value}"
        return self.kind.value


def shape_of(url: str | None) -> Shape | None:
    """Tell what kind of a URL this is; None for one of nobody's shape, and for what is no URL."""
    try:
        parts = urlsplit(url or "")
    except ValueError:  # whoever keeps it checks it, and says what is wrong
        return None
    path = parts.path
    if path.endswith("/anonymous/token"):
        return Shape(Deployment.COMMERCIAL if path.startswith("/internal/") else None, Kind.ANONYMOUS)
    if path.endswith("/onbehalfof/token"):
        return Shape(None, Kind.ON_BEHALF_OF, _USER_TYPES.get(_user_type(parts.query)))
    if (found := _SELF_SERVICE.fullmatch(path)) is not None:
        return Shape(Deployment.SELF_SERVICE, Kind.PERSON, _LETTERS[found["letter"]])
    if _CLIENT.fullmatch(path):
        return Shape(Deployment.COMMERCIAL, Kind.CLIENT)
    found = _COMMERCIAL.fullmatch(path)
    return Shape(Deployment.COMMERCIAL, Kind.PERSON, _whose(found["policy"])) if found else None


def tenant_of(url: str) -> tuple[Deployment, str] | None:
    """Return whose URL it is: a tenant's on self-service, a gateway's on commercial; None where it does not tell."""
    path = urlsplit(url).path
    if (found := _SELF_SERVICE.fullmatch(path)) is not None:
        return Deployment.SELF_SERVICE, found["tenant"]
    found = _CLIENT.fullmatch(path) or _COMMERCIAL.fullmatch(path)
    return (Deployment.COMMERCIAL, found["gateway"]) if found else None


def _user_type(query: str) -> str:
    return parse_qs(query).get("user_type", [""])[0].lower()


def _whose(policy: str) -> Actor | None:
    """Tell for whom a policy is, such as B2C_1A_User_V3_SignIn_OIDC and B2C_1A_Customer_V3_SignUpOrSignIn_OIDC."""
    return next((one for one in (Actor.CUSTOMER, Actor.USER) if f"_{one}_" in policy.lower()), None)


def beside(token_url: str) -> dict[str, str]:
    """Return the token URLs that another one implies, by the names of their tables in ``endpoints``."""
    shape = shape_of(token_url)
    if shape is None or shape.kind is not Kind.PERSON or shape.actor is None:
        return {}
    parts = urlsplit(token_url)
    if shape.deployment is Deployment.SELF_SERVICE:
        # One endpoint for all grants of users; a client application's own tokens come from it too.
        own = {"client": token_url} if shape.actor is Actor.USER else {}
        return own | {f"on_behalf_of_{shape.actor.value}": token_url}
    found = _COMMERCIAL.fullmatch(parts.path)
    # A tenant's own B2C host is not known to have it.
    if found is None or not _LOGIN_HOST.fullmatch(parts.hostname or ""):
        return {}
    return {"client": f"{parts.scheme}://{parts.netloc}/global/{found['gateway']}/oauth2/v2.0/token"}


def api_url_beside(token_url: str) -> str | None:
    """Return the API of eGain's cloud that a token URL belongs to; None for another host's: nobody can guess it."""
    shape = shape_of(token_url)
    if shape is None:
        return None
    host = urlsplit(token_url).hostname or ""
    if shape.deployment is Deployment.SELF_SERVICE and host.endswith(".egain.cloud"):
        return f"https://api.{host}"
    found = _LOGIN_HOST.fullmatch(host)
    if found is None or shape.deployment is not Deployment.COMMERCIAL:
        return None
    return f"https://api{found['region'] or ''}.egain.cloud"
