"""Whether the profile of settings is still the one that they were resolved from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.errors import ConfigError, ProfileMissing
from egain_auth_cli.models.grants import SecretStoreKind
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from egain_auth_cli.settings.profile import Config
    from egain_auth_cli.settings.settings import Settings


def recheck_profile(settings: Settings, config: Config) -> None:
    """Look again, under the lock of a login, whether that login still belongs to this name and to this store.

    Another process may have renamed, removed or moved the profile since: its login is then elsewhere, and what is
    stored here now would be found by nobody.

    Args:
        settings: As resolved when the run began.
        config: As it is now.

    Raises:
        ProfileMissing: The profile has another name, or is gone.
        ConfigError: It keeps its logins in another store.
    """
    name = settings.profile.value
    if name is None:
        return
    if name not in config.names:
        raise ProfileMissing(
            f"profile `{printable(name)}` was renamed or removed meanwhile",
            hint="`egain profile list` shows the profiles",
        )
    if (config.profile(name).secret_store or SecretStoreKind.KEYRING) is not settings.secret_store.value:
        raise ConfigError(
            f"profile `{printable(name)}` was given another secret store meanwhile", hint="run the command again"
        )
