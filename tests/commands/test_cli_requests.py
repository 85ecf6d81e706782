"""From argv to the request that a service gets: nothing is fetched, nothing is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from egain_auth_cli.call.send import ApiCaller
from egain_auth_cli.errors import AuthError
from egain_auth_cli.models.grants import Actor, Flow, Subject
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.profiles.edit import ProfileEditor
from egain_auth_cli.sign_in.sign_in import SignIn
from egain_auth_cli.tokens.acquire import TokenService
from egain_auth_cli.tokens.sign_out import SignOut

if TYPE_CHECKING:
    from fakes.command_line import CommandLine

    from egain_auth_cli.call.request import CallRequest
    from egain_auth_cli.sign_in.request import LoginRequest
    from egain_auth_cli.tokens.request import TokenRequest


class Stop(AuthError):
    """Ends a command where the service would have begun."""


class Recorder:
    """Stands for the heart of each command and keeps what it is asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def acquire_token(self, request: TokenRequest) -> None:
        self.asked.append(request)
        raise Stop("stopped")

    def login(self, request: LoginRequest) -> None:
        self.asked.append(request)
        raise Stop("stopped")

    def call(self, request: CallRequest, tokens: object, **_: object) -> int:
        self.asked.append(request)
        raise Stop("stopped")

    def logout(self, config: object, *, profile: str | None, revoke: bool) -> None:
        self.asked.append((profile, revoke))
        raise Stop("stopped")

    def add(self, name: str, values: dict[str, Any], **more: bool) -> bool:
        self.asked.append((name, values))
        raise Stop("stopped")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    recorder = Recorder()
    for kind in (TokenService, SignIn, ApiCaller, SignOut, ProfileEditor):
        for verb in {"acquire_token", "login", "call", "logout", "add"} & set(vars(kind)):
            monkeypatch.setattr(kind, verb, getattr(recorder, verb))
    return recorder.asked


def only(asked: list[Any]) -> Any:
    (one,) = asked
    return one


FLOWS = {
    (): (Flow.PKCE, None, None),
    ("--pkce",): (Flow.PKCE, None, None),
    ("--auth-code",): (Flow.AUTHORIZATION_CODE, None, None),
    ("--client-credentials",): (Flow.CLIENT_CREDENTIALS, None, None),
    ("--anonymous",): (Flow.ANONYMOUS, None, None),
    ("--on-behalf-of", "alice"): (Flow.ON_BEHALF_OF, Subject.USERNAME, "alice"),
    ("--on-behalf-of-userid", "7"): (Flow.ON_BEHALF_OF, Subject.USERID, "7"),
    ("--on-behalf-of-email", "c@d.example"): (Flow.ON_BEHALF_OF, Subject.EMAIL, "c@d.example"),
    ("--token-exchange",): (Flow.TOKEN_EXCHANGE, None, None),
}


@pytest.mark.parametrize("command", [("token",), ("export", "sh"), ("inspect",)], ids=" ".join)
@pytest.mark.parametrize("argv", FLOWS, ids=" ".join)
def test_every_flow_option_names_its_flow(
    configured: CommandLine, asked: list[Any], command: tuple[str, ...], argv: tuple[str, ...]
) -> None:
    configured(*command, *argv)
    settings = only(asked).settings

    assert (settings.flow.value, settings.subject, settings.subject_name) == FLOWS[argv]


TOKEN_OPTIONS: dict[tuple[str, ...], dict[str, object]] = {
    (): {"min_valid": 60, "force_refresh": False, "store": True, "subject_token": None},
    ("--min-valid", "0"): {"min_valid": 0},
    ("--min-valid", "900"): {"min_valid": 900},
    ("--force-refresh",): {"force_refresh": True},
    ("--no-store",): {"store": False},
}


@pytest.mark.parametrize("command", [("token",), ("export", "json"), ("inspect",)], ids=" ".join)
@pytest.mark.parametrize("argv", TOKEN_OPTIONS, ids=" ".join)
def test_token_options_shape_the_request(
    configured: CommandLine, asked: list[Any], command: tuple[str, ...], argv: tuple[str, ...]
) -> None:
    configured(*command, *argv)
    request = only(asked)

    assert {name: getattr(request, name) for name in TOKEN_OPTIONS[argv]} == TOKEN_OPTIONS[argv]


def test_scopes_given_replace_the_profile_s(configured: CommandLine, asked: list[Any]) -> None:
    configured("token", "--scope", "a.read b.read", "--scope", "c.read")

    assert only(asked).settings.scopes.value == ("a.read", "b.read", "c.read")
    assert only(asked).settings.scopes.source == "option --scope"


def test_subject_token_of_the_environment_is_taken(
    configured: CommandLine, asked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EGAIN_SUBJECT_TOKEN", "a.b.c")
    configured("token", "--token-exchange")

    assert only(asked).subject_token == Secret("a.b.c")


LOGIN_OPTIONS: dict[tuple[str, ...], dict[str, object]] = {
    (): {"seconds": 300.0, "open_browser": True, "force": False},
    ("--no-browser",): {"open_browser": False},
    ("--timeout", "12.5"): {"seconds": 12.5},
    ("--force",): {"force": True},
}


@pytest.mark.parametrize("argv", LOGIN_OPTIONS, ids=" ".join)
def test_login_options_shape_the_request(configured: CommandLine, asked: list[Any], argv: tuple[str, ...]) -> None:
    configured("login", *argv)
    request = only(asked)

    assert {name: getattr(request, name) for name in LOGIN_OPTIONS[argv]} == LOGIN_OPTIONS[argv]


@pytest.mark.parametrize(
    ("argv", "flow", "actor"),
    [
        ((), Flow.PKCE, Actor.USER),
        (("--pkce", "--actor", "customer"), Flow.PKCE, Actor.CUSTOMER),
        (("--auth-code",), Flow.AUTHORIZATION_CODE, Actor.USER),
    ],
)
def test_login_takes_flow_and_actor(
    configured: CommandLine, asked: list[Any], argv: tuple[str, ...], flow: Flow, actor: Actor
) -> None:
    configured("login", *argv)
    settings = only(asked).settings

    assert (settings.flow.value, settings.actor.value) == (flow, actor)


CALLS: dict[tuple[str, ...], dict[str, object]] = {
    ("GET", "/x"): {"method": "GET", "target": "/x", "query": (), "headers": (), "body": None, "timeout": None},
    ("get", "/x", "-q", "$a=b", "--query", "c=d=e"): {"method": "get", "query": (("$a", "b"), ("c", "d=e"))},
    ("GET", "/x", "-H", "A: b", "--header", "C:d:e"): {"headers": (("A", "b"), ("C", "d:e"))},
    ("POST", "/x", "-d", "text"): {"body": (b"text", 4)},
    ("POST", "/x", "--data", "\u00e9"): {"body": ("\u00e9".encode(), 2)},
    ("POST", "/x", "-d", ""): {"body": (b"", 0)},
    ("GET", "/x", "--timeout", "2.5"): {"timeout": 2.5},
}


@pytest.mark.parametrize("argv", CALLS, ids=" ".join)
def test_call_options_shape_the_request(configured: CommandLine, asked: list[Any], argv: tuple[str, ...]) -> None:
    configured("call", *argv)
    request = only(asked)

    found = {name: getattr(request, name) for name in CALLS[argv]}
    if found.get("body") is not None:
        found["body"] = tuple(found["body"].open())
    assert found == CALLS[argv]
    assert (request.api_url, request.language) == ("https://api.ai.egain.cloud", "en-US")


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ((), (None, True)),
        (("--no-revoke",), (None, False)),
    ],
)
def test_logout_asks_for_one_profile(
    configured: CommandLine, asked: list[Any], argv: tuple[str, ...], expected: tuple[str | None, bool]
) -> None:
    configured("logout", *argv)

    assert only(asked) == expected


def test_logout_of_all_asks_for_each_though_each_fails(configured: CommandLine, asked: list[Any]) -> None:
    ran = configured("logout", "--all")

    assert asked == [("acme", True), ("ci", True)]
    assert ran.status == 4


TENANT = "https://ai.egain.cloud/system/auth/TMPRODB88619984"
GATEWAY = "https://login.egain.cloud/f51302dd-7036-41b5-b619-e1a52a67c780"


def added(asked: list[Any]) -> dict[str, Any]:
    values: dict[str, Any] = only(asked)[1]
    return values


def test_self_service_tenant_gives_every_url_of_the_guide(program_line: CommandLine, asked: list[Any]) -> None:
    program_line(
        "profile", "add", "acme", "--deployment", "self-service", "--tenant", "TMPRODB88619984", "--client-id", "id"
    )
    values = added(asked)
    user = {"authorization_url": f"{TENANT}-U/oauth2/authorize", "token_url": f"{TENANT}-U/oauth2/token"}
    customer = {"authorization_url": f"{TENANT}-C/oauth2/authorize", "token_url": f"{TENANT}-C/oauth2/token"}
    anonymous = "https://api.ai.egain.cloud/core/authmgr/v3/oauth2/v2.0/anonymous/token"

    assert (values["deployment"], values["client_id"]) == ("self-service", "id")
    assert values["api_url"] == "https://api.ai.egain.cloud"
    assert values["endpoints"] == {
        "user": user,
        "customer": customer,
        "client": {"token_url": user["token_url"]},
        "anonymous": {"token_url": f"{anonymous}?user_type=customer&domain_hint=TMPRODB88619984"},
        "on_behalf_of_user": {"token_url": user["token_url"]},
        "on_behalf_of_customer": {"token_url": customer["token_url"]},
    }
    assert values["flows"]["client-credentials"]["client_auth"] == "body"


@pytest.mark.parametrize("given", ["developerv3api.egain.cloud", "https://developerv3api.egain.cloud/"])
def test_commercial_domain_gives_every_url_of_the_guide(
    program_line: CommandLine, asked: list[Any], given: str
) -> None:
    domain = "developerv3api.egain.cloud"
    program_line("profile", "add", "acme", "--deployment", "commercial", "--domain", given, "--client-id", "id")
    values = added(asked)
    user, customer = "B2C_1A_User_V3_SignIn_OIDC", "B2C_1A_Customer_V3_SignUpOrSignIn_OIDC"

    assert values["api_url"] == "https://api.egain.cloud"
    assert values["endpoints"] == {
        "user": {
            "authorization_url": f"{GATEWAY}/{user}/oauth2/v2.0/authorize?domain_hint={domain}",
            "token_url": f"{GATEWAY}/{user}/oauth2/v2.0/token",
        },
        "customer": {
            "authorization_url": f"{GATEWAY}/{customer}/oauth2/v2.0/authorize?domain_hint={domain}",
            "token_url": f"{GATEWAY}/{customer}/oauth2/v2.0/token",
        },
        "client": {"token_url": GATEWAY.replace("cloud/", "cloud/global/") + "/oauth2/v2.0/token"},
        "anonymous": {
            "token_url": "https://login.egain.cloud/internal/oauth2/v2.0/anonymous/token"
            "?user_type=customer&domain_hint=api.egain.cloud"
        },
    }
    assert values["flows"]["client-credentials"] == {"client_auth": "basic", "scopes": [".default"]}


@pytest.mark.parametrize(
    ("argv", "path", "expected"),
    [
        (("--authorization-url", "https://a.example/x"), "endpoints.user.authorization_url", "https://a.example/x"),
        (("--token-url", "https://a.example/t"), "endpoints.user.token_url", "https://a.example/t"),
        (
            ("--token-url", "https://a.example/t", "--actor", "customer"),
            "endpoints.customer.token_url",
            "https://a.example/t",
        ),
        (("--client-token-url", "https://a.example/t"), "endpoints.client.token_url", "https://a.example/t"),
        (("--anonymous-token-url", "https://a.example/t"), "endpoints.anonymous.token_url", "https://a.example/t"),
        (("--revocation-url", "https://a.example/r"), "endpoints.user.revocation_url", "https://a.example/r"),
        (("--api-url", "https://a.example"), "api_url", "https://a.example"),
        (("--scope-prefix", "p/"), "scope_prefix", "p/"),
        (("--domain-hint", "d.example"), "domain_hint", "d.example"),
        (("--redirect-uri", "http://localhost:1/a", "--redirect-uri", "http://localhost:2/b"), "redirect_uris",
         ["http://localhost:1/a", "http://localhost:2/b"]),
        (("--flow", "client-credentials", "--scope", "a", "--client-auth", "basic"), "flows.client-credentials",
         {"scopes": ["a"], "client_auth": "basic"}),
    ],
)  # fmt: skip
def test_every_url_and_setting_can_be_given(
    program_line: CommandLine, asked: list[Any], argv: tuple[str, ...], path: str, expected: object
) -> None:
    program_line("profile", "add", "acme", "--tenant", "TMPRODB88619984", "--client-id", "id", *argv)
    value: Any = added(asked)
    for step in path.split("."):
        value = value[step]

    assert value == expected
