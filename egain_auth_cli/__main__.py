"""The entry: the few cases that need no command line, then the rest; errors become exit statuses here alone."""

import os
import sys


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
    from egain_auth_cli.cli import execute

    return execute(argv)


if __name__ == "__main__":
    main()
