"""What runs on a worker: looking at the machine, loading the model, and processing a job."""

from __future__ import annotations

import os
import pickle
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from neuropose.addresses import Place, at_hand
from neuropose.config import ClusterSettings, Settings
from neuropose.data import Camera, JobProgress
from neuropose.errors import ClusterError
from neuropose.estimator import Metrics
from neuropose.interfacer.checkpoints import CheckpointFile
from neuropose.interfacer.cluster.facts import ModelFacts
from neuropose.interfacer.engines.attempts import Ownership
from neuropose.interfacer.engines.engine import JobTask
from neuropose.interfacer.engines.pieces import Pieces, PiecesWantedError, WantedPiece
from neuropose.interfacer.engines.processing import JobOutcome, JobRun
from neuropose.interfacer.engines.reconstruction import fit_subject
from neuropose.interfacer.engines.worker import ChildEstimator
from neuropose.interfacer.entries import describe
from neuropose.io import extra_arrays_path, save_extra_arrays, save_video_predictions

TOPIC = "neuropose"
"""The topic of dask under which attempts tell how far they are."""
TELL_S = 1.0
"""Least time in seconds between two messages about progress."""
_LOOK_S, _ENDS_WITHIN_S = 1.0, 10.0
MakeChild = Callable[[], ChildEstimator]

# The worker's own: one process, one slot.
_child: ChildEstimator | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """What a worker must know of the settings; all of them would be sent with every job.

    Parameters
    ----------
    checkpoint_s : float
        As ``checkpoint_seconds``.
    allow_gaps : bool
        As ``allow_gaps``.
    reconstruct : str
        As ``reconstruct``.
    piece_s : float or None
        As ``piece_s`` of ``cluster``.
    """

    checkpoint_s: float
    allow_gaps: bool
    reconstruct: str
    piece_s: float | None

    @classmethod
    def of(cls, settings: Settings) -> Way:
        """Return what the settings say.

        Parameters
        ----------
        settings : Settings
            The daemon's.

        Returns
        -------
        Way
        """
        return cls(
            settings.checkpoint_seconds,
            settings.allow_gaps,
            settings.reconstruct,
            (settings.cluster or ClusterSettings()).piece_s,
        )


@dataclass(frozen=True, slots=True)
class Order:
    """A job for a worker.

    Parameters
    ----------
    task : JobTask
        The job.
    attempt : str
        Name of the attempt.
    work : Path
        Its working folder.
    way : Way
        How it is processed.
    """

    task: JobTask
    attempt: str
    work: Path
    way: Way


@dataclass(frozen=True, slots=True)
class GivenCamera:
    """What is known of the camera of a video.

    Parameters
    ----------
    camera : Camera or None
        Its intrinsics.
    fov_degrees : float or None
        Its field of view along the larger picture side.
    """

    camera: Camera | None = None
    fov_degrees: float | None = None


def load_model(make_child: MakeChild, gpu: str | None) -> ModelFacts:
    """Load the model in a child of this process, in place of an earlier one.

    Parameters
    ----------
    make_child : callable
        Makes the child.
    gpu : str or None
        The only GPU that the child may use. None: nothing is said about that.

    Returns
    -------
    ModelFacts

    Raises
    ------
    NeuroPoseError
        Whatever loading it raises.
    """
    global _child
    _end_with_the_worker()
    close_child()
    if gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu
    child = make_child()
    try:
        facts = ModelFacts.of(child.prepare())
    except BaseException:
        child.close()
        raise
    _child = child
    return facts


@cache
def _end_with_the_worker() -> None:
    """End this process when its worker has: dask may wait for its last tasks for ever."""
    from distributed import Status, get_worker

    try:
        worker = get_worker()
    except ValueError:  # called by no worker
        return

    def watch() -> None:
        while worker.status not in (Status.closing, Status.closed, Status.failed):
            time.sleep(_LOOK_S)
        time.sleep(_ENDS_WITHIN_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="end-with-the-worker").start()


def close_child() -> None:
    """End the child of this process, if it has one."""
    global _child
    if _child is not None:
        child, _child = _child, None
        child.close()


def process_job(order: Order) -> JobOutcome | tuple[WantedPiece, ...]:
    """Process a job, as long as its working folder is there.

    Parameters
    ----------
    order : Order
        The job.

    Returns
    -------
    JobOutcome or tuple of WantedPiece
        What became of the job, or what is to be processed before it can go on.

    Raises
    ------
    NeuroPoseError
        Whatever `JobRun.process` raises.
    """
    child, ownership = _begin(order.work)
    tell = partial(_log_event, order.attempt)
    way = order.way
    run = JobRun(
        order.task.job,
        child,
        checkpoint_s=way.checkpoint_s,
        allow_gaps=way.allow_gaps,
        clock=time.monotonic,
        show=_Seldom(tell),
        report=tell,
        cancel=ownership.is_lost,
        left_out=order.task.left_out,
        fit=None if way.reconstruct == "off" else fit_subject,
        session=order.task.session,
        fits_markers=way.reconstruct == "on",
        work=order.work,
        pieces=None if way.piece_s is None else Pieces(child, way.piece_s),
    )
    try:
        outcome = run.process()
    except PiecesWantedError as wanted:
        return wanted.pieces
    return outcome if outcome.error is None else replace(outcome, error=portable(outcome.error))


def process_piece(work: Path, wanted: WantedPiece) -> None:
    """Process a piece of a video, as long as the working folder of its job is there.

    Parameters
    ----------
    work : Path
        The working folder.
    wanted : WantedPiece
        Which piece.

    Raises
    ------
    NeuroPoseError
        Whatever the estimator raises.
    """
    child, ownership = _begin(work)
    child.process_piece(wanted.video, wanted.piece, wanted.out, cancel=ownership.is_lost)


def process_to_file(video: Place, out: Place, kept: Path | None, camera: GivenCamera) -> Metrics:
    """Process a video that is no job, and write its predictions.

    Parameters
    ----------
    video : Path or Address
        The video.
    out : Path or Address
        Where its predictions go.
    kept : Path or None
        Where results are kept on the way, for an interrupted run to go on. None: nowhere.
    camera : GivenCamera
        What is known of the camera.

    Returns
    -------
    Metrics

    Raises
    ------
    NeuroPoseError
        Whatever the estimator raises.
    """
    if _child is None:
        raise ClusterError("the worker has lost its model")
    checkpoints = None if kept is None else CheckpointFile(kept)
    with at_hand(video, out) as here:
        result = _child.process_video(
            here.video,
            checkpoints=checkpoints,
            camera=camera.camera,
            fov_degrees=camera.fov_degrees,
        )
        save_video_predictions(here.out, result.predictions)
        if result.extra_arrays is not None:
            save_extra_arrays(extra_arrays_path(here.out), result.extra_arrays)
        here.publish()
    if checkpoints is not None:
        checkpoints.discard()
    return result.metrics


def _begin(work: Path) -> tuple[ChildEstimator, Ownership]:
    if _child is None:
        raise ClusterError("the worker has lost its model")
    ownership = Ownership(work)
    if not ownership.await_folder():
        raise ClusterError("the worker does not see the working folder of the job")
    return _child, ownership


class _Seldom:
    """Passes progress on, at most once a second."""

    def __init__(self, tell: Callable[[Any], None]) -> None:
        self._tell = tell
        self._told_s = time.monotonic()

    def __call__(self, progress: JobProgress) -> None:
        now_s = time.monotonic()
        if now_s - self._told_s >= TELL_S:
            self._told_s = now_s
            self._tell(progress)


def portable(error: Exception) -> Exception:
    """Return an error that can be sent to the daemon.

    Parameters
    ----------
    error : Exception
        The error.

    Returns
    -------
    Exception
        The same, or if it cannot be sent one with its description.

    Examples
    --------
    >>> portable(KeyError("no such tensor"))
    KeyError('no such tensor')
    """
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(describe(error))
    return error


def _log_event(attempt: str, said: JobProgress | str) -> None:
    from distributed import get_worker

    message = said if isinstance(said, str) else said.model_dump(mode="json")
    get_worker().log_event(TOPIC, {"attempt": attempt, "said": message})
