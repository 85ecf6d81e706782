"""Prints a JWT for token exchange: `python -m egain_auth_cli.sandbox.subject_token [NAME]`."""

from __future__ import annotations

import sys
import time

from egain_auth_cli.sandbox.json_web_token import encode_jwt
from egain_auth_cli.sandbox.people import find_person
from egain_auth_cli.sandbox.registrations import SUBJECT_ISSUER, TENANT

LIFETIME = 3600


def make_subject_token(username: str, *, now: float) -> str:
    """Make the JWT of a person, known or not; `now` is epoch seconds. It is unsigned."""
    person = find_person(username=username)
    claims = {
        "iss": SUBJECT_ISSUER,
        "aud": TENANT,
        "sub": username,
        "email": person.email if person else f"{username}@people.example",
        "iat": int(now),
        "exp": int(now) + LIFETIME,
    }
    return encode_jwt(claims, key=None)


def main(arguments: list[str]) -> int:
    """Print the token of the person named, alice by default."""
    if len(arguments) > 1 or (arguments and arguments[0].startswith("-")):
        sys.stderr.write("usage: python -m egain_auth_cli.sandbox.subject_token [NAME]\n")
        return 2
    sys.stdout.write(make_subject_token(arguments[0] if arguments else "alice", now=time.time()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
