"""A cached ``egain token``, answered with what the interpreter has loaded anyway.

It reads one small file, whose header says what the token was made from, compares that with what is there now, and
prints. On any doubt it returns None and the full program answers. It never writes a file, reports an error or opens
a socket. NOTE: ``stores/fast_file.py`` writes the file; both must agree on every byte of its header.
"""

import os
import sys
import time

# Written out, since nothing of the package is imported here; a test holds it to the tables of the full program.
_SHAPING = (
    "EGAIN_PROFILE", "EGAIN_FLOW", "EGAIN_CLIENT_ID", "EGAIN_CLIENT_SECRET_FILE", "EGAIN_AUTHORIZATION_URL",
    "EGAIN_TOKEN_URL", "EGAIN_API_URL", "EGAIN_SCOPE", "EGAIN_SCOPE_PREFIX", "EGAIN_CLIENT_AUTH", "EGAIN_REDIRECT_URI",
    "EGAIN_DOMAIN_HINT", "EGAIN_REGISTRATION_ID", "EGAIN_CONFIG_DIR", "EGAIN_CACHE_DIR", "EGAIN_TIMEOUT",
    "EGAIN_TOKEN_CACHE",
)  # fmt: skip
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
_OUTPUT = ["--output", "raw"]
# The file types of stat(2), S_IFREG and S_IFDIR: importing the module stat for two numbers costs time.
_REGULAR, _FOLDER = 0o100000, 0o040000
_LIMIT = 96 * 1024
_MIN_VALID = 60
"""Seconds of life that the token must still have: the default of ``--min-valid``."""
_CLOCK_SLACK = 60
SYSTEMS = ("linux", "darwin")
"""Where a file's stamp tells each change of it: nanoseconds, and an inode of its own for each file."""
FORMAT = "egain-fast 3"
"""First line of a file; another number makes files of an older release void."""


def answer(argv: list[str]) -> int | None:
    """Print the token that ``argv`` asks for, if there can be no doubt about it.

    Returns:
        The exit status; None where nothing was printed and the full program is to answer.
    """
    try:
        question = parse(argv)
        if question is None or sys.platform not in SYSTEMS:
            return None
        data = _token(*question)
        if data is None:
            return None
        written = os.write(1, data)
    except (OSError, ValueError, KeyError, UnicodeError):
        return None
    try:
        while written < len(data):
            written += os.write(1, data[written:])
    except BrokenPipeError:
        return 141  # the reader went away half-way: there is nobody to tell, as where SIGPIPE ends a program
    except OSError:
        return 1
    return 0


def parse(argv: list[str]) -> tuple[str, str] | None:
    """Return profile and flow option of ``[-p NAME] token [FLOW] [--output raw]``, or None for anything else."""
    words = list(argv)
    profile = flow = ""
    if words and words[0] in ("-p", "--profile"):
        if len(words) == 1 or not words[1] or not _NAME.issuperset(words[1]):
            return None
        profile = words[1]
        del words[:2]
    if not words or words.pop(0) != "token":
        return None
    # Any flag: which of them choose a flow is for the full program to say, which writes a file for those alone.
    if words and words[0] != _OUTPUT[0] and words[0].startswith("--") and _NAME.issuperset(words[0]):
        flow = words.pop(0)
    return (profile, flow) if words in ([], _OUTPUT) else None


def _token(profile: str, flow: str) -> bytes | None:
    environ = os.environ
    name = profile or environ.get("EGAIN_PROFILE") or "@"
    if sys.platform == "win32" or (name != "@" and not _NAME.issuperset(name)):
        return None
    config, cache = config_file(), cache_dir()
    if config is None or cache is None:
        return None
    # No link is followed, and a FIFO in the file's place is not waited for.
    handle = os.open(f"{cache}/fast/{name}{flow}", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        found = os.fstat(handle)
        # A regular file of this user with one name, which nobody else may read, write or run.
        ours = found.st_uid == os.geteuid() and found.st_mode & 0o177077 == _REGULAR and found.st_nlink == 1
        if not ours or found.st_size > _LIMIT:
            return None
        lines = os.read(handle, _LIMIT).decode("ascii").split("\n")
    finally:
        os.close(handle)
    mark, mark_stamp, entry, entry_stamp, obtained_at, expires_at, token, end = lines[-8:]
    unlike = lines[:-8] != header(profile, flow, config)
    # The token's own file in the cache must be the one that was copied, and the mark of its login too: renewal changes
    # the one, sign-in and sign-out the other.
    if unlike or end or not token or entry_stamp == "-" or entry_stamp != stamp(entry) or mark_stamp != stamp(mark):
        return None
    # Obtained in the future: the clock was ahead then, and nobody knows when the token ends.
    now = time.time()
    if int(expires_at) - now < _MIN_VALID or int(obtained_at) - now > _CLOCK_SLACK:
        return None
    return f"{token}\n".encode("ascii")


def header(profile: str, flow: str, config: str) -> list[str]:
    """Return what shapes the answer: the options, ``config.toml`` and the environment, without any secret.

    Args:
        profile: The value of ``-p``, or empty.
        flow: The flow's option, or empty.
        config: The path of ``config.toml``.

    Returns:
        The first lines of the file. A variable that may hold a secret is in them by its name alone.
    """
    ours = sorted(name for name in os.environ if name.startswith("EGAIN_"))
    variables = [f"{name}={os.environ[name]}" if name in _SHAPING else name for name in ours]
    return [FORMAT, f"{profile} {flow}", config, stamp(config), str(len(variables)), *variables]


def stamp(path: str) -> str:
    """Return what changes when a file is edited, replaced or touched; a dash for a missing one."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return "-"
    return f"{found.st_mtime_ns} {found.st_ctime_ns} {found.st_size} {found.st_ino} {found.st_dev}"


def config_file() -> str | None:
    """Return ``config.toml`` as the full program names it, or None where that takes more thought."""
    folder = os.environ.get("EGAIN_CONFIG_DIR") or _home_folder("XDG_CONFIG_HOME", ".config", "Application Support")
    return f"{folder}/config.toml" if folder and folder[0] == "/" else None


def cache_dir() -> str | None:
    """Return the cache folder as the full program names it, or None where that takes more thought."""
    given = os.environ.get("EGAIN_CACHE_DIR")
    if given:
        return given if given[0] == "/" else None
    if sys.platform == "win32":
        return None
    if sys.platform == "darwin":
        return _home_folder("XDG_CACHE_HOME", ".cache", "Caches")
    runtime = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    try:
        found = os.stat(runtime)
    except OSError:
        found = None
    ours = found is not None and found.st_uid == os.geteuid() and found.st_mode & 0o170022 == _FOLDER
    return f"{runtime}/egain" if ours and runtime[0] == "/" else _home_folder("XDG_CACHE_HOME", ".cache", "Caches")


def _home_folder(variable: str, name: str, on_macos: str) -> str | None:
    given, home = os.environ.get(variable), os.environ.get("HOME")
    if sys.platform == "darwin":  # where the variable counts with some releases of platformdirs alone
        folder = f"{home}/Library/{on_macos}" if home and not given else None
    else:
        folder = given or (f"{home}/{name}" if home else None)
    return f"{folder}/egain" if folder and folder[0] == "/" else None
