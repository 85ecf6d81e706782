"""Sentences about logins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.models.grants import Actor, Deployment, SecretStoreKind
from egain_auth_cli.models.moments import local_clock
from egain_auth_cli.tokens.logins import login_command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from egain_auth_cli.settings.settings import Settings
    from egain_auth_cli.sign_in.request import SignedIn


def login_lines(signed_in: SignedIn, settings: Settings, *, now: float) -> Iterator[str]:
    """Say what ``login`` came to, and what happens when the token expires."""
    if signed_in.token is None:
        whose = f"profile `{settings.profile.value}`" if settings.profile.value else "the environment's client"
        yield f"{whose} is signed in already; `{login_command(settings)} --force` signs in again"
        return
    token = signed_in.token
    whose = f"profile {settings.profile.value}" if settings.profile.value else "the environment's client"
    as_customer = ", customer" if settings.actor.value is Actor.CUSTOMER else ""
    who = f" as {token.person}" if token.person else ""
    yield f"signed in{who} ({whose}{as_customer}), valid until {local_clock(token.expires_at, now=now)}"
    if signed_in.ungranted:
        yield f"warning: the server did not grant {', '.join(f'`{scope}`' for scope in signed_in.ungranted)}"
    if signed_in.renewable:
        yield "it is renewed by itself when `egain token` needs it"
    elif token.refresh_token is not None and settings.secret_store.value is SecretStoreKind.NONE:
        yield f'the refresh token is not kept (`secret_store = "none"`): run `{login_command(settings)}` again then'
    else:
        again = login_command(settings)
        # Azure AD B2C gives a refresh token only where `offline_access` was asked for.
        if settings.deployment is Deployment.COMMERCIAL and "offline_access" not in settings.scopes.value:
            yield "the server gave no refresh token: add the scope `offline_access` to have the login renewed"
            yield f"without it, run `{again}` again then"
        else:
            yield f"the server gave no refresh token, as is usual on self-service: run `{again}` again then"
