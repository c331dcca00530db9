"""Batches of pictures on their way through a model, several side by side, results in order."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from queue import SimpleQueue
from types import TracebackType
from typing import Self, TypeVar

import numpy as np

from neuropose.errors import ModelOutputError
from neuropose.estimator.model import Detections, Picture, PoseModel
from neuropose.io import Camera

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What a model made of one batch.

    Parameters
    ----------
    detections : list of Detections
        One a picture.
    inference_s : float
        Time in the model, without waiting for pictures or for the batch before.
    """

    detections: list[Detections]
    inference_s: float


class Batches:
    """Feeds pictures to a model in batches, on several threads, and gives results in order.

    Parameters
    ----------
    model : PoseModel
    camera : Camera
        Intrinsics of the displayed picture.
    workers : int
        Most batches that are worked on side by side. Pictures of no more batches are in memory.

    Notes
    -----
    A context manager; leaving it early stops the workers at their next picture. Where batches
    begin depends on the pictures alone, never on `workers`.
    """

    def __init__(self, model: PoseModel, camera: Camera, workers: int) -> None:
        self._model = model
        self._camera = camera
        self._workers = workers
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="neuropose")
        self._open: _Batch | None = None
        self._in_order: deque[Future[BatchResult]] = deque()
        self._last: Future[BatchResult] | None = None
        self._cancelled = threading.Event()

    def put(self, picture: Picture) -> Iterator[BatchResult]:
        """Add the next picture; wait if all workers are busy.

        Parameters
        ----------
        picture : ndarray of uint8, shape (H, W, 3)
            RGB.

        Yields
        ------
        BatchResult
            Results that have become complete, in order.
        """
        if self._open is None:
            self._wait_for_worker()
            self._open = self._start()
        self._open.put(picture)
        if self._open.size == self._model.info.batch_frames:
            self._open.close()
            self._open = None
        while self._in_order and self._in_order[0].done():
            yield self._in_order.popleft().result()

    def finish(self) -> Iterator[BatchResult]:
        """Wait for everything that was put in.

        Yields
        ------
        BatchResult
            The remaining results, in order.
        """
        if self._open is not None:
            self._open.close()
            self._open = None
        while self._in_order:
            yield self._in_order.popleft().result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._cancelled.set()
        if self._open is not None:
            self._open.close()
        self._executor.shutdown(cancel_futures=True)

    def _start(self) -> _Batch:
        batch = _Batch(self._model, self._camera, self._last, self._cancelled)
        self._last = self._executor.submit(batch.run)
        self._in_order.append(self._last)
        return batch

    def _wait_for_worker(self) -> None:
        running = {future for future in self._in_order if not future.done()}
        if len(running) >= self._workers:
            wait(running, return_when=FIRST_COMPLETED)


class _Batch:
    """Pictures that may still arrive while the model already works on them."""

    def __init__(
        self,
        model: PoseModel,
        camera: Camera,
        before: Future[BatchResult] | None,
        cancelled: threading.Event,
    ) -> None:
        self.size = 0
        self._model = model
        self._camera = camera
        self._before = before
        self._cancelled = cancelled
        self._queue: SimpleQueue[Picture | None] = SimpleQueue()
        self._waited_s = 0.0

    def put(self, picture: Picture) -> None:
        self.size += 1
        self._queue.put(picture)

    def close(self) -> None:
        self._queue.put(None)

    def run(self) -> BatchResult:
        start = time.perf_counter()
        detections = list(self._model.predict(self._pictures(), self._camera, self._people_before))
        if not self._cancelled.is_set():
            check_detections(detections, self.size, self._model)
        self._before = None  # or every result of the video would stay in memory
        return BatchResult(detections, time.perf_counter() - start - self._waited_s)

    def _pictures(self) -> Iterator[Picture]:
        while (picture := self._timed(self._queue.get)) is not None:
            if self._cancelled.is_set():
                return
            yield picture

    def _people_before(self) -> Detections:
        if self._before is None:
            return Detections.none(len(self._model.info.skeletons[0].joints))
        return self._timed(self._before.result).detections[-1]

    def _timed(self, get: Callable[[], _T]) -> _T:
        start = time.perf_counter()
        got = get()
        self._waited_s += time.perf_counter() - start
        return got


def check_detections(detections: list[Detections], pictures: int, model: PoseModel) -> None:
    """Check what a model returned for a batch against its contract.

    Parameters
    ----------
    detections : list of Detections
        What it returned.
    pictures : int
        How many pictures it was given.
    model : PoseModel
        Whose `info` gives the number of joints and what accompanies the poses.

    Raises
    ------
    ModelOutputError
        If the number of results, a shape or a type is wrong, or a value is infinite.

    Examples
    --------
    >>> from neuropose.testing import FakeModel
    >>> check_detections([], 0, FakeModel())
    """
    name = model.info.name
    if len(detections) != pictures:
        raise ModelOutputError(
            f"model {name!r} gave {len(detections)} results for {pictures} pictures"
        )
    joints = len(model.info.skeletons[0].joints)
    for frame in detections:
        people = len(frame.boxes)
        shapes = {
            "boxes": (people, 5),
            "poses3d": (people, joints, 3),
            "poses2d": (people, joints, 2),
            "confidence": (people, joints),
        }
        if model.info.gives_uncertainty:
            shapes["uncertainty_mm"] = (people, joints)
        for field, shape in shapes.items():
            array = getattr(frame, field)
            if getattr(array, "shape", None) != shape or array.dtype != np.float32:
                raise ModelOutputError(
                    f"model {name!r} gave {field} of {_describe(array)}, not float32 {shape}"
                )
            if np.isinf(array).any():
                raise ModelOutputError(f"model {name!r} gave an infinite value in {field}")


def _describe(array: object) -> str:
    if isinstance(array, np.ndarray):
        return f"{array.dtype} {array.shape}"
    return type(array).__name__
