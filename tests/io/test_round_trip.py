from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from tests.io.strategies import assert_identical, predictions
from tests.small_predictions import make_predictions

from neuropose.data import VideoPredictions
from neuropose.io import load_video_predictions, save_video_predictions
from neuropose.testing import synthetic_predictions

ARBITRARY = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@ARBITRARY
@given(before=predictions())
@example(before=make_predictions())
@example(before=synthetic_predictions(frame_count=40, people=3))
def test_anything_saved_loads_the_same(before: VideoPredictions, tmp_path: Path) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    save_video_predictions(first, before)
    after = load_video_predictions(first)
    assert_identical(before, after)
    save_video_predictions(second, after)
    assert first.read_bytes() == second.read_bytes()


@ARBITRARY
@given(before=predictions())
@example(before=make_predictions())
def test_layout_and_order_do_not_matter(before: VideoPredictions, tmp_path: Path) -> None:
    path = tmp_path / "predictions.json"
    save_video_predictions(path, before)
    document = json.loads(path.read_bytes())
    document["frames"] = dict(reversed(document["frames"].items()))
    path.write_text(json.dumps(dict(reversed(document.items())), indent=1))
    assert_identical(before, load_video_predictions(path))


@pytest.mark.parametrize("seed", range(4))
def test_float32_of_every_kind(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    patterns = rng.integers(0, 2**32, 40_000, dtype=np.uint32)
    numbers = patterns.view(np.float32)
    numbers = numbers[np.isfinite(numbers)]
    numbers = numbers[: len(numbers) // 99 * 99].reshape(-1, 33, 3)
    one = synthetic_predictions(frame_count=len(numbers))
    before = one.model_copy(update={"poses3d": numbers})
    save_video_predictions(tmp_path / "all.json", before)
    assert_identical(before, load_video_predictions(tmp_path / "all.json"))
