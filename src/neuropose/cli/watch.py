"""``neuropose watch``: the daemon."""

from __future__ import annotations

import logging
import signal
import sys
from functools import partial
from typing import Annotated

import typer

from neuropose.cli._console import note, session

_FORMAT = "%(asctime)s %(levelname)s %(message)s"


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

    settings = session(context).settings()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=_FORMAT)
    children = Children(
        partial(load_estimator, settings),
        stall_s=settings.stall_seconds,
        cores=None if settings.workers == "auto" else settings.workers,
    )
    try:
        interfacer = Interfacer(settings, children)

        def stop(number: int, _: object) -> None:
            name = signal.Signals(number).name
            note(f"{name}: ending after the current job; once more ends at once")
            interfacer.request_stop()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        if once:
            count = interfacer.run_once(children.prepare)
            note(f"{count} job{'s' if count != 1 else ''} processed; see neuropose jobs list")
        else:
            note(f"watching {settings.data_dir / 'in'}")
            interfacer.run(children.prepare)
    finally:
        children.close()
