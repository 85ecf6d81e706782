"""The authorization request and the redirect that answers it (RFC 6749 §4.1, RFC 7636 §4.3, RFC 9207)."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from egain_auth_cli.errors import SignInRefused
from egain_auth_cli.models.issuer import is_issuer_beside
from egain_auth_cli.models.oauth_errors import CANCELLED, decoded_text, explain
from egain_auth_cli.models.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

_VSCHAR = re.compile(r"[\x21-\x7e]+")
_PARAMETERS = ("code", "state", "iss", "error", "error_description", "access_token")
_LONGEST = 32 * 1024
"""Characters of a query: no real answer is near it, and the parser's work is bounded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """What the browser is sent to, and what the answer must match (RFC 6749 §4.1.1).

    Attributes:
        authorization_url: The endpoint; its own query is kept.
        client_id: The client application.
        redirect_uri: The registered URI, byte for byte.
        scopes: As they go on the wire, prefix included.
        state: At least 128 random bits, used once.
        code_challenge: PKCE's S256 challenge; None in the flow with a secret.
        domain_hint: Added where the endpoint's query has none.
        issuer: What ``iss`` must equal; None if it is not known.
        hints: OAuth ``error`` value to what it means in this flow.
    """

    authorization_url: str
    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str
    code_challenge: str | None = None
    domain_hint: str = ""
    issuer: str | None = None
    hints: Mapping[str, str] = field(default_factory=dict)

    @property
    def uri(self) -> str:
        """The URL to open, with the guide's parameters in the guide's order."""
        fields = {"client_id": self.client_id, "response_type": "code", "redirect_uri": self.redirect_uri}
        if self.scopes:
            fields["scope"] = " ".join(self.scopes)
        fields["state"] = self.state
        if self.code_challenge is not None:
            fields |= {"code_challenge": self.code_challenge, "code_challenge_method": "S256"}
        parts = urlsplit(self.authorization_url)
        # NOTE: eGain's URLs have a query of their own, such as domain_hint: it is kept as written, each name once.
        own = {_name(piece): piece for piece in reversed(parts.query.split("&")) if piece}
        kept = [piece for name, piece in reversed(own.items()) if name not in fields]
        if self.domain_hint and "domain_hint" not in own:
            kept.append(urlencode({"domain_hint": self.domain_hint}, quote_via=quote, safe=""))
        kept.append(urlencode(fields, quote_via=quote, safe=""))
        return urlunsplit(parts._replace(query="&".join(kept)))


class NotTheAnswer(Exception):
    """A request or a pasted text that is not the answer waited for; the wait goes on.

    Args:
        reason: What is wrong with it, for the person.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_redirect(query: str, request: AuthorizationRequest) -> Secret:
    """Return the code of a redirect's query, or of the form of a ``form_post`` (RFC 6749 §4.1.2).

    Args:
        query: Without the question mark.
        request: What was asked.

    Returns:
        The authorization code.

    Raises:
        NotTheAnswer: The state is missing or wrong, a parameter is doubled, or there is no code.
        SignInRefused: The state is right, and the server refused or is not the one that was asked.
    """
    fields = _fields(query)
    state = fields.get("state", "")
    # Before anything else: only who has the state speaks for the server, errors included (RFC 6749 §10.12).
    if not hmac.compare_digest(state.encode("utf-8", "surrogatepass"), request.state.encode()):
        raise NotTheAnswer("its `state` is not that of this login")
    _check_issuer(fields.get("iss"), request)
    if "access_token" in fields:
        raise NotTheAnswer("it holds a token in the URL, which no server should send")
    error, code = fields.get("error"), fields.get("code")
    if (error is None) == (code is None):
        raise NotTheAnswer("it holds neither a code nor an error, or both")
    if error is not None:
        raise _refused(error, fields.get("error_description", ""), request)
    if not code or not _VSCHAR.fullmatch(code):
        raise NotTheAnswer("its code is empty or not printable")
    return Secret(code)


def _fields(query: str) -> dict[str, str]:
    if len(query) > _LONGEST:
        raise NotTheAnswer("it is too long")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=64)
    except ValueError:
        raise NotTheAnswer("it cannot be parsed") from None
    known = [name for name, _ in pairs if name in _PARAMETERS]
    if len(known) != len(set(known)):
        raise NotTheAnswer("it holds a parameter twice")
    return dict(pairs)


def _check_issuer(found: str | None, request: AuthorizationRequest) -> None:
    """Refuse an answer of another server, before its code leaves for the token endpoint (RFC 9207 §2.4)."""
    if found is None:
        return
    same = found == request.issuer if request.issuer is not None else is_issuer_beside(found, request.authorization_url)
    if not same:
        raise SignInRefused(
            f"the answer comes from another server than the one asked: `{decoded_text(found)}`",
            hint="sign in again; if this comes back, tell who runs the server, and see `issuer` in the profile",
        )


def _refused(error: str, description: str, request: AuthorizationRequest) -> SignInRefused:
    name, text = decoded_text(error), decoded_text(description) if description else ""
    what = "sign-in was cancelled by the person" if CANCELLED in text else "sign-in was refused"
    return SignInRefused(
        f"{what}: `{name}`" + (f": {text}" if text else ""),
        hint=explain(name, text, hints=request.hints, scopes=request.scopes),
        oauth_error=name,
    )


def _name(piece: str) -> str:
    pairs = parse_qsl(piece, keep_blank_values=True)
    return pairs[0][0] if pairs else ""
