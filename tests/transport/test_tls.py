"""Whom a client trusts: the system's certificates, or those it is given, and nobody else."""

from __future__ import annotations

import socket
import ssl
import threading
from typing import TYPE_CHECKING

import pytest
import trustme
from fakes.exchanges import exchange, failing
from fakes.http_server import answer
from fakes.tls_server import tls_server, trusted

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.transport.client import HttpClient
from egain_auth_cli.transport.tls import trusting_context

if TYPE_CHECKING:
    from pathlib import Path


def test_trusted_server_is_served(tmp_path: Path) -> None:
    ca = trustme.CA()
    with tls_server(ca.issue_cert("127.0.0.1")) as server:
        http = HttpClient(trusted(ca, tmp_path))
        assert exchange(http, server.url).body == b"safe"


@pytest.mark.parametrize("fault", ["unknown authority", "other host"])
def test_untrusted_server_is_refused_with_the_cause_and_gets_no_request(tmp_path: Path, fault: str) -> None:
    ca = trustme.CA()
    cert = (trustme.CA() if fault == "unknown authority" else ca).issue_cert(
        "127.0.0.1" if fault == "unknown authority" else "other.test"
    )
    with tls_server(cert) as server:
        http = HttpClient(trusted(ca, tmp_path))
        error = failing(http, server.url)

    assert "is not trusted" in error.message
    assert "SSL_CERT_FILE" in (error.hint or "")
    assert server.requests == []


def test_plain_server_behind_https_is_a_tls_failure(tmp_path: Path) -> None:
    def answer_at_once() -> None:
        sock, _ = plain.accept()
        sock.recv(1)
        sock.sendall(answer("400 Bad Request"))
        sock.close()

    with socket.create_server(("127.0.0.1", 0)) as plain:
        helper = threading.Thread(target=answer_at_once)
        helper.start()
        http = HttpClient(trusted(trustme.CA(), tmp_path))
        error = failing(http, f"https://127.0.0.1:{plain.getsockname()[1]}/")
        helper.join(5)

    assert error.message.startswith("TLS with `https://127.0.0.1:")


@pytest.mark.parametrize("environ", [{}, {"SSL_CERT_FILE": ""}])
def test_certificates_are_always_verified(environ: dict[str, str]) -> None:
    context = trusting_context(environ)

    expected = (ssl.CERT_REQUIRED, True, ssl.TLSVersion.TLSv1_2)
    assert expected == (context.verify_mode, context.check_hostname, context.minimum_version)


def test_session_keys_are_written_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))

    assert trusting_context({"SSLKEYLOGFILE": str(tmp_path / "keys")}).keylog_filename is None
    assert not (tmp_path / "keys").exists()


def test_given_certificates_replace_the_systems(tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))

    context = trusting_context({"SSL_CERT_FILE": str(tmp_path / "ca.pem")})
    assert len(context.get_ca_certs()) == 1
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize("kind", ["missing", "empty", "no certificate", "folder", "binary"])
def test_unusable_certificates_are_refused_and_never_skipped(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "ca.pem"
    if kind == "folder":
        file.mkdir()
    elif kind != "missing":
        file.write_bytes({"empty": b"", "no certificate": b"hello\n", "binary": b"\x00\xff"}[kind])

    with pytest.raises(ConfigError, match="`SSL_CERT_FILE` names") as caught:
        trusting_context({"SSL_CERT_FILE": str(file)})

    assert str(file) in caught.value.message
    assert caught.value.exit_code == 3


def test_missing_folder_of_certificates_trusts_nobody(tmp_path: Path) -> None:
    context = trusting_context({"SSL_CERT_DIR": str(tmp_path / "nowhere")})

    assert context.get_ca_certs() == []
    assert context.verify_mode == ssl.CERT_REQUIRED
