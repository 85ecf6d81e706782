"""What pasted URLs leave unsaid and their shape tells: the deployment, actor, flow, and the URLs beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.models.grants import Actor, Deployment, Flow
from egain_auth_cli.profiles.url_shapes import Kind, Shape, api_url_beside, beside, shape_of

if TYPE_CHECKING:
    from egain_auth_cli.profiles.fields import ProfileFields

_FLOWS = {
    Kind.CLIENT: Flow.CLIENT_CREDENTIALS,
    Kind.ANONYMOUS: Flow.ANONYMOUS,
    Kind.ON_BEHALF_OF: Flow.ON_BEHALF_OF,
}


class Pasted(NamedTuple):
    """A URL that was given.

    Attributes:
        option: Without its dashes, with underscores; of a URL in a profile its dotted key.
        url: As given.
        shape: What it tells; None where nothing.
        table: Where the option files it whatever its shape; None where its shape decides.
    """

    option: str
    url: str
    shape: Shape | None
    table: str | None

    @property
    def kind(self) -> str:
        """Its key in an endpoint's table."""
        last = self.option.rpartition(".")[2]
        return "token_url" if self.table and "." not in self.option else last

    def filed(self, actor: Actor | None) -> str | None:
        """Name its table in ``endpoints``; None where neither option nor shape tells."""
        return self.table or (self.shape.table(actor) if self.shape else None)


def pasted_urls(fields: ProfileFields) -> tuple[Pasted, ...]:
    """Return the URLs that were given, the person's before those that have an option of their own."""
    given = (
        ("authorization_url", fields.authorization_url, None),
        ("token_url", fields.token_url, None),
        ("revocation_url", fields.revocation_url, None),
        ("client_token_url", fields.client_token_url, "client"),
        ("anonymous_token_url", fields.anonymous_token_url, "anonymous"),
    )
    return tuple(Pasted(option, url, shape_of(url), table) for option, url, table in given if url)


def deployment_of(fields: ProfileFields) -> Deployment | None:
    """Return which eGain it is: as said, by what belongs to one of them alone, or by the URLs' shape."""
    return stated_deployment(fields) or next(iter(deployments_by_shape(fields)), None)


def stated_deployment(fields: ProfileFields) -> Deployment | None:
    """Return which eGain the other options say that it is."""
    if fields.deployment is None and (fields.tenant or fields.domain):
        return Deployment.SELF_SERVICE if fields.tenant else Deployment.COMMERCIAL
    return fields.deployment


def deployments_by_shape(fields: ProfileFields) -> tuple[Deployment, ...]:
    """Return whose shape the URLs have, each once."""
    shapes = [one.shape for one in pasted_urls(fields) if one.shape is not None]
    return tuple(dict.fromkeys(shape.deployment for shape in shapes if shape.deployment))


def actors_by_shape(fields: ProfileFields) -> tuple[Actor, ...]:
    """Return for whom the person's URLs are, each once."""
    own = [one.shape for one in pasted_urls(fields) if one.shape is not None and one.table is None]
    return tuple(dict.fromkeys(shape.actor for shape in own if shape.kind is Kind.PERSON and shape.actor))


def actor_of(fields: ProfileFields) -> Actor | None:
    """Return who acts; None for a user, who acts where nobody says otherwise."""
    return fields.actor or (Actor.CUSTOMER if Actor.CUSTOMER in actors_by_shape(fields) else None)


def flow_of(fields: ProfileFields, *, secret: bool = False) -> Flow | None:
    """Return the flow that was given, or that the URLs are for; None where they do not tell.

    Args:
        fields: What was given.
        secret: Whether the client application has a secret, so that a person signs in without PKCE.
    """
    if fields.flow is not None or fields.tenant or fields.domain:
        return fields.flow  # a tenant has the URLs of every flow, and given ones only replace some
    shape = shape_of(fields.token_url)
    if shape is not None and shape.kind in _FLOWS:
        return _FLOWS[shape.kind]
    if fields.authorization_url:
        signs_in = Flow.AUTHORIZATION_CODE if secret or fields.client_auth else Flow.PKCE
        return signs_in if shape or shape_of(fields.authorization_url) else None
    if fields.client_token_url or (shape and "client" in beside(fields.token_url or "")):
        return Flow.CLIENT_CREDENTIALS
    if fields.anonymous_token_url:
        return Flow.ANONYMOUS
    # Without a page to sign in at, customers of self-service can only be acted for.
    return Flow.ON_BEHALF_OF if shape and shape.deployment is Deployment.SELF_SERVICE else None


def urls_beside(fields: ProfileFields) -> dict[str, str]:
    """Return the token URLs that the given one implies, by the names of their tables in ``endpoints``."""
    if not fields.token_url:
        return {}
    # One token endpoint for everything is the common case outside eGain's documented shapes.
    return beside(fields.token_url) if shape_of(fields.token_url) else {"client": fields.token_url}


def api_url_of(fields: ProfileFields) -> str | None:
    """Return the API that the URLs belong to; None where they do not tell."""
    return next((api for one in pasted_urls(fields) if (api := api_url_beside(one.url)) is not None), None)
