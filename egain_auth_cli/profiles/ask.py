"""Asking a person for a profile: the Metadata panel's fields, in its order and with its names."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from egain_auth_cli.errors import ConfigError, EgainError
from egain_auth_cli.flows import RECORDS
from egain_auth_cli.models.grants import Actor, Deployment, Flow
from egain_auth_cli.models.urls import check_url
from egain_auth_cli.profiles.fields import ProfileFields
from egain_auth_cli.profiles.inference import actor_of, flow_of
from egain_auth_cli.profiles.url_shapes import shape_of
from egain_auth_cli.settings.keys import DEFAULT_REDIRECT_URI, KEY, check_scopes

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.terminal import Terminal

T = TypeVar("T")


def ask_profile_fields(terminal: Terminal) -> ProfileFields:
    """Ask for everything that a profile needs, each answer checked at once.

    Raises:
        KeyboardInterrupt: The person ended it.
    """
    terminal.instruct(
        "In the Administration Console open Partition > Integration > Client Application, choose yours,\n"
        "and press Metadata. Copy each value; Enter leaves an optional one out."
    )
    authorization_url = _ask(terminal, "Authorization URL (Auth URL)", _optional_url)
    token_url = _ask(terminal, "Token URL (Access Token URL)", _url)
    scope_prefix = _ask(terminal, "Scope Prefix (API Permission Prefix), if any", _prefix)
    api_url = _ask(terminal, "Domain URL (API Domain)", _api_url)
    domain_hint = _domain_hint(terminal, authorization_url)
    client_id = _ask(terminal, "Client ID", _required)
    pasted = ProfileFields(authorization_url=authorization_url, token_url=token_url)
    flow = _ask(terminal, f"Flow ({', '.join(Flow)})", Flow, default=_likely(pasted).value)
    actor = _ask(terminal, "Actor (user, customer)", Actor, default=(actor_of(pasted) or Actor.USER).value)
    redirect_uri = (
        _ask(terminal, "Redirect URL, as registered", _url, default=DEFAULT_REDIRECT_URI)
        if RECORDS[flow].signs_in
        else None
    )
    scopes = _ask(terminal, "Scopes, separated by spaces", _scopes)
    return ProfileFields(
        client_id=client_id,
        flow=flow,
        actor=actor,
        scopes=scopes,
        scope_prefix=scope_prefix or None,
        redirect_uris=(redirect_uri,) if redirect_uri else (),
        domain_hint=domain_hint or None,
        authorization_url=authorization_url or None,
        token_url=token_url,
        api_url=api_url or None,
    )


def _ask(terminal: Terminal, label: str, read: Callable[[str], T], *, default: str = "") -> T:
    while True:
        answer = terminal.ask(label, default=default)
        try:
            return read(answer)
        except EgainError as exc:
            terminal.instruct(f"  {exc.message}")
        except ValueError:
            terminal.instruct("  choose one of those in brackets")


def _domain_hint(terminal: Terminal, authorization_url: str) -> str:
    """Ask for the instance where a commercial sign-in page would not know it otherwise."""
    shape = shape_of(authorization_url)
    if shape is None or shape.deployment is not Deployment.COMMERCIAL or "domain_hint=" in authorization_url:
        return ""
    return _ask(terminal, "Instance, such as demo.egain.cloud (domain_hint)", _hint)


def _likely(pasted: ProfileFields) -> Flow:
    """Return the flow that the URLs are for; of unknown ones the first that signs in if there is a page for it."""
    signs_in = bool(pasted.authorization_url)
    return flow_of(pasted) or next(one.flow for one in RECORDS.values() if one.signs_in is signs_in)


def _url(text: str) -> str:
    return check_url(text, field="URL")


def _optional_url(text: str) -> str:
    return _url(text) if text else ""


def _api_url(text: str) -> str:
    # eGain shows the API Domain without a scheme.
    if text and "://" not in text:
        text = f"https://{text}"
    return check_url(text, field="Domain URL", query=False) if text else ""


def _hint(text: str) -> str:
    KEY["domain_hint"].check(text, "domain_hint")
    return text


def _prefix(text: str) -> str:
    KEY["scope_prefix"].check(text, "Scope Prefix")
    return text


def _required(text: str) -> str:
    if not text:
        raise ConfigError("a client ID is needed")
    KEY["client_id"].check(text, "Client ID")
    return text


def _scopes(text: str) -> tuple[str, ...]:
    return check_scopes(tuple(text.replace(",", " ").split()), "scopes")
