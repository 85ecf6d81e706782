"""A profile made by asking: for ``profile add`` without options, and for ``login`` where there is none yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.commands.next_step import SECRET_VARIABLES, say_next
from egain_auth_cli.errors import ConfigError, StoreError
from egain_auth_cli.flows import RECORDS
from egain_auth_cli.models.grants import SecretStoreKind
from egain_auth_cli.profiles.answers import Questions, needed
from egain_auth_cli.profiles.ask import ask_profile_fields
from egain_auth_cli.profiles.edit import profile_exists
from egain_auth_cli.settings.profile import check_profile_name

if TYPE_CHECKING:
    from egain_auth_cli.errors import ProfileMissing
    from egain_auth_cli.profiles.fields import ProfileFields
    from egain_auth_cli.runtime import Runtime

_USUAL_NAME = "main"


def ask_name(runtime: Runtime) -> str:
    """Ask for a name that no profile has yet.

    Raises:
        KeyboardInterrupt: The person ended it.
    """

    def read(text: str, _: str) -> str:
        check_free_name(runtime, text)
        return text

    taken = _USUAL_NAME in runtime.config().names
    return Questions(runtime.terminal).ask(
        "Name of the profile, such as acme", needed(read), default="" if taken else _USUAL_NAME
    )


def check_free_name(runtime: Runtime, name: str) -> None:
    """Refuse a name before anything is asked for it.

    Raises:
        ConfigError: It is invalid, or taken.
    """
    if check_profile_name(name) in runtime.config().names:
        raise profile_exists(name)


def ask_fields(runtime: Runtime, name: str) -> ProfileFields:
    """Ask for the profile; nothing is kept of it where the person ends that.

    Raises:
        KeyboardInterrupt: The person ended it.
    """
    from egain_auth_cli.stores.keyring_store import has_keyring

    try:
        return ask_profile_fields(runtime.terminal, name, has_keyring=has_keyring(runtime.environ))
    except KeyboardInterrupt:
        runtime.terminal.say(f"\nprofile `{name}` is not made")
        raise


def offer_profile(runtime: Runtime, missing: ProfileMissing) -> bool:
    """Make the first profile by asking, its client secret included.

    Args:
        runtime: Of this run.
        missing: What was raised for want of a profile; raised again where it is not the first, nobody is there to be
            asked, or the person does not want one.

    Returns:
        Whether its flow is one where a person signs in.
    """
    from egain_auth_cli.commands.profile_make import make_profile

    named = runtime.profile is not None or runtime.environ.get("EGAIN_PROFILE")
    if named or runtime.config().names or not runtime.terminal.can_ask:
        raise missing
    runtime.terminal.instruct("There is no profile yet: it says which eGain and which client application you use.")
    if not Questions(runtime.terminal).agrees("Make one now"):
        raise missing
    name = ask_name(runtime)
    make_profile(runtime, name, ask_fields(runtime, name))
    has_secret = ask_client_secret(runtime, name)
    flow = runtime.config().profile(name).flow
    if flow is None or not RECORDS[flow].signs_in or (RECORDS[flow].needs_secret and not has_secret):
        say_next(runtime, name, has_secret=has_secret)
        return False
    return True


def ask_client_secret(runtime: Runtime, name: str) -> bool:
    """Ask for the client secret that a new profile's flow needs, and keep it; return whether there is one now.

    Nothing is asked where the environment gives it, or the profile keeps none. The profile is made already: where the
    secret cannot be kept, or none is given, that is said, and is for another command to mend.
    """
    from egain_auth_cli.commands.secret import ask_and_keep_secret

    profile = runtime.config().profile(name)
    if profile.flow is None or not RECORDS[profile.flow].needs_secret:
        return False
    if any(runtime.environ.get(variable) for variable in SECRET_VARIABLES):
        return True
    if profile.secret_store is SecretStoreKind.NONE:
        return False
    former, runtime.profile = runtime.profile, name
    try:
        ask_and_keep_secret(runtime)
    except (ConfigError, StoreError) as exc:
        runtime.terminal.warn(exc.message)
        return False
    finally:
        runtime.profile = former
    return True
