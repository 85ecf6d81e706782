"""The names on the wire and in the configuration: flows, actors, client authentication, endpoints."""

from __future__ import annotations

from enum import StrEnum


class Flow(StrEnum):
    """eGain's six ways to a token; what there is to say of each stands in its record, in ``flows``."""

    PKCE = "pkce"
    AUTHORIZATION_CODE = "authorization-code"
    CLIENT_CREDENTIALS = "client-credentials"
    ANONYMOUS = "anonymous"
    ON_BEHALF_OF = "on-behalf-of"
    TOKEN_EXCHANGE = "token-exchange"  # noqa: S105  a flow's name

    @classmethod
    def _missing_(cls, value: object) -> Flow | None:
        """Read a name as people write it: in letters of any size, with `_`, or as options and the console have it."""
        word = "-".join(str(value).lower().replace("_", " ").replace("-", " ").split())
        word = _OTHER_NAMES.get(word, word)
        return next((one for one in cls if one.value == word), None)


_OTHER_NAMES = {
    "auth-code": "authorization-code",
    "spa": "pkce",
    "single-page-application": "pkce",
    "native": "pkce",
    "public-client": "pkce",
    "public-client/native": "pkce",
}
"""What else a flow is called. Web is not among them: such an application has several."""


class Actor(StrEnum):
    """Who acts: an agent, or a customer (the guide, "Choose the Right Authentication Flow")."""

    USER = "user"
    CUSTOMER = "customer"


class ClientAuth(StrEnum):
    """How a confidential client authenticates (RFC 6749 §2.3.1)."""

    BASIC = "basic"
    BODY = "body"


class Deployment(StrEnum):
    """eGain's two deployments."""

    SELF_SERVICE = "self-service"
    COMMERCIAL = "commercial"


class TokenCacheKind(StrEnum):
    """Where access tokens are kept."""

    FILE = "file"
    KEYRING = "keyring"
    NONE = "none"


class SecretStoreKind(StrEnum):
    """Where client secrets and refresh tokens are kept."""

    KEYRING = "keyring"
    FILE = "file"
    NONE = "none"


class Subject(StrEnum):
    """How an on-behalf-of grant names the person: the form field's name (eGain's page "On-Behalf-Of flow")."""

    USERNAME = "subject_username"
    USERID = "subject_userid"
    EMAIL = "subject_email"


# As many as eGain documents token URLs for: on commercial instances each of them may be another one.
ENDPOINTS = ("user", "customer", "client", "anonymous", "on_behalf_of_user", "on_behalf_of_customer")
"""Tables that a profile's ``endpoints`` may have."""
