"""Documents to make a profile of: eGain's metadata, its programs' settings, ``.env`` files."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.models.grants import Actor
from egain_auth_cli.profiles.discovery import Discovery
from egain_auth_cli.profiles.document import without_empty
from egain_auth_cli.profiles.env_file import variables_in
from egain_auth_cli.settings.profile import parse_profile
from fuzz.words import check_words

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def check(data: bytes) -> None:
    """Take the first byte for who acts and how it is read, the rest for the document."""
    first, raw = data[0] if data else 0, data[1:]
    actor = (None, Actor.USER, Actor.CUSTOMER)[first % 3]
    check_env_file(raw)
    try:
        values = instance(raw).discover("https://acme.test", actor=actor) if first & 128 else read(raw, actor)
        profile = parse_profile("acme", without_empty(values))
    except ConfigError as exc:
        check_words(exc)
        return
    for endpoint in profile.endpoints.values():
        for url in filter(None, (endpoint.token_url, endpoint.authorization_url)):
            parts = urlsplit(url)
            assert parts.scheme == "https" or parts.hostname in LOOPBACK
            assert "@" not in parts.netloc


def read(raw: bytes, actor: Actor | None) -> dict[str, object]:
    discovery = Discovery(lambda _: {})
    values = discovery.read("-", stdin=lambda: raw, actor=actor)
    assert all(text.isprintable() for text in (discovery.told or "", *discovery.doubts))
    return values


def instance(raw: bytes) -> Discovery:
    """Return an instance that answers both its documents with the same object."""
    import json

    def fetch(_: str) -> dict[str, object]:
        try:
            document = json.loads(raw)
        except (ValueError, RecursionError):
            document = {}
        return document if isinstance(document, dict) else {}

    return Discovery(fetch)


def check_env_file(raw: bytes) -> None:
    """Write values as people do, and read them back."""
    variables_in(raw.decode("utf-8", "replace"))
    values = [text for text in raw.decode("utf-8", "replace").split("\n") if text.isprintable()]
    for mark in "'\"":
        # What is escaped stays so, and hides no quote.
        own = {f"A{at}": re.sub(rf"([\\{mark}])", r"\\\1", text) for at, text in enumerate(values)}
        written = "".join(f"{name} = {mark}{text}{mark} # a note\n" for name, text in own.items())
        assert variables_in(written) == (own or None)
