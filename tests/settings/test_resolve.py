from __future__ import annotations

import pytest
from fakes.profiles import ACME, altered, make_config, make_settings

from egain_auth_cli.errors import ConfigError, ProfileMissing, SettingMissing, UsageError
from egain_auth_cli.flows import RECORDS
from egain_auth_cli.models.grants import Actor, ClientAuth, Flow, SecretStoreKind, Subject, TokenCacheKind
from egain_auth_cli.settings.resolve import choose_profile, prefixed, resolve_settings
from egain_auth_cli.settings.settings import FlowOptions, Setting

ENVIRONMENT = {
    "EGAIN_CLIENT_ID": ("client_id", "env-client", "env-client"),
    "EGAIN_AUTHORIZATION_URL": ("authorization_url", "https://env.test/a", "https://env.test/a"),
    "EGAIN_TOKEN_URL": ("token_url", "https://env.test/t", "https://env.test/t"),
    "EGAIN_API_URL": ("api_url", "https://api.env.test", "https://api.env.test"),
    "EGAIN_SCOPE_PREFIX": ("scope_prefix", "env/", "env/"),
    "EGAIN_CLIENT_AUTH": ("client_auth", "basic", ClientAuth.BASIC),
    "EGAIN_REDIRECT_URI": ("redirect_uris", "http://localhost:9/", ("http://localhost:9/",)),
    "EGAIN_DOMAIN_HINT": ("domain_hint", "env.test", "env.test"),
    "EGAIN_REGISTRATION_ID": ("registration_id", "env-reg", "env-reg"),
}
OWN = """
[profiles.full]
client_id = "own-client"
flow = "token-exchange"
api_url = "https://api.own.test"
scope_prefix = "own/"
domain_hint = "own.test"
redirect_uris = ["http://localhost:1/"]
[profiles.full.endpoints.user]
authorization_url = "https://own.test/a"
token_url = "https://own.test/t"
[profiles.full.flows.token-exchange]
scopes = ["own.scope"]
client_auth = "body"
registration_id = "own-reg"
"""
GIVEN = {name: text for name, (_, text, _) in ENVIRONMENT.items()}


@pytest.mark.parametrize("variable", ENVIRONMENT)
def test_environment_wins_over_a_default_profile_and_says_what_it_passed_over(variable: str) -> None:
    name, text, value = ENVIRONMENT[variable]
    settings = make_settings(environ={variable: text}, text=f'default_profile = "full"\n{OWN}')

    setting = getattr(settings, name)
    assert (value, f"environment {variable}", ("profile full",)) == (setting.value, setting.source, setting.passed_over)


@pytest.mark.parametrize("variable", ENVIRONMENT)
def test_profile_named_by_option_keeps_its_own_against_the_environment(variable: str) -> None:
    name = ENVIRONMENT[variable][0]
    plain = getattr(make_settings(profile="full", text=OWN), name)
    settings = make_settings(profile="full", environ=GIVEN, text=OWN)

    setting = getattr(settings, name)
    expected = (plain.value, "profile full", (f"environment {variable} (profile named by -p keeps its own)",))
    assert expected == (setting.value, setting.source, setting.passed_over)


@pytest.mark.parametrize("variable", ENVIRONMENT)
def test_environment_fills_the_gaps_of_a_profile_named_by_option(variable: str) -> None:
    name, _, value = ENVIRONMENT[variable]
    settings = make_settings(profile="bare", environ=GIVEN, text="[profiles.bare]\nflow = 'token-exchange'\n")

    setting = getattr(settings, name)
    assert (value, f"environment {variable}", ()) == (setting.value, setting.source, setting.passed_over)


@pytest.mark.parametrize("variable", ENVIRONMENT)
def test_empty_variable_counts_as_unset(variable: str) -> None:
    name = ENVIRONMENT[variable][0]
    plain = make_settings(profile="full", text=OWN)

    assert getattr(plain, name) == getattr(make_settings(profile="full", environ={variable: ""}, text=OWN), name)


def test_flow_is_the_options_then_the_environments_then_the_profiles() -> None:
    environ = {"EGAIN_FLOW": "anonymous"}
    by_option = make_settings(flow=Flow.CLIENT_CREDENTIALS, environ=environ).flow
    by_environment = make_settings(environ=environ, profile="acme").flow
    by_profile = make_settings().flow

    assert by_option == Setting(Flow.CLIENT_CREDENTIALS, "option", ("environment EGAIN_FLOW", "profile acme"))
    assert by_environment == Setting(Flow.ANONYMOUS, "environment EGAIN_FLOW", ("profile acme",))
    assert by_profile == Setting(Flow.PKCE, "profile acme")


def test_scopes_are_the_options_then_the_environments_then_the_flow_tables() -> None:
    environ = {"EGAIN_SCOPE": "env.one  env.two"}
    by_option = make_settings(scopes=("one two", "three"), environ=environ).scopes
    by_environment = make_settings(environ=environ).scopes
    by_profile = make_settings(flow=Flow.ANONYMOUS).scopes

    assert (by_option.value, by_option.source) == (("one", "two", "three"), "option --scope")
    assert (by_environment.value, by_environment.source) == (("env.one", "env.two"), "environment EGAIN_SCOPE")
    assert (by_profile.value, by_profile.source) == (("anonymous.read",), "profile acme")


def test_actor_is_the_options_then_the_profiles_then_user() -> None:
    customer = altered(actor='"customer"')

    actors = [make_settings(actor=Actor.USER, text=customer), make_settings(text=customer), make_settings()]
    assert [(one.actor.value, one.actor.source) for one in actors] == [
        (Actor.USER, "option --actor"),
        (Actor.CUSTOMER, "profile acme"),
        (Actor.USER, "default"),
    ]


def test_nothing_given_means_the_documented_defaults() -> None:
    settings = make_settings(profile="bare", text="[profiles.bare]\n")

    expected = {
        "actor": Actor.USER,
        "scopes": (),
        "scope_prefix": "",
        "domain_hint": "",
        "redirect_uris": ("http://localhost:8400/callback",),
        "language": "en-US",
        "client_secret_command": (),
        "token_cache": TokenCacheKind.FILE,
        "secret_store": SecretStoreKind.KEYRING,
        "client_id": None,
        "flow": None,
        "token_url": None,
        "issuer": None,
    }
    assert expected == {name: getattr(settings, name).value for name in expected}
    assert {"default"} == {getattr(settings, name).source for name in expected}


@pytest.mark.parametrize(
    ("option", "environ", "default", "expected"),
    [
        ("a", {"EGAIN_PROFILE": "b"}, "c", ("a", "option -p", ("environment EGAIN_PROFILE",))),
        ("a", {}, "c", ("a", "option -p", ())),
        (None, {"EGAIN_PROFILE": "b"}, "c", ("b", "environment EGAIN_PROFILE", ("default_profile",))),
        (None, {"EGAIN_PROFILE": "b"}, None, ("b", "environment EGAIN_PROFILE", ())),
        (None, {"EGAIN_PROFILE": ""}, "c", ("c", "default_profile in config.toml", ())),
        (
            None,
            {"EGAIN_CLIENT_ID": "x", "EGAIN_TOKEN_URL": "y"},
            None,
            (None, "environment EGAIN_CLIENT_ID and EGAIN_TOKEN_URL", ()),
        ),
        (None, {"EGAIN_CLIENT_ID": "x", "EGAIN_TOKEN_URL": "y"}, "c", ("c", "default_profile in config.toml", ())),
    ],
)
def test_profile_is_the_options_then_the_environments_then_the_default(
    option: str | None, environ: dict[str, str], default: str | None, expected: tuple[str | None, str, tuple[str, ...]]
) -> None:
    config = make_config(f'default_profile = "{default}"' if default else "")

    chosen = choose_profile(option, environ, config)
    assert expected == (chosen.value, chosen.source, chosen.passed_over)


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        ("", "there is no profile yet", "egain profile add"),
        ("[profiles.acme]\n", "no profile is chosen", "egain profile use acme"),
    ],
)
def test_no_profile_at_all_is_told_with_a_way_on(text: str, words: str, hint: str) -> None:
    with pytest.raises(ProfileMissing, match=words) as caught:
        choose_profile(None, {}, make_config(text))

    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("given", "missing"), [("EGAIN_CLIENT_ID", "EGAIN_TOKEN_URL"), ("EGAIN_TOKEN_URL", "EGAIN_CLIENT_ID")]
)
def test_half_a_client_in_the_environment_names_the_other_half(given: str, missing: str) -> None:
    with pytest.raises(SettingMissing, match=f"`{given}` is set and `{missing}` is not"):
        choose_profile(None, {given: "x"}, make_config(""))


@pytest.mark.parametrize(
    ("flow", "method"),
    [("client-credentials", ClientAuth.BASIC), ("anonymous", ClientAuth.BODY), ("", ClientAuth.BASIC)],
)
def test_environment_alone_is_enough(flow: str, method: ClientAuth) -> None:
    environ = {"EGAIN_CLIENT_ID": "c", "EGAIN_TOKEN_URL": "https://env.test/t", "EGAIN_FLOW": flow}
    settings = make_settings(environ=environ, text="")

    assert (settings.owner, settings.client_auth.value) == ("@environment/c", method)
    assert settings.binding().token_origins == ("https://env.test",)


def test_empty_text_in_a_profile_is_a_gap_that_the_environment_fills() -> None:
    text = "[profiles.bare]\nscope_prefix = ''\ndomain_hint = ''\n"
    settings = make_settings(profile="bare", environ={"EGAIN_SCOPE_PREFIX": "env/"}, text=text)

    assert (settings.scope_prefix.value, settings.scope_prefix.source) == ("env/", "environment EGAIN_SCOPE_PREFIX")
    assert settings.domain_hint.source == "default"


@pytest.mark.parametrize(
    ("deployment", "flow", "method"),
    [
        ("self-service", Flow.CLIENT_CREDENTIALS, ClientAuth.BODY),
        ("commercial", Flow.CLIENT_CREDENTIALS, ClientAuth.BASIC),
        ("commercial", Flow.AUTHORIZATION_CODE, ClientAuth.BODY),
        ("commercial", Flow.ANONYMOUS, ClientAuth.BODY),
    ],
)
def test_client_authentication_defaults_to_the_guides(deployment: str, flow: Flow, method: ClientAuth) -> None:
    text = f"[profiles.bare]\ndeployment = '{deployment}'\n"

    assert method == make_settings(profile="bare", flow=flow, text=text).client_auth.value


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("EGAIN_FLOW", "password"),
        ("EGAIN_TOKEN_URL", "http://evil.test/"),
        ("EGAIN_AUTHORIZATION_URL", "javascript:x"),
        ("EGAIN_API_URL", "https://a.test/?x"),
        ("EGAIN_CLIENT_AUTH", "jwt"),
        ("EGAIN_REDIRECT_URI", "http://evil.test/"),
        ("EGAIN_SCOPE", 'a"b'),
        ("EGAIN_CLIENT_ID", "a\nb"),
        ("EGAIN_DOMAIN_HINT", "\x1b"),
    ],
)
def test_bad_variable_is_a_configuration_error_that_names_it(variable: str, value: str) -> None:
    with pytest.raises(ConfigError, match=variable) as caught:
        make_settings(environ={variable: value})

    assert caught.value.exit_code == 3


@pytest.mark.parametrize("scope", ['a"b', "a\\b", "é", "\x1b[2J"])
def test_bad_scope_on_the_command_line_is_wrong_use(scope: str) -> None:
    with pytest.raises(UsageError) as caught:
        make_settings(scopes=(scope,))

    assert caught.value.message.isprintable()


PREFIX = "https://api.egain.cloud/auth/"


@pytest.mark.parametrize(
    ("scope", "wire"),
    [
        ("knowledge.read", f"{PREFIX}knowledge.read"),
        (".default", f"{PREFIX}.default"),
        ("openid", "openid"),
        ("profile", "profile"),
        ("email", "email"),
        ("address", "address"),
        ("phone", "phone"),
        ("offline_access", "offline_access"),
        (f"{PREFIX}knowledge.read", f"{PREFIX}knowledge.read"),
        ("https://other.test/x", "https://other.test/x"),
    ],
)
def test_prefix_is_put_before_each_scope_that_has_none(scope: str, wire: str) -> None:
    assert wire == prefixed(scope, PREFIX)


def test_empty_prefix_changes_nothing() -> None:
    assert prefixed("a", "") == "a"


def test_prefix_that_is_no_url_is_put_once() -> None:
    assert prefixed(prefixed("a", "api/"), "api/") == "api/a"


def test_wire_scopes_have_the_prefix() -> None:
    settings = make_settings(text=altered(scope_prefix='"x/"'))

    assert settings.wire_scopes == ("x/knowledge.read", "x/core.read")


@pytest.mark.parametrize(
    ("options", "url"),
    [
        (FlowOptions(flow=Flow.PKCE), "https://login.acme.test/U/token"),
        (FlowOptions(flow=Flow.PKCE, actor=Actor.CUSTOMER), "https://login.acme.test/C/token"),
        (FlowOptions(flow=Flow.CLIENT_CREDENTIALS), "https://login.acme.test/client/token"),
        (FlowOptions(flow=Flow.ANONYMOUS), "https://login.acme.test/anonymous/token?user_type=customer"),
        (FlowOptions(flow=Flow.ON_BEHALF_OF, subject=Subject.USERNAME), "https://login.acme.test/U/token"),
        (FlowOptions(flow=Flow.ON_BEHALF_OF, subject=Subject.EMAIL), "https://login.acme.test/C/token"),
        (FlowOptions(flow=Flow.TOKEN_EXCHANGE), "https://login.acme.test/U/token"),
    ],
)
def test_each_flow_has_its_endpoint(options: FlowOptions, url: str) -> None:
    assert url == make_settings(options).token_url.value


def test_missing_endpoint_is_named_by_the_flow_s_own_table() -> None:
    with pytest.raises(SettingMissing, match=r"`endpoints\.on_behalf_of_user\.token_url`"):
        make_settings(profile="x", flow=Flow.ON_BEHALF_OF, subject=Subject.USERNAME, text="[profiles.x]\n").need(
            "token_url"
        )


def test_own_on_behalf_of_endpoint_wins_over_the_persons() -> None:
    text = ACME + '\n[profiles.acme.endpoints.on_behalf_of_user]\ntoken_url = "https://login.acme.test/obo/token"\n'

    assert make_settings(flow=Flow.ON_BEHALF_OF, text=text).endpoint == "on_behalf_of_user"


def test_endpoint_of_the_environment_takes_no_other_address_of_the_profile() -> None:
    text = ACME.replace("revocation_url", 'issuer = "https://login.acme.test"\nrevocation_url')
    settings = make_settings(environ={"EGAIN_TOKEN_URL": "https://env.test/t"}, text=text)

    assert (settings.revocation_url.value, settings.issuer.value) == (None, None)
    assert settings.authorization_url.value == "https://login.acme.test/U/authorize"  # until its own variable is set
    assert make_settings(text=text).issuer.value == "https://login.acme.test"


@pytest.mark.parametrize(
    ("name", "options", "words", "hint"),
    [
        ("registration_id", FlowOptions(flow=Flow.PKCE), "`flows.pkce.registration_id`", "EGAIN_REGISTRATION_ID"),
        (
            "revocation_url",
            FlowOptions(flow=Flow.ANONYMOUS),
            "`endpoints.anonymous.revocation_url`",
            "egain profile set acme",
        ),
        ("metadata", FlowOptions(), "", ""),
    ],
)
def test_missing_setting_is_named_by_its_key_and_variable(
    name: str, options: FlowOptions, words: str, hint: str
) -> None:
    settings = make_settings(options)
    if name == "metadata":
        with pytest.raises(SettingMissing, match="no `client_id`"):
            make_settings(profile="x", text="[profiles.x]\n").need("client_id")
        return

    with pytest.raises(SettingMissing) as caught:
        settings.need(name)
    assert words in caught.value.message
    assert hint in (caught.value.hint or "")


def test_missing_setting_of_the_environment_names_a_variable_or_a_profile() -> None:
    environ = {"EGAIN_CLIENT_ID": "c", "EGAIN_TOKEN_URL": "https://env.test/t"}

    with pytest.raises(SettingMissing, match=r"the environment has no `endpoints\.user\.authorization_url`") as caught:
        make_settings(environ=environ, text="").need("authorization_url")
    assert "EGAIN_AUTHORIZATION_URL" in (caught.value.hint or "")


def test_missing_flow_names_every_option() -> None:
    with pytest.raises(SettingMissing) as caught:
        make_settings(profile="x", text="[profiles.x]\n").need_flow()

    assert [flow for flow in Flow if f"`{RECORDS[flow].option}`" not in (caught.value.hint or "")] == []


@pytest.mark.parametrize(
    ("profile", "environ", "applies"),
    [
        ("acme", {}, True),
        ("acme", {"EGAIN_CLIENT_ID": "acme-client"}, True),
        ("acme", {"EGAIN_CLIENT_ID": "other"}, False),
        ("acme", {"EGAIN_TOKEN_URL": "https://other.test/token"}, False),
        ("acme", {"EGAIN_TOKEN_URL": "https://login.acme.test/client/token"}, True),
        (None, {"EGAIN_TOKEN_URL": "https://other.test/token"}, True),
        (None, {"EGAIN_CLIENT_ID": "other"}, True),
    ],
)
def test_secret_of_the_environment_is_its_own_clients(
    profile: str | None, environ: dict[str, str], applies: bool
) -> None:
    settings = make_settings(profile=profile, environ=environ, flow=Flow.CLIENT_CREDENTIALS)

    assert applies == settings.environment_secret_applies


def test_secret_belongs_to_every_token_endpoint_of_the_profile_and_a_login_to_one() -> None:
    text = ACME.replace("https://login.acme.test/client/token", "https://other.acme.test/token")
    settings = make_settings(text=text)

    assert settings.binding().token_origins == ("https://login.acme.test",)
    assert settings.secret_binding().token_origins == ("https://login.acme.test", "https://other.acme.test")
    assert settings.binding().changed_from(settings.secret_binding()) is None


def test_endpoint_without_a_token_url_takes_no_part_in_what_the_secret_belongs_to() -> None:
    text = ACME.replace('authorization_url = "https://login.acme.test/C/authorize"\ntoken_url', "authorization_url")
    settings = make_settings(text=text)

    assert settings.secret_binding().token_origins == ("https://login.acme.test",)


@pytest.mark.parametrize(
    ("text", "flows"),
    [
        ("", ()),
        ("flow = 'pkce'\n", (Flow.PKCE,)),
        ("flow = 'pkce'\n[profiles.x.flows.anonymous]\n", (Flow.PKCE, Flow.ANONYMOUS)),
    ],
)
def test_profile_knows_the_flows_that_it_speaks_of(text: str, flows: tuple[Flow, ...]) -> None:
    assert make_settings(profile="x", text=f"[profiles.x]\n{text}").profile_flows == flows


def test_profile_without_an_api_has_no_api_origin() -> None:
    assert resolve_settings(FlowOptions(profile="x"), {}, make_config("[profiles.x]\n")).api_origin == ""


@pytest.mark.parametrize(
    ("environ", "text", "source"),
    [
        ({"EGAIN_PROFILE": "gone"}, "", "which `EGAIN_PROFILE` names"),
        ({}, 'default_profile = "gone"', "which `default_profile` in config.toml names"),
    ],
)
def test_profile_that_is_not_there_is_told_with_who_names_it(environ: dict[str, str], text: str, source: str) -> None:
    with pytest.raises(ProfileMissing, match=source):
        resolve_settings(FlowOptions(), environ, make_config(text))


def test_profile_that_the_option_names_is_told_without_more() -> None:
    with pytest.raises(ProfileMissing) as caught:
        resolve_settings(FlowOptions(profile="gone"), {"EGAIN_PROFILE": "acme"}, make_config(""))

    assert "names" not in caught.value.message
