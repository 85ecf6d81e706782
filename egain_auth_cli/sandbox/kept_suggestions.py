"""The suggestions that people have made, and the files that they have uploaded."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from egain_auth_cli.sandbox.world import Document, world


@dataclass(slots=True)
class Attachment:
    """A file on its way to a suggestion.

    Attributes:
        id: As a part of a suggestion.
        alt_id: Until it is one, and in the URL of its bytes.
        content: Its bytes; None until they have come.
    """

    id: str
    name: str
    size: int
    alt_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    content: bytes | None = None


@dataclass(slots=True)
class Suggestion:
    """A suggestion.

    Attributes:
        portal: The id of the portal that it was made in.
        owner: The id of whoever made it; None where nobody is known.
    """

    id: str
    portal: str
    owner: str | None
    name: str
    content: str
    status: str = "suggested"
    language: str = "en-US"
    description: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    custom: list[Document] = field(default_factory=list)


class Suggestions:
    """All suggestions of a sandbox, and the files that were uploaded; behind the lock of its state."""

    def __init__(self) -> None:
        self._all = [Suggestion(owner="1001", **one) for one in world()["suggestions"]]
        self._files: dict[str, Attachment] = {}

    def own(self, owner: str, portal: str) -> list[Suggestion]:
        """Return those of a person in a portal."""
        return [one for one in self._all if (one.owner, one.portal) == (owner, portal)]

    def add(self, **fields: object) -> None:
        """Keep another one."""
        number = 8001 + len(self._all)
        self._all.append(Suggestion(id=f"PROD-{number}", **fields))  # type: ignore[arg-type]  # checked by its schema

    def remove(self, one: Suggestion) -> None:
        """Forget one; its id is not used again."""
        one.owner = ""

    def expect(self, name: str, size: int) -> Attachment:
        """Keep the name and size of a file that is to come."""
        attachment = Attachment(f"PROD-{6101 + len(self._files)}", name, size)
        self._files[attachment.alt_id] = attachment
        return attachment

    def file(self, alt_id: str) -> Attachment | None:
        """Find a file."""
        return self._files.get(alt_id)
