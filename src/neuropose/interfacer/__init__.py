"""The interfacer: the daemon that turns a folder of videos into results and owns every job."""

from neuropose.interfacer.checkpoints import CheckpointFile
from neuropose.interfacer.daemon import Interfacer
from neuropose.interfacer.engines.children import Children
from neuropose.interfacer.engines.worker import ChildEstimator, VideoEstimator
from neuropose.interfacer.layout import Layout

__all__ = [
    "CheckpointFile",
    "ChildEstimator",
    "Children",
    "Interfacer",
    "Layout",
    "VideoEstimator",
]
