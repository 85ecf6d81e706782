"""Where the client secret comes from, and fetching it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.deadline import run_bounded
from egain_auth_cli.errors import ConfigError, KeyringMissing, SettingMissing, StoreError
from egain_auth_cli.models.grants import SecretStoreKind
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.sanitize import pasted, printable
from egain_auth_cli.stores.secret_store import client_secret_item

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from egain_auth_cli.settings.settings import Settings
    from egain_auth_cli.tokens.credentials import Credentials

_VARIABLE = "EGAIN_CLIENT_SECRET"
_FILE_VARIABLE = "EGAIN_CLIENT_SECRET_FILE"
_FILE_SECONDS = 10.0
"""A pipe whose writer never comes would be waited for without end."""
_LIMIT = 64 * 1024


class FoundSecret(NamedTuple):
    """A client secret and where it was found.

    Attributes:
        secret: The secret.
        source: In words, for ``status``.
    """

    secret: Secret
    source: str


class ClientSecrets:
    """Finds the client secret of a profile or of the environment.

    Args:
        environ: ``EGAIN_CLIENT_SECRET``, ``EGAIN_CLIENT_SECRET_FILE``; also the command's environment.
        say: Told that blanks were left out.
        credentials: What it belongs to; its secret store is opened only where no other source has the secret.
    """

    def __init__(self, environ: Mapping[str, str], credentials: Credentials, *, say: Callable[[str], None]) -> None:
        self._environ = environ
        self._say = say
        self._credentials = credentials

    def find(self, settings: Settings) -> FoundSecret:
        """Return the client secret.

        The order is environment, command, store; a profile named by ``-p`` is asked first, and the environment
        only fills the gap where that profile has none.

        Raises:
            SettingMissing: No source has one.
            BindingChanged: The stored one belongs to another client, token endpoint or API.
            StoreError: The keyring that should hold it cannot be reached, or the command failed.
        """
        found = self.find_optional(settings)
        if found is not None:
            return found
        profile = settings.profile.value
        keeps = profile is not None and settings.secret_store.value is not SecretStoreKind.NONE
        ways = f"`egain -p {profile} secret set`, " if keeps else ""
        raise SettingMissing(
            f"there is no client secret for client ID `{printable(settings.need('client_id'), limit=100)}`",
            hint=f"give it by {ways}`{_VARIABLE}`, `{_FILE_VARIABLE}` or `client_secret_command`",
        )

    def find_optional(self, settings: Settings) -> FoundSecret | None:
        """Return the client secret as ``find`` does, but None where no source has one.

        Raises:
            BindingChanged: As ``find``.
            StoreError: As ``find``.
        """
        kept: StoreError | None = None
        for source in self._order(settings):
            try:
                found = source(settings)
            except KeyringMissing as exc:
                kept = exc  # another source may have it; without one this is what is wrong
                continue
            if found is not None:
                return found
        if kept is not None:
            raise kept
        return None

    def before_the_store(self, settings: Settings) -> list[str]:
        """Name what is asked before the store, and has a secret or a command for one; nothing is run."""
        order = self._order(settings)
        earlier = order[: order.index(self._from_store)]
        names = []
        if self._from_environment in earlier and settings.environment_secret_applies:
            names += [name for name in (_VARIABLE, _FILE_VARIABLE) if self._environ.get(name)][:1]
        if self._from_command in earlier and settings.client_secret_command.value:
            names.append("client_secret_command")
        return names

    def _order(self, settings: Settings) -> tuple[Callable[[Settings], FoundSecret | None], ...]:
        if settings.profile.source == "option -p":
            return (self._from_command, self._from_store, self._from_environment)
        return (self._from_environment, self._from_command, self._from_store)

    def _from_environment(self, settings: Settings) -> FoundSecret | None:
        if not settings.environment_secret_applies:
            return None
        value = self._environ.get(_VARIABLE)
        if value:
            return FoundSecret(_checked(value, f"`{_VARIABLE}`"), f"environment {_VARIABLE}")
        path = self._environ.get(_FILE_VARIABLE)
        if not path:
            return None
        try:
            raw = run_bounded(lambda: _beginning(Path(path)), seconds=_FILE_SECONDS)
        except (OSError, ValueError) as exc:
            slow = f"nothing came within {_FILE_SECONDS:.0f} s" if isinstance(exc, TimeoutError) else None
            reason = slow or getattr(exc, "strerror", None) or "not a file's name"
            raise ConfigError(
                f"`{_FILE_VARIABLE}` names `{printable(path)}`, which cannot be read: {reason.lower()}",
                hint=f"point `{_FILE_VARIABLE}` at a file that holds the client secret alone",
            ) from exc
        return FoundSecret(self._decoded(raw, f"the file named by `{_FILE_VARIABLE}`"), f"environment {_FILE_VARIABLE}")

    def _from_command(self, settings: Settings) -> FoundSecret | None:
        command = settings.client_secret_command.value
        if not command:
            return None
        from egain_auth_cli.tokens.secret_command import run_secret_command

        raw = run_secret_command("client_secret_command", command, settings, self._environ)
        return FoundSecret(self._decoded(raw, "the output of `client_secret_command`"), "client_secret_command")

    def _from_store(self, settings: Settings) -> FoundSecret | None:
        profile = settings.profile.value
        if profile is None:
            return None
        use = settings.binding()
        secrets = self._credentials.secrets  # looked up here: a keyring is opened only where it is needed
        remedy, variable = f"egain -p {profile} secret set", settings.foreign_variable()
        secret = secrets.get(client_secret_item(profile), use=use, remedy=remedy, variable=variable)
        return None if secret is None else FoundSecret(secret, secrets.store.describe())

    def _decoded(self, raw: bytes, where: str) -> Secret:
        text = raw.decode("utf-8-sig", "replace") if len(raw) <= _LIMIT else ""
        return _checked(pasted(text, where, self._say), where, command="command" in where)


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_LIMIT + 1)


def _checked(text: str, where: str, *, command: bool = False) -> Secret:
    secret = Secret(text)
    if not text or not text.isascii() or not text.isprintable():
        raise ConfigError(
            f"{where} is no client secret: it must be one line of printable ASCII",
            hint="run it by hand: it must print the secret alone" if command else "copy the secret again",
        )
    return secret
