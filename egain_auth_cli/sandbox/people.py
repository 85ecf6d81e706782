"""The people who can sign in at the sandbox, and how a subject parameter or a claim names them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Actor(StrEnum):
    """On whose account a token acts: eGain's four personas."""

    USER = "user"
    CUSTOMER = "customer"
    CLIENT = "client"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person known to the sandbox; any password will do."""

    username: str
    user_id: str
    email: str
    first_name: str
    last_name: str
    actor: Actor

    @property
    def full_name(self) -> str:
        """First and last name, for a page."""
        return f"{self.first_name} {self.last_name}"


PEOPLE = (
    Person(
        username="alice",
        user_id="1001",
        email="alice@people.example",
        first_name="Alice",
        last_name="Archer",
        actor=Actor.USER,
    ),
    Person(
        username="bob",
        user_id="1002",
        email="bob@people.example",
        first_name="Bob",
        last_name="Baker",
        actor=Actor.USER,
    ),
    Person(
        username="carol",
        user_id="2001",
        email="carol@people.example",
        first_name="Carol",
        last_name="Carter",
        actor=Actor.CUSTOMER,
    ),
    Person(
        username="dave",
        user_id="2002",
        email="dave@people.example",
        first_name="Dave",
        last_name="Draper",
        actor=Actor.CUSTOMER,
    ),
)


def find_person(**names: str | None) -> Person | None:
    """Find the person for whom one of the named attributes has exactly the given value."""
    for person in PEOPLE:
        if any(value is not None and getattr(person, name) == value for name, value in names.items()):
            return person
    return None
