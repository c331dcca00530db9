"""The sample clip, interrupted: people come and go, and no bit is different."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
from benchmarks import balance_trial

from neuropose.assets import SAMPLE_CLIP, fetch
from neuropose.data import Camera, VideoPredictions
from neuropose.errors import CancelledError
from neuropose.estimator import Detections, Estimator, PoseModel
from neuropose.estimator.model import Picture
from neuropose.estimator.models.blazepose.model import search_interval
from neuropose.interfacer import CheckpointFile
from neuropose.testing.conformance.model_bench import first_difference
from neuropose.video.reader import VideoReader

pytestmark = pytest.mark.real

STRETCH = range(155, 215)  # he jumps off the roof, and she leaves
FPS = 30.0


@pytest.fixture(scope="module")
def clip() -> Path:
    return fetch(SAMPLE_CLIP, balance_trial.CACHE_DIR)


@pytest.fixture(scope="module")
def pictures(clip: Path) -> list[Picture]:
    with VideoReader(clip) as reader:
        frames = islice(reader, STRETCH.start, STRETCH.stop)
        return [frame.picture for frame in frames if frame.picture is not None]


def test_the_model_goes_on_from_each_of_its_states(
    model: PoseModel, pictures: list[Picture]
) -> None:
    height, width = pictures[0].shape[:2]
    camera = Camera.from_fov(width, height, 55.0)

    def predict(first: int, state: dict[str, bytes], workers: int) -> list[Detections]:
        return list(model.predict(pictures[first:], camera, fps=FPS, workers=workers, **state))

    whole = predict(0, {}, 2)
    assert {len(found.boxes) for found in whole} == {0, 1, 2}
    states = {number: found.state for number, found in enumerate(whole) if found.state}
    interval = search_interval(FPS)
    assert list(states) == list(range(interval - 1, len(pictures), interval))
    for turn, (number, state) in enumerate(states.items()):
        resumed = predict(number + 1, {"state": state}, 1 + turn % 3)
        assert first_difference(resumed, whole[number + 1 :]) is None


def test_a_video_that_is_interrupted_again_and_again(
    model: PoseModel, clip: Path, sample: VideoPredictions, tmp_path: Path
) -> None:
    path = tmp_path / "video_01.checkpoint"
    resumed: list[int] = []
    for frames in (70, 71, 200):
        asked = iter(range(frames + 1))
        with pytest.raises(CancelledError):
            Estimator(model, workers=1 + frames % 2).process_video(
                clip,
                checkpoints=CheckpointFile(path, interval_s=0.0),
                cancel=lambda asked=asked, frames=frames: next(asked) == frames,
            )
    result = Estimator(model).process_video(
        clip,
        checkpoints=CheckpointFile(path, interval_s=0.0),
        progress=lambda at: resumed.append(at.resumed_frames),
    )
    assert result.predictions == sample
    for field in ("offsets", "boxes", "poses3d", "poses2d", "confidence", "track_ids"):
        got, expected = getattr(result.predictions, field), getattr(sample, field)
        assert got.tobytes() == expected.tobytes(), field
    assert set(resumed) == {result.metrics.resumed_frames}
    assert 170 < result.metrics.resumed_frames < 200
    assert result.metrics.resumed_frames % search_interval(FPS) == 0
