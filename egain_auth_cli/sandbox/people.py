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
    """One person known to the sandbox; any password will do.

    Attributes:
        username: For the sign-in page and `subject_username`.
        user_id: For `subject_userid`.
        email: For `subject_email`.
        actor: A user or a customer.
    """

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


PEOPLE = tuple(
    Person(
        username=first_name.lower(),
        user_id=user_id,
        email=f"{first_name.lower()}@people.example",
        first_name=first_name,
        last_name=last_name,
        actor=actor,
    )
    for user_id, first_name, last_name, actor in (
        ("1001", "Alice", "Archer", Actor.USER),
        ("1002", "Bob", "Baker", Actor.USER),
        ("2001", "Carol", "Carter", Actor.CUSTOMER),
        ("2002", "Dave", "Draper", Actor.CUSTOMER),
    )
)


# By keyword, so that the caller says which names it takes: a claim may be any of them, a form field only its own.
def find_person(**names: str | None) -> Person | None:
    """Find the person for whom one of the named attributes has exactly the given value."""
    for person in PEOPLE:
        if any(value is not None and getattr(person, name) == value for name, value in names.items()):
            return person
    return None
