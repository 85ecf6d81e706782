"""The operations that the sandbox has: each a view, with the shapes of its answer and of its request's body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from egain_auth_cli.call.catalogue import operations

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

    from egain_auth_cli.call.catalogue import Operation

    View = Callable[..., ResponseReturnValue]

PORTALS = "/knowledge/portalmgr/v4"
CONTENT = "/knowledge/contentmgr/v4"
_BY_NAME = {(one.method, one.path): one for one in operations()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """An operation that the sandbox has.

    Attributes:
        operation: Of the catalogue.
        view: Answers it; takes the parts of the path by their names.
        answers: The schema of its answer; None where that has no body.
        body: The schema of the request's body; None where there is none.
        status: Of its answer.
        may_be_empty: Whether it answers 204 where there is nothing.
    """

    operation: Operation
    view: View
    answers: str | None
    body: str | None
    status: int
    may_be_empty: bool


RESOURCES: dict[Operation, Resource] = {}
"""Filled by the modules that hold the views."""


def resource(
    method: str,
    path: str,
    *,
    answers: str | None = None,
    body: str | None = None,
    status: int = 200,
    may_be_empty: bool = False,
) -> Callable[[View], View]:
    """Let a view answer an operation of the catalogue."""

    def register(view: View) -> View:
        operation = _BY_NAME[method, path]
        RESOURCES[operation] = Resource(
            operation=operation, view=view, answers=answers, body=body, status=status, may_be_empty=may_be_empty
        )
        return view

    return register
