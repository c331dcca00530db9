"""The estimator: a pure library that turns a video and a pose model into validated predictions."""

from neuropose.cores import available_cores
from neuropose.estimator.checkpoints import Checkpoints
from neuropose.estimator.core import Estimator, ProcessVideoResult, Progress
from neuropose.estimator.loader import ModelLoader
from neuropose.estimator.loading import load_estimator
from neuropose.estimator.metrics import Latency, Metrics
from neuropose.estimator.model import (
    Detections,
    InferenceOptions,
    LoadOptions,
    ModelInfo,
    PoseModel,
)
from neuropose.estimator.registry import RegisteredModel, available, load_model
from neuropose.estimator.streaming import LivePose
from neuropose.estimator.tracking import Tracker, assign_tracks

__all__ = [
    "Checkpoints",
    "Detections",
    "Estimator",
    "InferenceOptions",
    "Latency",
    "LivePose",
    "LoadOptions",
    "Metrics",
    "ModelInfo",
    "ModelLoader",
    "PoseModel",
    "ProcessVideoResult",
    "Progress",
    "RegisteredModel",
    "Tracker",
    "assign_tracks",
    "available",
    "available_cores",
    "load_estimator",
    "load_model",
]
