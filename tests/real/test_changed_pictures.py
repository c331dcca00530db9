"""People are found in interlaced and HDR copies of a real clip as in the clip itself."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from benchmarks import balance_trial
from numpy.typing import NDArray
from tests.video.test_tone_mapping import HLG, PQ, ten_bits, write_ten_bits

from neuropose.assets import SAMPLE_CLIP, fetch
from neuropose.data import VideoPredictions
from neuropose.estimator import Estimator, PoseModel

pytestmark = [pytest.mark.real, pytest.mark.slow]

FRAMES = 60
HEIGHT_PX = 992
Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def pictures() -> list[Picture]:
    """Of the sample clip, with a number of lines that fields can share."""
    with av.open(str(fetch(SAMPLE_CLIP, balance_trial.CACHE_DIR))) as container:
        frames = container.decode(video=0)
        return [next(frames).to_ndarray(format="rgb24")[:HEIGHT_PX] for _ in range(FRAMES)]


def write(path: Path, pictures: Sequence[Picture], mark: str | None = None) -> Path:
    options = {"crf": "14", "preset": "veryfast"} | ({"x264-params": "tff=1"} if mark else {})
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=15, options=options)
        stream.pix_fmt = "yuv420p"
        stream.height, stream.width = pictures[0].shape[:2]
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 15)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def woven(first: Picture, second: Picture) -> Picture:
    picture = first.copy()
    picture[1::2] = second[1::2]
    return picture


def difference_percent(one: VideoPredictions, other: VideoPredictions) -> float:
    """Median 2D difference of the subject's joints in percent of the subject's height."""
    one_px, other_px = _subject_px(one), _subject_px(other)
    apart = np.linalg.norm(one_px - other_px, axis=-1)
    height = np.nanmedian(np.nanmax(one_px[..., 1], axis=1) - np.nanmin(one_px[..., 1], axis=1))
    return float(100 * np.nanmedian(apart) / height)


def _subject_px(predictions: VideoPredictions) -> NDArray[np.float64]:
    track = predictions.subject("longest").track_id
    found = np.full((len(predictions.frames), len(predictions.skeleton.joints), 2), np.nan)
    for number, frame in enumerate(predictions.frames.values()):
        for pose, track_id in zip(frame.poses2d, frame.track_ids, strict=True):
            if track_id == track:
                found[number] = pose
    return found


@pytest.fixture(scope="module")
def predict(model: PoseModel) -> Estimator:
    return Estimator(model)


@pytest.mark.parametrize("mark", ["tff", None])
def test_an_interlaced_copy(
    tmp_path: Path, pictures: list[Picture], predict: Estimator, mark: str | None
) -> None:
    plain = predict.process_video(write(tmp_path / "plain.mp4", pictures[::2])).predictions
    fields = [woven(*pair) for pair in zip(pictures[::2], pictures[1::2], strict=True)]
    copy = predict.process_video(write(tmp_path / "fields.mp4", fields, mark)).predictions
    assert any("interlaced" in warning for warning in copy.warnings)
    assert difference_percent(plain, copy) < 1.0


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_an_hdr_copy(
    tmp_path: Path, pictures: list[Picture], predict: Estimator, transfer: int
) -> None:
    some = pictures[:: FRAMES // 10]
    plain = predict.process_video(write(tmp_path / "plain.mp4", some)).predictions
    hdr = write_ten_bits(
        tmp_path / "hdr.mp4", [ten_bits(one, transfer, 203.0) for one in some], transfer, rate=15
    )
    copy = predict.process_video(hdr).predictions
    assert any("HDR" in warning for warning in copy.warnings)
    assert difference_percent(plain, copy) < 1.5
