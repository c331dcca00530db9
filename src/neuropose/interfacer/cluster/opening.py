"""A pool of workers as the settings say, each with a model or without."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuropose.config import ClusterSettings, Settings
from neuropose.interfacer.cluster.facts import ModelFacts
from neuropose.interfacer.cluster.pool import WorkerPool
from neuropose.interfacer.engines.worker import ChildEstimator

if TYPE_CHECKING:
    from neuropose.estimator import Estimator

CHILDS_SHARE = 0.9
"""Share of a worker's memory that the process with the model may use."""


@contextmanager
def opened_pool(
    settings: Settings,
    shared: Path,
    name: str,
    make_estimator: Callable[..., Estimator] | None = None,
) -> Iterator[WorkerPool]:
    """Open a pool of workers, and end it.

    Parameters
    ----------
    settings : Settings
        Where the workers are.
    shared : Path
        A folder that every worker must see.
    name : str
        Name of the jobs in a batch system.
    make_estimator : callable, optional
        As for `DaskEngine`; default: workers need no model.

    Yields
    ------
    WorkerPool

    Raises
    ------
    NeuroPoseError
        Whatever loading the model or connecting raises.
    """
    if make_estimator is None:
        pool = WorkerPool(settings.cluster or ClusterSettings(), shared, name)
    else:
        pool = pool_with_model(settings, shared, name, make_estimator)
    pool.open()
    try:
        yield pool
    finally:
        pool.close()


def pool_with_model(
    settings: Settings,
    shared: Path,
    name: str,
    make_estimator: Callable[..., Estimator],
    *,
    said: Callable[[str, Any], None] | None = None,
    wake: Callable[[], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> WorkerPool:
    """Return a pool whose workers must have the model that is here.

    Parameters
    ----------
    settings : Settings
        Where the workers are, and what each gets.
    shared : Path
        A folder that every worker must see.
    name : str
        Name of the jobs in a batch system.
    make_estimator : callable
        Makes an estimator in the child of a worker; takes ``device`` and ``workers``.
    said, wake : callable, optional
        As for `WorkerPool`.
    clock : callable
        Gives seconds that never go back.

    Returns
    -------
    WorkerPool

    Raises
    ------
    NeuroPoseError
        Whatever loading the model raises.
    """
    cluster = settings.cluster or ClusterSettings()
    make_child = partial(
        ChildEstimator, stall_s=settings.stall_seconds, is_silent=not settings.log_names
    )
    here = make_child(partial(make_estimator, device="cpu", workers=1))
    try:
        model = ModelFacts.of(here.prepare())
    finally:
        here.close()
    return WorkerPool(
        cluster,
        shared,
        name,
        make_child=partial(
            make_child,
            partial(make_estimator, workers=cluster.cores),
            memory_bytes=int(cluster.memory_gb * CHILDS_SHARE * 1e9),
        ),
        model=model,
        uses_gpu=settings.device != "cpu" and _may_use_gpu(settings),
        said=said,
        wake=wake,
        clock=clock,
    )


def _may_use_gpu(settings: Settings) -> bool:
    """Whether the model could run on a GPU, as far as its loader says."""
    from neuropose.estimator import available

    for model in available():
        if model.name == settings.model.partition(":")[0]:
            devices = model.capabilities.devices
            return devices is None or "gpu" in devices
    return False
