"""Which variables a token may go to: not those that programs read to find, load or connect to something else.

There the token would end as a path that is opened, an option, or a password that is sent to another service. The list
goes by who reads the names: sudo's ``initial_badenv_table`` and glibc's ``unsecvars.h`` are its seed, the manuals of
shells, languages and CI systems the rest.
"""

from __future__ import annotations

import re

from egain_auth_cli.errors import UsageError
from egain_auth_cli.sanitize import printable
from egain_auth_cli.settings.environment_token import TOKEN

_LONGEST = 128
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_READ_BY = {
    "the system": r"""
        HOME PWD OLDPWD USER(NAME)? LOGNAME MAIL TERM(INFO.*|CAP)? LANG(UAGE)? LC_.* TZ TZDIR TMPDIR TE?MP XDG_.*
        DBUS_.* DISPLAY XAUTHORITY WAYLAND_.* HOSTALIASES LOCALDOMAIN RES_OPTIONS RESOLV_HOST_CONF LOCPATH NLSPATH
        MALLOC_.* GETCONF_DIR NIS_PATH COMSPEC PATHEXT SYSTEMROOT WINDIR (LOCAL)?APPDATA USERPROFILE
        PROGRAM(DATA|FILES.*)""",
    "the dynamic linker": "LD_.* DYLD_.* _RLD.* LIBPATH SHLIB_PATH GLIBC_.* GCONV_PATH",
    "shells": r"""
        PATH SHELL IFS ENV CDPATH BASH_.* BASHOPTS SHELLOPTS PROMPT_COMMAND PS[0-4] FPATH ZDOTDIR FCEDIT
        (READ)?NULLCMD INPUTRC HIST(FILE|CONTROL|IGNORE) KSH_.* FISH_.* PSMODULEPATH PSEXECUTIONPOLICYPREFERENCE
        POSIXLY_CORRECT""",
    "languages": r"""
        PYTHON.* PIP_.* UV_.* VIRTUAL_ENV NODE_.* NPM_.* YARN_.* PERL.* RUBY.* GEM_.* BUNDLE_.* PHPRC PHP_INI_.*
        LUA_.* JAVA_.* _JAVA_OPTIONS JDK_JAVA_OPTIONS CLASSPATH MAVEN_.* GRADLE_.* DOTNET_.* COMPLUS_.* CORECLR_.*
        NUGET_.* RUST.* CARGO.* GO(PATH|FLAGS|ROOT|PROXY|ENV|BIN|PRIVATE|INSECURE)
        R_(HOME|LIBS.*|PROFILE.*|ENVIRON.*) JULIA_.* CC CXX CPP AR (C|CXX|CPP|LD)FLAGS""",
    "tools": r"""
        GIT_.* SSH_.* SUDO_.* GNUPGHOME (GNU)?MAKEFLAGS MAKEFILES EDITOR VISUAL (MAN|SYSTEMD_)?PAGER BROWSER
        LESS(OPEN|CLOSE|KEY.*)? CURL_.* WGETRC NETRC DOCKER_.* BUILDKIT_.* KUBECONFIG KUBERNETES_.* HELM_.*
        TF_(?!VAR_).* ANSIBLE_.*""",
    "TLS libraries": "OPENSSL_.* SSL_CERT_.* SSLKEYLOGFILE REQUESTS_CA_BUNDLE NIX_SSL_CERT_FILE GIO_.*",
    "clients of the network": "(HTTPS?|FTP|ALL|NO|RSYNC)_PROXY",
    "the CI system": r"""
        CI GITHUB_.* RUNNER_.* ACTIONS_.* GITLAB_.* CI_(JOB|REGISTRY|DEPENDENCY_PROXY|DEPLOY|SERVER|API)_.*
        SYSTEM_ACCESSTOKEN VSO_.* JENKINS_.* BUILDKITE_.* CIRCLE_.* TRAVIS_.*""",
    "another service's client": "AWS_.* AZURE_.* ARM_.* GOOGLE_.* CLOUDSDK_.* VAULT_.* GH_.*",
    "egain": "EGAIN_(?!ACCESS_TOKEN$).*",
}
"""Names by their reader, in capitals."""


def check_name(name: str) -> None:
    """Refuse a variable's name that a shell could not take, or that something else reads.

    Raises:
        UsageError: The name is refused.
    """
    if name == TOKEN:
        return
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise UsageError(
            f"`{printable(name, limit=80)}` cannot be a variable's name",
            hint="use letters, digits and `_`, no digit first",
        )
    upper = name.upper()  # Windows does not tell capitals from small letters in names, and nor do proxies
    reader = next((one for one, names in _READ_BY.items() if re.fullmatch("|".join(names.split()), upper)), None)
    if reader is not None:
        raise UsageError(
            f"`{name}` is not set: {reader} would take the token in it for something else",
            hint="choose another `--name`",
        )
