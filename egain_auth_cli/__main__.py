"""The entry: the few cases that need no command line, then the rest; errors become exit statuses here alone."""

import os
import sys

_COLLECT_AFTER = 200_000
"""Objects between two collections: a run that is over in a blink makes fewer, and collecting costs a tenth of it."""


def main() -> None:
    """Run ``egain`` with this process's arguments, and end the process."""
    sys.exit(run(sys.argv[1:]))


def run(argv: list[str]) -> int:
    """Run one command line.

    Args:
        argv: Without the program's name.

    Returns:
        The exit status.
    """
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

    try:
        return execute(argv)
    finally:
        gc.freeze()  # the interpreter collects once more at its end, and has nothing to look through now


if __name__ == "__main__":
    main()
