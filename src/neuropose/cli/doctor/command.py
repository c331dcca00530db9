"""``neuropose doctor``: is this machine fit, and what to do if not."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from neuropose.cli._console import note, session, write, write_json
from neuropose.errors import InstallationError

_MARKS = {"good": "ok  ", "warning": "WARN", "problem": "FAIL"}


def doctor(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Check versions, settings, weights, codecs, disk and permissions; say what to fix.

    Loops are compiled if they are not yet, so that no first analysis waits for that.

    Ends with exit code 0 if videos can be processed, 13 if not.
    """
    from neuropose.cli.doctor.checks import examine
    from neuropose.cli.doctor.loops import check_loops

    checks = [*examine(session(context).settings), check_loops(note)]
    problems = [check for check in checks if check.state == "problem"]
    if as_json:
        write_json({"usable": not problems, "checks": [asdict(check) for check in checks]})
    else:
        for check in checks:
            write(f"{_MARKS[check.state]} {check.name}: {check.detail}")
            if check.fix:
                write(f"     fix: {check.fix}")
    if problems:
        raise InstallationError(
            f"not usable yet: {', '.join(check.name for check in problems)}",
            hint="do what the fix lines above say, then run neuropose doctor again",
        )
