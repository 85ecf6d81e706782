"""``egain profile import``: eGain's metadata document, its MCP server's configuration, and what is neither."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from fakes.hostile_server import Answer, HostileServer, json_answer
from fakes.instance import OF_DEPLOYMENT, TENANT, keep_profile, metadata, profile_of, without

if TYPE_CHECKING:
    from fakes.process import Egain

SELF_SERVICE = f"https://ai.egain.cloud/system/auth/{TENANT}-U/oauth2"
COMMERCIAL = "https://login.egain.cloud/f51302dd/B2C_1A_User_V3_SignIn_OIDC/oauth2/v2.0"
MCP_FILE = {
    "environmentUrl": "https://ai.egain.cloud/acme",
    "clientId": "mcp-client",
    "redirectUri": "https://oauth.pstmn.io/v1/callback",
    "authUrl": f"{SELF_SERVICE}/authorize",
    "accessUrl": f"{SELF_SERVICE}/token",
    "scopePrefix": "",
}
MCP_ENVIRONMENT = {
    "EGAIN_URL": "https://developerv3api.egain.cloud/path/",
    "CLIENT_ID": "mcp-client",
    "REDIRECT_URL": "http://localhost:3333/callback",
    "AUTH_URL": f"{COMMERCIAL}/authorize",
    "ACCESS_TOKEN_URL": f"{COMMERCIAL}/token",
    "SCOPE_PREFIX": "https://api.egain.cloud/auth/",
}


MCP_SCOPES = ["knowledge.portalmgr.manage", "knowledge.portalmgr.read", "core.aiservices.read"]


def imported_metadata(egain: Egain) -> tuple[str, str, dict[str, Any]]:
    profile = profile_of(egain, "acme")
    return profile["deployment"], profile["scope_prefix"], profile["endpoints"]["user"]


def test_metadata_document_is_read_from_a_file_stdin_and_its_address(egain: Egain, server: HostileServer) -> None:
    text = json.dumps(metadata())
    (egain.home / "metadata.json").write_text("\ufeff" + text)
    server.on(OF_DEPLOYMENT, json_answer(metadata()))
    wanted = (
        "self-service",
        "agent/",
        {"authorization_url": f"{SELF_SERVICE}/authorize", "token_url": f"{SELF_SERVICE}/token"},
    )
    found = []
    for source in ("metadata.json", "-", server.url + OF_DEPLOYMENT):
        done = egain.run("profile", "import", "acme", source, "--client-id", "client-1", stdin=text.encode())
        assert (0, "") == (done.status, done.out), done.err
        found.append(imported_metadata(egain))

    assert [wanted, wanted, wanted] == found
    assert server.url + OF_DEPLOYMENT == profile_of(egain, "acme")["metadata_url"]
    assert "client-1" == profile_of(egain, "acme")["client_id"]


def test_placeholder_takes_the_tenant_of_the_token_url(egain: Egain) -> None:
    done = egain.run("profile", "import", "acme", "-", stdin=json.dumps(metadata()).encode())

    assert 0 == done.status, done.err
    assert profile_of(egain, "acme")["endpoints"]["anonymous"]["token_url"].endswith(f"&domain_hint={TENANT}")


def test_configuration_file_of_the_mcp_server_becomes_a_profile(egain: Egain) -> None:
    (egain.home / "config.json").write_text(json.dumps(MCP_FILE))

    done = egain.run("profile", "import", "acme", "config.json")

    assert 0 == done.status, done.err
    assert {
        "deployment": "self-service",
        "client_id": "mcp-client",
        "flow": "pkce",
        "api_url": "https://api.ai.egain.cloud",
        "redirect_uris": ["https://oauth.pstmn.io/v1/callback"],
        "endpoints": {
            "user": {"authorization_url": f"{SELF_SERVICE}/authorize", "token_url": f"{SELF_SERVICE}/token"},
            "client": {"token_url": f"{SELF_SERVICE}/token"},
            "on_behalf_of_user": {"token_url": f"{SELF_SERVICE}/token"},
        },
        "flows": {"pkce": {"scopes": MCP_SCOPES}},
    } == profile_of(egain, "acme")


@pytest.mark.parametrize(
    "wrapped",
    [
        MCP_ENVIRONMENT,
        {"mcpServers": {"other": {"command": "x"}, "odd": 5, "egain": {"command": "npx", "env": MCP_ENVIRONMENT}}},
    ],
    ids=["bare variables", "mcpServers"],
)
def test_environment_of_the_mcp_server_becomes_a_profile(egain: Egain, wrapped: dict[str, Any]) -> None:
    done = egain.run("profile", "import", "acme", "-", stdin=json.dumps(wrapped).encode())

    assert 0 == done.status, done.err
    assert {
        "deployment": "commercial",
        "client_id": "mcp-client",
        "flow": "pkce",
        "api_url": "https://api.egain.cloud",
        "scope_prefix": "https://api.egain.cloud/auth/",
        "domain_hint": "developerv3api.egain.cloud/path",
        "redirect_uris": ["http://localhost:3333/callback"],
        "endpoints": {
            "user": {"authorization_url": f"{COMMERCIAL}/authorize", "token_url": f"{COMMERCIAL}/token"},
            "client": {"token_url": "https://login.egain.cloud/global/f51302dd/oauth2/v2.0/token"},
        },
        "flows": {"pkce": {"scopes": MCP_SCOPES}},
    } == profile_of(egain, "acme")


@pytest.mark.parametrize(
    ("token_url", "api_url"),
    [
        ("https://ai.egain.cloud/system/auth/T-U/oauth2/token", "https://api.ai.egain.cloud"),
        ("https://aidev.egain.cloud/system/auth/T-U/oauth2/token", "https://api.aidev.egain.cloud"),
        ("https://login.egain.cloud/g/p/oauth2/v2.0/token", "https://api.egain.cloud"),
        ("https://login-emea.egain.cloud/g/p/oauth2/v2.0/token", "https://api-emea.egain.cloud"),
        ("https://acme.b2clogin.com/g/p/oauth2/v2.0/token", None),
        ("https://eg.acme.example/system/auth/T-U/oauth2/token", None),
        ("https://ai.egain.cloud.evil.example/system/auth/T-U/oauth2/token", None),
    ],
)
def test_api_is_the_one_beside_the_token_url_and_is_never_guessed(
    egain: Egain, token_url: str, api_url: str | None
) -> None:
    document = MCP_FILE | {"accessUrl": token_url, "authUrl": token_url.replace("/token", "/authorize")}

    done = egain.run("profile", "import", "acme", "-", stdin=json.dumps(document).encode())

    assert 0 == done.status, done.err
    assert api_url == profile_of(egain, "acme").get("api_url")
    assert ("`egain profile set acme api_url URL`" in done.err) == (api_url is None)


@pytest.mark.parametrize("missing", ["clientId", "authUrl", "accessUrl"])
def test_missing_field_of_the_mcp_file_is_named_and_nothing_is_written(egain: Egain, missing: str) -> None:
    before = keep_profile(egain)
    document = {name: value for name, value in MCP_FILE.items() if name != missing}

    done = egain.run("profile", "import", "kept", "-", stdin=json.dumps(document).encode())

    assert (3, "") == (done.status, done.out)
    assert f"`{missing}`" in done.err
    assert before == egain.config_file.read_bytes()


@pytest.mark.parametrize("missing", ["CLIENT_ID", "ACCESS_TOKEN_URL"])
def test_missing_variable_of_the_mcp_environment_is_named_as_it_is_written_there(egain: Egain, missing: str) -> None:
    before = keep_profile(egain)
    document = {"mcpServers": {"egain": {"env": {k: v for k, v in MCP_ENVIRONMENT.items() if k != missing}}}}

    done = egain.run("profile", "import", "kept", "-", stdin=json.dumps(document).encode())

    assert (3, "") == (done.status, done.out)
    assert f"`{missing}`" in done.err
    assert before == egain.config_file.read_bytes()


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"not json",
        b"[]",
        b"{}",
        b'{"mcpServers": {}}',
        b'{"mcpServers": 5}',
        b'{"mcpServers": {"egain": {"env": []}}}',
        b'{"mcpServers": {"egain": null}}',
        b'{"authenticationDetails": null}',
        b"\x00\xff",
        b"[" * 100_000,
        b'{"a":"' + b"x" * (1024 * 1024) + b'"}',
    ],
    ids=[
        "nothing",
        "text",
        "list",
        "object",
        "no server",
        "no table",
        "no env",
        "null",
        "no details",
        "bytes",
        "deep",
        "large",
    ],
)
def test_junk_is_refused_and_nothing_is_written(egain: Egain, junk: bytes) -> None:
    before = keep_profile(egain)
    (egain.home / "junk.json").write_bytes(junk)

    piped = egain.run("profile", "import", "kept", "-", stdin=junk)
    read = egain.run("profile", "import", "kept", "junk.json")

    assert [(3, ""), (3, "")] == [(piped.status, piped.out), (read.status, read.out)]
    assert [2, 2] == [done.err.count("\nhint: ") + done.err.count("error: ") for done in (piped, read)]
    assert before == egain.config_file.read_bytes()


@pytest.mark.parametrize("source", ["missing.json", "."])
def test_file_that_cannot_be_read_is_named(egain: Egain, source: str) -> None:
    before = keep_profile(egain)

    done = egain.run("profile", "import", "kept", source)

    assert (3, "") == (done.status, done.out)
    assert f"`{source}` cannot be read" in done.err
    assert before == egain.config_file.read_bytes()


@pytest.mark.parametrize("status", [302, 307])
def test_address_that_redirects_is_not_followed(
    egain: Egain, server: HostileServer, elsewhere: HostileServer, status: int
) -> None:
    before = keep_profile(egain)
    server.on("/metadata", Answer(status=status, headers=(("Location", f"{elsewhere.url}/metadata"),)))

    done = egain.run("profile", "import", "kept", f"{server.url}/metadata")

    assert (5, "") == (done.status, done.out)
    assert before == egain.config_file.read_bytes()


@pytest.mark.parametrize("source", ["http://api.egain.cloud/core/authmgr/v3/metadata/deployment", "file:///etc/passwd"])
def test_address_that_is_neither_encrypted_nor_loopback_is_refused(egain: Egain, source: str) -> None:
    before = keep_profile(egain)

    done = egain.run("profile", "import", "kept", source)

    assert (3, "") == (done.status, done.out)
    assert before == egain.config_file.read_bytes()


ENV_OF_MCP = f"""# settings
export EGAIN_URL=https://ai.egain.cloud/acme
CLIENT_ID = "mcp-client"
REDIRECT_URL='https://oauth.pstmn.io/v1/callback'
AUTH_URL={SELF_SERVICE}/authorize  # of users
ACCESS_TOKEN_URL={SELF_SERVICE}/token
SCOPE_PREFIX=
"""
FORMER_ENV_OF_MCP = f"""EGAIN_ENVIRONMENT_URL=https://ai.egain.cloud/acme
EGAIN_CLIENT_ID=mcp-client
EGAIN_REDIRECT_URI=https://oauth.pstmn.io/v1/callback
AUTH_URL={SELF_SERVICE}/authorize
ACCESS_URL={SELF_SERVICE}/token
EGAIN_SCOPE_PREFIX=
"""


@pytest.mark.parametrize("text", [ENV_OF_MCP, FORMER_ENV_OF_MCP, ENV_OF_MCP.replace("\n", "\r\n")])
def test_env_file_of_the_mcp_server_becomes_the_same_profile_as_its_own_file(egain: Egain, text: str) -> None:
    (egain.home / "config.json").write_text(json.dumps(MCP_FILE))
    (egain.home / ".env").write_text(text, newline="")

    for name, source in (("own", "config.json"), ("env", ".env")):
        done = egain.run("profile", "import", name, source)
        assert (0, "") == (done.status, done.out), done.err

    assert profile_of(egain, "own") == profile_of(egain, "env")


def test_env_file_of_a_sample_becomes_a_profile_without_its_secret(egain: Egain) -> None:
    text = f"EGAIN_CLIENT_ID=c\nEGAIN_CLIENT_SECRET=hush-hush\nEGAIN_TOKEN_URL={SELF_SERVICE}/token\n"

    done = egain.run("profile", "import", "acme", "-", stdin=text.encode())
    profile = profile_of(egain, "acme")

    assert 0 == done.status, done.err
    assert "`egain secret set`" in done.err
    assert ("client-credentials", {"token_url": f"{SELF_SERVICE}/token"}) == (
        profile["flow"], profile["endpoints"]["client"]
    )  # fmt: skip
    assert "hush-hush" not in egain.config_file.read_text()
    assert "flows" not in profile


def test_env_file_of_the_flask_sample_signs_in_by_pkce(egain: Egain) -> None:
    text = (
        f"EGAIN_CLIENT_ID=c\nEGAIN_AUTH_URL={SELF_SERVICE}/authorize\nEGAIN_TOKEN_URL={SELF_SERVICE}/token\n"
        "EGAIN_API_DOMAIN=https://api.ai.egain.cloud/\n"
    )

    done = egain.run("profile", "import", "acme", "-", stdin=text.encode())

    assert 0 == done.status, done.err
    assert ("pkce", "https://api.ai.egain.cloud") == (
        profile_of(egain, "acme")["flow"], profile_of(egain, "acme")["api_url"]
    )  # fmt: skip


def test_mcp_client_that_only_passes_arguments_is_answered_with_where_the_settings_are(egain: Egain) -> None:
    server = {"command": "npx", "args": ["egain-mcp-server", "--api-domain", "api.ai.egain.cloud"]}

    done = egain.run("profile", "import", "acme", "-", stdin=json.dumps({"mcpServers": {"x": server}}).encode())

    assert (3, "") == (done.status, done.out)
    assert "~/.egain-mcp/config.json" in done.err


@pytest.mark.parametrize("letter", ["C", "U"])
@pytest.mark.parametrize("argv", [[], ["--actor", "customer"], ["--actor", "user"]], ids=" ".join)
def test_actor_is_the_one_that_is_named_or_the_urls(egain: Egain, letter: str, argv: list[str]) -> None:
    document = {name: value.replace(f"{TENANT}-U", f"{TENANT}-{letter}") for name, value in MCP_FILE.items()}

    done = egain.run("profile", "import", "acme", "-", *argv, stdin=json.dumps(document).encode())
    profile = profile_of(egain, "acme")

    assert 0 == done.status, done.err
    assert profile.get("actor") == (argv[1] if argv else "customer" if letter == "C" else None)
    assert profile["endpoints"]["customer" if letter == "C" else "user"]["token_url"] == document["accessUrl"]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("'c'  # mine", "c"),
        ('"c"# mine', "c"),
        ("c\t# mine", "c"),
        ("\u00a0c\u200b", "c"),
        ('" c "', "c"),
        ("c#1", "c#1"),
        ('"C:\\c\\"', "C:\\c\\"),
        ("'c", "'c"),
    ],
)
def test_value_of_an_env_file_is_read_without_quotes_comment_and_blanks(egain: Egain, line: str, value: str) -> None:
    text = f"EGAIN_CLIENT_ID={line}\nEGAIN_TOKEN_URL= {SELF_SERVICE}/token \n"

    done = egain.run("profile", "import", "acme", "-", stdin=text.encode())

    assert (0, value) == (done.status, profile_of(egain, "acme")["client_id"]), done.err


def test_value_over_several_lines_is_passed_over(egain: Egain) -> None:
    key = 'KEY="-----BEGIN-----\nEGAIN_CLIENT_ID=no\n\\"x\\"\n---"'
    text = f"{key}\nEGAIN_CLIENT_ID=c\nEGAIN_TOKEN_URL={SELF_SERVICE}/token\n"

    done = egain.run("profile", "import", "acme", "-", stdin=text.encode())

    assert (0, "c") == (done.status, profile_of(egain, "acme")["client_id"]), done.err


@pytest.mark.parametrize("blank", ["", "<client_id>", "your_client_id_here"])
@pytest.mark.parametrize("name", ["EGAIN_CLIENT_ID", "EGAIN_TOKEN_URL"])
def test_variable_that_a_template_leaves_blank_is_named(egain: Egain, name: str, blank: str) -> None:
    template = {"EGAIN_CLIENT_ID": "c", "EGAIN_TOKEN_URL": f"{SELF_SERVICE}/token"} | {name: blank}

    done = egain.run("profile", "import", "acme", "-", stdin=json.dumps(template).encode())

    assert (3, "") == (done.status, done.out)
    assert f"`{name}` is not filled in" in done.err


@pytest.mark.parametrize("args", [["--api-domain", "api.own.test"], ["x", "--api-domain=api.own.test"]])
def test_argument_of_an_mcp_client_is_read_beside_its_environment(egain: Egain, args: list[str]) -> None:
    environment = MCP_ENVIRONMENT | {"EGAIN_CLIENT_SECRET": "hush-hush"}
    document = {"mcpServers": {"egain": {"command": "npx", "args": args, "env": environment}}}

    done = egain.run("profile", "import", "acme", "-", stdin=json.dumps(document).encode())

    assert (0, "https://api.own.test") == (done.status, profile_of(egain, "acme")["api_url"]), done.err
    assert "its client secret stays where it is" in done.err


def test_file_that_is_too_long_is_called_so(egain: Egain) -> None:
    (egain.home / "long.env").write_text(ENV_OF_MCP + "#" * 1024 * 1024)

    done = egain.run("profile", "import", "acme", "long.env")

    assert (3, True) == (done.status, "`long.env` is longer than 1 MiB" in done.err), done.err


def test_url_of_no_known_shape_is_the_actor_s_who_was_named(egain: Egain) -> None:
    document = MCP_FILE | {"authUrl": "https://own.test/a", "accessUrl": "https://own.test/t"}

    done = egain.run("profile", "import", "acme", "-", "--actor", "customer", stdin=json.dumps(document).encode())

    assert 0 == done.status, done.err
    assert {"authorization_url": "https://own.test/a", "token_url": "https://own.test/t"} == (
        profile_of(egain, "acme")["endpoints"]["customer"]
    )


def test_import_says_what_the_urls_tell_and_where_they_contradict(egain: Egain) -> None:
    document = json.dumps(MCP_FILE).encode()

    fits, contradicts = (
        egain.run("profile", "import", name, "-", "--actor", name, stdin=document) for name in ("user", "customer")
    )

    assert "self-service, for users" in fits.err
    assert "its flow is pkce" in fits.err
    assert "warning:" not in fits.err
    assert "warning: the actor is customer, as was said, but the URLs are for users" in contradicts.err


def test_document_of_customers_alone_is_read_for_a_customer(egain: Egain) -> None:
    document = json.dumps(without(metadata(), "authenticationDetails.oAuthUser")).encode()

    refused = egain.run("profile", "import", "acme", "-", stdin=document)
    done = egain.run("profile", "import", "acme", "-", "--actor", "customer", stdin=document)
    profile = profile_of(egain, "acme")

    assert (3, True) == (refused.status, "`--actor customer`" in refused.err)
    assert (0, "customer", "self-service") == (done.status, profile["actor"], profile["deployment"]), done.err
    assert ["anonymous", "customer"] == sorted(profile["endpoints"])


def test_document_without_customers_is_not_read_for_one(egain: Egain) -> None:
    document = json.dumps(without(metadata(), "authenticationDetails.oAuthCustomer")).encode()

    done = egain.run("profile", "import", "acme", "-", "--actor", "customer", stdin=document)

    assert (3, True) == (done.status, "`authenticationDetails.oAuthCustomer`" in done.err)


def test_blanks_around_what_is_pasted_are_left_out(egain: Egain, server: HostileServer) -> None:
    document = metadata()
    document["authenticationDetails"]["oAuthUser"][0]["accessTokenURL"] += " "
    server.on(OF_DEPLOYMENT, json_answer(document))

    done = egain.run("profile", "import", "acme", f" {server.url}{OF_DEPLOYMENT} ", "--client-id", "client-1\n")
    profile = profile_of(egain, "acme")

    assert (0, "client-1") == (done.status, profile["client_id"]), done.err
    assert (f"{SELF_SERVICE}/token", server.url + OF_DEPLOYMENT) == (
        profile["endpoints"]["user"]["token_url"], profile["metadata_url"]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EGAIN_TOKEN_URL", "https://[login.acme.test/token"),
        ("EGAIN_TOKEN_URL", "https://login.\x1b[2J.egain.cloud/system/auth/T1-U/oauth2/token"),
        ("EGAIN_AUTHORIZATION_URL", "https://login.acme.test]/authorize"),
        ("API_DOMAIN", "api.acme.test]"),
        ("API_DOMAIN", "[api.acme.test"),
    ],
)
def test_address_that_is_none_is_named_as_it_is_called_there(egain: Egain, name: str, value: str) -> None:
    settings = {"CLIENT_ID": "client-1", "EGAIN_TOKEN_URL": "https://login.acme.test/token", name: value}

    done = egain.run("profile", "import", "acme", "-", stdin=json.dumps(settings).encode())

    assert (done.status, f"`{name}` is not a usable URL" in done.err) == (3, True)
    assert "\x1b" not in done.err


def test_environment_that_is_no_url_is_taken_as_it_stands(egain: Egain) -> None:
    settings = {
        "clientId": "client-1",
        "authUrl": "https://login.egain.cloud/gateway/policy/oauth2/v2.0/authorize",
        "accessUrl": "https://login.egain.cloud/gateway/policy/oauth2/v2.0/token",
        "environmentUrl": "https://[acme.test/system?x=y",
    }

    done = egain.run("profile", "import", "acme", "-", stdin=json.dumps(settings).encode())

    assert (done.status, profile_of(egain, "acme")["domain_hint"]) == (0, "[acme.test/system")
