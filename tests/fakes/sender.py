"""A sender of grants that records them and answers a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.models.token import TokenSet

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.models.form_request import FormRequest

    Answer = TokenSet | BaseException | Callable[[FormRequest], TokenSet]


class FakeSender:
    """Gives the script's answers in turn; an exception is raised, a function is called with the form."""

    def __init__(self, *script: Answer) -> None:
        self.script = list(script)
        self.forms: list[FormRequest] = []

    def request_token(self, form: FormRequest) -> TokenSet:
        self.forms.append(form)
        if not self.script:
            raise AssertionError(f"unexpected request: {form!r}")
        answer = self.script.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer if isinstance(answer, TokenSet) else answer(form)

    @property
    def sent(self) -> list[dict[str, str]]:
        """The fields of each form."""
        return [dict(form.fields) for form in self.forms]
