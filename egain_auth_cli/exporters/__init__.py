"""A token in the form that a shell, a CI system or another program takes; each renderer is loaded when it is used."""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.settings.environment_token import API_URL, EXPIRY, TOKEN, TOKEN_FILE
from egain_auth_cli.settings.environment_token import NAME as TOKEN_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from egain_auth_cli.models.secret import Secret

DEFAULT_NAME = TOKEN


class Format(StrEnum):
    """The formats of ``egain export``."""

    SH = "sh"
    FISH = "fish"
    POWERSHELL = "powershell"
    CMD = "cmd"
    DOTENV = "dotenv"
    JSON = "json"
    GITHUB_ENV = "github-env"
    GITHUB_OUTPUT = "github-output"
    GITLAB_DOTENV = "gitlab-dotenv"
    AZURE_PIPELINES = "azure-pipelines"
    KUBERNETES_SECRET = "kubernetes-secret"  # noqa: S105  a format's name
    EXEC_CREDENTIAL = "exec-credential"
    CURL_CONFIG = "curl-config"


class Export(NamedTuple):
    """What is exported.

    Attributes:
        name: The token's variable.
        token: The access token, of RFC 6750's alphabet.
        expires_at: Epoch seconds.
        api_url: The API's base; None where it is not known.
        stale: Variables that stand in the environment and would pair another token with this API.
    """

    name: str
    token: Secret
    expires_at: int
    api_url: str | None = None
    stale: tuple[str, ...] = ()

    def variables(self) -> list[tuple[str, str]]:
        """Return what is set: the token, its end and its API, as ``exec`` gives them."""
        pairs = [(self.name, self.token.reveal()), (EXPIRY, str(self.expires_at))]
        return [*pairs, (API_URL, self.api_url)] if self.api_url else pairs


WRITE_TO_THEIR_OWN = (Format.GITHUB_ENV, Format.GITHUB_OUTPUT)
"""The formats that append to a file which a CI system names."""
_KEEPS_OTHER_LINES = (Format.DOTENV, Format.GITLAB_DOTENV)


class Rendered(NamedTuple):
    """What a format comes to.

    Attributes:
        text: For standard output, without a newline at its end; empty for nothing.
        file: The file to append to, or None.
        appended: What to append.
    """

    text: str
    file: str | None = None
    appended: str = ""


# Module and function by name: only the renderer that is asked for is imported.
_RENDERERS = {
    Format.SH: ("shell", "sh"),
    Format.FISH: ("shell", "fish"),
    Format.POWERSHELL: ("shell", "powershell"),
    Format.CMD: ("shell", "cmd"),
    Format.DOTENV: ("dotenv", "dotenv"),
    Format.JSON: ("dotenv", "json_object"),
    Format.GITLAB_DOTENV: ("dotenv", "dotenv"),
    Format.GITHUB_ENV: ("ci", "github_env"),
    Format.GITHUB_OUTPUT: ("ci", "github_output"),
    Format.AZURE_PIPELINES: ("ci", "azure_pipelines"),
    Format.KUBERNETES_SECRET: ("kubernetes", "secret"),
    Format.EXEC_CREDENTIAL: ("kubernetes", "exec_credential"),
    Format.CURL_CONFIG: ("http_clients", "curl_config"),
}


def stale_variables(name: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the variables of a former token that an export has to take away, where it sets the API's URL anew.

    Args:
        name: The variable that the new token goes to.
        environ: The environment.
    """
    return tuple(one for one in (TOKEN, TOKEN_FILE, TOKEN_NAME) if one != name and environ.get(one))


def in_file(form: Format, export: Export, former: str, text: str) -> str:
    """Return what a file holds with an export in it: files of assignments keep their other lines.

    Args:
        form: The format.
        export: What is set.
        former: What the file held.
        text: The export as it was rendered.
    """
    if form not in _KEEPS_OTHER_LINES:
        return f"{text}\n"
    from egain_auth_cli.exporters.dotenv import merged

    return merged(former, export, text)


def render(form: Format, export: Export, environ: Mapping[str, str]) -> Rendered:
    """Render a token in a format.

    Args:
        form: The format.
        export: Name, token and expiry.
        environ: For the formats that write to a file which a CI system names.

    Raises:
        UsageError: The format needs a variable that is not set.
    """
    module, function = _RENDERERS[form]
    renderer: Callable[[Export, Mapping[str, str]], Rendered] = getattr(
        import_module(f"egain_auth_cli.exporters.{module}"), function
    )
    return renderer(export, environ)
