"""Typer's complaints in our shape, each with the command that was probably meant."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any

from egain_auth_cli.errors import UsageError

_NO_COMMAND = re.compile(r"No such command '(.*?)'\.(?: Did you mean .*)?$", re.DOTALL)
_GUESS = re.compile(r"\.? Did you mean .*$| \(Possible options: .*\)$")
_NO_CHOICE = re.compile(r"'([^']*)' is not one of ")
# What other tools call it. The first word of a value is looked for among the commands of the same level.
_SYNONYMS = {
    "egain": {
        "whoami": "egain status", "who": "egain status", "me": "egain status", "info": "egain status",
        "config": "egain profile list", "configure": "egain profile add", "init": "egain profile add",
        "setup": "egain profile add", "profiles": "egain profile list", "list": "egain profile list",
        "auth": "egain login", "signin": "egain login", "sign-in": "egain login", "authenticate": "egain login",
        "signout": "egain logout", "sign-out": "egain logout", "revoke": "egain logout", "version": "egain --version",
        "access-token": "egain token", "print-access-token": "egain token", "get-token": "egain token",
        "refresh": "egain token --force-refresh", "env": "egain export sh", "run": "egain exec", "api": "egain call",
        "get": "egain call GET", "post": "egain call POST", "request": "egain call", "curl": "egain call",
        "check": "egain doctor", "test": "egain doctor", "decode": "egain inspect", "jwt": "egain inspect",
        "server": "egain sandbox", "demo": "egain sandbox", "keyring": "egain secret status",
    },
    "egain profile": {
        "delete": "egain profile remove", "rm": "egain profile remove", "del": "egain profile remove",
        "ls": "egain profile list", "switch": "egain profile use", "default": "egain profile use",
        "select": "egain profile use", "create": "egain profile add", "new": "egain profile add",
        "get": "egain profile show", "view": "egain profile show", "mv": "egain profile rename",
        "update": "egain profile set", "change": "egain profile set",
    },
    "egain secret": {
        "add": "egain secret set", "put": "egain secret set", "store": "egain secret set",
        "remove": "egain secret delete", "rm": "egain secret delete", "clear": "egain secret delete",
        "show": "egain secret status", "get": "egain secret status",
    },
    "egain export": {
        "bash": "egain export sh", "zsh": "egain export sh", "dash": "egain export sh", "ksh": "egain export sh",
        "shell": "egain export sh", "env": "egain export dotenv", ".env": "egain export dotenv",
        "pwsh": "egain export powershell", "ps1": "egain export powershell", "bat": "egain export cmd",
        "github": "egain export github-env", "gitlab": "egain export gitlab-dotenv",
        "azure": "egain export azure-pipelines", "kubernetes": "egain export kubernetes-secret",
        "k8s": "egain export kubernetes-secret", "kubectl": "egain export exec-credential",
        "curl": "egain export curl-config",
    },
}  # fmt: skip
_OPTIONS = {
    "egain": {"-V": "egain --version", "-q": "egain --quiet"},
    "egain token": {"--json": "--output json", "-o": "--output"},
}


def as_usage_error(exc: Any) -> UsageError:  # noqa: ANN401  Typer's own types are private
    """Return Typer's complaint as an error of ours, in one line.

    Args:
        exc: Typer's.
    """
    ctx = getattr(exc, "ctx", None)
    path = ctx.command_path if ctx is not None else "egain"
    raw = str(getattr(exc, "message", ""))
    message = _GUESS.sub("", " ".join(exc.format_message().split())).rstrip(".").replace("'", "`")
    meant = _meant(exc, raw, path, ctx)
    hint = f"did you mean {meant}? see `{path} --help`" if meant else f"see `{path} --help`"
    return UsageError(message[:1].lower() + message[1:], hint=hint)


def _meant(exc: Any, raw: str, path: str, ctx: Any) -> str:  # noqa: ANN401
    """Return what was probably meant, in backticks, or nothing."""
    option = getattr(exc, "option_name", None)
    if option is not None:
        return _option_meant(option, exc, path)
    command, choice = _NO_COMMAND.search(raw), _NO_CHOICE.search(raw)
    if command is not None and ctx is not None:
        return _word_meant(command[1], path, ctx.command.list_commands(ctx))
    if choice is not None:
        known = re.findall(r"'([^']*)'", raw[choice.end() :])
        param = getattr(exc, "param", None)
        if getattr(param, "param_type_name", "") == "option":
            close = _closest(choice[1], known)
            return f"`{max(param.opts, key=len)} {close}`" if close else ""  # type: ignore[union-attr]
        return _word_meant(choice[1], path, known)
    return ""


def _option_meant(option: str, exc: Any, path: str) -> str:  # noqa: ANN401
    if path == "egain login" and (usage := _usage_without_login(option)):
        return f"`egain token {usage}`, for which nobody signs in"
    if option in _OPTIONS.get(path, {}):
        return f"`{_OPTIONS[path][option]}`"
    # The dashes that all options begin with make no two of them alike.
    bare = {one.lstrip("-"): one for one in getattr(exc, "possibilities", None) or ()}
    close = get_close_matches(option.lstrip("-"), bare, n=2)
    return " or ".join(f"`{bare[one]}`" for one in sorted(close))


def _usage_without_login(option: str) -> str | None:
    from egain_auth_cli.flows import RECORDS

    options = [one for record in RECORDS.values() for one in record.options]
    return next((one.usage for one in options if one.name == option), None)


def _word_meant(word: str, path: str, known: list[str]) -> str:
    lower = word.lower()
    if lower in _SYNONYMS.get(path, {}):
        return f"`{_SYNONYMS[path][lower]}`"
    close = _closest(word, known)
    return f"`{path} {close}`" if close else ""


def _closest(word: str, known: list[str]) -> str:
    return next(iter(get_close_matches(word.lower(), known, n=1)), "")
