"""The suggestions that people have made, and the files that they have uploaded."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from egain_auth_cli.sandbox.world import world


@dataclass(slots=True)
class Attachment:
    """A file on its way to a suggestion.

    Attributes:
        content: Its bytes; None until they have come.
    """

    name: str
    size: int
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    content: bytes | None = None


@dataclass(slots=True)
class Suggestion:
    """A suggestion.

    Attributes:
        owner: The id of whoever made it; None where nobody is known.
    """

    id: str
    owner: str | None
    name: str
    content: str
    status: str = "suggested"
    language: str = "en-US"
    description: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


class Suggestions:
    """All suggestions of a sandbox, and the files that were uploaded; behind the lock of its state."""

    def __init__(self) -> None:
        self._all = [Suggestion(owner="1001", **one) for one in world()["suggestions"]]
        self._files: dict[str, Attachment] = {}

    def own(self, owner: str) -> list[Suggestion]:
        """Return those of a person."""
        return [one for one in self._all if one.owner == owner]

    def add(self, **fields: object) -> None:
        """Keep another one."""
        number = 8001 + len(self._all)
        self._all.append(Suggestion(id=f"PROD-{number}", **fields))  # type: ignore[arg-type]  # checked by its schema

    def remove(self, one: Suggestion) -> None:
        """Forget one; its id is not used again."""
        one.owner = ""

    def expect(self, name: str, size: int) -> Attachment:
        """Keep the name and size of a file that is to come."""
        attachment = Attachment(name, size)
        self._files[attachment.id] = attachment
        return attachment

    def file(self, identifier: str) -> Attachment | None:
        """Find a file."""
        return self._files.get(identifier)
