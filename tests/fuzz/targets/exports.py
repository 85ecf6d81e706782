"""Exports: every reader, the real shells too, gets exactly the values that went in."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

from egain_auth_cli.errors import ConfigError, UsageError
from egain_auth_cli.exporters import Export, Format, in_file, render
from egain_auth_cli.exporters.variable_names import check_name
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.models.token import is_bearer_token
from egain_auth_cli.models.urls import check_url
from fuzz.words import check_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

EXPIRY = 1_800_000_000
CI = {"GITHUB_ENV": "file", "GITHUB_OUTPUT": "file", "GITHUB_ACTIONS": "true"}
BOURNE = ("sh", "dash", "bash", "zsh", "ksh")
SHELLS = {Format.SH: (BOURNE, ""), Format.DOTENV: (BOURNE, "set -a\n"), Format.FISH: (("fish",), "")}
"""Who reads a format, and what stands before it."""
NO_FILES = {"zsh": ("-f",), "fish": ("--no-config",)}
Pairs = dict[str, str]


def check(data: bytes) -> None:
    """Read each export as its receiver's manual says; the shells have their turn in ``check_batch``."""
    export = export_of(data)
    if export is None:
        return
    expected, token = dict(export.variables()), export.token.reveal()
    for form, read in READERS.items():
        text = text_of(form, export)
        if text is not None:
            assert read(text) == expected, form
        if text is not None and form == Format.DOTENV:
            check_merge(export, text, data)
    assert read_curl(render(Format.CURL_CONFIG, export, CI).text) == {"header": f"Authorization: Bearer {token}"}
    assert render(Format.GITHUB_ENV, export, CI).text.replace("%25", "%") == f"::add-mask::{token}"


def check_batch(cases: Sequence[bytes]) -> None:
    """Let each shell of this machine read many exports in one process."""
    exports = [export for export in map(export_of, cases) if export is not None]
    for form, (shells, before) in SHELLS.items():
        own = [(export, text) for export in exports if (text := text_of(form, export)) is not None]
        script = before + "".join(f"{text}\n{shown(export)}" for export, text in own)
        expected = "".join(f"{value}\0" for export, _ in own for _, value in export.variables())
        for shell in filter(shutil.which, shells if own else ()):
            assert expected == run(shell, script), f"{shell} reads {form}"


def shown(export: Export) -> str:
    return "".join(f"printf '%s\\0' \"${name}\"\n" for name, _ in export.variables())


def run(shell: str, script: str) -> str:
    environ = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    command = [shell, *NO_FILES.get(shell, ())]
    done = subprocess.run(command, input=script.encode(), capture_output=True, timeout=60, check=False, env=environ)
    assert (done.returncode, done.stderr) == (0, b""), shell
    return done.stdout.decode()


def text_of(form: Format, export: Export) -> str | None:
    """Return the export in a format; None where it says that its readers would not read it alike."""
    try:
        rendered = render(form, export, CI)
    except UsageError as exc:
        assert form in (Format.DOTENV, Format.GITLAB_DOTENV)
        check_words(exc)
        return None
    return rendered.appended or rendered.text


def export_of(data: bytes) -> Export | None:
    """Return what can be exported at all: every other token, URL and name is refused before."""
    name, token, url, *_ = [*data.decode("latin-1").split("\n"), "", "", ""]
    # A shell has names of its own, of which it takes no value: the digits keep ours apart from them.
    name = f"X9{name}"
    try:
        check_name(name)
        api_url = check_url(url, field="api_url", query=False) if url else None
    except (UsageError, ConfigError) as exc:
        check_words(exc)
        return None
    return Export(name, Secret(token), EXPIRY, api_url) if is_bearer_token(token) else None


def check_merge(export: Export, text: str, data: bytes) -> None:
    """Hold a file of other assignments: those stay as they are, ours stand there once."""
    former = "".join(f"OTHER{at}={one.hex()}\n" for at, one in enumerate(data.split(b"\n"))) + f"{export.name}=old\n"
    written = in_file(Format.DOTENV, export, former, text)

    assert in_file(Format.DOTENV, export, written, text) == written
    assert read_lines(written) == read_lines(former) | dict(export.variables())


def read_lines(text: str) -> Pairs:
    """Read bare assignments, as docker does."""
    pairs = [line.split("=", 1) for line in text.splitlines() if line]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def read_github(text: str) -> Pairs:
    """Read as the runner does: ``NAME=VALUE``, or ``NAME<<MARK``, lines, ``MARK``."""
    found: Pairs = {}
    lines = iter(text.split("\n"))
    for line in lines:
        at = re.search("=|<<", line)
        if at is None:
            assert not line
        elif at[0] == "=":
            found[line[: at.start()]] = line[at.end() :]
        else:
            found[line[: at.start()]] = "\n".join(iter(lambda: next(lines), line[at.end() :]))
    return found


def read_azure(text: str) -> Pairs:
    """Read as the agent does (``CommandStringConvertor``): percent escapes of the value undone."""
    pattern = re.compile(r"##vso\[task\.setvariable variable=(\w+)(?:;issecret=true)?\](.*)")
    matches = [pattern.fullmatch(line) for line in text.splitlines()]
    return {match[1]: match[2].replace("%AZP25", "%") for match in matches if match}


def read_cmd(text: str) -> Pairs:
    """Read as cmd.exe does on a line of its own: to the last quote."""
    matches = [re.fullmatch(r'set "([^=]+)=([^"]*)"', line) for line in text.splitlines()]
    return {match[1]: match[2] for match in matches if match}


def read_powershell(text: str) -> Pairs:
    matches = [re.fullmatch(r"\$env:(\w+) = '((?:[^']|'')*)'", line) for line in text.splitlines()]
    return {match[1]: match[2].replace("''", "'") for match in matches if match}


def read_sh(text: str) -> Pairs:
    words = [shlex.split(line) for line in text.splitlines()]
    assert all(len(line) == 2 and line[0] == "export" for line in words)
    return dict(line[1].split("=", 1) for line in words)


def read_curl(text: str) -> Pairs:
    match = re.fullmatch(r'(\w+) = "((?:[^"\\]|\\["\\])*)"', text)
    assert match is not None
    return {match[1]: re.sub(r"\\(.)", r"\1", match[2])}


def read_json(text: str) -> Pairs:
    return {name: str(value) for name, value in json.loads(text).items()}


READERS: dict[Format, Callable[[str], Pairs]] = {
    Format.SH: read_sh,
    Format.POWERSHELL: read_powershell,
    Format.CMD: read_cmd,
    Format.DOTENV: read_lines,
    Format.GITLAB_DOTENV: read_lines,
    Format.JSON: read_json,
    Format.GITHUB_ENV: read_github,
    Format.GITHUB_OUTPUT: read_github,
    Format.AZURE_PIPELINES: read_azure,
}
