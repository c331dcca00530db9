"""``neuropose watch``: the daemon."""

from __future__ import annotations

import logging
import signal
import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from neuropose.cli._console import BUG, session
from neuropose.cli._summary import counted
from neuropose.errors import NeuroPoseError

if TYPE_CHECKING:
    from neuropose.config import Settings
    from neuropose.interfacer.log_names import NamesInLogs

_LOG = logging.getLogger(__name__)


def watch(
    context: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="Process what is there and settled, and end.")
    ] = False,
) -> None:
    """Watch the folder `in/` of the data directory, and process every job that appears in it.

    The first Ctrl-C ends it after the current job, the second at once.
    """
    from neuropose.interfacer.logs import configure_logging

    settings = session(context).settings()
    with configure_logging(settings, sys.stderr) as names:
        try:
            _watch(settings, names, once=once)
        except NeuroPoseError as error:
            _end_with(error, settings, names)
        except Exception as error:
            _LOG.critical("the daemon ended on an unexpected error: a bug", exc_info=error)
            raise typer.Exit(BUG) from error


def _watch(settings: Settings, names: NamesInLogs, *, once: bool) -> None:
    from neuropose.estimator import load_estimator
    from neuropose.interfacer import ChildEstimator, Interfacer
    from neuropose.interfacer.child_output import ChildOutput
    from neuropose.interfacer.notification import ServiceManager

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    manager = ServiceManager()
    output = ChildOutput(names)
    make_estimator = output.of(partial(load_estimator, settings))
    child = ChildEstimator(make_estimator, stall_s=settings.stall_seconds)
    try:
        interfacer = Interfacer(settings, child)

        def stop(number: int, _: object) -> None:
            interfacer.request_stop()
            manager.stopping()
            name = signal.Signals(number).name
            _LOG.info("%s: ending %s; once more ends at once", name, _when(settings))

        def start() -> None:
            _LOG.info("loading the model")
            child.prepare()
            _LOG.info("watching in/", extra={"data_dir": settings.data_dir})
            manager.ready()

        for number in before:
            signal.signal(number, stop)
        if once:
            count = interfacer.run_once(start)
            _LOG.info("%s processed; see neuropose jobs list", counted(count, "job"))
        else:
            interfacer.run(start)
    finally:
        child.close()
        output.close()
        for number, handler in before.items():
            signal.signal(number, handler)


def _when(settings: Settings) -> str:
    if settings.stop_seconds is None:
        return "after the current job"
    return f"after the current job, or in {settings.stop_seconds:g} s"


def _end_with(error: NeuroPoseError, settings: Settings, names: NamesInLogs) -> None:
    """End with an error that says no names, either in the log or as every command does."""
    from neuropose.interfacer.log_names import DATA_DIR

    if settings.log_format == "json":
        extra = {"error": error, "hint": error.hint, "data_dir": settings.data_dir}
        _LOG.critical("the daemon ended", extra=extra)
        raise typer.Exit(error.exit_code) from error
    place = str(settings.data_dir)  # the operator's own choice, which helps here
    error.message = names.scrub(error.message).replace(DATA_DIR, place)
    if error.hint is not None:
        error.hint = names.scrub(error.hint).replace(DATA_DIR, place)
    raise error
