"""A request to the listener: a code comes only of one with the right state, host and path."""

from __future__ import annotations

from urllib.parse import parse_qs

from egain_auth_cli.errors import SignInRefused
from egain_auth_cli.sign_in.arriving_head import ArrivingHead, SpeaksTls
from egain_auth_cli.sign_in.authorization import AuthorizationRequest, NotTheAnswer, read_redirect
from egain_auth_cli.sign_in.place import RedirectPlace
from egain_auth_cli.sign_in.redirect_request import Unacceptable, check_sender, parse_head, redirect_query

STATE = "made-up-state-0123456789"
ORIGIN = "https://login.acme.test"
ASKED = AuthorizationRequest(
    authorization_url=f"{ORIGIN}/authorize",
    client_id="client-1",
    redirect_uri="http://localhost:8400/callback",
    scopes=("a",),
    state=STATE,
)
PLACE = RedirectPlace.of(ASKED.redirect_uri)
HOSTS = {b"localhost:8400", b"127.0.0.1:8400", b"[::1]:8400"}
ORIGINS = {b"http://" + host for host in HOSTS}


def check(data: bytes) -> None:
    """Take the first byte for the size of the pieces in which the rest arrives."""
    raw = data[1:]
    whole, in_pieces = outcome(raw, len(raw) or 1), outcome(raw, data[0] + 1 if data else 1)

    assert whole == in_pieces, f"{whole!r} as a whole, {in_pieces!r} in pieces"
    if isinstance(whole, bytes):
        check_accepted(raw, whole.decode())


def outcome(raw: bytes, size: int) -> bytes | str | None:
    """Return the code, the name of the refusal, or None where the request is not whole."""
    try:
        return code_of(raw, size)
    except (Unacceptable, NotTheAnswer, SignInRefused, SpeaksTls) as exc:
        return f"{type(exc).__name__}: {exc}"


def code_of(raw: bytes, size: int) -> bytes | str | None:
    arriving = ArrivingHead()
    for at in range(0, len(raw), size):
        found = arriving.feed(raw[at : at + size])
        if found is None:
            continue
        head = parse_head(found)
        check_sender(head, PLACE, form_origin=ORIGIN)
        body = bytes(arriving.rest) + raw[at + size :]
        if len(body) < head.length:
            return None
        if head.path != PLACE.path:
            return "another path"
        return read_redirect(redirect_query(head, body[: head.length]), ASKED).reveal().encode()
    return None


def check_accepted(raw: bytes, code: str) -> None:
    top, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = top.split(b"\r\n")
    method, target, _ = first.split(b" ")
    headers = [(name.lower(), value.strip(b" \t")) for name, _, value in (line.partition(b":") for line in lines)]
    path, _, query = target.partition(b"?")
    form = query if method == b"GET" else body[: int(dict(headers)[b"content-length"])]
    fields = parse_qs(form.decode("ascii"), keep_blank_values=True)
    allowed = ORIGINS | ({ORIGIN.encode(), b"null"} if method == b"POST" else set())

    assert path == b"/callback"
    assert [value.lower() for name, value in headers if name == b"host"] in [[host] for host in HOSTS]
    assert {value for name, value in headers if name == b"origin"} <= allowed
    assert (fields["state"], fields["code"]) == ([STATE], [code])
    assert not fields.keys() & {"error", "access_token"}
    assert all(one.lower().startswith(ORIGIN) for one in fields.get("iss", []))
