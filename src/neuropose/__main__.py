"""``neuropose`` and ``python -m neuropose``: the command line."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line, and end quietly on Ctrl-C while it is still being loaded.

    Returns
    -------
    int
        The exit code, as documented in ``docs/reference/exit-codes.md``.
    """
    try:
        from neuropose.cli import main as command_line

        return command_line()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
