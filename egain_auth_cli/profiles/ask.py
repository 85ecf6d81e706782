"""Asking a person for a profile: the Metadata panel's fields, in its order and with its names."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from egain_auth_cli.flows import RECORDS
from egain_auth_cli.models.grants import Actor, Deployment, Flow, Subject
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
from egain_auth_cli.profiles.fields import ProfileFields
from egain_auth_cli.profiles.inference import actors_by_shape, api_url_of, deployment_of, flow_of
from egain_auth_cli.profiles.summary import summary_lines
from egain_auth_cli.profiles.told import doubts_of, told_by_urls
from egain_auth_cli.profiles.url_shapes import shape_of
from egain_auth_cli.settings.keys import DEFAULT_REDIRECT_URI

if TYPE_CHECKING:
    from egain_auth_cli.terminal import Terminal

_AUTHORIZATION_URL = "Authorization URL (Auth URL)"
_WIDTH = 79


def ask_profile_fields(terminal: Terminal, name: str) -> ProfileFields:
    """Ask for everything that a profile needs, each answer checked at once, until the person agrees to the whole.

    Args:
        terminal: Where the person is.
        name: The profile's.

    Raises:
        KeyboardInterrupt: The person ended it.
    """
    terminal.instruct(
        "In the Administration Console open Partition > Integration > Client Application, choose yours,\n"
        "and press Metadata. Copy each value. Enter takes what stands in brackets, `-` leaves it out;\n"
        "Ctrl-C ends this, and nothing is kept."
    )
    questions = Questions(terminal)
    while True:
        fields = _ask_all(questions, terminal)
        terminal.instruct("\n" + "\n".join(summary_lines(name, profile_values(fields))) + "\n")
        if questions.agrees("Make this profile (yes, no)"):
            return fields
        terminal.instruct("Once more: Enter keeps what you have given.")


def _ask_all(questions: Questions, terminal: Terminal) -> ProfileFields:
    authorization_url = questions.ask(_AUTHORIZATION_URL, optional(url_answer))
    token_url = questions.ask("Token URL (Access Token URL)", needed(url_answer))
    pasted = ProfileFields(authorization_url=authorization_url, token_url=token_url)
    _say_what_urls_tell(terminal, pasted)
    scope_prefix = questions.ask("Scope Prefix (API Permission Prefix), if any", optional(prefix_answer))
    api_url = questions.ask("Domain URL (API Domain)", optional(api_answer), default=api_url_of(pasted) or "")
    flow = _ask_flow(questions, terminal, pasted)
    record = RECORDS[flow]
    if record.signs_in and authorization_url is None:
        authorization_url = questions.ask(_AUTHORIZATION_URL, needed(url_answer))
    domain_hint = _ask_instance(questions, authorization_url) if record.signs_in else None
    wanted = needed if "client_id" in record.needs else optional
    client_id = questions.ask("Client ID", wanted(text_answer("client_id")))
    actor = _ask_actor(questions, pasted, flow)
    redirect_uri = (
        questions.ask("Redirect URL, as registered", needed(url_answer), default=DEFAULT_REDIRECT_URI)
        if record.signs_in
        else None
    )
    wanted = needed if "scopes" in record.needs else optional
    usual = ".default" if flow is Flow.CLIENT_CREDENTIALS and deployment_of(pasted) is Deployment.COMMERCIAL else ""
    scopes = questions.ask("Scopes, separated by spaces or commas", wanted(scopes_answer), default=usual)
    return ProfileFields(
        client_id=client_id,
        flow=flow,
        actor=actor,
        scopes=scopes or (),
        scope_prefix=scope_prefix,
        redirect_uris=(redirect_uri,) if redirect_uri else (),
        domain_hint=domain_hint,
        authorization_url=authorization_url,
        token_url=token_url,
        api_url=api_url,
    )


def _say_what_urls_tell(terminal: Terminal, pasted: ProfileFields) -> None:
    told = told_by_urls(pasted, flow_is_asked=True)
    for text in ([told] if told else []) + list(doubts_of(pasted, profile_values(pasted))):
        terminal.instruct(textwrap.fill(text, _WIDTH, initial_indent="  ", subsequent_indent="  "))


def _ask_flow(questions: Questions, terminal: Terminal, pasted: ProfileFields) -> Flow:
    terminal.instruct("Flow, by the Platform of the client application in the console:")
    width = max(map(len, Flow)) + 2
    for one in RECORDS.values():
        text = f"{one.flow.value:<{width}}{one.platform}: {one.persona}"
        terminal.instruct(textwrap.fill(text, _WIDTH, initial_indent="  ", subsequent_indent=" " * (width + 2)))
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
