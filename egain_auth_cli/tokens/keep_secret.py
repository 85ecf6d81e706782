"""Keeping, removing and locating a profile's client secret."""

from __future__ import annotations

from secrets import token_urlsafe
from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.errors import ConfigError, EgainError, ProfileMissing, SettingMissing
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.stores.secret_store import client_secret_item

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.models.binding import Binding
    from egain_auth_cli.settings.settings import Settings
    from egain_auth_cli.tokens.credentials import Credentials


_PROBE = "probe"
_PROBE_BYTES = 96


class SecretPlace(NamedTuple):
    """Where a client secret comes from.

    Attributes:
        source: In words; None where there is none.
        problem: Why one that may exist cannot be used; None otherwise.
    """

    source: str | None
    problem: EgainError | None


def prove_keepable(credentials: Credentials, settings: Settings) -> None:
    """Refuse before it is asked for a secret that could not be kept.

    Raises:
        ConfigError: There is no profile, or none of its token URLs for a secret to belong to.
        StoreError: The store keeps nothing, or cannot be written.
    """
    binding = _secret_binding(settings)
    item = f"{client_secret_item(_profile(settings))}/{_PROBE}"
    credentials.secrets.set(item, Secret(token_urlsafe(_PROBE_BYTES)), use=binding)
    credentials.secrets.delete(item)


def keep_secret(
    credentials: Credentials, settings: Settings, secret: Secret, *, seconds: float, recheck: Callable[[], None]
) -> str:
    """Store the secret for the profile's client, token endpoints and API.

    Args:
        credentials: The profile's.
        settings: Which profile.
        secret: One line of printable ASCII.
        seconds: The longest wait for another process that moves the profile's secrets.
        recheck: Raises where the profile has been renamed, removed or moved meanwhile.

    Returns:
        Where it is now, in words.

    Raises:
        ConfigError: The secret is empty or not one line of printable ASCII, or there is no profile.
        StoreError: It could not be stored.
    """
    profile = _profile(settings)
    text = secret.reveal()
    if not text or not text.isascii() or not text.isprintable():
        why = "nothing was given" if not text else "it is not one line of printable ASCII"
        raise ConfigError(
            f"the client secret is not stored: {why}",
            hint="pipe it in: `egain secret set < FILE`, or type it at the prompt",
        )
    binding = _secret_binding(settings)
    item = client_secret_item(profile)
    with credentials.place.hold(item, seconds=seconds):
        recheck()  # under the lock, which a rename holds too: else the secret would be nobody's
        credentials.secrets.set(item, secret, use=binding)
    return credentials.secrets.store.describe()


def delete_secret(credentials: Credentials, settings: Settings, *, seconds: float) -> bool:
    """Delete the stored secret; return whether there was one.

    Raises:
        ProfileMissing: There is no profile.
        StoreError: The store failed.
    """
    item = client_secret_item(_profile(settings))
    with credentials.place.hold(item, seconds=seconds):
        return credentials.secrets.delete(item)


def locate_secret(credentials: Credentials, settings: Settings) -> SecretPlace:
    """Find where the secret would come from. It is looked for as for a token, ``client_secret_command`` included."""
    try:
        found = credentials.client_secrets.find_optional(settings)
    except EgainError as exc:
        return SecretPlace(None, exc)
    return SecretPlace(found.source if found else None, None)


def _secret_binding(settings: Settings) -> Binding:
    """Return what the secret belongs to: all token endpoints, since it serves the client's grants and a person's."""
    profile = _profile(settings)
    binding = settings.secret_binding()
    if not binding.token_origins:
        raise SettingMissing(
            f"profile `{profile}` has no token URL, so the secret would belong to nothing",
            hint=f"set one first: `egain profile set {profile} endpoints.client.token_url URL`",
        )
    return binding


def _profile(settings: Settings) -> str:
    if settings.profile.value is None:
        raise ProfileMissing(
            "there is no profile to keep a secret for",
            hint="name one by `-p`, or give the secret by `EGAIN_CLIENT_SECRET`",
        )
    return settings.profile.value
