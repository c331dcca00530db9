"""Steps and strides of the woman who walks by: signals that share nothing but her agree."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.real.test_sample_clip import woman_rows

from neuropose.analyzer.segmentation import segment
from neuropose.analyzer.signals.repetitions import RepetitionSettings
from neuropose.data import Segmentation, SegmentSignal, VideoPredictions

pytestmark = pytest.mark.real


def found(sample: VideoPredictions, signal: SegmentSignal) -> Segmentation:
    [track_id] = set(sample.track_ids[woman_rows(sample)].tolist())
    settings = RepetitionSettings(least_prominence=20.0, min_distance_s=0.4, subframe=True)
    done = segment(sample, signal, settings, subject=f"track:{track_id}", name="walk")
    entry = done.segmentations["walk"]
    assert isinstance(entry, Segmentation)
    return entry


def peaks_s(entry: Segmentation) -> NDArray[np.float64]:
    return np.array([window.peak_s for window in entry.windows])


def test_her_steps_and_her_strides(sample: VideoPredictions) -> None:
    apart = SegmentSignal(kind="distance", joints=("left_ankle", "right_ankle"))
    steps_s = peaks_s(found(sample, apart))
    strides = {
        side: peaks_s(
            found(sample, SegmentSignal(kind="axis", joints=(f"{side}_heel",), axis="forward"))
        )
        for side in ("left", "right")
    }
    assert len(steps_s) >= 6
    step_s = float(np.median(np.diff(steps_s)))
    assert 0.45 < step_s < 0.75
    for each in strides.values():
        assert len(each) >= 3
        assert np.median(np.diff(each)) == pytest.approx(2.0 * step_s, rel=0.08)
    merged = sorted((at_s, side) for side, each in strides.items() for at_s in each)
    assert all(one != other for (_, one), (_, other) in zip(merged, merged[1:]))  # noqa: B905, RUF007
    nearest = [np.abs(steps_s - at_s).min() for at_s, _ in merged]
    assert max(nearest) < 0.15


def test_fingers_are_refused_on_real_poses_too(sample: VideoPredictions) -> None:
    from neuropose.errors import MissingJointsError

    with pytest.raises(MissingJointsError, match="no fingertips"):
        found(sample, SegmentSignal(kind="distance", joints=("left_thumb", "left_index")))
