"""What is kept of a login, and the names of its lock and of the record of its renewal."""

from __future__ import annotations

import json
from typing import NamedTuple

from egain_auth_cli.errors import StoreError
from egain_auth_cli.models.secret import Secret

STEERING_SCOPES = frozenset({"openid", "profile", "offline_access"})
"""Scopes that steer the answer and are not named in it."""


class StoredLogin(NamedTuple):
    """What is kept of a login.

    Attributes:
        refresh_token: The newest one.
        scopes: What the login asked for, as on the wire.
        granted: What the server granted, with the scopes that steer its answer; empty where it did not say.
        person: Who signed in, by the unverified claims of the first answer; None where it did not say.
    """

    refresh_token: Secret
    scopes: tuple[str, ...]
    granted: tuple[str, ...] = ()
    person: str | None = None

    def as_secret(self) -> Secret:
        """Return the login as one secret text."""
        record = {
            "refresh_token": self.refresh_token.reveal(),
            "scopes": self.scopes,
            "granted": self.granted,
            "person": self.person,
        }
        return Secret(json.dumps(record, separators=(",", ":")))

    @classmethod
    def from_secret(cls, secret: Secret) -> StoredLogin:
        """Read what ``as_secret`` returned.

        Raises:
            StoreError: It is something else.
        """
        try:
            record = json.loads(secret.reveal())
            # Logins of release 0.1 do not say what was granted, nor to whom.
            scopes, granted = (tuple(map(str, one)) for one in (record["scopes"], record.get("granted", ())))
            person = record.get("person")
            return cls(Secret(str(record["refresh_token"])), scopes, granted, str(person) if person else None)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise StoreError("the stored login cannot be read", hint="run `egain login --force`") from None


def journal_item(home: str, item: str) -> str:
    """Return the name of the record of a login's renewal.

    Args:
        home: The configuration folder where logins are kept in it; empty where the keyring has them.
        item: The login.
    """
    return f"{home}:{item}" if home else item


def login_lock(item: str) -> str:
    """Return the name of a login's lock: whoever reads, renews, moves or removes it holds it."""
    return f"login {item}"
