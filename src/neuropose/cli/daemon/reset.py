"""``neuropose reset``: all jobs removed."""

from __future__ import annotations

from typing import Annotated

import typer

from neuropose.cli._console import confirm, note, session, write, write_json
from neuropose.cli._estimating import JsonOption
from neuropose.errors import DaemonRunningError
from neuropose.grammar import counted


def reset(
    context: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing.")
    ] = False,
    keep_failed: Annotated[
        bool, typer.Option("--keep-failed", help="Leave the jobs in failed/ alone.")
    ] = False,
    stop: Annotated[
        bool, typer.Option("--stop", help="End the daemon first, if one is running.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove all jobs: videos that wait, results, and what has failed. Not the weights."""
    from neuropose.interfacer.layout import Layout
    from neuropose.interfacer.lock import lock_owner
    from neuropose.interfacer.reset import plan_reset, stop_daemon
    from neuropose.interfacer.reset import reset as carry_out

    layout = Layout(session(context).settings().data_dir)
    plan = plan_reset(layout, keep_failed=keep_failed)
    content = (
        f"{counted(plan.waiting, 'waiting job')}, {counted(plan.done, 'finished job')} and "
        f"{counted(plan.failed, 'failed job')}, {plan.size_bytes / 1e6:.1f} MB, "
        f"in {layout.root}"
    )

    def say(line: str, *, removed: bool) -> None:
        if as_json:
            counts = {"waiting": plan.waiting, "done": plan.done, "failed": plan.failed}
            where = {"data_dir": str(layout.root), "size_bytes": plan.size_bytes}
            write_json({"removed": removed, **counts, **where})
        else:
            write(f"{line} {content}")

    if dry_run:
        say("would remove", removed=False)
        return
    owner = lock_owner(layout)
    if owner is not None and not stop:
        raise DaemonRunningError(
            f"a daemon works on {layout.root}: {owner}",
            hint="end it first, or use --stop; neuropose jobs remove NAME removes a single job",
        )
    if not yes:
        confirm(f"remove {content}, for good?")
    if owner is not None:
        note(f"ending the daemon ({owner})")
        stop_daemon(layout)
    carry_out(layout, keep_failed=keep_failed)
    say("removed", removed=True)
