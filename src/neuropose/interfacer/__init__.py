"""The interfacer: the daemon that turns a folder of videos into results, and owns every job."""

from neuropose.interfacer.checkpoints import CheckpointFile
from neuropose.interfacer.children import Children
from neuropose.interfacer.daemon import Interfacer
from neuropose.interfacer.layout import Layout
from neuropose.interfacer.worker import ChildEstimator, VideoEstimator

__all__ = [
    "CheckpointFile",
    "ChildEstimator",
    "Children",
    "Interfacer",
    "Layout",
    "VideoEstimator",
]
