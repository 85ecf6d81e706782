"""The error tree, each error's exit status and its stable code.

::

    EgainError                      1  unexpected
    ├── UsageError                  2  usage
    ├── ConfigError                 3  config-invalid
    │   ├── ProfileMissing          3  profile-missing
    │   ├── SettingMissing          3  setting-missing
    │   ├── BindingChanged          3  binding-changed
    │   └── RedirectUnavailable     3  redirect-unavailable
    ├── AuthError                   4  authentication
    │   ├── LoginRequired           4  login-required
    │   ├── LoginTimedOut           4  login-timed-out
    │   ├── SignInRefused           4  sign-in-refused      (error in the redirect, RFC 6749 §4.1.2.1)
    │   └── GrantRefused            4  grant-refused        (error of the token endpoint, RFC 6749 §5.2)
    ├── NetworkError                5  network
    │   ├── TimedOut                5  timed-out
    │   └── BadAnswer               5  bad-answer
    ├── StoreError                  6  secret-store
    │   ├── KeyringMissing          6  keyring-missing
    │   └── KeyringLocked           6  keyring-locked
    └── ApiError                    7  api-error

``cli.execute`` alone turns one of these into an exit status. An ``exec`` that starts no command changes the status of
its error to 125 first (``exec_.child.with_exec_status``).
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar

from egain_auth_cli.sanitize import redact

_HINT_NOTE = "hint: "


class ExitCode(IntEnum):
    """Exit statuses of the command, as documented in the README; 125 to 141 are those of ``env`` and the shell."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    CONFIG = 3
    AUTH = 4
    NETWORK = 5
    STORE = 6
    API = 7
    EXEC_FAILED = 125
    NOT_RUN = 126
    NOT_FOUND = 127
    INTERRUPTED = 130
    READER_GONE = 141

    @property
    def starts_no_command(self) -> bool:
        """Whether this is one of ``exec``'s own, as ``env`` has them."""
        return self in (ExitCode.EXEC_FAILED, ExitCode.NOT_RUN, ExitCode.NOT_FOUND)


class EgainError(Exception):
    """An error with one line for the person, what to do about it, and an exit status.

    Args:
        message: One line, lower case, no full stop; literals in backticks. A live secret in it or the hint is masked.
        hint: What to do next, or None.
        status: The HTTP status that led here, or None.
        oauth_error: The OAuth ``error`` value that led here, or None.

    Attributes:
        code: The kind of error for programs, in kebab-case; it does not change between releases.
        exit_code: The exit status of the command that ends with it.
    """

    code: ClassVar[str] = "unexpected"
    exit_code: ExitCode = ExitCode.UNEXPECTED

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        status: int | None = None,
        oauth_error: str | None = None,
    ) -> None:
        self.message = redact(message)
        super().__init__(self.message)
        self.hint = hint
        self.status = status
        self.oauth_error = oauth_error

    def __str__(self) -> str:
        return self.message

    @property
    def hint(self) -> str | None:
        """What to do next; a traceback shows it below the message."""
        return self._hint

    @hint.setter
    def hint(self, text: str | None) -> None:
        text = None if text is None else redact(text)
        self._hint = text
        others = [note for note in getattr(self, "__notes__", ()) if not note.startswith(_HINT_NOTE)]
        self.__notes__ = [*others, f"{_HINT_NOTE}{text}"] if text else others

    # NOTE: the keys are a promise of the README: scripts read them.
    def as_dict(self) -> dict[str, object]:
        """Return the object of ``--error-format json``; None where a key has no value."""
        return {
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "exit": int(self.exit_code),
            "status": self.status,
            "oauth_error": self.oauth_error,
        }


class UsageError(EgainError):
    """The command line is used in a wrong way."""

    code = "usage"
    exit_code = ExitCode.USAGE


class ConfigError(EgainError):
    """A profile or a setting is invalid, or its file is unreadable."""

    code = "config-invalid"
    exit_code = ExitCode.CONFIG


class ProfileMissing(ConfigError):
    """The profile asked for does not exist, or none is chosen."""

    code = "profile-missing"


class SettingMissing(ConfigError):
    """A flow needs a setting that no source gives."""

    code = "setting-missing"


class BindingChanged(ConfigError):
    """A stored credential belongs to another client, token endpoint or API."""

    code = "binding-changed"


class RedirectUnavailable(ConfigError):
    """No registered redirect URI can be listened on."""

    code = "redirect-unavailable"


class AuthError(EgainError):
    """Sign-in is needed, or credentials were refused."""

    code = "authentication"
    exit_code = ExitCode.AUTH


class LoginRequired(AuthError):
    """There is no usable stored login."""

    code = "login-required"


class LoginTimedOut(AuthError):
    """Nobody signed in before the time-out."""

    code = "login-timed-out"


class SignInRefused(AuthError):
    """The authorization server answered the sign-in with an error (RFC 6749 §4.1.2.1)."""

    code = "sign-in-refused"


class GrantRefused(AuthError):
    """The token endpoint refused the grant (RFC 6749 §5.2)."""

    code = "grant-refused"


class NetworkError(EgainError):
    """DNS, TLS, proxy or connection failure.

    Attributes:
        received: What had come of an answer's body; emptied by whoever looks at it.
    """

    received = b""
    code = "network"
    exit_code = ExitCode.NETWORK


class TimedOut(NetworkError):
    """The server did not answer in time."""

    code = "timed-out"


class BadAnswer(NetworkError):
    """The server answered something that is not what the protocol says."""

    code = "bad-answer"


class StoreError(EgainError):
    """The secret store or the token cache failed."""

    code = "secret-store"
    exit_code = ExitCode.STORE


class KeyringMissing(StoreError):
    """No usable keyring back-end is there."""

    code = "keyring-missing"


class KeyringLocked(StoreError):
    """The keyring is locked, or did not answer in time."""

    code = "keyring-locked"


class ApiError(EgainError):
    """The API answered ``call`` with an error status."""

    code = "api-error"
    exit_code = ExitCode.API
