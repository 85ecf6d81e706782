"""What to do about a refusal of the token endpoint: by the flow, and by where each value that was sent came from."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from egain_auth_cli.errors import GrantRefused, NetworkError
from egain_auth_cli.models.grants import ClientAuth
from egain_auth_cli.models.oauth_errors import explain
from egain_auth_cli.settings.keys import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from egain_auth_cli.models.form_request import Client
    from egain_auth_cli.settings.settings import Settings

_SENT = ("flow", "client_id", "client_auth", "token_url", "scopes", "scope_prefix", "registration_id")
"""The settings that a grant is made of."""
_ENVIRONMENT = "environment "
_STORED = "`egain secret set` replaces the stored one"


@contextlib.contextmanager
def told_by_source(settings: Settings, client: Client) -> Iterator[None]:
    """Let the errors of a request to the token endpoint say what to do, and which sources have a say in it.

    Args:
        settings: What the request was made of.
        client: As it was authenticated.
    """
    try:
        yield
    except GrantRefused as exc:
        hints = settings.need_flow().hints
        exc.hint = explain(exc.oauth_error or "", exc.message, hints=hints, scopes=settings.wire_scopes)
        if exc.oauth_error == "invalid_scope" and not settings.wire_scopes:
            exc.hint = f"no scope was asked for: name it by `--scope`, or {settings.missing('scopes').hint}"
        elif exc.oauth_error == "invalid_scope":
            exc.hint += _prefix_text(settings)
        told = exc.oauth_error == "invalid_client"
        if told:
            exc.hint = f"{exc.hint}; {_secret_text(client)}{_way_text(settings, client)}"
        exc.hint += from_environment(settings, *([] if told else [client.source]))
        raise
    except NetworkError as exc:
        if settings.token_url.source.startswith(_ENVIRONMENT):
            exc.hint = f"{exc.hint or 'check it'}; `EGAIN_TOKEN_URL` names that host"
        raise


def _way_text(settings: Settings, client: Client) -> str:
    """Return the end of a hint that tells the other way of sending the secret; empty where none was sent."""
    if client.secret is None or not client.source:
        return ""
    used, profile = client.client_auth, settings.profile.value
    other = ClientAuth.BODY if used is ClientAuth.BASIC else ClientAuth.BASIC
    by_profile = profile and not settings.client_auth.source.startswith(_ENVIRONMENT)
    command = f"egain profile set {profile} {settings.path_of('client_auth')} {other}"
    way = command if by_profile else f"{KEY['client_auth'].variable}={other}"
    return f"; it was sent by `client_auth` {used}: `{way}` sends it the other way"


def _prefix_text(settings: Settings) -> str:
    """Return the end of a hint that tells the scopes' prefix and how to be rid of it; empty where none was sent."""
    prefix, profile = settings.scope_prefix.value, settings.profile.value
    if not prefix or not any(scope.startswith(prefix) for scope in settings.wire_scopes):
        return ""
    if settings.scope_prefix.source.startswith(_ENVIRONMENT):
        return f"; the prefix `{prefix}` comes from `{KEY['scope_prefix'].variable}`: unset it where that is wrong"
    command = f"egain profile set {profile} scope_prefix ''"
    return f"; the prefix `{prefix}` comes from the profile: `{command}` takes it away"


def _secret_text(client: Client) -> str:
    if client.secret is None:
        return "no secret was sent: this flow is a public client's"
    if not client.source:
        return "a placeholder was sent, as this flow has it"
    source = client.source.removeprefix(_ENVIRONMENT)
    return f"the secret came from `{source}`" if source != client.source or source.endswith("_command") else _STORED


def from_environment(settings: Settings, *others: str) -> str:
    """Return the end of a hint that names the variables which have a say in what is sent; empty where none has.

    Args:
        settings: What was sent.
        others: Further sources.
    """
    sources = [*(getattr(settings, name).source for name in _SENT), *others]
    variables = [source.removeprefix(_ENVIRONMENT) for source in sources if source.startswith(_ENVIRONMENT)]
    listed = ", ".join(f"`{name}`" for name in dict.fromkeys(variables))
    return f"; taken from the environment: {listed}" if listed else ""
