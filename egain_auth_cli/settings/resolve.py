"""Resolving settings: option over environment over profile over default. Pure; the environment is a mapping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from egain_auth_cli.errors import ConfigError, ProfileMissing, SettingMissing, UsageError
from egain_auth_cli.flows import RECORDS
from egain_auth_cli.models.grants import ClientAuth, Deployment
from egain_auth_cli.models.urls import origin_of
from egain_auth_cli.sanitize import split_list
from egain_auth_cli.settings.keys import KEY, KEYS, Key, Place, check_scopes
from egain_auth_cli.settings.profile import Endpoint, FlowTable, Profile
from egain_auth_cli.settings.settings import FlowOptions, Setting, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from egain_auth_cli.models.grants import Flow
    from egain_auth_cli.settings.profile import Config

DEFAULT_SOURCE = "default"
_CLIENT = ("EGAIN_CLIENT_ID", "EGAIN_TOKEN_URL")
"""The variables that need no profile."""
_UNPREFIXED = frozenset({"openid", "profile", "email", "address", "phone", "offline_access"})
"""OpenID Connect's own scopes, which no API permission prefix belongs to."""


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
    profile = _profile(chosen, config)
    sources = _Sources(environ, profile=chosen.value, explicit=options.profile is not None)
    actor = sources.pick(KEY["actor"], own=profile.actor, option=("option --actor", options.actor))
    flow = sources.pick(KEY["flow"], own=profile.flow, option=("option", options.flow))
    endpoint_name = _endpoint_name(flow.value, actor.value, options, profile)
    endpoint = profile.endpoints.get(endpoint_name, Endpoint())
    token_url = sources.pick(KEY["token_url"], own=endpoint.token_url)
    flow_table = profile.flows.get(flow.value, FlowTable()) if flow.value else FlowTable()
    tables = {
        Place.PROFILE: profile,
        # An endpoint taken from the environment has nothing to do with the profile's other addresses.
        Place.ENDPOINT: endpoint if token_url.value == endpoint.token_url else Endpoint(),
        Place.FLOW: flow_table,
    }
    picked = {"actor": actor, "flow": flow, "token_url": token_url}
    picked["authorization_url"] = sources.pick(KEY["authorization_url"], own=endpoint.authorization_url)
    picked["scopes"] = sources.pick(
        KEY["scopes"], own=flow_table.scopes, option=("option --scope", _option_scopes(options))
    )
    picked["client_auth"] = sources.pick(
        KEY["client_auth"],
        own=flow_table.client_auth,
        default=_client_auth(flow.value, profile.deployment, has_profile=bool(chosen.value)),
    )
    for key in KEYS:
        if key.resolved and key.name not in picked:
            picked[key.name] = sources.pick(key, own=getattr(tables[key.place], key.name))
    api_url, prefix = picked["api_url"].value, picked["scope_prefix"].value
    return Settings(
        profile=chosen,
        deployment=profile.deployment,
        owner=chosen.value or f"@environment/{picked['client_id'].value}",
        wire_scopes=tuple(prefixed(scope, prefix) for scope in picked["scopes"].value),
        api_origin=str(origin_of(api_url, field="api_url")) if api_url else "",
        endpoint=endpoint_name,
        subject=options.subject,
        subject_name=options.subject_name,
        profile_flows=(*([profile.flow] if profile.flow else []), *profile.flows),
        profile_token_urls=tuple(one.token_url for one in profile.endpoints.values() if one.token_url),
        environment_secret_applies=sources.environment_secret_applies(profile.client_id, endpoint.token_url),
        **picked,
    )


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
    if all(environ.get(name) for name in _CLIENT):
        return Setting(None, "environment EGAIN_CLIENT_ID and EGAIN_TOKEN_URL")
    _refuse_half_a_client(environ)
    names = config.names
    raise ProfileMissing(
        "no profile is chosen" if names else "there is no profile yet",
        hint=f"choose one: `egain profile use {names[0]}`, or `-p {names[0]}`"
        if names
        else "make one with `egain profile add`, try `egain sandbox`, or set `EGAIN_CLIENT_ID` and `EGAIN_TOKEN_URL`",
    )


def _profile(chosen: Setting[str | None], config: Config) -> Profile:
    if chosen.value is None:
        return Profile(name="")
    try:
        return config.profile(chosen.value)
    except ProfileMissing as exc:
        if chosen.source.startswith("option"):
            raise
        source = chosen.source.removeprefix("environment ").replace("default_profile in", "`default_profile` in")
        source = f"`{source}`" if source.startswith("EGAIN") else source
        raise ProfileMissing(f"{exc.message}, which {source} names", hint=exc.hint) from None


def _refuse_half_a_client(environ: Mapping[str, str]) -> None:
    """Refuse one of the two variables that make a client together, where no profile stands in for the other.

    Raises:
        SettingMissing: One is there alone.
    """
    given = [name for name in _CLIENT if environ.get(name)]
    if len(given) == 1:
        missing = next(name for name in _CLIENT if name not in given)
        raise SettingMissing(
            f"`{given[0]}` is set and `{missing}` is not, and there is no profile to take it from",
            hint=f"set `{missing}` too, or choose a profile by `-p`",
        )


def _over(*others: tuple[str, object]) -> tuple[str, ...]:
    return tuple(source for source, value in others if value is not None)


def _endpoint_name(flow: Flow | None, actor: Any, options: FlowOptions, profile: Profile) -> str:  # noqa: ANN401
    """Name the endpoint table in use: of those that the flow may use, the first that the profile has."""
    names = RECORDS[flow].endpoints(actor, options.subject) if flow else (actor.value,)
    return next((name for name in names if name in profile.endpoints), names[0])


def _option_scopes(options: FlowOptions) -> tuple[str, ...] | None:
    scopes = tuple(scope for given in options.scopes for scope in split_list(given))
    if not scopes:
        return None
    try:
        return check_scopes(scopes, "--scope")
    except ConfigError as exc:
        raise UsageError(exc.message, hint="a scope is a word such as `knowledge.portalmgr.read`") from exc


def _client_auth(flow: Flow | None, deployment: Deployment | None, *, has_profile: bool) -> ClientAuth:
    """Return how the secret is sent where nothing says: in the body, but for what the flow's record says."""
    if not has_profile:
        return RECORDS[flow].client_auth_alone if flow else ClientAuth.BASIC
    told = RECORDS[flow].client_auth if flow else {}
    return told.get(deployment, ClientAuth.BODY) if deployment else ClientAuth.BODY


def prefixed(scope: str, prefix: str) -> str:
    """Put the prefix before a scope, verbatim, but not before OpenID's own or a scope that has one already."""
    # A scope with `://` is written whole already, as Azure AD B2C has them.
    if not prefix or scope in _UNPREFIXED or scope.startswith(prefix) or "://" in scope:
        return scope
    return f"{prefix}{scope}"


class _Sources:
    """Picks one setting after the other from option, environment, profile and default.

    Args:
        environ: The environment.
        profile: Its name, or None.
        explicit: Whether ``-p`` named it: such a profile keeps its own client, endpoints and secret.
    """

    def __init__(self, environ: Mapping[str, str], *, profile: str | None, explicit: bool) -> None:
        self._environ = environ
        self._profile = profile
        self._explicit = explicit

    def pick(
        self,
        key: Key,
        *,
        own: object,
        option: tuple[str, object] = ("", None),
        default: object = None,
    ) -> Setting[Any]:
        """Return the setting from the first source that has it.

        Args:
            key: Which setting.
            own: The profile's value; None or empty where it has none.
            option: The option's source in words, and its value.
            default: In place of the key's own default.
        """
        text = self._environ.get(key.variable) if key.variable else None
        from_environment = (f"environment {key.variable}", key.read_variable(text) if text else None)
        from_profile = (f"profile {self._profile}", own if own != "" else None)
        # A profile named by -p is meant as a whole: an EGAIN_CLIENT_ID of another client must not be mixed into it.
        keeps = self._explicit and key.own
        order = [option, from_profile, from_environment] if keeps else [option, from_environment, from_profile]
        present = [(source, value) for source, value in order if value is not None]
        if not present:
            return Setting(key.default if default is None else default, DEFAULT_SOURCE)
        (source, value), *others = present
        reason = " (profile named by -p keeps its own)" if keeps and source == from_profile[0] else ""
        return Setting(value, source, tuple(other + reason for other, _ in others))

    def environment_secret_applies(self, client_id: str | None, token_url: str | None) -> bool:
        """Return whether the environment's secret is for this client.

        It is not where the environment names another client or token URL, which a profile named by ``-p`` overrules.
        """
        pairs = (("EGAIN_CLIENT_ID", client_id), ("EGAIN_TOKEN_URL", token_url))
        others = ((self._environ.get(variable), own) for variable, own in pairs)
        return not (self._explicit and any(other and own and other != own for other, own in others))
