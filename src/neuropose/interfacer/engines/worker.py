"""An estimator in a child process, whose crashes the caller survives."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeoutError
from multiprocessing.sharedctypes import RawArray
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pebble import ProcessExpired, ProcessPool

from neuropose.errors import CancelledError, WorkerCrashedError, WorkerStalledError
from neuropose.estimator import Progress

if TYPE_CHECKING:
    from neuropose.data import Camera, Provenance
    from neuropose.estimator import (
        Checkpoints,
        Estimator,
        ModelInfo,
        ProcessVideoResult,
    )
    from neuropose.estimator.pieces import Piece

LOADING_S = 600.0
"""Least time allowed for loading the model, in seconds."""
_POLL_S = 0.05
_PARENT_POLL_S = 0.5
_PR_SET_PDEATHSIG = 1

# The child's own.
_estimator: Any = None
_make_estimator: Any = None
_shared: Any = None


class VideoEstimator(Protocol):
    """What the daemon needs of an estimator; satisfied by `Estimator` and `Children`.

    The optional attribute ``concurrency`` is the number of videos processed at once.
    """

    def process_video(
        self,
        path: Path,
        *,
        progress: Callable[[Progress], None] | None = None,
        cancel: Callable[[], bool] | None = None,
        checkpoints: Checkpoints | None = None,
    ) -> ProcessVideoResult:
        """Find everybody in every frame of a video; see `Estimator.process_video`."""
        ...

    def would_give(self, path: Path, provenance: Provenance | None, camera: Camera | None) -> bool:
        """Whether earlier predictions are still what it gives; see `Estimator.would_give`."""
        ...


class ChildEstimator:
    """An estimator in a child process, which is started on demand.

    Parameters
    ----------
    make_estimator : callable
        Makes the estimator in the child; a module-level function, or a `functools.partial` of one.
    stall_s : float
        Time in seconds without a new frame after which the child is terminated.
    is_silent : bool
        Whether to discard what the child writes to stdout and stderr, where libraries may write
        anything, including file names.
    memory_bytes : int, optional
        Memory that the child may use, in bytes, before it is terminated; default: no limit. Linux
        only.

    Notes
    -----
    A child that crashed or was terminated is replaced before the next video. It ends with its
    parent, even if the parent is killed.
    """

    def __init__(
        self,
        make_estimator: Callable[[], Estimator],
        *,
        stall_s: float,
        is_silent: bool = False,
        memory_bytes: int | None = None,
    ) -> None:
        self._stall_s = stall_s
        self._memory_bytes = memory_bytes
        # The fields of a `Progress`, whether work has started, and the child's process id.
        self._shared = RawArray("q", 5)
        self._pool: Any = ProcessPool(
            max_workers=1,
            context=multiprocessing.get_context("spawn"),
            initializer=_start,
            initargs=(make_estimator, self._shared, os.getpid(), is_silent),
        )

    def process_video(
        self,
        path: Path,
        *,
        progress: Callable[[Progress], None] | None = None,
        cancel: Callable[[], bool] | None = None,
        checkpoints: Checkpoints | None = None,
        camera: Camera | None = None,
        fov_degrees: float | None = None,
    ) -> ProcessVideoResult:
        """Find everybody in every frame of a video, in the child.

        Parameters
        ----------
        path : Path
            The video.
        progress : callable, optional
            Called from this thread when frames are done.
        cancel : callable, optional
            Called several times a second; returns True to terminate the child.
        checkpoints : Checkpoints, optional
            Sent to the child, which stores results there on the way, and reuses earlier ones.
        camera : Camera, optional
            As for `Estimator.process_video`.
        fov_degrees : float, optional
            As for `Estimator.process_video`.

        Returns
        -------
        ProcessVideoResult

        Raises
        ------
        WorkerCrashedError
            If the child ended, or was terminated as it used too much memory; the message states
            the signal or exit code, and the last frame.
        WorkerStalledError
            If no new frame was done for too long.
        CancelledError
            If `cancel` said so.
        NeuroPoseError
            Whatever the estimator raises.
        """
        return self._call(  # type: ignore[no-any-return]
            _process, path, checkpoints, camera, fov_degrees, progress=progress, cancel=cancel
        )

    def would_give(self, path: Path, provenance: Provenance | None, camera: Camera | None) -> bool:
        """Whether earlier predictions are still what it gives; see `Estimator.would_give`.

        Parameters
        ----------
        path : Path
            The video.
        provenance : Provenance or None
            Provenance of the earlier predictions.
        camera : Camera or None
            Camera of the earlier predictions.

        Returns
        -------
        bool
        """
        return bool(self._call(_would_give, path, provenance, camera))

    def plan_pieces(self, path: Path, piece_s: float) -> tuple[Piece, ...]:
        """Plan in which pieces a video is processed; see `neuropose.estimator.pieces`.

        Parameters
        ----------
        path : Path
            The video.
        piece_s : float
            Longest video in seconds that stays whole.

        Returns
        -------
        tuple of Piece
            Empty if the video stays whole.
        """
        return self._call(_plan, path, piece_s)  # type: ignore[no-any-return]

    def process_piece(
        self, path: Path, piece: Piece, out: Path, *, cancel: Callable[[], bool] | None = None
    ) -> None:
        """Find everybody in each picture of a piece of a video, and write what was found.

        Parameters
        ----------
        path : Path
            The video.
        piece : Piece
            Which frames.
        out : Path
            The file to write; its format is that of checkpoints.
        cancel : callable, optional
            As for `process_video`.
        """
        self._call(_process_piece, path, piece, out, cancel=cancel)

    def join_pieces(
        self,
        path: Path,
        files: tuple[Path, ...],
        *,
        progress: Callable[[Progress], None] | None = None,
        cancel: Callable[[], bool] | None = None,
    ) -> ProcessVideoResult | None:
        """Make predictions of a whole video from what was found in its pieces.

        Parameters
        ----------
        path : Path
            The video.
        files : tuple of Path
            Written by `process_piece`, in order.
        progress, cancel : callable, optional
            As for `process_video`.

        Returns
        -------
        ProcessVideoResult or None
            None: a file is damaged, or of another video, model or setting.
        """
        return self._call(  # type: ignore[no-any-return]
            _join, path, files, progress=progress, cancel=cancel
        )

    def prepare(self) -> ModelInfo:
        """Load the model, so that whatever is wrong with it shows before any video is begun.

        Returns
        -------
        ModelInfo
            What the model declares about itself.

        Raises
        ------
        NeuroPoseError
            Whatever loading it raises.
        WorkerCrashedError
            If the child ended.
        """
        return self._call(_prepare, stall_s=float("inf"))  # type: ignore[no-any-return]

    def _call(
        self,
        work: Callable[..., Any],
        *arguments: Any,
        progress: Callable[[Progress], None] | None = None,
        cancel: Callable[[], bool] | None = None,
        stall_s: float | None = None,
    ) -> Any:
        stall_s = self._stall_s if stall_s is None else stall_s
        self._shared[:4] = [0, 0, 0, 0]
        future: Any = self._pool.schedule(work, args=arguments)
        last, since = (0, 0, 0, 0), time.monotonic()
        while True:
            try:
                return future.result(timeout=_POLL_S)
            except FutureTimeoutError:
                if future.done():  # one of the work's own
                    raise
            except ProcessExpired as error:
                raise WorkerCrashedError(
                    f"the process that ran the model {_end_of(error.exitcode)} "
                    f"{_after(self._shared[0])}",
                    hint="check that the video plays; try it alone with neuropose process",
                ) from error
            now = tuple(self._shared[:4])
            if now != last:
                last, since = now, time.monotonic()
                if progress is not None and now[1]:
                    progress(Progress(*now[:3]))
            if cancel is not None and cancel():
                self._end(future)
                raise CancelledError("the video was cancelled")
            if self._memory_bytes is not None and _resident(self._shared[4]) > self._memory_bytes:
                self._end(future)
                raise WorkerCrashedError(
                    "the process that ran the model was ended, as it used more than "
                    f"{self._memory_bytes / 1e9:.3g} GB {_after(now[0])}",
                    hint="give each worker more memory: memory_gb of cluster",
                )
            # A child that was started again has to load the model first.
            patience_s = stall_s if now[3] else max(stall_s, LOADING_S)
            if time.monotonic() - since > patience_s:
                self._end(future)
                raise WorkerStalledError(
                    f"no new frame for {patience_s:g} s {_after(now[0])}",
                    hint="check that the video plays; a slow machine needs a longer stall_seconds",
                )

    def _end(self, future: Any) -> None:
        """End the child; the next one, which may come before it is gone, has memory of its own."""
        pid = self._shared[4]
        self._shared[4] = 0
        if not future.cancel():  # it was done
            self._shared[4] = pid

    def close(self) -> None:
        """Terminate the child."""
        self._pool.stop()
        self._pool.join()


def _resident(pid: int) -> int:
    """Memory of a process in bytes; 0 if it is gone, or not known."""
    if not pid:
        return 0
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _after(frames_done: int) -> str:
    return f"after frame {frames_done - 1}" if frames_done else "before the first frame"


def _end_of(exit_code: int | None) -> str:
    if exit_code == -signal.SIGKILL:
        return "was ended by SIGKILL (the system does so when it runs out of memory)"
    if exit_code is not None and exit_code < 0:
        try:
            return f"was ended by {signal.Signals(-exit_code).name}"
        except ValueError:
            return f"was ended by signal {-exit_code}"
    return f"exited with code {exit_code}"


def _start(
    make_estimator: Callable[[], Estimator], shared: Any, parent: int, is_silent: bool
) -> None:
    global _make_estimator, _shared
    if is_silent:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for descriptor in (1, 2):
            os.dup2(nowhere, descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the daemon decides about Ctrl-C
    _end_with(parent)
    _make_estimator, _shared = make_estimator, shared
    _shared[4] = os.getpid()


def _prepare() -> ModelInfo:
    global _estimator
    if _estimator is None:
        _estimator = _make_estimator()
    info: ModelInfo = _estimator.model.info
    return info


def _begin() -> None:
    _prepare()
    _shared[3] = 1


def _show(at: Progress) -> None:
    _shared[2] = at.resumed_frames
    _shared[1] = at.frames_expected
    _shared[0] = at.frames_done


def _process(
    path: Path,
    checkpoints: Checkpoints | None,
    camera: Camera | None,
    fov_degrees: float | None,
) -> ProcessVideoResult:
    _begin()
    given = {"camera": camera, "fov_degrees": fov_degrees}
    options = {name: value for name, value in given.items() if value is not None}
    result: ProcessVideoResult = _estimator.process_video(
        path, progress=_show, checkpoints=checkpoints, **options
    )
    return result


def _plan(path: Path, piece_s: float) -> tuple[Piece, ...]:
    from neuropose.estimator.pieces import plan_pieces
    from neuropose.video.reader import VideoReader

    _begin()
    if _estimator.model.info.extra_arrays:  # they would be lost: what is kept are joints
        return ()
    with VideoReader(path) as reader:
        return plan_pieces(reader.expected_frame_count, reader.fps, piece_s, reader.key_frames)


def _process_piece(path: Path, piece: Piece, out: Path) -> None:
    from neuropose.estimator.pieces import process_piece
    from neuropose.interfacer.checkpoint_records import encode_run
    from neuropose.io.atomic import write_atomically

    _begin()
    done = process_piece(_estimator, path, piece, progress=_show)
    write_atomically(out, encode_run(done.key, done.first, done.found))


def _join(path: Path, files: tuple[Path, ...]) -> ProcessVideoResult | None:
    from neuropose.errors import ModelStateError
    from neuropose.estimator.pieces import PieceResult, join_pieces, piece_key
    from neuropose.interfacer.checkpoint_records import read_run
    from neuropose.video.reader import VideoReader

    _begin()
    with VideoReader(path) as reader:
        camera = _estimator.camera_for(reader.width, reader.height)
        fps = reader.fps
    pieces: list[PieceResult] = []
    for each in files:
        before = pieces[-1].end if pieces else 0  # what the piece took to be so
        key = piece_key(_estimator, path, camera, fps, before)
        with each.open("rb") as file:
            run = read_run(file, key)
        if run is None:
            return None
        pieces.append(PieceResult(key, *run))
    try:
        return join_pieces(_estimator, path, pieces, progress=_show)
    except ModelStateError:
        return None


def _would_give(path: Path, provenance: Provenance | None, camera: Camera | None) -> bool:
    _begin()
    return bool(_estimator.would_give(path, provenance, camera))


def _end_with(parent: int) -> None:
    """End this process when its parent is gone: at once on Linux, soon elsewhere."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_PARENT_POLL_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
