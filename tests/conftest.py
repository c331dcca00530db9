"""What every test has in common: a property is checked the same way on every machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from tests.small_predictions import make_predictions

from neuropose.data import VideoPredictions
from neuropose.io import save_video_predictions

# `make test` tries the same examples everywhere, however long one takes: the first may have to
# wait until numba has compiled what it calls. The search for others is --hypothesis-profile=search.
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", settings.get_profile("search"), derandomize=True)
settings.load_profile("repeatable")


@pytest.fixture
def predictions() -> VideoPredictions:
    return make_predictions()


@pytest.fixture
def saved(predictions: VideoPredictions, tmp_path: Path) -> bytes:
    path = tmp_path / "saved.json"
    save_video_predictions(path, predictions)
    return path.read_bytes()
