"""Predictions of the benchmark's videos, made once in a run, or kept from an earlier one."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from benchmarks.balance_trial import CACHE_DIR
from neuropose.data import Camera, VideoPredictions
from neuropose.estimator import Estimator, load_model
from neuropose.io import load_video_predictions, save_video_predictions


@cache
def _estimator() -> Estimator:
    return Estimator(load_model("blazepose", model_cache_dir=CACHE_DIR))


def predict(video: Path, camera: Camera | None, kept: Path | None) -> VideoPredictions:
    """Predict a video, unless the folder `kept` has its predictions; then keep them there."""
    path = None if kept is None else kept / f"{video.stem}.json"
    if path is not None and path.is_file():
        return load_video_predictions(path)
    predictions = _estimator().process_video(video, camera=camera).predictions
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_video_predictions(path, predictions)
    return predictions
