"""Workers on several machines: an engine for the daemon's jobs that uses dask.distributed."""

from neuropose.interfacer.cluster.engine import DaskEngine
from neuropose.interfacer.cluster.opening import opened_pool
from neuropose.interfacer.cluster.pool import WorkerPool

__all__ = ["DaskEngine", "WorkerPool", "opened_pool"]
