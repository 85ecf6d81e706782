"""The settings in use, each with its source, and what the command line says of a token."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from egain_auth_cli.errors import SettingMissing
from egain_auth_cli.flows import RECORDS
from egain_auth_cli.models.binding import Binding
from egain_auth_cli.models.urls import origin_of
from egain_auth_cli.settings.keys import KEY, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from egain_auth_cli.flows.record import FlowRecord
    from egain_auth_cli.models.grants import (
        Actor,
        ClientAuth,
        Deployment,
        Flow,
        SecretStoreKind,
        Subject,
        TokenCacheKind,
    )

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """A value, where it comes from, and what was passed over for it.

    Attributes:
        value: The value in use.
        source: ``option --flow``, ``environment EGAIN_FLOW``, ``profile acme`` or ``default``.
        passed_over: Sources that have a value too, each with the reason why it is not used.
    """

    value: T
    source: str
    passed_over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowOptions:
    """What the command line says of the token; None where it says nothing.

    Attributes:
        profile: As ``-p`` names it.
        scopes: As typed; one text may hold several.
        subject: Which field of the request names the person of an on-behalf-of token.
        subject_name: That person.
    """

    profile: str | None = None
    flow: Flow | None = None
    actor: Actor | None = None
    scopes: tuple[str, ...] = ()
    subject: Subject | None = None
    subject_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Settings:
    """Everything that shapes a token, resolved; what is missing is None, and ``need`` says so.

    The settings with a source are those of ``settings.keys``, which says what each is.

    Attributes:
        owner: Who stored credentials belong to: the profile, or the environment's client.
        wire_scopes: The scopes as they go on the wire, each with its prefix.
        api_origin: The origin that the token is for; empty if no API URL is known.
        endpoint: The name of the endpoint table in use.
        profile_flows: The flows that the profile says something of.
        profile_token_urls: All token endpoints of the profile, to whose origins its client secret belongs.
        environment_secret_applies: Whether a client secret of the environment is for this client.
    """

    profile: Setting[str | None]
    deployment: Deployment | None
    flow: Setting[Flow | None]
    actor: Setting[Actor]
    client_id: Setting[str | None]
    client_auth: Setting[ClientAuth]
    authorization_url: Setting[str | None]
    token_url: Setting[str | None]
    revocation_url: Setting[str | None]
    issuer: Setting[str | None]
    api_url: Setting[str | None]
    scopes: Setting[tuple[str, ...]]
    scope_prefix: Setting[str]
    domain_hint: Setting[str]
    redirect_uris: Setting[tuple[str, ...]]
    registration_id: Setting[str | None]
    subject_token_command: Setting[tuple[str, ...]]
    language: Setting[str]
    client_secret_command: Setting[tuple[str, ...]]
    token_cache: Setting[TokenCacheKind]
    secret_store: Setting[SecretStoreKind]
    owner: str
    wire_scopes: tuple[str, ...]
    api_origin: str
    endpoint: str
    subject: Subject | None
    subject_name: str | None
    profile_flows: tuple[Flow, ...]
    profile_token_urls: tuple[str, ...]
    environment_secret_applies: bool

    def resolved(self) -> Iterator[tuple[str, Setting[Any]]]:
        """Yield every setting that has a source, by name, in order; which eGain it is comes from the profile alone."""
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "deployment":
                value = Setting(value, f"profile {self.profile.value}" if value else "default")
            if isinstance(value, Setting):
                yield field.name, value

    def need(self, name: str) -> str:
        """Return a text setting that the flow cannot do without.

        Raises:
            SettingMissing: No source has it; the hint names the ways to set it.
        """
        value = getattr(self, name).value
        if isinstance(value, str) and value:
            return value
        raise self.missing(name)

    def need_scopes(self) -> None:
        """Refuse to go on without a scope.

        Raises:
            SettingMissing: No source has one; the hint names the ways to set it.
        """
        if not self.wire_scopes:
            raise self.missing("scopes")

    def need_flow(self) -> FlowRecord:
        """Return the record of the flow.

        Raises:
            SettingMissing: Neither option, environment nor profile names one.
        """
        if self.flow.value is None:
            options = ", ".join(f"`{record.option}`" for record in RECORDS.values())
            raise SettingMissing(
                "no flow is named", hint=f"name one: {options}; or set `EGAIN_FLOW`, or `flow` in the profile"
            )
        return RECORDS[self.flow.value]

    def binding(self) -> Binding:
        """Return what a login or a token made with these settings belongs to."""
        return Binding(
            client_id=self.need("client_id"),
            token_origins=(str(origin_of(self.need("token_url"), field="token_url")),),
            api_origin=self.api_origin,
        )

    def foreign_variable(self) -> str | None:
        """Return the variable that names another client or address than the profile; None where none does."""
        for setting in (self.client_id, self.token_url, self.api_url):
            if setting.source.startswith("environment ") and self.profile.value is not None:
                return setting.source.removeprefix("environment ")
        return None

    def secret_binding(self) -> Binding:
        """Return what the profile's client secret belongs to: the origins of all its token endpoints."""
        return Binding(
            client_id=self.need("client_id"),
            token_origins=tuple(sorted({str(origin_of(url, field="token_url")) for url in self.profile_token_urls})),
            api_origin=self.api_origin,
        )

    def path_of(self, name: str) -> str:
        """Return a setting's key as ``profile set`` takes it: of the endpoint and the flow in use, dotted."""
        place = KEY[name].place
        if place is Place.ENDPOINT:
            return f"endpoints.{self.endpoint}.{name}"
        return f"flows.{self.need_flow().flow.value}.{name}" if place is Place.FLOW else name

    def set_command(self, name: str) -> str:
        """Return the command that sets a setting in the profile; what only the person knows stands in capitals."""
        return f"egain profile set {self.profile.value} {self.path_of(name)} {KEY[name].placeholder}"

    def missing(self, name: str) -> SettingMissing:
        """Return the error of a setting that no source has, with the ways to set it."""
        profile, flow, key = self.profile.value, self.flow.value, KEY[name]
        where = f"profile `{profile}`" if profile else "the environment"
        ways = [f"set it by `{self.set_command(name)}`"] if profile else ["make a profile with `egain profile add`"]
        if key.variable:
            ways.append(f"{'by' if profile else 'set'} `{key.variable}`")
        users = [f"flow `{flow.value}`"] if flow and name in RECORDS[flow].needs else []
        users += ["`egain call`"] if name == "api_url" else []
        needs = f" ({users[0]} needs it)" if users else ""
        return SettingMissing(f"{where} has no `{self.path_of(name)}`{needs}", hint=", or ".join(ways))
