"""``neuropose watch``: the daemon."""

from __future__ import annotations

import signal
import sys
from functools import partial
from typing import Annotated

import typer

from neuropose.cli._console import note, session
from neuropose.cli._summary import counted


def watch(
    context: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="Process what is there and settled, and end.")
    ] = False,
) -> None:
    """Watch the folder `in/` of the data directory, and process every job that appears in it.

    The first Ctrl-C ends it after the current job, the second at once.
    """
    from neuropose.estimator import load_estimator
    from neuropose.interfacer import Children, Interfacer
    from neuropose.interfacer.logs import configure_logging
    from neuropose.interfacer.notification import ServiceManager

    settings = session(context).settings()
    manager = ServiceManager()
    children = Children(
        partial(load_estimator, settings),
        stall_s=settings.stall_seconds,
        cores=None if settings.workers == "auto" else settings.workers,
        is_silent=not settings.log_names,
    )
    with configure_logging(settings, sys.stderr) as names:
        interfacer = Interfacer(settings, children, names=names, on_tick=manager.watchdog)

        def prepare() -> None:
            children.prepare()
            manager.ready()
            if not once:
                note(f"watching {settings.data_dir / 'in'}")

        def stop(number: int, _: object) -> None:
            interfacer.request_stop()
            manager.stopping()
            name = signal.Signals(number).name
            note(f"{name}: ending after the current job; once more ends at once")

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        try:
            if once:
                count = interfacer.run_once(prepare)
                note(f"{counted(count, 'job')} processed; see neuropose jobs list")
            else:
                interfacer.run(prepare)
        finally:
            children.close()
