"""The OS keyring: each call bounded, each write read back, each failure one of ours. Only this file uses keyring."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, TypeVar

from egain_auth_cli.deadline import Deadline, run_bounded
from egain_auth_cli.errors import EgainError, KeyringLocked, KeyringMissing, StoreError
from egain_auth_cli.models.grants import SecretStoreKind
from egain_auth_cli.sanitize import printable, remember_secret
from egain_auth_cli.stores.atomic import of_mode
from egain_auth_cli.stores.session_bus import VARIABLE as BUS_VARIABLE
from egain_auth_cli.stores.session_bus import dead_address, find_session_bus
from egain_auth_cli.stores.vault import NAME as VAULT
from egain_auth_cli.stores.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from egain_auth_cli.stores.vault import Backend


T = TypeVar("T")

SERVICE = "egain"
SECONDS = 3.0
"""Bound of one call: a locked Secret Service whose prompt nobody sees waits for ever."""
PERSON_SECONDS = 60.0
"""The same where a person is there, who needs time to unlock it."""

_LONG = 1280
"""Characters that every system's keyring takes in one entry."""

_OTHER_SOURCES = "give the secret by `EGAIN_CLIENT_SECRET`, `EGAIN_CLIENT_SECRET_FILE` or `client_secret_command`"
_OWN_CLIENT = "@"
"""How the names of items begin that belong to no profile, but to the environment's client."""

PLATFORM_BACKENDS = {
    "darwin": ("keyring.backends.macOS.Keyring",),
    "win32": ("keyring.backends.Windows.WinVaultKeyring",),
}
LINUX_BACKENDS = ("keyring.backends.SecretService.Keyring", "keyring.backends.kwallet.DBusKeyring")
# Others may keep secrets in the clear: PYTHON_KEYRING_BACKEND, meant for another program, must not choose one.
_ALLOWED = frozenset(
    {
        *LINUX_BACKENDS,
        "keyring.backends.kwallet.DBusKeyringKWallet4",
        "keyring.backends.libsecret.Keyring",
        "keyring.backends.macOS.Keyring",
        "keyring.backends.Windows.WinVaultKeyring",
    }
)


class KeyringStore:
    """Secrets in the keyring of the operating system, under the service ``egain``.

    Args:
        environ: ``PYTHON_KEYRING_BACKEND`` names a back-end; only the systems' own are taken, and those that
            ``EGAIN_KEYRING_ALLOW`` lists (class names, comma-separated).
        seconds: The bound of one call.
        waiting: Told, where a person is there to unlock it, that it is waited for longer.
    """

    kind = SecretStoreKind.KEYRING

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        seconds: float = SECONDS,
        waiting: Callable[[str], None] | None = None,
    ) -> None:
        self._environ = environ
        self._seconds = seconds
        self._waiting = waiting
        self._backend: Backend | None = None
        self._unanswered: KeyringLocked | None = None

    def get(self, item: str) -> str | None:
        """Return the value, or None.

        Raises:
            KeyringMissing: There is no back-end.
            KeyringLocked: It is locked or does not answer.
            StoreError: It failed otherwise.
        """
        value = self._call("read the secret", item, lambda backend: backend.get_password(SERVICE, item))
        if isinstance(value, str):
            remember_secret(value)
        elif value is not None:
            raise StoreError(f"the keyring gave no text ({type(value).__name__})", hint=_remedies(item))
        return value

    def set(self, item: str, value: str) -> None:
        """Keep the value, and read it back.

        Raises:
            StoreError: As ``get``, or the keyring does not give back what was written.
        """
        remember_secret(value)
        # Some keyrings take so much and no more, and their errors do not say so.
        length = f" of {len(value)} characters" if len(value) > _LONG else ""
        self._call(f"write the secret{length}", item, lambda backend: backend.set_password(SERVICE, item, value))
        if self.get(item) != value:  # keyring's null back-end, for one, keeps nothing and says nothing
            raise StoreError(
                "the keyring took the secret but does not give it back: it is not stored", hint=_remedies(item)
            )

    def delete(self, item: str) -> bool:
        """Delete the value; return whether there was one.

        Raises:
            StoreError: As ``get``.
        """
        there = self.get(item) is not None
        if not there and not isinstance(self._backend, Vault):  # which may hold parts that nobody reads
            return False
        self._call("change the secret", item, lambda backend: backend.delete_password(SERVICE, item))
        if self.get(item) is not None:
            raise StoreError(f"the keyring still holds `{item}`", hint="remove it with your keyring's own program")
        return there

    def describe(self) -> str:
        """Name the back-end, once it is open."""
        splits = isinstance(self._backend, Vault)
        backend = self._backend.backend if isinstance(self._backend, Vault) else self._backend
        name = type(backend).__module__.rpartition(".")[2] if backend else "not opened"
        return f"OS keyring ({name}), {f'entries `{SERVICE}/…`' if splits else f'service `{SERVICE}`'}"

    def _call(self, doing: str, item: str, action: Callable[[Backend], T]) -> T:
        remedies = _remedies(item)

        def work() -> T:
            try:
                if self._backend is None:
                    self._backend = _open_backend(self._environ, remedies)
                return action(self._backend)
            except EgainError:
                raise
            except BaseException as exc:  # noqa: BLE001  back-ends raise what they like, SystemExit too
                raise _our_error(exc, doing, remedies) from None  # its text and its frames may hold the secret

        if self._unanswered is not None:  # it did not answer before; a run waits for that once
            raise self._unanswered
        try:
            return run_bounded(work, seconds=self._seconds if self._waiting is None else self._patience())
        except TimeoutError as exc:
            seconds = self._seconds if self._waiting is None else PERSON_SECONDS
            self._unanswered = KeyringLocked(
                f"the keyring did not answer within {seconds:.0f} s; it may be locked and waiting for a prompt",
                hint=f"unlock it, then try again; or {remedies}",
            )
            raise self._unanswered from exc

    def _patience(self) -> Callable[[], float]:
        """Return what says how long to wait still; once the usual time is over, the person is told."""
        usual, whole = Deadline(self._seconds), Deadline(PERSON_SECONDS)
        told = False

        def left() -> float:
            nonlocal told
            if usual.remaining() > 0:
                return usual.remaining()
            if not told and self._waiting is not None:
                told = True
                self._waiting("waiting for the keyring: look for the window that asks to unlock it; Ctrl-C ends this")
            return whole.remaining()

        return left


def has_keyring(environ: Mapping[str, str]) -> bool:
    """Return whether there is one; it is asked for nothing, so that it does not ask to be unlocked."""
    try:
        run_bounded(lambda: _open_backend(environ, ""), seconds=SECONDS)
    except (KeyringMissing, TimeoutError):
        return False
    return True


def _remedies(item: str) -> str:
    """Return the ways on where this item cannot be had from a keyring: those that serve it."""
    profile, is_login = item.partition("/")[0], "/login/" in item
    if profile.startswith(_OWN_CLIENT):
        kept = "keep logins in plain files: make a profile with `egain profile add`, and set its `secret_store`"
        return kept if is_login else _OTHER_SOURCES
    if item.endswith("/tokens"):
        return f"keep tokens in files{of_mode()}: `egain profile set {profile} token_cache file`"
    in_files = f"in plain files{of_mode()}: `egain profile set {profile} secret_store file`"
    if is_login:
        return f"keep logins {in_files}; or not at all: `egain profile set {profile} secret_store none`"
    return f"{_OTHER_SOURCES}, or keep secrets {in_files}"


def _our_error(exc: BaseException, doing: str, remedies: str) -> StoreError:
    # By name: some of the classes are secretstorage's, which is not installed everywhere.
    name = type(exc).__name__
    if name in ("NoKeyringError", "InitError"):
        return KeyringMissing("there is no usable keyring here", hint=remedies)
    if name in ("KeyringLocked", "LockedException", "PromptDismissedException"):
        return KeyringLocked("the keyring is locked", hint=f"unlock it, then try again; or {remedies}")
    return StoreError(f"the keyring could not {doing} ({printable(name, limit=60)})", hint=remedies)


def _open_backend(environ: Mapping[str, str], remedies: str) -> Backend:
    chosen = environ.get("PYTHON_KEYRING_BACKEND")
    if chosen:
        return _load(chosen, remedies, extra=environ.get("EGAIN_KEYRING_ALLOW", ""))
    on_a_bus = sys.platform not in PLATFORM_BACKENDS
    bus = find_session_bus(environ) if on_a_bus else None
    if bus is not None:
        os.environ[BUS_VARIABLE] = bus  # where the back-ends look, and nowhere else
    for name in PLATFORM_BACKENDS.get(sys.platform, LINUX_BACKENDS):
        try:
            return _load(name, remedies)
        except KeyringMissing:
            continue
    dead = dead_address(environ) if on_a_bus else None
    if dead is not None:
        raise KeyringMissing(
            f"there is no usable keyring here: nobody listens at `{printable(dead, limit=120)}`, which is what "
            f"`{BUS_VARIABLE}` says",
            hint=f"unset `{BUS_VARIABLE}`, to have this user's own bus looked for; or {remedies}",
        )
    raise KeyringMissing("there is no usable keyring here", hint=remedies)


def _load(name: str, remedies: str, *, extra: str = "") -> Backend:
    if name not in _ALLOWED and name not in extra.split(","):
        raise KeyringMissing(
            f"the keyring back-end `{printable(name, limit=120)}` is not one of the system's own and is not used",
            hint=f"unset `PYTHON_KEYRING_BACKEND`, or allow it by `EGAIN_KEYRING_ALLOW`; or {remedies}",
        )
    # NOTE: keyring's own detection scans every entry point and reads `keyring-path` into sys.path; we want neither.
    from importlib import import_module

    module, _, attribute = name.rpartition(".")
    try:
        backend_class: Any = getattr(import_module(module), attribute)
        backend_class.priority  # noqa: B018  raises where the back-end cannot work
        backend = backend_class()
        return Vault(backend) if attribute == VAULT else backend
    except Exception as exc:  # noqa: BLE001  ModuleNotFoundError, AttributeError, RuntimeError, D-Bus errors
        raise KeyringMissing(
            f"the keyring back-end `{printable(name, limit=120)}` cannot be used ({type(exc).__name__})",
            hint=remedies,
        ) from None
