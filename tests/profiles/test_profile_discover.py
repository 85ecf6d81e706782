"""``egain profile discover``: the instance's two public documents become a profile, or nothing changes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from fakes.hostile_server import Answer, HostileServer, first_line_of, json_answer
from fakes.instance import (
    DEPLOYMENT_INFO,
    OF_DEPLOYMENT,
    OF_TENANT,
    TENANT,
    deployment_info,
    keep_profile,
    metadata,
    profile_of,
    serve,
    without,
)

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.profiles.metadata import read_deployment

if TYPE_CHECKING:
    from fakes.command_line import CommandLine
    from fakes.process import Egain

    from egain_auth_cli.sandbox.server import SandboxServer

COMMERCIAL = "https://login.egain.cloud/f51302dd/B2C_1A_User_V3_SignIn_OIDC/oauth2/v2.0"


def error_of(shown: str) -> dict[str, Any]:
    error: dict[str, Any] = json.loads(shown)["error"]
    return error


def test_documents_become_a_profile(egain: Egain, server: HostileServer) -> None:
    serve(server, deployment_info(server), metadata())

    user = f"https://ai.egain.cloud/system/auth/{TENANT}"
    anonymous = "https://api.ai.egain.cloud/core/authmgr/v3/oauth2/v2.0/anonymous/token?user_type=customer"
    done = egain.run("profile", "discover", "acme", server.url, "--client-id", "client-1")

    assert (0, "") == (done.status, done.out), done.err
    assert ["GET " + DEPLOYMENT_INFO, "GET " + OF_TENANT] == first_line_of(server.requests)
    assert {
        "deployment": "self-service",
        "client_id": "client-1",
        "api_url": server.url,
        "metadata_url": server.url + OF_TENANT,
        "scope_prefix": "agent/",
        "endpoints": {
            "user": {"authorization_url": f"{user}-U/oauth2/authorize", "token_url": f"{user}-U/oauth2/token"},
            "customer": {"authorization_url": f"{user}-C/oauth2/authorize", "token_url": f"{user}-C/oauth2/token"},
            "client": {"token_url": f"{user}-U/oauth2/token"},
            "anonymous": {"token_url": f"{anonymous}&domain_hint={TENANT}"},
        },
        "flows": {"client-credentials": {"client_auth": "body"}},
    } == profile_of(egain, "acme")


def test_no_credential_is_sent(egain: Egain, server: HostileServer) -> None:
    serve(server, deployment_info(server), metadata())

    egain.run("profile", "discover", "acme", server.url, env={"EGAIN_ACCESS_TOKEN": "t", "EGAIN_CLIENT_SECRET": "s"})

    assert 2 == len(server.requests)
    assert [] == [one for one in server.requests if one.header("Authorization") or one.header("Cookie") or one.body]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({}, OF_TENANT),
        ({"intClientId": None}, OF_TENANT),
        ({"extClientId": None}, OF_TENANT),
        ({"intClientId": None, "extClientId": None}, OF_DEPLOYMENT),
        ({"tenantId": None}, OF_DEPLOYMENT),
    ],
    ids=["both clients", "customers' client", "agents' client", "no client", "no tenant"],
)
def test_second_document_is_the_tenant_s_where_it_has_a_client(
    egain: Egain, server: HostileServer, changes: dict[str, None], path: str
) -> None:
    serve(server, deployment_info(server, **changes), metadata())

    done = egain.run("profile", "discover", "acme", server.url)

    assert (0, path) == (done.status, server.requests[-1].target), done.err


def test_api_domain_needs_no_scheme(egain: Egain, server: HostileServer) -> None:
    serve(server, deployment_info(server, apiDomain=server.url.removeprefix("http://")), metadata())

    done = egain.run("profile", "discover", "acme", server.url)

    assert (0, server.url) == (done.status, profile_of(egain, "acme")["api_url"])


@pytest.mark.parametrize("domain", ["[", "a]", "a b", "https://[a"])
def test_api_domain_that_is_no_host_is_named(egain: Egain, server: HostileServer, domain: str) -> None:
    serve(server, deployment_info(server, apiDomain=domain), metadata())

    done = egain.run("profile", "discover", "acme", server.url)

    assert (3, True) == (done.status, "`deploymentInfo.apiDomain` is not a usable URL" in done.err)


def test_api_domain_without_a_scheme_is_https() -> None:
    read = read_deployment({"apiDomain": "api.ai.egain.cloud/"}, "https://ai.egain.cloud/path")

    assert ("https://api.ai.egain.cloud", f"https://api.ai.egain.cloud{OF_DEPLOYMENT}") == (
        read.api_url,
        read.metadata_url,
    )


def test_instance_s_path_is_kept(egain: Egain, server: HostileServer) -> None:
    server.on(f"/short{DEPLOYMENT_INFO}", json_answer(deployment_info(server)))
    server.on(OF_TENANT, json_answer(metadata()))

    done = egain.run("profile", "discover", "acme", f"{server.url}/short/")

    assert 0 == done.status, done.err


@pytest.mark.parametrize(("actor", "prefix"), [("user", "agent/"), ("customer", "customer/")])
def test_scope_prefix_is_the_actor_s(egain: Egain, server: HostileServer, actor: str, prefix: str) -> None:
    serve(server, deployment_info(server), metadata())

    egain.run("profile", "discover", "acme", server.url, "--actor", actor)

    assert (prefix, actor) == (profile_of(egain, "acme")["scope_prefix"], profile_of(egain, "acme")["actor"])


@pytest.mark.parametrize(
    ("query", "domain_hint"),
    [("", "demo.egain.cloud"), ("?domain_hint=own.egain.cloud", None)],
    ids=["address without a hint", "address with a hint"],
)
def test_commercial_profile_gets_its_domain_hint_once(
    egain: Egain, server: HostileServer, query: str, domain_hint: str | None
) -> None:
    row = {"authURL": f"{COMMERCIAL}/authorize{query}", "accessTokenURL": f"{COMMERCIAL}/token"}
    serve(server, deployment_info(server), {"authenticationDetails": {"oAuthUser": [row]}})

    egain.run("profile", "discover", "acme", server.url)
    profile = profile_of(egain, "acme")

    assert ("commercial", domain_hint) == (profile["deployment"], profile.get("domain_hint"))
    assert f"{COMMERCIAL}/authorize{query}" == profile["endpoints"]["user"]["authorization_url"]


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("authenticationDetails", "authenticationDetails"),
        ("authenticationDetails.oAuthUser", "authenticationDetails.oAuthUser"),
        ("authenticationDetails.oAuthUser.authURL", "authenticationDetails.oAuthUser.authURL"),
        ("authenticationDetails.oAuthUser.accessTokenURL", "authenticationDetails.oAuthUser.accessTokenURL"),
        ("authenticationDetails.oAuthCustomer.authURL", "authenticationDetails.oAuthCustomer.authURL"),
        ("authenticationDetails.oAuthCustomer.accessTokenURL", "authenticationDetails.oAuthCustomer.accessTokenURL"),
        (
            "authenticationDetails.oAuthAnonymousCustomer.accessTokenURL",
            "authenticationDetails.oAuthAnonymousCustomer.accessTokenURL",
        ),
    ],
)
def test_missing_field_of_the_metadata_is_named_and_nothing_is_written(
    egain: Egain, server: HostileServer, path: str, named: str
) -> None:
    before = keep_profile(egain)
    serve(server, deployment_info(server), without(metadata(), path))

    done = egain.run("--error-format", "json", "profile", "discover", "kept", server.url)
    error = error_of(done.err)

    assert (3, "", "config-invalid") == (done.status, done.out, error["code"])
    assert f"`{named}`" in error["message"]
    assert "egain profile add" in error["hint"]
    assert before == egain.config_file.read_bytes()


@pytest.mark.parametrize(
    "info", [{}, {"apiDomain": ""}, {"apiDomain": 7}, {"apiDomain": None}], ids=["nothing", "empty", "number", "null"]
)
def test_missing_api_domain_is_named_and_nothing_is_written(
    egain: Egain, server: HostileServer, info: dict[str, object]
) -> None:
    before = keep_profile(egain)
    serve(server, info, metadata())

    done = egain.run("profile", "discover", "kept", server.url)

    assert (3, "") == (done.status, done.out)
    assert "`deploymentInfo.apiDomain`" in done.err
    assert before == egain.config_file.read_bytes()


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("authenticationDetails.oAuthUser", [], "authenticationDetails.oAuthUser"),
        ("authenticationDetails.oAuthUser", ["text"], "authenticationDetails.oAuthUser"),
        ("authenticationDetails.oAuthUser", "text", "authenticationDetails.oAuthUser"),
        ("authenticationDetails.oAuthUser.authURL", "javascript:x", "user.authorization_url"),
        ("authenticationDetails.oAuthUser.authURL", "http://ai.egain.cloud/authorize", "user.authorization_url"),
        ("authenticationDetails.oAuthUser.accessTokenURL", "https://u:p@ai.egain.cloud/token", "user.token_url"),
        ("authenticationDetails.oAuthCustomer.accessTokenURL", "ai.egain.cloud/token", "customer.token_url"),
        ("apiMetadata.CORE.iApiPermissionPrefix", 'a "prefix"', "scope_prefix"),
    ],
    ids=["no rows", "rows of text", "no list", "script", "plain http", "password", "no scheme", "prefix with quotes"],
)
def test_unusable_field_is_named_and_nothing_is_written(
    egain: Egain, server: HostileServer, path: str, value: object, named: str
) -> None:
    before = keep_profile(egain)
    serve(server, deployment_info(server), without(metadata(), path, value=value))

    done = egain.run("profile", "discover", "kept", server.url)

    assert (3, "") == (done.status, done.out)
    assert named in done.err
    assert before == egain.config_file.read_bytes()


@pytest.mark.parametrize("at", [DEPLOYMENT_INFO, OF_TENANT])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_is_not_followed(
    egain: Egain, server: HostileServer, elsewhere: HostileServer, at: str, status: int
) -> None:
    before = keep_profile(egain)
    serve(server, deployment_info(server), metadata())
    server.on(at, Answer(status=status, headers=(("Location", f"{elsewhere.url}{at}"),)))

    done = egain.run("--error-format", "json", "profile", "discover", "kept", server.url)
    error = error_of(done.err)

    assert (5, "", "bad-answer", status) == (done.status, done.out, error["code"], error["status"])
    assert "redirect" in error["message"]
    assert before == egain.config_file.read_bytes()


@pytest.mark.parametrize("at", [DEPLOYMENT_INFO, OF_TENANT])
@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=404),
        Answer(status=500, body=b"oops"),
        Answer(body=b"<html>sign in</html>", headers=(("Content-Type", "text/html"),)),
        Answer(body=b"[]"),
        Answer(body=b'{"apiDomain": '),
        Answer(body=b"\xff\xfe"),
    ],
    ids=["not found", "error", "page", "list", "cut off", "no text"],
)
def test_answer_that_is_no_document_changes_nothing(
    egain: Egain, server: HostileServer, at: str, answer: Answer
) -> None:
    before = keep_profile(egain)
    serve(server, deployment_info(server), metadata())
    server.on(at, answer)

    done = egain.run("profile", "discover", "kept", server.url)

    assert (5, "") == (done.status, done.out)
    assert at in done.err
    assert before == egain.config_file.read_bytes()


def test_profile_that_is_there_keeps_its_other_keys_and_comments(egain: Egain, server: HostileServer) -> None:
    keep_profile(egain)
    serve(server, deployment_info(server), metadata())

    done = egain.run("profile", "discover", "kept", server.url)
    text = egain.config_file.read_text()

    assert (0, server.url) == (done.status, profile_of(egain, "kept")["api_url"])
    assert text.startswith("# by hand\n")
    assert 'client_id = "kept-1"  # mine\n' in text


def test_placeholder_without_a_tenant_leaves_that_endpoint_out(egain: Egain, server: HostileServer) -> None:
    document = metadata()
    for key in ("oAuthUser", "oAuthCustomer"):
        document["authenticationDetails"][key] = [
            {"authURL": f"{COMMERCIAL}/authorize", "accessTokenURL": f"{COMMERCIAL}/token"}
        ]
    serve(server, deployment_info(server, tenantId=None), document)

    done = egain.run("profile", "discover", "acme", server.url)

    assert 0 == done.status, done.err
    assert "<DOMAIN_NAME>" not in egain.config_file.read_text()
    assert ["customer", "user"] == sorted(profile_of(egain, "acme")["endpoints"])


def test_sandbox_is_discovered_and_then_used(egain: Egain, sandbox: SandboxServer) -> None:
    discovered = egain.run("profile", "discover", "found", sandbox.url, "--client-id", "sandbox-spa")
    for key, value in (("redirect_uris", "http://127.0.0.1/callback"), ("secret_store", "file")):
        egain.run("profile", "set", "found", key, value)
    signed_in = egain.run("-p", "found", "login", "--pkce", "--scope", "knowledge.portalmgr.read")
    anonymous = egain.run("-p", "found", "token", "--anonymous", "--scope", "knowledge.portalmgr.read")

    assert (0, 0, 0) == (discovered.status, signed_in.status, anonymous.status), signed_in.err + anonymous.err
    assert 2 == anonymous.out.count(".")
    assert "domain_hint=TMSANDBOX000001" in profile_of(egain, "found")["endpoints"]["anonymous"]["token_url"]


def test_blanks_around_the_instance_are_left_out(egain: Egain, server: HostileServer) -> None:
    serve(server, deployment_info(server, apiDomain=f"{server.url} "), metadata())

    done = egain.run("profile", "discover", "acme", f" {server.url}/ ")

    assert (0, server.url) == (done.status, profile_of(egain, "acme")["api_url"]), done.err
    assert "blanks around what was pasted are left out" in done.err


def test_instance_without_its_scheme_is_asked_by_https(
    program_line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def refuse(_: object, url: str, **__: object) -> None:
        asked.append(url)
        raise ConfigError("not here")

    monkeypatch.setattr("egain_auth_cli.profiles.fetch.fetch_document", refuse)
    program_line("profile", "discover", "acme", "demo.egain.cloud", "--client-id", "x")

    assert ["https://demo.egain.cloud"] == [url.partition("/system/")[0] for url in asked]
