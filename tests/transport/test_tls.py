"""Whom a client trusts: the system's certificates, or those it is given, and nobody else."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import trustme
from fakes.exchanges import exchange, failing
from fakes.http_server import answer
from fakes.tls_server import tls_server, trusted

from egain_auth_cli.errors import ConfigError, NetworkError
from egain_auth_cli.transport.client import HttpClient
from egain_auth_cli.transport.tls import trusting_context

if TYPE_CHECKING:
    from pathlib import Path


def test_trusted_server_is_served(tmp_path: Path) -> None:
    ca = trustme.CA()
    with tls_server(ca.issue_cert("127.0.0.1")) as server:
        http = HttpClient(trusted(ca, tmp_path))
        assert exchange(http, server.url).body == b"safe"


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


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("missing", "no such file or directory"),
        ("file", "not a directory"),
        ("empty", "no certificate in it is named by its hash"),
        ("not hashed", "no certificate in it is named by its hash"),
    ],
)
def test_folder_of_no_certificates_is_refused_and_named(tmp_path: Path, kind: str, reason: str) -> None:
    folder = tmp_path / "certificates"
    if kind == "file":
        folder.touch()
    elif kind != "missing":
        folder.mkdir()
    if kind == "not hashed":
        trustme.CA().cert_pem.write_to_path(str(folder / "ca.pem"))

    with pytest.raises(ConfigError) as caught:
        trusting_context({"SSL_CERT_DIR": str(folder)})

    assert f"`SSL_CERT_DIR` names `{folder}`, which cannot be used: {reason}" == caught.value.message
    assert "`SSL_CERT_DIR`" in (caught.value.hint or "")


@pytest.mark.parametrize("kind", ["missing", "file"])
def test_folder_of_certificates_must_be_there_beside_a_file_too(tmp_path: Path, kind: str) -> None:
    environ = trusted(trustme.CA(), tmp_path) | {"SSL_CERT_DIR": str(tmp_path / "nowhere")}
    if kind == "file":
        (tmp_path / "nowhere").touch()

    with pytest.raises(ConfigError, match="`SSL_CERT_DIR` names"):
        trusting_context(environ)


def hashed_folder(ca: trustme.CA, folder: Path) -> Path:
    folder.mkdir()
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    command = ["openssl", "x509", "-hash", "-noout", "-in", str(folder / "ca.pem")]
    name = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    (folder / "ca.pem").rename(folder / f"{name}.0")
    return folder


def test_server_is_trusted_by_a_folder_and_one_folder_of_several_is_enough(tmp_path: Path) -> None:
    ca = trustme.CA()
    folder = hashed_folder(ca, tmp_path / "hashed")
    with tls_server(ca.issue_cert("127.0.0.1")) as server:
        for value in (str(folder), f"{tmp_path / 'nowhere'}:{folder}"):
            assert exchange(HttpClient({"SSL_CERT_DIR": value}), server.url).body == b"safe"


# --- why a certificate is not trusted -------------------------------------------------------------------------------


def untrusted(cert: trustme.LeafCert, environ: dict[str, str]) -> tuple[str, str]:
    """Message and hint for a server with a certificate."""
    with tls_server(cert) as server:
        error = failing(HttpClient(environ), server.url)
        assert server.requests == []
    assert type(error) is NetworkError
    return error.message.replace(server.url, "URL").replace(str(server.port), "PORT"), (error.hint or "").replace(
        str(server.port), "PORT"
    )


def system_s(monkeypatch: pytest.MonkeyPatch, *files: str, folder: str = "/nowhere/at/all") -> None:
    """Let the system have no certificates but these: OpenSSL's own places, then where systems keep a file of them."""
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/at/all")  # read by OpenSSL; the client has an environment of its own
    monkeypatch.setenv("SSL_CERT_DIR", folder)
    monkeypatch.setattr("truststore._openssl._CA_FILE_CANDIDATES", list(files))


def test_unknown_authority_beside_those_of_the_system_is_taken_for_an_inspection(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trusted(trustme.CA(), tmp_path)
    system_s(monkeypatch, str(tmp_path / "ca.pem"))

    message, hint = untrusted(trustme.CA().issue_cert("127.0.0.1"), {})

    assert message.startswith("the certificate of `URL` is not trusted: unable to get local issuer certificate")
    assert "a company that inspects TLS" in hint
    assert "`SSL_CERT_FILE`" in hint
    assert "`openssl s_client -connect 127.0.0.1:PORT` shows its issuer" in hint


def test_hashed_folder_of_the_system_counts_as_its_certificates(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    system_s(monkeypatch, folder=str(hashed_folder(trustme.CA(), tmp_path / "hashed")))

    assert "a company that inspects TLS" in untrusted(trustme.CA().issue_cert("127.0.0.1"), {})[1]


@pytest.mark.parametrize("store", ["nowhere", "empty file"])
def test_machine_without_certificates_is_told_to_install_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, store: str
) -> None:
    (tmp_path / "empty.pem").touch()
    system_s(monkeypatch, *([str(tmp_path / "empty.pem")] if store == "empty file" else []))

    message, hint = untrusted(trustme.CA().issue_cert("127.0.0.1"), {})

    assert "the certificate of `URL` cannot be checked: this machine has no certificates of authorities" == message
    assert "install the package `ca-certificates`" in hint
    assert "`SSL_CERT_FILE`" in hint


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_authority_that_a_variable_leaves_out_is_told_with_the_variable(tmp_path: Path, name: str) -> None:
    ca = trustme.CA()
    environ = (
        trusted(ca, tmp_path)
        if name == "SSL_CERT_FILE"
        else {"SSL_CERT_DIR": str(hashed_folder(ca, tmp_path / "hashed"))}
    )

    _, hint = untrusted(trustme.CA().issue_cert("127.0.0.1"), environ)

    assert hint.startswith(f"`{name}` replaces the system's certificates: add to it the authority")


def test_certificate_of_yesterday_and_one_of_another_name_have_hints_of_their_own(tmp_path: Path) -> None:
    ca = trustme.CA()
    environ = trusted(ca, tmp_path)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    old = ca.issue_cert("127.0.0.1", not_before=yesterday - timedelta(days=1), not_after=yesterday)

    expired, other = untrusted(old, environ), untrusted(ca.issue_cert("other.test"), environ)

    assert ("expired" in expired[0], "clock" in expired[1]) == (True, True)
    assert ("mismatch" in other[0], "check the URL for a slip" in other[1]) == (True, True)
