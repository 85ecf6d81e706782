"""What there is to say of a flow: one record tells it to every command, setting, hint and check."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from egain_auth_cli.models.form_request import Client
from egain_auth_cli.models.grants import ClientAuth, Deployment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from egain_auth_cli.models.form_request import FormRequest
    from egain_auth_cli.models.grants import Actor, Flow, Subject
    from egain_auth_cli.models.secret import Secret

CLIENT_SECRET = "client secret"  # noqa: S105  a name
"""What ``FlowRecord.needs`` calls the one need that is not a setting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowOption:
    """An option of the command line that chooses the flow.

    Attributes:
        name: With its dashes.
        help: Its line in the help, in the group of the flows.
        metavar: What its value is called; empty for a flag.
        subject: Which field of the request its value fills; None for a flag.
    """

    name: str
    help: str
    metavar: str = ""
    subject: Subject | None = None

    @property
    def usage(self) -> str:
        """The option as it is typed, such as ``--on-behalf-of USERNAME``."""
        return f"{self.name} {self.metavar}".rstrip()


# NOTE: a grant is made without its client first: `check` is to say what the command line lacks before a keyring asks
# the person to unlock it.
NO_CLIENT = Client(client_id="")
"""Stands in a grant that is checked before the client's secret is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a flow's request is made of; None for what the flow does not use.

    Attributes:
        url: The token endpoint, its own query included.
        client: The client application; without a secret where it is public.
        scopes: As they go on the wire, prefix included.
        subject: Which field names the person.
        subject_name: The person's user name, user id or e-mail.
        subject_token: The other provider's access token.
        registration_id: What the console calls that provider's registration.
        code: From the redirect.
        redirect_uri: The very string of the authorization request.
        verifier: PKCE's ``code_verifier``.
    """

    url: str
    client: Client = NO_CLIENT
    scopes: Sequence[str] = ()
    subject: Subject | None = None
    subject_name: str | None = None
    subject_token: Secret | None = None
    registration_id: str | None = None
    code: Secret | None = None
    redirect_uri: str = ""
    verifier: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRecord:
    """One flow.

    Attributes:
        flow: Its name in the configuration.
        options: The options that choose it, the usual one first.
        login_help: The option's line in the help of ``login``; empty where nobody signs in.
        persona: Whom the token stands for, in eGain's words.
        platform: Which Platform of a client application it takes.
        needs: Settings that it cannot do without, and ``CLIENT_SECRET``.
        endpoints: Names the endpoint tables that it may use, the first that exists wins.
        request: Builds the request to the token endpoint.
        check: Raises ``SettingMissing`` for a grant that lacks what the command line must give, before the client's
            secret is looked for; None where nothing can lack.
        signs_in: Whether a person signs in, so that the flow has a stored login.
        per_person: Whether the token is for one person whom only the command line names: such a token is neither
            answered by the fast path nor listed by ``status``.
        public_client: Whether the client application has no secret to send.
        takes_subject_token: Whether it needs another provider's token.
        placeholder: What is sent in place of a client ID or a secret that the profile does not have; None where it
            must have them.
        client_auth: How the secret is sent, where the profile does not say, by deployment.
        client_auth_alone: Likewise, where there is no profile.
        personas: Who may hold such a token, as the API's operations are listed: ``user``, ``customer``, ``anonymous``,
            ``client``, ``obo`` or ``obo-c``.
        hints: OAuth ``error`` value to what it means in this flow.
    """

    flow: Flow
    options: tuple[FlowOption, ...]
    login_help: str = ""
    persona: str
    platform: str
    needs: tuple[str, ...]
    endpoints: Callable[[Actor, Subject | None], tuple[str, ...]]
    request: Callable[[Grant], FormRequest]
    check: Callable[[Grant], object] | None = None
    signs_in: bool = False
    per_person: bool = False
    public_client: bool = False
    takes_subject_token: bool = False
    placeholder: str | None = None
    client_auth: Mapping[Deployment, ClientAuth] = field(default_factory=dict)
    client_auth_alone: ClientAuth = ClientAuth.BASIC
    personas: tuple[str, ...] = ()
    hints: Mapping[str, str] = field(default_factory=dict)

    @property
    def option(self) -> str:
        """The usual option."""
        return self.options[0].name

    @property
    def needs_secret(self) -> bool:
        """Whether it cannot do without a client secret."""
        return CLIENT_SECRET in self.needs

    def option_for(self, subject: Subject | None) -> FlowOption:
        """Return the option whose value fills this field of the request, else the usual one."""
        return next((one for one in self.options if one.subject is subject), self.options[0])


def of_actor(actor: Actor, _: Subject | None) -> tuple[str, ...]:
    """Name the endpoint table of the actor."""
    return (actor.value,)
