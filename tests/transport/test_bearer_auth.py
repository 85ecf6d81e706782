"""Bearer tokens for the HTTP library's own clients."""

from __future__ import annotations

import asyncio
import threading
from functools import partial

import httpx
import pytest
from fakes.http_server import ScriptedServer, answer

from egain_auth_cli.errors import ConfigError, UsageError
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.tokens.holder import token_tries
from egain_auth_cli.transport.bearer_auth import BearerAuth


class Source:
    """Gives made-up tokens, another one for each that was refused."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []
        self._busy = threading.Lock()

    def token(self) -> Secret:
        return self._give(None)

    def renewed(self, rejected: Secret) -> Secret:
        return self._give(rejected)

    def settle(self) -> None:
        pass

    def _give(self, rejected: Secret | None) -> Secret:
        assert self._busy.acquire(blocking=False), "two renewals at once"
        self.asked.append(None if rejected is None else rejected.reveal())
        self._busy.release()
        return Secret("made-up-1" if rejected is None else "made-up-2")


def bearer_of(raw: bytes) -> str:
    (line,) = [line for line in raw.decode().split("\r\n") if line.lower().startswith("authorization:")]
    return line.partition(": ")[2]


@pytest.fixture
def source() -> Source:
    return Source()


def test_token_is_sent_to_the_api(source: Source) -> None:
    with ScriptedServer(answer()) as server, httpx.Client(trust_env=False) as client:
        client.get(f"{server.url}/a", auth=BearerAuth(api_url=server.url, tries=partial(token_tries, source)))

    assert ([bearer_of(raw) for raw in server.requests], source.asked) == (["Bearer made-up-1"], [None])


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_refused_token_is_renewed_once(source: Source, method: str) -> None:
    with ScriptedServer(answer("401 x")) as server, httpx.Client(trust_env=False) as client:
        found = client.request(
            method, server.url, content=b"x", auth=BearerAuth(api_url=server.url, tries=partial(token_tries, source))
        )

    assert (
        found.status_code,
        [bearer_of(raw) for raw in server.requests],
    ) == (401, ["Bearer made-up-1", "Bearer made-up-2"])


def test_stream_is_not_sent_twice(source: Source) -> None:
    with ScriptedServer(answer("401 x")) as server, httpx.Client(trust_env=False) as client:
        client.post(
            server.url, content=iter([b"x"]), auth=BearerAuth(api_url=server.url, tries=partial(token_tries, source))
        )

    assert len(server.requests) == 1


def test_async_client_is_served_alike(source: Source) -> None:
    async def ask(url: str) -> int:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(url, auth=BearerAuth(api_url=url, tries=partial(token_tries, source)))).status_code

    with ScriptedServer(answer("401 x"), answer()) as server:
        assert asyncio.run(ask(server.url)) == 200

    assert source.asked == [None, "made-up-1"]


@pytest.mark.parametrize(
    "url",
    ["https://evil.test/", "http://api.acme.test/", "https://api.acme.test:8443/", "https://api.acme.test.evil.test/"],
)
def test_token_is_refused_to_another_origin(source: Source, url: str) -> None:
    auth = BearerAuth(api_url="https://api.acme.test", tries=partial(token_tries, source))

    with pytest.raises(UsageError, match="alone"):
        next(auth.sync_auth_flow(httpx.Request("GET", url)))
    assert source.asked == []


@pytest.mark.parametrize("url", ["https://API.acme.test/x", "https://api.acme.test:443/x"])
def test_same_origin_in_other_words_is_served(source: Source, url: str) -> None:
    auth = BearerAuth(api_url="https://api.acme.test", tries=partial(token_tries, source))

    assert next(auth.sync_auth_flow(httpx.Request("GET", url))).headers["Authorization"] == "Bearer made-up-1"


def test_unusable_api_url_is_refused(source: Source) -> None:
    with pytest.raises(ConfigError):
        BearerAuth(api_url="http://api.acme.test", tries=partial(token_tries, source))
