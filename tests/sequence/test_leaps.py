"""Markers that are elsewhere for some frames."""

from __future__ import annotations

import numpy as np
import pytest
from tests.marker_sets import SETS, dressed

from neuropose.analyzer import PoseSequence, analyze_gait
from neuropose.data import MarkerRecording
from neuropose.sequence.leaps import without_leaps
from neuropose.testing import WalkerParameters, simulate_walk, walker_sequence

RATE_HZ = 100.0
WALK = walker_sequence(simulate_walk(WalkerParameters(fps=RATE_HZ)).with_noise(0.5))
PLACES = dressed(WALK, SETS["Plug-in Gait"])
NAMES = tuple(PLACES)
MARKERS_MM = np.stack([PLACES[name] for name in NAMES], axis=1)
TOE = NAMES.index("LTOE")


def recording(positions_mm: np.ndarray, **fields: object) -> MarkerRecording:
    return MarkerRecording(
        format="trc",
        names=NAMES,
        time_s=WALK.time_s,
        positions_mm=positions_mm,
        rate_hz=RATE_HZ,
        up=(0.0, 1.0, 0.0),
        **fields,
    )


def leapt(frames: slice, by_mm: float, column: int = TOE) -> np.ndarray:
    positions_mm = MARKERS_MM.copy()
    positions_mm[frames, column] += by_mm * np.array([0.6, 0.0, 0.8])
    return positions_mm


@pytest.mark.parametrize("rate_hz", [25.0, 60.0, 100.0, 200.0, 250.0])
def test_a_walk_is_as_it_was(rate_hz: float) -> None:
    walk = walker_sequence(simulate_walk(WalkerParameters(fps=rate_hz)).with_noise(3.0))
    mended_mm, found = without_leaps(walk.positions_mm, rate_hz)
    assert not found.any()
    np.testing.assert_array_equal(mended_mm, walk.positions_mm)


@pytest.mark.parametrize("length", [1, 2, 3])
@pytest.mark.parametrize("by_mm", [-300.0, 100.0])
def test_a_leap_is_put_back_wherever_it_is(length: int, by_mm: float) -> None:
    for first in range(100, 220, 7):
        frames = slice(first, first + length)
        mended_mm, found = without_leaps(leapt(frames, by_mm), RATE_HZ)
        assert np.argwhere(found).tolist() == [
            [frame, TOE] for frame in range(*frames.indices(600))
        ]
        np.testing.assert_allclose(mended_mm, MARKERS_MM, atol=10.0)


@pytest.mark.parametrize(
    "frames", [slice(150, 154), slice(150, 600), slice(0, 1), slice(599, 600), slice(1, 2)]
)
def test_what_lasts_and_what_is_at_the_ends_stays(frames: slice) -> None:
    assert not without_leaps(leapt(frames, 200.0), RATE_HZ)[1].any()


def test_beside_a_gap_nothing_is_judged() -> None:
    positions_mm = leapt(slice(150, 151), 200.0)
    positions_mm[152, TOE] = np.nan
    mended_mm, found = without_leaps(positions_mm, RATE_HZ)
    assert not found.any()
    np.testing.assert_array_equal(mended_mm, positions_mm)


def test_slow_recordings_show_less() -> None:
    assert not without_leaps(leapt(slice(150, 152), 200.0), 60.0)[1].any()
    assert without_leaps(leapt(slice(150, 151), 200.0), 60.0)[1].any()
    assert not without_leaps(leapt(slice(150, 151), 200.0), 50.0)[1].any()


def test_no_event_moves_and_it_is_told() -> None:
    true_s = [
        event.time_s
        for event in analyze_gait(PoseSequence.from_recording(recording(MARKERS_MM))).events
    ]
    positions_mm = MARKERS_MM.copy()
    for first in range(60, 540, 12):
        positions_mm[first, TOE] += [60.0, 100.0, 80.0]
    sequence = PoseSequence.from_recording(recording(positions_mm))
    found_s = [event.time_s for event in analyze_gait(sequence).events]
    np.testing.assert_allclose(found_s, true_s, atol=0.02)
    [told] = [note for note in sequence.warnings if "off its path" in note]
    assert told.startswith("40 positions were replaced")
    assert "(LTOE)" in told


def test_positions_from_video_are_left_to_the_filters() -> None:
    of_video = recording(leapt(slice(150, 151), 300.0), estimated_from="one camera")
    assert not [n for n in PoseSequence.from_recording(of_video).warnings if "off its path" in n]
