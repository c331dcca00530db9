"""``neuropose watch``: the daemon."""

from __future__ import annotations

import logging
import signal
import sys
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from neuropose.cli._console import session, write_json
from neuropose.cli._estimating import JsonOption
from neuropose.errors import NeuroPoseError
from neuropose.grammar import counted

if TYPE_CHECKING:
    from neuropose.config import Settings
    from neuropose.interfacer import Children
    from neuropose.interfacer.cluster import DaskEngine

_LOG = logging.getLogger(__name__)


def watch(
    context: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="Process what is there and settled, and end.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Watch the folder `in/` of the data directory, and process every job that appears in it.

    The first Ctrl-C ends it after the current job, the second at once.
    """
    from neuropose.interfacer import Interfacer
    from neuropose.interfacer.layout import Layout
    from neuropose.interfacer.logs import configure_logging
    from neuropose.interfacer.machine.kept_log import keep_log
    from neuropose.interfacer.notification import ServiceManager

    settings = session(context).settings()
    layout = Layout(settings.data_dir)
    layout.make()
    begin = datetime.now().astimezone()
    manager = ServiceManager()
    engine = _engine(settings)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with (
        configure_logging(settings, sys.stderr) as names,
        keep_log(layout, log_names=settings.log_names),
    ):
        interfacer = Interfacer(settings, engine, names=names, on_tick=manager.watchdog)
        signals: list[int] = []

        def stop(number: int, _: object) -> None:
            signals.append(number)
            interfacer.request_stop()
            manager.stopping()
            _LOG.info("%s: ending %s", signal.Signals(number).name, _when(settings, len(signals)))

        def start() -> None:
            _LOG.info("loading the model")
            engine.prepare()
            _LOG.info("watching %s", settings.data_dir / "in")
            manager.ready()

        try:
            for number in before:
                signal.signal(number, stop)
            if once:
                count = interfacer.run_once(start)
                _LOG.info("%s processed; see neuropose jobs list", counted(count, "job"))
            else:
                interfacer.run(start)
        except NeuroPoseError as error:
            if settings.log_format == "text":
                raise
            extra = {"error": names.error(error)}
            _LOG.critical("the daemon ended: %s", error.message, extra=extra)
            raise typer.Exit(error.exit_code) from error
        finally:
            engine.close()
            for number, handler in before.items():
                signal.signal(number, handler)
    if as_json:
        from neuropose.cli.render.job_table import summary_json
        from neuropose.io import load_status

        jobs = load_status(layout.status).jobs
        ended = {"data_dir": str(settings.data_dir), "since": begin.isoformat()}
        write_json(ended | summary_json(jobs, begin))


def _engine(settings: Settings) -> Children | DaskEngine:
    from neuropose.estimator import load_estimator

    if settings.engine == "dask":
        from neuropose.interfacer.cluster import DaskEngine

        return DaskEngine(settings, partial(load_estimator, settings))
    from neuropose.interfacer import Children

    return Children(
        partial(load_estimator, settings),
        stall_s=settings.stall_seconds,
        cores=None if settings.workers == "auto" else settings.workers,
        is_silent=not settings.log_names,
    )


def _when(settings: Settings, signals: int) -> str:
    if signals > 1:
        return "at once; the current job can be continued"
    if settings.stop_seconds is None:
        return "after the current job; once more ends at once"
    return f"after the current job, or in {settings.stop_seconds:g} s; once more ends at once"
