"""The entry: ``--version`` and the fast path, which need no command line, then the command line itself."""

import _signal  # type: ignore[import-not-found]  # `signal` itself makes enumerations, which take a millisecond
import os
import sys

_COLLECT_AFTER = 200_000
"""New objects before a garbage collection. A usual run makes fewer, and collecting would cost a tenth of its time."""


def main() -> None:
    """Run ``egain`` with this process's arguments, and end the process."""
    # Until the command line takes it over, Ctrl-C just ends the process: nothing is begun that a traceback would tell.
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    sys.exit(run(sys.argv[1:]))


def run(argv: list[str]) -> int:
    """Run one command line.

    Args:
        argv: Without the program's name.

    Returns:
        The exit status.
    """
    # No Typer, no terminal: importing them takes several times as long as this answer.
    if argv == ["--version"]:
        from egain_auth_cli import __version__

        try:
            os.write(1, f"egain {__version__}\n".encode("ascii"))
        except OSError:
            pass  # closed or full: the full program says so
        else:
            return 0
    from egain_auth_cli._fastpath import answer

    status = answer(argv)
    if status is not None:
        return status
    import gc

    gc.set_threshold(_COLLECT_AFTER)
    from egain_auth_cli.cli import execute
    from egain_auth_cli.models.core_dump import forbid_core_dumps
    from egain_auth_cli.models.secret import Secret

    # Here, and not where the secret is made: a program that uses the library decides that for itself.
    Secret.before_the_first = forbid_core_dumps
    try:
        return execute(argv)
    finally:
        gc.freeze()  # the interpreter collects once more at its end, and has nothing to look through now


if __name__ == "__main__":
    main()
