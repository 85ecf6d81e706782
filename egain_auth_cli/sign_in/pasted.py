"""The redirect's address as people paste it: in quotes, broken over lines, without its scheme, from an HTML page."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from egain_auth_cli.sign_in.authorization import NotTheAnswer, read_redirect
from egain_auth_cli.sign_in.place import RedirectPlace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from egain_auth_cli.models.secret import Secret
    from egain_auth_cli.sign_in.authorization import AuthorizationRequest

_LONGEST = 64 * 1024
_LONGEST_PLACE = 4096
"""More than a registered redirect URI has characters."""
_END = 256
"""What of a beginning the next line can go on with: a name, an ampersand's escape."""
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_NO_SCHEME = re.compile(r"(?://)?(?:\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+)(?::\d+)?(?:/[^?\s]*)?\?")
"""Host, path and question mark. A query alone has an equals sign before any of its question marks."""
_PARAMETER = re.compile(r"(?:^|[?&])(code|state|error)=")
_PASTE_MARKS = re.compile("\x1b\\[20[01]~")
_AMPERSANDS = re.compile(r"&(?:(?:amp|#38|#x26);)+", re.IGNORECASE)
_SHELL_ESCAPES = re.compile(r"\\([?&=])")
"""As some shells write them into a line that is pasted there first."""
_MARK = r'[^!-~]|[<>"`]'
"""None of these can stand in a URL as it is. An apostrophe can, so it counts in pairs alone."""
_WRAPPING = re.compile(rf"\A(?:{_MARK})+|(?:{_MARK})+\Z")


class NotWhole(NotTheAnswer):
    """What was pasted so far is the beginning of an answer."""


class Pasted:
    """Puts together what is pasted, until it is the answer.

    Args:
        asked: The request that the answer must match.
    """

    def __init__(self, asked: AuthorizationRequest) -> None:
        self._asked = asked
        self._place = RedirectPlace.of(asked.redirect_uri)
        self._begun = ""

    @property
    def begun(self) -> bool:
        """Whether a beginning was pasted, and its end was not."""
        return bool(self._begun)

    def take(self, text: str) -> Secret:
        """Take a text: lines that came at once. Those of one broken address are joined, with a former beginning too.

        Returns:
            The authorization code.

        Raises:
            NotWhole: It is the beginning of an answer: its end may be given to the next call.
            NotTheAnswer: It is no answer, or not the one waited for.
            SignInRefused: It is the answer, and the server refused.
        """
        failure = NotTheAnswer("it is empty")
        for address in self._addresses(text):
            self._begun = ""
            try:
                return read_redirect(self._query(address), self._asked)
            except NotWhole as exc:
                self._begun, failure = address, exc
            except NotTheAnswer as exc:
                failure = exc
        raise failure

    def _addresses(self, text: str) -> Iterator[str]:
        address = _Address(self._begun)
        for line in filter(None, map(_tidy, text.splitlines())):
            if self._goes_on(address, line):
                address.append(line)
                continue
            if address.text:
                yield address.text
            address = _Address(line)
        if address.text:
            yield address.text

    def _goes_on(self, begun: _Address, line: str) -> bool:
        """Return whether a line is the next one of an address: no words, no address, nothing that it has already."""
        bare = _WRAPPING.sub("", line).lstrip("'")
        before_query = bare.partition("?")[0]
        if len(begun.text) <= _LONGEST_PLACE and self._place.begins_with(former := _unwrapped(begun.text)):
            return self._place.begins_with(former + before_query)
        if not begun.has_query or re.search(r"\s", bare):
            return False
        end = _unwrapped(begun.text[-_END:])
        if _URL.match(bare) or _NO_SCHEME.match(bare):  # the server's own, in `iss`
            return end.endswith("=") and not self._place.begins_with(before_query)
        return end.endswith("_") or not begun.parameters & set(_PARAMETER.findall(bare))

    def _query(self, address: str) -> str:
        """Return the parameters of a pasted address, or of its query alone.

        Raises:
            NotWhole: Something is missing at its end.
            NotTheAnswer: It is the address of another page, or no address.
        """
        text = _unwrapped(address)
        if len(text) > _LONGEST:
            raise NotTheAnswer("it is too long")
        if _NO_SCHEME.match(text):
            text = f"http://{text.removeprefix('//')}"
        if _URL.match(text):
            query = self._query_of_url(text)
        elif _PARAMETER.search(text):
            query = text.removeprefix("?")
        elif self._place.begins_with(text):
            raise NotWhole("its end is missing")
        else:
            raise NotTheAnswer("it is no redirect address with a code and a state")
        if not self._is_whole(query):
            raise NotWhole("it lacks a code or a state")
        return query

    def _query_of_url(self, text: str) -> str:
        try:
            url = urlsplit(text)
            if self._place.has(url):
                return url.query
        except ValueError:
            raise NotTheAnswer("it cannot be parsed") from None
        if self._place.begins_with(text):
            raise NotWhole("its end is missing")
        raise NotTheAnswer("it is the address of another page than the registered redirect URI")

    def _is_whole(self, query: str) -> bool:
        fields = dict(parse_qsl(query, keep_blank_values=True))
        state = fields.get("state")
        if state is None or not fields.keys() & {"code", "error", "access_token"}:
            return False
        return len(state) >= len(self._asked.state) or not self._asked.state.startswith(state)  # else it was cut


class _Address:
    """An address as its lines come. Of what it holds only the end is read again: there may be thousands of lines.

    Attributes:
        text: The lines so far, as they came.
        has_query: Whether a question or equals sign has come.
        parameters: The names in it that an answer has once.
    """

    def __init__(self, text: str) -> None:
        self.text = ""
        self.has_query = False
        self.parameters: set[str] = set()
        self.append(text)

    def append(self, line: str) -> None:
        former = self.text[-_END:]
        former = former if former == self.text else f"x{former}"  # not the beginning of a query
        fresh = _unwrapped(former + line)
        self.has_query |= bool(re.search("[?=]", fresh))
        self.parameters |= set(_PARAMETER.findall(fresh))
        self.text += line


def _tidy(line: str) -> str:
    text = _PASTE_MARKS.sub("", line)
    # Zero-width characters and other marks of a word processor.
    return "".join(char for char in text if unicodedata.category(char) != "Cf").strip()


def _unwrapped(text: str) -> str:
    text = _SHELL_ESCAPES.sub(r"\1", _AMPERSANDS.sub("&", text))
    while True:
        bare = _WRAPPING.sub("", text)
        if len(bare) > 1 and bare[0] == bare[-1] == "'":
            bare = bare[1:-1]
        if bare == text:
            return text
        text = bare
