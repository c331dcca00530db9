"""Every trial of a cohort, on all cores; finished trials are kept, failed ones listed."""

from __future__ import annotations

import multiprocessing
import re
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessPool

from neuropose.cores import Pool, Workers, available_cores
from neuropose.data import Report
from neuropose.errors import FileFormatError, FileReadError, NeuroPoseError, OutputError
from neuropose.io import load_report, save_report
from neuropose.study.cohort.table import CohortTrial
from neuropose.study.contract.pipeline import Pipeline
from neuropose.study.trial.report import of_one, run_trial, trial_key

TrialProgress = Callable[[int, int], None]
"""Called with the number of trials done and the total."""


@dataclass(frozen=True)
class TrialOutcome:
    """Outcome of a trial.

    Parameters
    ----------
    trial : CohortTrial
        Row of the cohort's table.
    report : Report or None
        Report of the trial. None: it failed.
    reason : str or None
        Why it failed, without the name of a file.
    resumed : bool
        Whether the report is one of an earlier run.
    """

    trial: CohortTrial
    report: Report | None
    reason: str | None = None
    resumed: bool = False


def run_trials(
    pipeline: Pipeline,
    trials: Sequence[CohortTrial],
    work: Path,
    *,
    workers: Workers | None = None,
    progress: TrialProgress | None = None,
) -> tuple[TrialOutcome, ...]:
    """Run every trial through the pipeline, in other processes.

    Parameters
    ----------
    pipeline : Pipeline
        The validated pipeline file.
    trials : sequence of CohortTrial
        The rows of the cohort's table.
    work : Path
        Folder that keeps each trial's report as soon as it is done. An existing report of the same
        file, settings and versions is reused, so that an interrupted run can be resumed.
    workers : int or Pool, optional
        Number of processes, or workers elsewhere that see the same files; default: all cores. The
        results do not depend on it.
    progress : callable, optional
        Called with the number of trials done and the total.

    Returns
    -------
    tuple of TrialOutcome
        In the order of `trials`. A trial that fails, or ends its process, is listed with its
        reason, and tried again in the next run.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    _make(work)
    count = len(trials)
    outcomes: dict[int, TrialOutcome] = {}
    waiting: list[tuple[CohortTrial, Path]] = []
    for trial in trials:
        try:
            kept = work / f"{trial_key(of_one(pipeline, trial.source))}.json"
        except NeuroPoseError as error:
            outcomes[trial.row] = TrialOutcome(trial, None, _plain(error.message, pipeline, trial))
            continue
        report = _kept(kept)
        if report is None:
            waiting.append((trial, kept))
        else:
            outcomes[trial.row] = TrialOutcome(trial, report, resumed=True)
    done = len(outcomes)
    if progress is not None:
        progress(done, count)
    for trial, kept, failure in _work(pipeline, waiting, workers):
        if failure is None:
            outcomes[trial.row] = TrialOutcome(trial, load_report(kept))
        else:
            outcomes[trial.row] = TrialOutcome(trial, None, _plain(failure, pipeline, trial))
        done += 1
        if progress is not None:
            progress(done, count)
    return tuple(outcomes[trial.row] for trial in trials)


def _work(
    pipeline: Pipeline, waiting: list[tuple[CohortTrial, Path]], workers: Workers | None
) -> Any:
    """Yield each trial, where its report is kept, and why it failed, as they finish."""
    if not waiting:
        return
    if workers is not None and not isinstance(workers, int):
        yield from _work_elsewhere(pipeline, waiting, workers)
        return
    pool: Any = ProcessPool(
        max_workers=min(workers or available_cores(), len(waiting)),
        context=multiprocessing.get_context("spawn"),
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_IGN),  # Ctrl-C is for the parent to decide about
    )
    try:
        futures = [
            (trial, kept, pool.schedule(_run, args=(pipeline, trial, kept)))
            for trial, kept in waiting
        ]
        for trial, kept, future in futures:
            try:
                yield trial, kept, future.result()
            except ProcessExpired as error:
                yield trial, kept, f"its process ended with code {error.exitcode}"
        pool.close()
    finally:
        pool.stop()  # ends what still runs, if this was interrupted
        pool.join()


def _work_elsewhere(pipeline: Pipeline, waiting: list[tuple[CohortTrial, Path]], pool: Pool) -> Any:
    items = ((pipeline, trial, kept.absolute()) for trial, kept in waiting)
    for (trial, kept), failure in zip(waiting, pool.map(_run, items), strict=True):
        if isinstance(failure, OutputError):
            raise failure
        if isinstance(failure, BaseException):
            failure = f"its worker failed: {failure}"
        yield trial, kept, failure


def _run(pipeline: Pipeline, trial: CohortTrial, kept: Path) -> str | None:
    """Run a trial in a process of the pool and keep its report; return the reason if it fails."""
    try:
        save_report(kept, run_trial(of_one(pipeline, trial.source)))
    except OutputError:
        raise
    except NeuroPoseError as error:
        return error.message
    except Exception as error:  # one trial is not to end the other 499
        return f"unexpected {type(error).__name__}: {error}"
    return None


def _kept(path: Path) -> Report | None:
    try:
        return load_report(path)
    except (FileReadError, FileFormatError):
        return None  # not there, or damaged: it is made anew


def _plain(reason: str, pipeline: Pipeline, trial: CohortTrial) -> str:
    """Remove files from a reason, and what is beside them, as their names can identify patients."""
    for source in (trial.source, pipeline.inputs.reference):
        if source is not None:
            folder = f"({re.escape(str(source.file.parent))}/)?"
            name = rf"(?<!\w){re.escape(source.file.stem)}(\.[\w-]+)+"
            reason = re.sub(folder + name, "the file", reason.replace(str(source.file), "the file"))
    return reason


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be made: {error.strerror}") from error
