"""Child processes of a machine: one per GPU, or one for as many cores as a video needs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from neuropose.cores import available_cores
from neuropose.estimator import Progress
from neuropose.interfacer.engines.worker import ChildEstimator

if TYPE_CHECKING:
    from neuropose.data import Camera, Provenance
    from neuropose.estimator import Checkpoints, Estimator, ModelInfo, ProcessVideoResult


class Children:
    """As many child processes as the machine can use; each processes its own video.

    Parameters
    ----------
    make_estimator : callable
        Makes an estimator in the child; takes ``device`` and ``workers``. A module-level function,
        or a `functools.partial` of one.
    stall_s : float
        Time in seconds without a new frame after which a child is terminated.
    cores : int, optional
        Number of CPU cores to use; default: all that the process may use.
    is_silent : bool
        Whether to discard what the children write to stdout and stderr.

    Notes
    -----
    The number of children does not change any result.
    """

    def __init__(
        self,
        make_estimator: Callable[..., Estimator],
        *,
        stall_s: float,
        cores: int | None = None,
        is_silent: bool = False,
    ) -> None:
        self._make_estimator = make_estimator
        self._make_child = partial(ChildEstimator, stall_s=stall_s, is_silent=is_silent)
        self._cores = cores or available_cores()
        self._children = [self._make_child(make_estimator)]
        self._idle: SimpleQueue[ChildEstimator] = SimpleQueue()
        self._idle.put(self._children[0])

    @property
    def concurrency(self) -> int:
        """Number of videos that can be processed at once; more than one only after `prepare`."""
        return len(self._children)

    def prepare(self) -> None:
        """Load the model, so that any error in it shows before the first video.

        Raises
        ------
        NeuroPoseError
            Whatever loading it raises.
        WorkerCrashedError
            If the child ended.
        """
        info = self._children[0].prepare()
        plan = plan_children(info, self._cores)
        if len(plan) == 1:
            return
        self.close()
        self._children = [
            self._make_child(partial(self._make_estimator, device=device, workers=workers))
            for device, workers in plan
        ]
        self._idle = SimpleQueue()
        for child in self._children:
            self._idle.put(child)

    def process_video(
        self,
        path: Path,
        *,
        progress: Callable[[Progress], None] | None = None,
        cancel: Callable[[], bool] | None = None,
        checkpoints: Checkpoints | None = None,
    ) -> ProcessVideoResult:
        """Find everybody in every frame of a video; see `ChildEstimator.process_video`."""
        with self._borrow() as child:
            return child.process_video(
                path, progress=progress, cancel=cancel, checkpoints=checkpoints
            )

    def would_give(self, path: Path, provenance: Provenance | None, camera: Camera | None) -> bool:
        """Return whether it would return these predictions again; see `Estimator.would_give`."""
        with self._borrow() as child:
            return child.would_give(path, provenance, camera)

    def close(self) -> None:
        """Terminate all children."""
        for child in self._children:
            child.close()

    @contextmanager
    def _borrow(self) -> Iterator[ChildEstimator]:
        child = self._idle.get()
        try:
            yield child
        finally:
            self._idle.put(child)


def plan_children(info: ModelInfo, cores: int) -> list[tuple[str, int]]:
    """Plan how many children a machine can use, and what each of them gets.

    Parameters
    ----------
    info : ModelInfo
        What the model declares, loaded once.
    cores : int
        Number of CPU cores to share.

    Returns
    -------
    list of (str, int)
        Device and number of CPU cores of each child. One per device if there are several; otherwise
        as many as it takes to use all cores.

    Examples
    --------
    >>> from neuropose.testing import FakeModel
    >>> plan_children(FakeModel().info.model_copy(update={"most_workers": 4}), cores=16)
    [('cpu', 4), ('cpu', 4), ('cpu', 4), ('cpu', 4)]
    """
    devices = [info.device, *info.other_devices]
    if len(devices) == 1:
        count = 1 if info.most_workers is None else math.ceil(cores / info.most_workers)
        devices *= count
    return [(device, max(cores // len(devices), 1)) for device in devices]
