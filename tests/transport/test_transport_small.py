"""Retry-After, decoding, proxies and certificates."""

from __future__ import annotations

import gzip
import os
import ssl
import zlib
from typing import TYPE_CHECKING

import pytest
import trustme
from fakes.clock import NOW
from hypothesis import given, settings
from hypothesis import strategies as st

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.models.urls import Origin
from egain_auth_cli.sanitize import redact
from egain_auth_cli.transport.decoding import Decoder
from egain_auth_cli.transport.proxy import Proxy, proxy_for
from egain_auth_cli.transport.retry import pause, retry_after
from egain_auth_cli.transport.tls import trusting_context

if TYPE_CHECKING:
    from pathlib import Path

API = Origin("https", "api.acme.test", 443)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": " 120 "}, 120.0),
        ({"retry-after": "999999999"}, 999999999.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "1.5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Fri, 15 Jan 2027 08:01:00 GMT"}, 60.0),
        ({"retry-after": "Fri, 15 Jan 2027 07:00:00 GMT"}, 0.0),
        ({"x-ratelimit-reset": "2027-01-15T08:02:00Z"}, 120.0),
        ({"x-ratelimit-reset": "2027-01-15T08:02:00"}, 120.0),
        ({"x-ratelimit-reset": "2027-01-15 08:02:00 UTC"}, 120.0),
        ({"x-ratelimit-reset": "2027-01-15T10:02:00+02:00"}, 120.0),
        ({"x-ratelimit-reset": "Fri, 15 Jan 2027 08:01:00 GMT"}, 60.0),
        ({"x-ratelimit-reset": "later"}, None),
        ({"retry-after": "7", "x-ratelimit-reset": "2027-01-15T08:02:00Z"}, 7.0),
        ({"retry-after": "soon", "x-ratelimit-reset": "2027-01-15T08:02:00Z"}, 120.0),
    ],
)
def test_pause_that_a_server_asks_for_is_read(headers: dict[str, str], seconds: float | None) -> None:  # T08
    assert NOW == 1800000000.0
    assert seconds == retry_after(headers, now=NOW)


@settings(deadline=None, max_examples=500)
@given(
    st.text(max_size=40) | st.from_regex(r"[0-9:, A-Za-z+-]{0,40}"),
    st.sampled_from(["retry-after", "x-ratelimit-reset"]),
)
def test_no_header_breaks_the_reader_of_pauses(value: str, name: str) -> None:  # F16
    seconds = retry_after({name: value}, now=NOW)

    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    "value",
    [
        "Mon, 01 Jan 0001 00:00:00 GMT",
        "Mon, 99 Jan 99999 99:99:99 GMT",
        "1 Jan 1 0:0:0 -0000",
        "0001-01-01",
        "9999-12-31T23:59:59-23:59",
    ],
)
@pytest.mark.parametrize("name", ["retry-after", "x-ratelimit-reset"])
def test_date_beyond_the_calendar_does_no_harm(value: str, name: str) -> None:
    seconds = retry_after({name: value}, now=NOW)

    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    ("attempt", "asked", "jitter", "seconds"),
    [
        (0, None, 0.0, 0.5),
        (1, None, 0.0, 1.0),
        (2, None, 0.0, 2.0),
        (0, None, 1.0, 0.75),
        (0, 0.0, 1.0, 0.0),
        (0, 30.0, 0.0, 30.0),
        (0, 30.0, 1.0, 30.25),
    ],
)
def test_pause_doubles_and_jitters_and_heeds_the_server(
    attempt: int, asked: float | None, jitter: float, seconds: float
) -> None:  # T08
    assert seconds == pause(attempt, asked, jitter=lambda: jitter)


@settings(deadline=None)
@given(st.binary(max_size=5000), st.sampled_from(["gzip", "x-gzip", " GZIP ", "deflate"]), st.integers(1, 64))
def test_encoded_body_comes_back_in_pieces_of_any_size(body: bytes, encoding: str, size: int) -> None:
    raw = zlib.compress(body) if encoding == "deflate" else gzip.compress(body, mtime=0)
    decoder, streaming = Decoder(encoding, limit=10000), Decoder(encoding)
    pieces = [raw[start : start + size] for start in range(0, len(raw), size)]

    whole = b"".join(decoder.feed(piece) for piece in pieces)
    streamed = b"".join(out for piece in pieces for out in streaming.pieces(piece))
    decoder.finish()
    streaming.finish()
    assert body == whole == streamed


@pytest.mark.parametrize("encoding", ["", "identity", "Identity "])
def test_plain_body_comes_through(encoding: str) -> None:
    decoder = Decoder(encoding, limit=10)

    assert (decoder.feed(b"abc"), list(decoder.pieces(b"def"))) == (b"abc", [b"def"])
    decoder.finish()


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress", "gzip;q=1", "\x1b"])
def test_unknown_encoding_is_refused(encoding: str) -> None:  # N07
    with pytest.raises(ValueError, match="unknown content encoding"):
        Decoder(encoding)


@pytest.mark.parametrize("raw", [b"garbage", b"\x1f\x8bgarbage!", gzip.compress(b"x", mtime=0)[:-4] + b"!!!!"])
def test_garbage_is_refused(raw: bytes) -> None:  # T04
    with pytest.raises(ValueError, match="broken"):
        Decoder("gzip", limit=100).feed(raw)
    with pytest.raises(ValueError, match="broken"):
        list(Decoder("gzip").pieces(raw))


def test_body_cut_in_the_middle_is_refused() -> None:  # A10
    decoder = Decoder("gzip")
    list(decoder.pieces(gzip.compress(b"x" * 1000, mtime=0)[:-8]))

    with pytest.raises(ValueError, match="ends in the middle"):
        decoder.finish()


def test_body_of_nothing_is_whole() -> None:
    Decoder("gzip").finish()


@pytest.mark.parametrize("over", [0, 1])
def test_limit_holds_for_what_is_given_out(over: int) -> None:  # F12, N07
    raw = gzip.compress(b"x" * (1000 + over), mtime=0)
    decoder = Decoder("gzip", limit=1000)

    if over:
        with pytest.raises(ValueError, match="inflates too far"):
            decoder.feed(raw)
    else:
        assert len(decoder.feed(raw)) == 1000


def bomb(mebibytes: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return b"".join([*(packer.compress(b"\0" * 1024 * 1024) for _ in range(mebibytes)), packer.flush()])


def test_bomb_is_stopped_long_before_its_end() -> None:  # A09, N07, F12
    given = 0
    with pytest.raises(ValueError, match="inflates too far"):  # noqa: PT012
        for piece in Decoder("gzip").pieces(bomb(64)):
            given += len(piece)

    assert given <= 16 * 1024 * 1024 + 256 * 1024


def test_bomb_in_small_doses_is_stopped_too() -> None:  # N07
    raw = bomb(64)
    decoder = Decoder("gzip", limit=1024 * 1024)
    given = 0
    with pytest.raises(ValueError, match="inflates too far"):  # noqa: PT012
        for start in range(0, len(raw), 100):
            given += len(decoder.feed(raw[start : start + 100]))

    assert given <= 1024 * 1024


def test_large_honest_body_passes() -> None:
    body = bytes(range(256)) * 4 * 1024 * 20
    streamed = b"".join(Decoder("gzip").pieces(gzip.compress(body, 1, mtime=0)))

    assert body == streamed


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_loopback_never_goes_through_a_proxy(monkeypatch: pytest.MonkeyPatch, host: str) -> None:  # N04
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://proxy.test:3128")

    assert [proxy_for(Origin(scheme, host, 8080), os.environ) for scheme in ("http", "https")] == [None, None]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://proxy.test:3128"}, "http://proxy.test:3128"),
        ({"https_proxy": "proxy.test:3128"}, "http://proxy.test:3128"),
        ({"ALL_PROXY": "https://proxy.test"}, "https://proxy.test"),
        ({"HTTP_PROXY": "http://proxy.test"}, None),
        ({"HTTPS_PROXY": ""}, None),
        ({"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": "api.acme.test"}, None),
        ({"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": ".acme.test"}, None),
        ({"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": "other.test, api.acme.test:443"}, None),
        ({"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": "other.test"}, "http://proxy.test"),
    ],
)
def test_proxy_is_the_environments(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], expected: str | None
) -> None:  # N04
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    found = proxy_for(API, os.environ)

    assert expected == (found.url if found else None)


def test_proxys_password_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:  # N04
    monkeypatch.setenv("HTTPS_PROXY", "http://user:made%2Dup-password@proxy.test:3128")
    proxy_for(API, os.environ)

    assert redact("made-up-password made%2Dup-password") == "**** ****"


@pytest.mark.parametrize(
    ("userinfo", "expected"),
    [
        ("", None),
        ("user:made-up@", (b"user", b"made-up")),
        ("user@", (b"user", b"")),
        ("us%3Aer:p%40ss%2Fmade%C3%A9@", (b"us:er", "p@ss/madeé".encode())),
    ],
)
def test_proxys_credentials_are_taken_out_of_its_url(
    monkeypatch: pytest.MonkeyPatch, userinfo: str, expected: tuple[bytes, bytes] | None
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"https://{userinfo}proxy.test:3128")

    assert Proxy("https://proxy.test:3128", expected) == proxy_for(API, os.environ)


@pytest.mark.parametrize(
    "proxy",
    [
        "http://a..b:1",
        "http://h x:3",
        "http://-x:1",
        "socks5://proxy.test",
        "http://",
        "http://proxy.test:99999",
        "http://[::1",
        "http://proxy.test:0",
        "://x",
    ],
)
def test_unusable_proxy_is_a_configuration_error_that_does_not_show_it(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)

    with pytest.raises(ConfigError, match="the proxy in `HTTPS_PROXY`") as caught:
        proxy_for(API, os.environ)

    assert proxy not in caught.value.message


@pytest.mark.parametrize("environ", [{}, {"SSL_CERT_FILE": ""}])
def test_certificates_are_always_verified(environ: dict[str, str]) -> None:  # N02
    context = trusting_context(environ)

    expected = (ssl.CERT_REQUIRED, True, ssl.TLSVersion.TLSv1_2)
    assert expected == (context.verify_mode, context.check_hostname, context.minimum_version)


def test_session_keys_are_written_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # N05
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))

    assert trusting_context({"SSLKEYLOGFILE": str(tmp_path / "keys")}).keylog_filename is None
    assert not (tmp_path / "keys").exists()


def test_given_certificates_replace_the_systems(tmp_path: Path) -> None:  # N03
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))

    context = trusting_context({"SSL_CERT_FILE": str(tmp_path / "ca.pem")})
    assert len(context.get_ca_certs()) == 1
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize("kind", ["missing", "empty", "no certificate", "folder", "binary"])
def test_unusable_certificates_are_refused_and_never_skipped(tmp_path: Path, kind: str) -> None:  # N03
    file = tmp_path / "ca.pem"
    if kind == "folder":
        file.mkdir()
    elif kind != "missing":
        file.write_bytes({"empty": b"", "no certificate": b"hello\n", "binary": b"\x00\xff"}[kind])

    with pytest.raises(ConfigError, match="`SSL_CERT_FILE` names") as caught:
        trusting_context({"SSL_CERT_FILE": str(file)})

    assert str(file) in caught.value.message
    assert caught.value.exit_code == 3


def test_missing_folder_of_certificates_trusts_nobody(tmp_path: Path) -> None:  # N03
    context = trusting_context({"SSL_CERT_DIR": str(tmp_path / "nowhere")})

    assert context.get_ca_certs() == []
    assert context.verify_mode == ssl.CERT_REQUIRED
