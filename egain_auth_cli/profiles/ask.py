"""Asking a person for a profile: the Metadata panel's fields, in its order and with its names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from egain_auth_cli.flows import RECORDS
from egain_auth_cli.models.grants import Actor, Deployment, Flow, SecretStoreKind, Subject
from egain_auth_cli.profiles.add import profile_values
from egain_auth_cli.profiles.answers import (
    Questions,
    actor_answer,
    api_answer,
    flow_answer,
    instance_answer,
    needed,
    optional,
    prefix_answer,
    scopes_answer,
    text_answer,
    url_answer,
)
from egain_auth_cli.profiles.doubts import doubt_of_option, doubts_of
from egain_auth_cli.profiles.fields import ProfileFields
from egain_auth_cli.profiles.inference import actors_by_shape, api_url_of, deployment_of, flow_of, pasted_urls
from egain_auth_cli.profiles.summary import summary_rows
from egain_auth_cli.profiles.told import told_by_urls
from egain_auth_cli.profiles.url_shapes import shape_of
from egain_auth_cli.settings.keys import DEFAULT_REDIRECT_URI
from egain_auth_cli.stores.atomic import of_mode

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.terminal import Terminal

_AUTHORIZATION_URL = "Authorization URL (Auth URL)"
_TOKEN_URL = "Token URL (Access Token URL)"  # noqa: S105  a label
_PREFIX = "Scope Prefix (API Permission Prefix), if any"
_API = "Domain URL (API Domain)"
_REDIRECT = "Redirect URL, as registered"
_LABELS = {
    "authorization_url": _AUTHORIZATION_URL,
    "token_url": _TOKEN_URL,
    "revocation_url": "Revocation URL",
    "scope_prefix": _PREFIX,
    "api_url": _API,
    "redirect_uris": _REDIRECT,
}
"""The questions for the fields that may be doubtful."""
_INTRODUCTION = (
    "In the Administration Console open Partition > Integration > Client Application, choose yours, and press "
    "Metadata. Copy each value. Enter takes what stands in brackets, `-` leaves it out; Ctrl-C ends this, "
    "and nothing is kept."
)
_OF_SCOPES = "A scope is a word such as knowledge.portalmgr.read; the Permissions tab has yours."


def ask_profile_fields(terminal: Terminal, name: str, *, has_keyring: bool) -> ProfileFields:
    """Ask for everything that a profile needs, each answer checked at once, until the person agrees to the whole.

    Args:
        terminal: Where the person is.
        name: The profile's.
        has_keyring: Whether secrets can be kept in one; else it is asked where.

    Raises:
        KeyboardInterrupt: The person ended it.
    """
    terminal.instruct_rows([(_INTRODUCTION,)], widths=())
    questions = Questions(terminal)
    kept: set[str] = set()
    while True:
        fields = _ask_all(questions, terminal, kept)
        if not has_keyring and fields.flow and (RECORDS[fields.flow].signs_in or RECORDS[fields.flow].needs_secret):
            in_files = questions.agrees(f"There is no keyring here: keep secrets in plain files{of_mode()}")
            fields = replace(fields, secret_store=SecretStoreKind.FILE if in_files else SecretStoreKind.NONE)
        terminal.instruct(f"\nprofile `{name}`:")
        terminal.instruct_rows(summary_rows(name, profile_values(fields)), widths=(1, 18))
        terminal.instruct("")
        if questions.agrees("Make this profile"):
            return fields
        terminal.instruct("Once more: Enter keeps what you have given.")


def _ask_all(questions: Questions, terminal: Terminal, kept: set[str]) -> ProfileFields:
    def settled(ask: Callable[[], ProfileFields], label: str = "") -> ProfileFields:
        """Ask until nothing of it is doubtful, or the person stays with it."""
        while True:
            given = ask()
            doubts = [one for one in doubts_of(given, profile_values(given), name=_label) if one not in kept]
            for doubt in doubts:
                _say(terminal, doubt)
            if not doubts or questions.agrees("Keep it all the same", default="no"):
                kept.update(doubts)
                return given
            questions.forget(label)

    pasted = settled(lambda: _ask_urls(questions))
    told = told_by_urls(pasted, flow_is_asked=True)
    if told:
        _say(terminal, told)
    pasted = settled(lambda: replace(pasted, scope_prefix=questions.ask(_PREFIX, optional(prefix_answer))), _PREFIX)
    usual = api_url_of(pasted) or ""
    pasted = settled(lambda: replace(pasted, api_url=questions.ask(_API, optional(api_answer), default=usual)), _API)
    flow = _ask_flow(questions, terminal, pasted)
    record = RECORDS[flow]
    if record.signs_in and pasted.authorization_url is None:
        ask = needed(url_answer)
        pasted = settled(
            lambda: replace(pasted, authorization_url=questions.ask(_AUTHORIZATION_URL, ask)), _AUTHORIZATION_URL
        )
    domain_hint = _ask_instance(questions, pasted.authorization_url) if record.signs_in else None
    wanted = needed if "client_id" in record.needs else optional
    client_id = questions.ask("Client ID", wanted(text_answer("client_id")))
    actor = _ask_actor(questions, pasted, flow)
    if record.signs_in:
        pasted = settled(lambda: replace(pasted, redirect_uris=_ask_redirect(questions)), _REDIRECT)
    _say(terminal, _OF_SCOPES)
    wanted = needed if "scopes" in record.needs else optional
    usual = ".default" if flow is Flow.CLIENT_CREDENTIALS and deployment_of(pasted) is Deployment.COMMERCIAL else ""
    scopes = questions.ask("Scopes, separated by spaces or commas", wanted(scopes_answer), default=usual)
    return replace(pasted, client_id=client_id, flow=flow, actor=actor, scopes=scopes or (), domain_hint=domain_hint)


def _ask_urls(questions: Questions) -> ProfileFields:
    """Ask for the two URLs; where they are in each other's place, offer to change them."""
    given = ProfileFields(
        authorization_url=questions.ask(_AUTHORIZATION_URL, optional(url_answer)),
        token_url=questions.ask(_TOKEN_URL, needed(url_answer)),
    )
    swapped = replace(given, authorization_url=given.token_url, token_url=given.authorization_url)
    wrong = [{one.option for one in pasted_urls(each) if doubt_of_option(one)} for each in (given, swapped)]
    if wrong == [{"authorization_url", "token_url"}, set()] and questions.agrees("They are swapped: change them"):
        return swapped
    return given


def _ask_redirect(questions: Questions) -> tuple[str, ...]:
    return (questions.ask(_REDIRECT, needed(url_answer), default=DEFAULT_REDIRECT_URI),)


def _label(field: str) -> str:
    """Return what a question calls a field."""
    return _LABELS[field].partition(" (")[0].partition(",")[0]


def _say(terminal: Terminal, text: str) -> None:
    terminal.instruct_rows([("", text)], widths=(1,))


def _ask_flow(questions: Questions, terminal: Terminal, pasted: ProfileFields) -> Flow:
    terminal.instruct_rows([("Flow, by the Platform of the client application in the console:",)], widths=())
    rows = [("", one.flow.value, f"{one.platform}: {one.persona}") for one in RECORDS.values()]
    terminal.instruct_rows(rows, widths=(1, max(map(len, Flow)) + 1))
    return questions.ask("Flow", needed(flow_answer), default=_likely(pasted).value)


def _likely(pasted: ProfileFields) -> Flow:
    """Return the flow that the URLs are for; of unknown ones the first that signs in if there is a page for it."""
    signs_in = bool(pasted.authorization_url)
    return flow_of(pasted) or next(one.flow for one in RECORDS.values() if one.signs_in is signs_in)


def _ask_instance(questions: Questions, authorization_url: str | None) -> str | None:
    """Ask for the instance where a commercial sign-in page would not know it otherwise."""
    shape = shape_of(authorization_url)
    if shape is None or shape.deployment is not Deployment.COMMERCIAL or "domain_hint=" in (authorization_url or ""):
        return None
    return questions.ask("Instance, such as demo.egain.cloud (domain_hint)", needed(instance_answer))


def _ask_actor(questions: Questions, pasted: ProfileFields, flow: Flow) -> Actor | None:
    """Return who acts: as the URLs tell, else as the person says; None where the flow is for neither."""
    endpoints = RECORDS[flow].endpoints
    if endpoints(Actor.USER, None) == endpoints(Actor.CUSTOMER, Subject.EMAIL):
        return None
    shape = shape_of(pasted.token_url)
    told = {*actors_by_shape(pasted), *([shape.actor] if shape and shape.actor else [])}
    if len(told) == 1:
        return told.pop()
    return questions.ask("Actor: user (an agent) or customer", needed(actor_answer), default=Actor.USER.value)
