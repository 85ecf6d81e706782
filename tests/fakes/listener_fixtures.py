"""A listener on a port of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from egain_auth_cli.sign_in.listener import LoopbackListener
from egain_auth_cli.sign_in.sockets import bind_redirect
from fakes.listener_world import LOGIN, Inbox, Running

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=["http://127.0.0.1/callback"])
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    """A listener that waits for the redirect."""
    inbox = Inbox()
    bound = bind_redirect(request.param)
    with LoopbackListener(bound, on_redirect=inbox, on_tls=inbox.take_tls, form_origin=LOGIN) as listener:
        yield Running(listener, inbox, bound.redirect_uri)
