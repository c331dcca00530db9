"""The demo's clip as a job: into a data directory of its own, and through the daemon."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuropose.cli._console import frame_progress, note
from neuropose.errors import JobError, OutputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuropose.config import Settings
    from neuropose.data import Camera, Provenance
    from neuropose.estimator import ProcessVideoResult, Progress
    from neuropose.interfacer import ChildEstimator
    from neuropose.interfacer.layout import Layout

JOB = "neuropose-demo"


class ShownEstimator:
    """An estimator that shows on the console how far it is, and keeps its last result.

    Parameters
    ----------
    estimator : ChildEstimator
    """

    def __init__(self, estimator: ChildEstimator) -> None:
        self._estimator = estimator
        self.result: ProcessVideoResult | None = None

    def process_video(
        self, path: Path, *, progress: Callable[[Progress], None] | None = None, **options: Any
    ) -> ProcessVideoResult:
        """Find everybody in every frame of a video; see `ChildEstimator.process_video`.

        Parameters
        ----------
        path : Path
        progress : callable, optional
        **options
            Others of `ChildEstimator.process_video`.

        Returns
        -------
        ProcessVideoResult
        """
        with frame_progress("finding people") as show:

            def tell(at: Progress) -> None:
                show(at.frames_done, at.frames_expected)
                if progress is not None:
                    progress(at)

            self.result = self._estimator.process_video(path, progress=tell, **options)
        return self.result

    def would_give(self, path: Path, provenance: Provenance | None, camera: Camera | None) -> bool:
        """Whether earlier predictions are still what it gives; see `ChildEstimator.would_give`.

        Parameters
        ----------
        path : Path
        provenance : Provenance or None
        camera : Camera or None

        Returns
        -------
        bool
        """
        return self._estimator.would_give(path, provenance, camera)


@contextmanager
def _own_jobs(layout: Layout) -> Iterator[None]:
    """Keep daemons off the demo's data directory, and see that it has no jobs of anybody else."""
    from neuropose.interfacer.lock import hold_lock

    layout.make()
    ours = {JOB, layout.status.name}
    with hold_lock(layout):
        if any(path.name not in ours for each in _folders(layout) for path in each.glob("[!.]*")):
            raise OutputError(
                f"{layout.root} holds other jobs than the demo's",
                hint="choose another folder with --output",
            )
        yield


def _folders(layout: Layout) -> tuple[Path, ...]:
    return layout.inbox, layout.out, layout.failed


def _forget_earlier(layout: Layout) -> None:
    with _own_jobs(layout):
        try:
            for folder in _folders(layout):
                if (folder / JOB).exists():
                    shutil.rmtree(folder / JOB)
            layout.status.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(
                f"the earlier demo cannot be removed from {layout.root}: {error.strerror}",
                hint="choose another folder with --output",
            ) from error


def run_job(clip: Path, settings: Settings, say: Callable[[str, str], None]) -> ProcessVideoResult:
    """Ingest the clip, process it as the daemon does, and read the results.

    The job of an earlier demo is replaced.

    Parameters
    ----------
    clip : Path
    settings : Settings
        With the data directory of the demo.
    say : callable
        Told of every step, and of the command that does it by hand.

    Returns
    -------
    ProcessVideoResult

    Raises
    ------
    DaemonRunningError
        If a daemon works on the data directory.
    OutputError
        If other jobs are there, or something cannot be written or removed.
    JobError
        If the job failed.
    NeuroPoseError
        Whatever ingesting it, or loading the model, raises.
    """
    import shlex

    from neuropose.data import JobState
    from neuropose.estimator import ProcessVideoResult, load_estimator
    from neuropose.interfacer import ChildEstimator, Interfacer
    from neuropose.interfacer.ingest import ingest, plan_ingest
    from neuropose.interfacer.layout import RESULTS_NAME, Layout
    from neuropose.io import load_job_results, load_status

    layout = Layout(settings.data_dir)
    with _own_jobs(layout):
        pass  # so that what forbids it is said before the model is loaded
    load = partial(load_estimator, settings, report=note)
    child = ChildEstimator(load, stall_s=settings.stall_seconds)
    try:
        shown = ShownEstimator(child)
        child.prepare()  # else there would be nothing to replace the earlier demo with
        _forget_earlier(layout)
        say("making it a job", f"neuropose ingest {shlex.quote(str(clip))} --job {JOB}")
        ingest(plan_ingest([clip], layout, job=JOB), layout)
        say("processing the job as the daemon does", "neuropose watch --once")
        Interfacer(settings, shown).run_once()
    finally:
        child.close()
    entry = load_status(layout.status).jobs[JOB]
    if entry.state is not JobState.COMPLETED or shown.result is None:
        raise JobError(
            f"the demo's job {entry.state}: {entry.error or entry.waiting_for}",
            hint=f"its files are in {layout.root}",
        )
    [predictions] = load_job_results(layout.out / JOB / RESULTS_NAME).videos.values()
    return ProcessVideoResult(predictions=predictions, metrics=shown.result.metrics)
