"""Settings with their sources: option over environment over profile over default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from egain_auth_cli.errors import ConfigError, ProfileMissing, SettingMissing, UsageError
from egain_auth_cli.models.binding import Binding
from egain_auth_cli.models.grants import (
    Actor,
    ClientAuth,
    Deployment,
    Flow,
    SecretStoreKind,
    Subject,
    TokenCacheKind,
    endpoint_names,
)
from egain_auth_cli.models.urls import origin_of
from egain_auth_cli.settings.keys import ENDPOINT_KEYS, FLOW_KEYS, PROFILE_KEYS, check_scopes
from egain_auth_cli.settings.profile import Endpoint, FlowTable, Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from egain_auth_cli.stores.profile_store import Config

T = TypeVar("T")

DEFAULT_REDIRECT_URI = "http://localhost:8400/callback"
DEFAULT_LANGUAGE = "en-US"
DEFAULT_SOURCE = "default"
_UNPREFIXED = frozenset({"openid", "profile", "offline_access"})


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
    """What the command line says of the token; None where it says nothing."""

    profile: str | None = None
    flow: Flow | None = None
    actor: Actor | None = None
    scopes: tuple[str, ...] = ()
    subject: Subject | None = None
    subject_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Settings:
    """Everything that shapes a token, resolved; what is missing is None and said when it is needed.

    ``login_home`` is the configuration folder where logins are kept in it; empty where the keyring has them, which is
    the user's, whatever the folder.
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
    language: Setting[str]
    client_secret_command: Setting[tuple[str, ...]]
    token_cache: Setting[TokenCacheKind]
    secret_store: Setting[SecretStoreKind]
    endpoint: str
    subject: Subject | None
    subject_name: str | None
    profile_token_origins: tuple[str, ...]
    environment_secret_applies: bool
    login_home: str

    @property
    def owner(self) -> str:
        """Who stored credentials belong to: the profile, or the environment's client."""
        return self.profile.value or f"@environment/{self.client_id.value}"

    @property
    def wire_scopes(self) -> tuple[str, ...]:
        """The scopes as they go on the wire, each with its prefix."""
        return tuple(prefixed(scope, self.scope_prefix.value) for scope in self.scopes.value)

    def need(self, name: str) -> str:
        """Give a text setting that the flow cannot do without.

        Raises:
            SettingMissing: No source has it; the hint names the ways to set it.
        """
        value = getattr(self, name).value
        if isinstance(value, str) and value:
            return value
        raise self._missing(name)

    def need_flow(self) -> Flow:
        """Give the flow.

        Raises:
            SettingMissing: Neither option, environment nor profile names one.
        """
        if self.flow.value is None:
            options = ", ".join(f"`{flow.option}`" for flow in Flow)
            raise SettingMissing(
                "no flow is named", hint=f"name one: {options}; or set `EGAIN_FLOW`, or `flow` in the profile"
            )
        return self.flow.value

    def binding(self) -> Binding:
        """Give what a login or a token made with these settings belongs to."""
        return Binding(
            client_id=self.need("client_id"),
            token_origins=(str(origin_of(self.need("token_url"), field="token_url")),),
            api_origin=self.api_origin,
        )

    def secret_binding(self) -> Binding:
        """Give what the profile's client secret belongs to: the origins of all its token endpoints."""
        return Binding(
            client_id=self.need("client_id"),
            token_origins=self.profile_token_origins,
            api_origin=self.api_origin,
        )

    @property
    def api_origin(self) -> str:
        """The origin that the token is for; empty if no API URL is known."""
        return str(origin_of(self.api_url.value, field="api_url")) if self.api_url.value else ""

    def _missing(self, name: str) -> SettingMissing:
        variable = f"EGAIN_{name.upper()}"
        profile = self.profile.value
        flow = self.flow.value
        key = name
        if name in ENDPOINT_KEYS:
            key = f"endpoints.{self.endpoint}.{name}"
        elif name in FLOW_KEYS and flow is not None:
            key = f"flows.{flow.value}.{name}"
        where = f"profile `{profile}`" if profile else "the environment"
        ways = [f"`egain profile set {profile} {key} VALUE`"] if profile else ["`egain profile add`, or `-p NAME`"]
        if variable in ENVIRONMENT:
            ways.append(f"`{variable}`")
        needs = f" (flow `{flow.value}` needs it)" if flow else ""
        return SettingMissing(f"{where} has no `{key}`{needs}", hint=f"set it: {', or '.join(ways)}")


ENVIRONMENT: dict[str, str] = {
    "EGAIN_CLIENT_ID": "client_id",
    "EGAIN_AUTHORIZATION_URL": "authorization_url",
    "EGAIN_TOKEN_URL": "token_url",
    "EGAIN_API_URL": "api_url",
    "EGAIN_SCOPE_PREFIX": "scope_prefix",
    "EGAIN_CLIENT_AUTH": "client_auth",
    "EGAIN_REDIRECT_URI": "redirect_uris",
    "EGAIN_DOMAIN_HINT": "domain_hint",
    "EGAIN_REGISTRATION_ID": "registration_id",
    "EGAIN_FLOW": "flow",
    "EGAIN_SCOPE": "scopes",
}
"""Variables and the settings they give."""

_OWN = frozenset(
    {
        "client_id",
        "authorization_url",
        "token_url",
        "api_url",
        "scope_prefix",
        "client_auth",
        "redirect_uris",
        "domain_hint",
        "registration_id",
    }
)
"""Settings that a profile named by ``-p`` keeps against the environment."""


def prefixed(scope: str, prefix: str) -> str:
    """Put the prefix before a scope, verbatim, but not before OpenID's own or a scope that has one already."""
    if not prefix or scope in _UNPREFIXED or scope.startswith(prefix) or "://" in scope:
        return scope
    return f"{prefix}{scope}"


def choose_profile(option: str | None, environ: Mapping[str, str], config: Config) -> Setting[str | None]:
    """Find which profile is asked for; None where the environment alone is enough.

    Raises:
        ProfileMissing: None is named and the environment is not enough.
    """
    named = environ.get("EGAIN_PROFILE") or None
    if option is not None:
        return Setting(option, "option -p", _over(("environment EGAIN_PROFILE", named)))
    if named is not None:
        return Setting(named, "environment EGAIN_PROFILE", _over(("default_profile", config.default_profile)))
    if config.default_profile is not None:
        return Setting(config.default_profile, "default_profile in config.toml")
    if environ.get("EGAIN_CLIENT_ID") and environ.get("EGAIN_TOKEN_URL"):
        return Setting(None, "environment EGAIN_CLIENT_ID and EGAIN_TOKEN_URL")
    names = config.names
    raise ProfileMissing(
        "no profile is chosen" if names else "there is no profile yet",
        hint=f"choose one: `egain profile use {names[0]}`, or `-p NAME`"
        if names
        else "make one with `egain profile add`, try `egain sandbox`, or set `EGAIN_CLIENT_ID` and `EGAIN_TOKEN_URL`",
    )


def _over(*others: tuple[str, object], reason: str = "") -> tuple[str, ...]:
    return tuple(f"{source}{reason}" for source, value in others if value is not None)


def resolve_settings(options: FlowOptions, environ: Mapping[str, str], config: Config) -> Settings:
    """Resolve every setting from options, environment, profile and defaults.

    Args:
        options: The command line's.
        environ: The environment; an empty variable counts as unset.
        config: The profiles.

    Raises:
        ProfileMissing: The profile does not exist.
        ConfigError: A value is invalid; its variable or key is named.
    """
    chosen = choose_profile(options.profile, environ, config)
    profile = config.profile(chosen.value) if chosen.value is not None else Profile(name="")
    sources = _Sources(environ, profile=chosen.value, explicit=options.profile is not None)
    actor = sources.pick("actor", option=("option --actor", options.actor), own=profile.actor, default=Actor.USER)
    flow = _flow(sources, options, profile)
    table = profile.flows.get(flow.value, FlowTable()) if flow.value else FlowTable()
    names = endpoint_names(flow.value, actor.value, options.subject) if flow.value else (actor.value,)
    used = next((name for name in names if name in profile.endpoints), names[0])
    endpoint = profile.endpoints.get(used, Endpoint())
    token_url = sources.pick("token_url", own=endpoint.token_url, default=None)
    # An endpoint taken from the environment has nothing to do with the profile's other addresses.
    companion = endpoint if token_url.value == endpoint.token_url else Endpoint()
    return Settings(
        profile=chosen,
        deployment=profile.deployment,
        flow=flow,
        actor=actor,
        client_id=sources.pick("client_id", own=profile.client_id, default=None),
        client_auth=sources.pick(
            "client_auth",
            own=table.client_auth,
            default=_client_auth(flow.value, profile, has_profile=bool(chosen.value)),
        ),
        authorization_url=sources.pick("authorization_url", own=endpoint.authorization_url, default=None),
        token_url=token_url,
        revocation_url=sources.pick("revocation_url", own=companion.revocation_url, default=None),
        issuer=sources.pick("issuer", own=companion.issuer, default=None),
        api_url=sources.pick("api_url", own=profile.api_url, default=None),
        scopes=sources.pick("scopes", option=("option --scope", _option_scopes(options)), own=table.scopes, default=()),
        scope_prefix=sources.pick("scope_prefix", own=profile.scope_prefix, default=""),
        domain_hint=sources.pick("domain_hint", own=profile.domain_hint, default=""),
        redirect_uris=sources.pick("redirect_uris", own=profile.redirect_uris, default=(DEFAULT_REDIRECT_URI,)),
        registration_id=sources.pick("registration_id", own=table.registration_id, default=None),
        language=sources.pick("language", own=profile.language, default=DEFAULT_LANGUAGE),
        client_secret_command=sources.pick("client_secret_command", own=profile.client_secret_command, default=()),
        token_cache=sources.pick("token_cache", own=profile.token_cache, default=TokenCacheKind.FILE),
        secret_store=sources.pick("secret_store", own=profile.secret_store, default=SecretStoreKind.KEYRING),
        endpoint=used,
        subject=options.subject,
        subject_name=options.subject_name,
        profile_token_origins=_token_origins(profile),
        environment_secret_applies=sources.environment_secret_applies(profile.client_id, endpoint.token_url),
        login_home=config.home if profile.secret_store is SecretStoreKind.FILE else "",
    )


def _flow(sources: _Sources, options: FlowOptions, profile: Profile) -> Setting[Flow | None]:
    return sources.pick("flow", option=("option", options.flow), own=profile.flow, default=None)


def _option_scopes(options: FlowOptions) -> tuple[str, ...] | None:
    scopes = tuple(scope for given in options.scopes for scope in given.split())
    if not scopes:
        return None
    try:
        return check_scopes(scopes, "--scope")
    except ConfigError as exc:
        raise UsageError(exc.message, hint="a scope is a word such as `knowledge.portalmgr.read`") from exc


def _client_auth(flow: Flow | None, profile: Profile, *, has_profile: bool) -> ClientAuth:
    """The guide's way: body everywhere but for a commercial client application, whose example has Basic."""
    if flow is Flow.ANONYMOUS:
        return ClientAuth.BODY
    if not has_profile:
        return ClientAuth.BASIC
    commercial = profile.deployment is Deployment.COMMERCIAL
    return ClientAuth.BASIC if commercial and flow is Flow.CLIENT_CREDENTIALS else ClientAuth.BODY


def _token_origins(profile: Profile) -> tuple[str, ...]:
    urls = {endpoint.token_url for endpoint in profile.endpoints.values() if endpoint.token_url}
    return tuple(sorted({str(origin_of(url, field="token_url")) for url in urls}))


class _Sources:
    """Picks one setting after the other from environment, profile and default."""

    def __init__(self, environ: Mapping[str, str], *, profile: str | None, explicit: bool) -> None:
        self._environ = environ
        self._profile = profile
        self._explicit = explicit

    def pick(self, name: str, *, own: Any, default: Any, option: tuple[str, Any] = ("", None)) -> Setting[Any]:  # noqa: ANN401  each setting has its own type
        variable, given = self._variable(name)
        from_environment = (f"environment {variable}", given)
        from_profile = (f"profile {self._profile}", own if own != "" else None)
        keeps = self._explicit and name in _OWN
        order = [option, from_profile, from_environment] if keeps else [option, from_environment, from_profile]
        present = [(source, value) for source, value in order if value is not None]
        if not present:
            return Setting(default, DEFAULT_SOURCE)
        (source, value), *others = present
        reason = " (profile named by -p keeps its own)" if keeps and source == from_profile[0] else ""
        return Setting(value, source, tuple(other + reason for other, _ in others))

    def environment_secret_applies(self, client_id: str | None, token_url: str | None) -> bool:
        """Whether a secret in the environment is for this client: not where its own client or URL was passed over."""
        pairs = (("EGAIN_CLIENT_ID", client_id), ("EGAIN_TOKEN_URL", token_url))
        others = ((self._environ.get(variable), own) for variable, own in pairs)
        return not (self._explicit and any(other and own and other != own for other, own in others))

    def _variable(self, name: str) -> tuple[str, Any]:
        variable = next((variable for variable, setting in ENVIRONMENT.items() if setting == name), "")
        text = self._environ.get(variable) if variable else None
        if not text:
            return variable, None
        return variable, _checked_variable(variable, name, text)


def _checked_variable(variable: str, name: str, text: str) -> object:
    if name == "scopes":
        return check_scopes(tuple(text.split()), variable)
    if name == "redirect_uris":
        return PROFILE_KEYS[name]([text], variable)
    checker: Callable[[object, str], object] = (PROFILE_KEYS | ENDPOINT_KEYS | FLOW_KEYS)[name]
    return checker(text, variable)
