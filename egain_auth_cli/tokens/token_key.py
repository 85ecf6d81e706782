"""What a cached token is found by."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from egain_auth_cli.stores.token_cache import CacheKey

if TYPE_CHECKING:
    from egain_auth_cli.models.secret import Secret
    from egain_auth_cli.settings.settings import Settings


def cache_key(settings: Settings, *, login: str | None, subject_token: Secret | None = None) -> CacheKey:
    """Return the key of a token: everything that shapes it. A new client secret does not make valid tokens void.

    Args:
        settings: What is asked for.
        login: The id of the login that the token is of; None where nobody signs in.
        subject_token: Another identity provider's token, where one is exchanged.
    """
    made_of = {
        "flow": settings.need_flow().flow.value,
        "actor": settings.actor.value.value,
        "client_id": settings.client_id.value,
        "token_url": settings.need("token_url"),
        "api_origin": settings.api_origin,
        "scopes": list(settings.wire_scopes),
        "subject": [settings.subject.value if settings.subject else None, settings.subject_name],
        "registration_id": settings.registration_id.value,
        "login": login,
        # As a digest: the key is a file's name, and the other provider's token is a secret.
        "subject_token": sha256(subject_token.reveal().encode()).hexdigest() if subject_token else None,
    }
    return CacheKey(owner=settings.owner, made_of=made_of)
