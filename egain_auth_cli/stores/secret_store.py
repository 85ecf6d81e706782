"""What a store of secrets offers, how its items are named, and secrets that are bound to their use."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

from egain_auth_cli.errors import BindingChanged, StoreError
from egain_auth_cli.flows import sign_in_records
from egain_auth_cli.models.binding import Binding
from egain_auth_cli.models.grants import Actor, SecretStoreKind
from egain_auth_cli.models.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from egain_auth_cli.models.grants import Flow

_FORMAT = 1


class SecretStore(Protocol):
    """A place for secrets by item name. Each call returns within a few seconds or raises ``StoreError``."""

    kind: SecretStoreKind

    def get(self, item: str) -> str | None:
        """Return the value, or None if the store has none."""
        ...

    def set(self, item: str, value: str) -> None:
        """Keep the value, and read it back to be sure."""
        ...

    def delete(self, item: str) -> bool:
        """Delete the value; return whether there was one."""
        ...

    def describe(self) -> str:
        """Say in words where secrets are, for ``status``."""
        ...


class NoSecretStore:
    """The store of a profile that keeps nothing (``secret_store = "none"``)."""

    kind = SecretStoreKind.NONE

    def get(self, item: str) -> str | None:  # noqa: ARG002
        """Return nothing."""
        return None

    def set(self, item: str, value: str) -> None:  # noqa: ARG002
        """Refuse.

        Raises:
            StoreError: Always.
        """
        raise StoreError(
            'this profile keeps no secrets (`secret_store = "none"`)',
            hint="give the secret by `EGAIN_CLIENT_SECRET`, `EGAIN_CLIENT_SECRET_FILE` or `client_secret_command`, or "
            f"have it kept: `egain profile set {item.partition('/')[0]} secret_store keyring`",
        )

    def delete(self, item: str) -> bool:  # noqa: ARG002
        """Do nothing."""
        return False

    def describe(self) -> str:
        """Say that nothing is kept."""
        return "nowhere"


def client_secret_item(owner: str) -> str:
    """Name the item of a profile's client secret."""
    return f"{owner}/client-secret"


def login_item(owner: str, flow: Flow, actor: Actor) -> str:
    """Name the item of a stored login, its refresh token."""
    return f"{owner}/login/{flow.value}/{actor.value}"


def tokens_item(owner: str) -> str:
    """Name the item of a profile's access tokens, where they are kept in the keyring."""
    return f"{owner}/tokens"


def logins_of(owner: str) -> Iterator[tuple[Flow, Actor, str]]:
    """Yield every login that a profile can have: its flow, its actor, and the name of its item."""
    for record in sign_in_records():
        for actor in Actor:
            yield record.flow, actor, login_item(owner, record.flow, actor)


def login_items(owner: str) -> tuple[str, ...]:
    """Name every item that ``logout`` forgets."""
    return tuple(item for _, _, item in logins_of(owner))


def bound(secret: Secret, use: Binding) -> Secret:
    """Return what a store holds of a secret that is for this use alone."""
    # NOTE: the binding is stored with the secret: a changed URL in a profile, or a variable in some shell, must not
    # be enough to have a secret sent elsewhere.
    return Secret(_compact({"v": _FORMAT, **use.as_dict(), "value": _unescaped(secret.reveal())}))


def _unescaped(text: str) -> object:
    """Return a text that is a record of ours as that record: escaped within another one it would be far longer."""
    try:
        record = json.loads(text)
        return record if isinstance(record, dict) and _compact(record) == text else text
    except (ValueError, RecursionError):
        return text


def _compact(record: dict[str, object]) -> str:
    return json.dumps(record, separators=(",", ":"))


class BoundSecrets:
    """Secrets that are returned only for the use they were stored for.

    Args:
        store: The store itself; a keyring is opened when a secret is first needed.
    """

    def __init__(self, store: SecretStore) -> None:
        self.store = store

    def get(self, item: str, *, use: Binding, remedy: str, variable: str | None = None) -> Secret | None:
        """Return the secret of ``item`` if it was stored for this use.

        Args:
            item: The item's name.
            use: What it is to be used for.
            remedy: The command that stores it anew, for the hint.
            variable: Of the environment, where that names another client or address than the profile.

        Raises:
            BindingChanged: It belongs to another client, token endpoint or API.
            StoreError: The store failed, or holds something that is not ours.
        """
        record = self._record(item)
        if record is None:
            return None
        value, stored = record
        changed = use.changed_from(stored)
        if changed is not None:
            hint = f"change the {changed} back (`egain status` names its source), or run `{remedy}`"
            if variable is not None:
                hint = f"`{variable}` names another one: unset it, or name the profile by `-p`, which keeps its own"
            raise BindingChanged(f"the stored credential belongs to another {changed} and is not used", hint=hint)
        return Secret(value)

    def set(self, item: str, secret: Secret, *, use: Binding) -> None:
        """Keep a secret for this use alone.

        Raises:
            StoreError: The store failed.
        """
        self.store.set(item, bound(secret, use).reveal())

    def binding(self, item: str) -> Binding | None:
        """Return what the item was stored for, or None if there is none."""
        record = self._record(item)
        return None if record is None else record[1]

    def unbound(self, item: str) -> Secret | None:
        """Return the secret of ``item`` whatever it was stored for: to be moved or looked at, never to be sent."""
        record = self._record(item)
        return None if record is None else Secret(record[0])

    def delete(self, item: str) -> bool:
        """Delete an item; return whether there was one."""
        return self.store.delete(item)

    def _record(self, item: str) -> tuple[str, Binding] | None:
        raw = self.store.get(item)
        if raw is None:
            return None
        try:
            record = json.loads(raw)
            value = record["value"]
            value = _compact(value) if isinstance(value, dict) else value  # release 0.1 kept a text in every case
        except (ValueError, TypeError, KeyError, RecursionError):
            value = None
        if not isinstance(value, str) or record.get("v") != _FORMAT:
            Secret(raw)  # whatever it is, the redactor is to know it
            raise StoreError(
                f"the secret store holds something under `{item}` that `egain` did not write",
                hint="replace it with `egain secret set` or `egain login --force`",
            ) from None
        return value, Binding.from_dict(record)
