"""Questions to a person who makes a profile, and what counts as an answer to each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from egain_auth_cli.errors import ConfigError, EgainError
from egain_auth_cli.flows import RECORDS
from egain_auth_cli.models.grants import Actor, Flow
from egain_auth_cli.models.urls import check_url
from egain_auth_cli.sanitize import printable, split_list
from egain_auth_cli.settings.keys import KEY, check_scopes

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.terminal import Terminal

T = TypeVar("T")

_LEFT_OUT = "-"
_WRAPPED = re.compile(r"""\A(?:(["'`])(.+)\1)\Z|\A<(.+)>\Z""")
_WEB = "Web"
"""The Platform that has several flows."""


class Questions:
    """Asks, checks, and asks again; what was answered is the default of the same question later.

    Args:
        terminal: Where the person is.
    """

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._answers: dict[str, str] = {}

    def ask(self, label: str, read: Callable[[str, str], T], *, default: str = "") -> T:
        """Ask until ``read``, which gets the answer and the label, takes the answer.

        Raises:
            KeyboardInterrupt: The person ended it.
        """
        while True:
            answer = self._terminal.ask(label, default=self._answers.get(label, default))
            answer = "" if answer == _LEFT_OUT else _WRAPPED.sub(r"\2\3", answer)
            try:
                taken = read(answer, label)
            except EgainError as exc:
                self._terminal.instruct_rows([("", exc.message)], widths=(1,))
                continue
            self._answers[label] = answer
            return taken

    def forget(self, label: str) -> None:
        """Let the question's own default hold again, not the answer that was given."""
        self._answers.pop(label, None)

    def agrees(self, label: str, *, default: str = "yes") -> bool:
        """Ask a question of yes or no.

        Args:
            label: The question.
            default: What Enter says.

        Raises:
            KeyboardInterrupt: The person ended it.
        """
        while True:
            answer = self._terminal.ask(f"{label} (yes, no)", default=default).lower()
            if answer and ("yes".startswith(answer) or "no".startswith(answer)):
                return "yes".startswith(answer)
            self._terminal.instruct("  yes or no?")


def needed(read: Callable[[str, str], T]) -> Callable[[str, str], T]:
    """Refuse an empty answer as that, and read every other."""

    def read_needed(text: str, label: str) -> T:
        if not text:
            raise ConfigError(f"this is needed: {_subject(label)}")
        return read(text, label)

    return read_needed


def optional(read: Callable[[str, str], T]) -> Callable[[str, str], T | None]:
    """Take an empty answer as none, and read every other."""
    return lambda text, label: read(text, label) if text else None


def _subject(label: str) -> str:
    """Return what a question asks for, without its explanations."""
    return re.split(r" \(|, |: ", label, maxsplit=1)[0]


def url_answer(text: str, label: str) -> str:
    """Return a URL."""
    return check_url(text, field=_subject(label))


def api_answer(text: str, label: str) -> str:
    """Return the API's base; eGain shows it without a scheme."""
    return check_url(text if "://" in text else f"https://{text}", field=_subject(label), query=False)


def text_answer(key: str) -> Callable[[str, str], str]:
    """Return what reads an answer that is the value of a key, held to that key's rule."""

    def read(text: str, label: str) -> str:
        KEY[key].check(text, _subject(label))
        return text

    return read


prefix_answer = text_answer("scope_prefix")
instance_answer = text_answer("domain_hint")


def scopes_answer(text: str, _: str) -> tuple[str, ...]:
    """Return scopes that are separated by blanks or commas."""
    return check_scopes(split_list(text), "scopes")


def flow_answer(text: str, _: str) -> Flow:
    """Return the flow of this name, in letters of any size, or of a Platform that has one flow alone."""
    try:
        return Flow(text)
    except ValueError:
        pass
    if text.lower() == _WEB.lower():
        own = (one.flow for one in RECORDS.values() if one.platform.startswith(_WEB))
        raise ConfigError(f"a Web application has several flows: {', '.join(own)}")
    raise ConfigError(f"`{printable(text, limit=40)}` is none of {', '.join(Flow)}")


def actor_answer(text: str, _: str) -> Actor:
    """Return who acts; an agent is what the guide calls a user."""
    word = text.lower()
    if word not in ("agent", *Actor):
        raise ConfigError(f"`{printable(text, limit=40)}` is none of {', '.join(Actor)}")
    return Actor.USER if word == "agent" else Actor(word)
