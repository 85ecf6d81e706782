"""The names on the wire and in the configuration: flows, actors, client authentication, endpoints."""

from __future__ import annotations

from enum import StrEnum


class Flow(StrEnum):
    """eGain's six ways to a token."""

    PKCE = "pkce"
    AUTHORIZATION_CODE = "authorization-code"
    CLIENT_CREDENTIALS = "client-credentials"
    ANONYMOUS = "anonymous"
    ON_BEHALF_OF = "on-behalf-of"
    TOKEN_EXCHANGE = "token-exchange"  # noqa: S105  a flow's name

    @property
    def signs_in(self) -> bool:
        """Whether a person signs in, so that the flow has a stored login."""
        return self in (Flow.PKCE, Flow.AUTHORIZATION_CODE)

    @property
    def option(self) -> str:
        """The command line's option for this flow."""
        return "--auth-code" if self is Flow.AUTHORIZATION_CODE else f"--{self.value}"


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
    """How an on-behalf-of grant names the person: the form field's name."""

    USERNAME = "subject_username"
    USERID = "subject_userid"
    EMAIL = "subject_email"


ENDPOINTS = ("user", "customer", "client", "anonymous", "on_behalf_of_user", "on_behalf_of_customer")
"""Tables that a profile's ``endpoints`` may have."""


def endpoint_names(flow: Flow, actor: Actor, subject: Subject | None = None) -> tuple[str, ...]:
    """Name the endpoint tables that a flow may use, the first that exists wins.

    A user name and a user id go to the user's endpoint, an e-mail to the customer's.
    """
    if flow is Flow.CLIENT_CREDENTIALS:
        return ("client",)
    if flow is Flow.ANONYMOUS:
        return ("anonymous",)
    if flow is Flow.ON_BEHALF_OF:
        persona = Actor.CUSTOMER if subject is Subject.EMAIL else Actor.USER
        return (f"on_behalf_of_{persona.value}", persona.value)
    return (actor.value,)
