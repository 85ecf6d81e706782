"""Which scopes each flow may have, in eGain's three kinds, and what they allow (RFC 6749 §3.3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749.errors import InvalidScopeError

from egain_auth_cli.sandbox.realms import GrantType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from egain_auth_cli.sandbox.realms import Realm

# What a consent page calls each family of scopes, `<hub>.<manager>.<read|manage>`.
_FAMILIES = {
    "knowledge.portalmgr": "your knowledge portals and articles",
    "core.aiservices": "AI services",
    "knowledge.contentmgr": "knowledge content",
}
_ON_BEHALF_OF_FAMILIES = ("knowledge.portalmgr", "knowledge.contentmgr")  # the specification has no other
_ACTIONS = ("read", "manage")

OPENID = {
    "openid": "Know who you are",
    "profile": "See your name",
    "email": "See your e-mail address",
    "offline_access": "Stay signed in while you are away",
}
DELEGATED = tuple(f"{family}.{action}" for family in _FAMILIES for action in _ACTIONS)
ANONYMOUS = DELEGATED[:4]
ON_BEHALF_OF = tuple(f"{family}.onbehalfof.{action}" for family in _ON_BEHALF_OF_FAMILIES for action in _ACTIONS)
# eGain's pages name a permission of an application with `app.` here and without it there: both are taken.
APPLICATION = ("knowledge.portalmgr.manage", "knowledge.portalmgr.read", "knowledge.contentmgr.manage")
_APPLICATION_PATTERN = re.compile(r"app\.[a-z]+\.[a-z]+(\.interaction)?\.(read|manage)")
_CONVERSATION = ("app.conversation.conversationmgr", "app.conversation.conversationmgr.interaction")
ASSIGNED = (*APPLICATION, *(f"{family}.{action}" for family in _CONVERSATION for action in _ACTIONS))
EXCHANGE_DEFAULT = ("knowledge.portalmgr.read", "core.aiservices.read")


def grant_scope(requested: str | None, *, realm: Realm, grant_type: GrantType, any_on_behalf: bool = False) -> str:
    """Check a requested scope against the flow and return it in wire form, `.default` spelled out.

    Args:
        requested: As sent.
        realm: Where.
        grant_type: The flow.
        any_on_behalf: Whether a person's own scopes may be had on behalf of one.

    Raises:
        InvalidScopeError: none requested where one is needed, or one that this flow cannot have.
    """
    scopes = (requested or "").split()
    if not scopes and grant_type == GrantType.TOKEN_EXCHANGE:
        scopes = list(EXCHANGE_DEFAULT)
    if not scopes:
        raise InvalidScopeError("The request names no scope.")
    if realm.commercial and _is_application(realm, grant_type) and _is_default(scopes, realm=realm):
        return " ".join(scopes[0].replace(".default", scope) for scope in ASSIGNED)
    for scope in scopes:
        name = bare_name(scope, realm=realm)
        if not _is_allowed(name, realm=realm, grant_type=grant_type, any_on_behalf=any_on_behalf):
            raise InvalidScopeError("A scope in the request is unknown, or not assigned to this application.")
    return " ".join(dict.fromkeys(scopes))


def bare_name(scope: str, *, realm: Realm) -> str | None:
    """Take the realm's prefix off a scope; None where the prefix is missing or out of place."""
    if scope in OPENID:
        return scope
    for prefix in realm.scope_prefixes:
        if scope.startswith(prefix):
            return scope.removeprefix(prefix)
    return None


def bare_scopes(scope: str, *, realm: Realm) -> tuple[str, ...]:
    """Take the prefix off every scope of a granted list."""
    return tuple(bare_name(item, realm=realm) or item for item in scope.split())


def allows(granted: Sequence[str], needed: str) -> bool:
    """Tell whether a token's bare scopes cover `needed`: `.manage` implies `.read`, any kind counts."""
    needed = needed.removeprefix("app.").replace(".onbehalfof.", ".")
    plain = {scope.removeprefix("app.").replace(".onbehalfof.", ".") for scope in granted}
    return needed in plain or (needed.endswith(".read") and f"{needed.removesuffix('.read')}.manage" in plain)


def describe_scope(scope: str) -> str:
    """Say in words what a bare scope lets an application do."""
    if scope in OPENID:
        return OPENID[scope]
    family, _, action = scope.rpartition(".")
    verb = "Read and change" if action == "manage" else "Read"
    return f"{verb} {_FAMILIES.get(family, family)}"


def _is_default(scopes: Sequence[str], *, realm: Realm) -> bool:
    return [bare_name(scope, realm=realm) for scope in scopes] == [".default"]


def _is_application(realm: Realm, grant_type: GrantType) -> bool:
    return grant_type == GrantType.CLIENT_CREDENTIALS and realm.actor != "anonymous"


def _is_allowed(scope: str | None, *, realm: Realm, grant_type: GrantType, any_on_behalf: bool) -> bool:
    if scope is None:
        return False
    if grant_type == GrantType.PASSWORD:
        return scope in ON_BEHALF_OF or (any_on_behalf and scope in DELEGATED)
    if _is_application(realm, grant_type):
        return scope in APPLICATION or _APPLICATION_PATTERN.fullmatch(scope) is not None
    if grant_type == GrantType.CLIENT_CREDENTIALS:
        return scope in ANONYMOUS
    return scope in DELEGATED or scope in OPENID
