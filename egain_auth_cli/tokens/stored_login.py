"""What is kept of a login."""

from __future__ import annotations

import json
from typing import NamedTuple

from egain_auth_cli.errors import StoreError
from egain_auth_cli.models.secret import Secret

STEERING_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})
"""Scopes that steer the answer and are not named in it."""


class StoredLogin(NamedTuple):
    """What is kept of a login.

    Attributes:
        refresh_token: The newest one.
        scopes: What the login asked for, as on the wire.
        granted: What the server granted, with the scopes that steer its answer; empty where it did not say.
        person: Who signed in, by the unverified claims of the first answer; None where it did not say.
        id: Made up at the sign-in; cached tokens are found by it.
    """

    refresh_token: Secret
    scopes: tuple[str, ...]
    granted: tuple[str, ...] = ()
    person: str | None = None
    id: str = ""

    def as_secret(self) -> Secret:
        """Return the login as one secret text."""
        record = {
            "refresh_token": self.refresh_token.reveal(),
            "scopes": self.scopes,
            "granted": self.granted,
            "person": self.person,
            "id": self.id,
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
            # Logins of release 0.1 do not say what was granted, nor to whom, and have no id.
            scopes, granted = (tuple(map(str, one)) for one in (record["scopes"], record.get("granted", ())))
            person, login = record.get("person"), str(record.get("id", ""))
            return cls(Secret(str(record["refresh_token"])), scopes, granted, str(person) if person else None, login)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise StoreError("the stored login cannot be read", hint="run `egain login --force`") from None
