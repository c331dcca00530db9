"""A movement found in a recording: where it was put, and as the plain algorithm finds it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from tests.analyzer.compare.dtw.plain import plain_dtw

from neuropose.analyzer import ComparisonSettings, PoseSequence, dtw_matches, dtw_open_end
from neuropose.analyzer.compare.dtw import DtwSettings, dtw
from neuropose.errors import SequenceError, SignalError
from neuropose.testing import simulate_walk, walker_sequence

Array = NDArray[np.float64]

COSTS = [DtwSettings(), DtwSettings(cost="squared")]
WAYS = [*COSTS, *(each.model_copy(update={"step_pattern": "symmetric2"}) for each in COSTS)]


def pair(seed: int, n: int = 9, m: int = 40) -> tuple[Array, Array]:
    random = np.random.default_rng(seed)
    query, recording = random.normal(size=(n, 2)), random.normal(size=(m, 2))
    return (np.round(query), np.round(recording)) if seed % 2 else (query, recording)


@pytest.mark.parametrize("settings", COSTS)
@pytest.mark.parametrize("stretch", [1.0, 1.5, 5.0])
@pytest.mark.parametrize("seed", range(10))
def test_no_stretch_of_an_allowed_length_is_a_better_match(
    settings: DtwSettings, stretch: float, seed: int
) -> None:
    query, recording = pair(seed)
    least = np.inf
    for start in range(len(recording)):
        totals, _ = plain_dtw(query, recording[start:], settings)
        lengths = np.arange(1, len(recording) - start + 1)
        allowed = (lengths * stretch >= len(query)) & (lengths <= len(query) * stretch)
        least = min(least, totals[-1, allowed].min(initial=np.inf))
    [found] = dtw_matches(query, recording, settings, stretch=stretch)
    assert found.distance == pytest.approx(least, rel=1e-9)
    assert found.distance == dtw(query, recording[found.start : found.end + 1], settings).distance
    assert found.normalized_distance == found.distance / len(query)


@given(st.integers(0, 10_000), st.sampled_from(COSTS))
def test_matches_are_apart_in_order_and_as_far_as_told(seed: int, settings: DtwSettings) -> None:
    query, recording = pair(seed)
    found = dtw_matches(query, recording, settings, most=4)
    taken = np.zeros(len(recording), dtype=int)
    for each in found:
        stretch = recording[each.start : each.end + 1]
        taken[each.start : each.end + 1] += 1
        assert each.distance == dtw(query, stretch, settings).distance
        assert len(query) / 2 <= len(stretch) <= len(query) * 2
        assert (each.start_s, each.end_s) == (None, None)
    assert taken.max() <= 1
    distances = [each.distance for each in found]
    assert distances == sorted(distances)


@given(st.integers(0, 10_000))
def test_each_match_is_the_best_in_what_is_left(seed: int) -> None:
    query, recording = pair(seed)
    first, *others = dtw_matches(query, recording, most=3, stretch=3.0)
    left, right = recording[: first.start], recording[first.end + 1 :]
    rest = [dtw_matches(query, part, stretch=3.0) for part in (left, right) if len(part)]
    best = [each.distance for part in rest for each in part]
    assert bool(best) == bool(others)
    if others:
        assert others[0].distance == min(best)


class TestPutThere:
    """A movement that is put into a quiet recording, at other speeds."""

    TIME = np.linspace(0.0, 1.0, 60)
    MOVEMENT = np.stack([np.sin(2 * np.pi * TIME), np.cos(2 * np.pi * TIME)], axis=1) * 300.0
    STARTS = (200, 500, 900)

    def recording(self) -> Array:
        random = np.random.default_rng(5)
        recording = random.normal([0.0, 300.0], 3.0, size=(1200, 2))
        for start, length in zip(self.STARTS, (60, 90, 45), strict=True):
            rows = np.linspace(0, 59, length).round().astype(int)
            recording[start : start + length] += self.MOVEMENT[rows] - [0.0, 300.0]
        return recording

    @pytest.mark.parametrize("settings", COSTS)
    def test_it_is_found_as_often_as_it_is_there(self, settings: DtwSettings) -> None:
        limit = 40.0 if settings.cost == "euclidean" else 1600.0
        found = dtw_matches(
            self.MOVEMENT, self.recording(), settings, most=None, max_distance=limit
        )
        by_start = sorted(found, key=lambda each: each.start)
        assert len(found) == 3
        for each, start, length in zip(by_start, self.STARTS, (60, 90, 45), strict=True):
            assert abs(each.start - start) <= 8
            assert abs(each.end - (start + length - 1)) <= 8

    def test_what_is_too_long_or_too_short_is_no_match(self) -> None:
        found = dtw_matches(
            self.MOVEMENT, self.recording(), most=10, max_distance=40.0, stretch=1.1
        )
        assert {each.end - each.start + 1 for each in found} <= set(range(55, 67))
        assert all(not 480 < each.start < 590 for each in found), "one that took 90 frames"

    def test_none_is_near_enough(self) -> None:
        assert dtw_matches(self.MOVEMENT + 1e4, self.recording(), max_distance=100.0) == ()

    def test_no_match_reaches_over_missing_frames(self) -> None:
        recording = self.recording()
        recording[530] = np.nan
        settings = DtwSettings(nan_policy="drop")
        found = dtw_matches(self.MOVEMENT, recording, settings, most=None, max_distance=40.0)
        assert all(not each.start <= 530 <= each.end for each in found)
        assert sorted(each.start // 100 for each in found)[:1] == [2]
        assert max(each.end for each in found) > 900, "frames are those of the recording"
        filled = DtwSettings(nan_policy="interpolate")
        found = dtw_matches(self.MOVEMENT, recording, filled, most=None, max_distance=40.0)
        assert len(found) == 3


def test_strides_are_found_wherever_the_walker_turns() -> None:
    """One stride of one recording, in another that goes somewhere else, with its times."""
    walk = walker_sequence(simulate_walk())
    stride = walk.slice(2.0, 3.0)
    turn = Rotation.from_euler("y", 140, degrees=True).as_matrix()
    elsewhere = walk.with_positions(walk.positions_mm @ turn.T)
    settings = ComparisonSettings(align="body", joints=("left_heel", "right_heel", "left_wrist"))
    found = dtw_matches(stride, elsewhere, settings, most=3)
    assert len(found) == 3
    assert found[0].start_s == pytest.approx(2.0)
    assert found[0].end_s == pytest.approx(3.0)
    assert found[0].distance == pytest.approx(0.0, abs=1.0)


class TestOpenEnd:
    @pytest.mark.parametrize("settings", WAYS)
    @pytest.mark.parametrize("seed", range(10))
    def test_it_is_the_best_beginning(self, settings: DtwSettings, seed: int) -> None:
        query, recording = pair(seed, 7, 15)
        result = dtw_open_end(query, recording, settings)
        beginnings = [dtw(query, recording[:end], settings) for end in range(1, 16)]
        normalized = settings.step_pattern == "symmetric2"
        best = min(
            beginnings,
            key=lambda each: each.normalized_distance if normalized else each.distance,
        )
        assert result.normalized_distance == best.normalized_distance
        assert result.distance == best.distance
        assert result.frames == best.frames
        assert result.path is not None
        assert best.path is not None
        np.testing.assert_array_equal(result.path, best.path)
        assert dtw_open_end(query, recording, settings, path=False).path is None

    def test_a_movement_that_was_broken_off(self) -> None:
        walk = walker_sequence(simulate_walk())
        result = dtw_open_end(walk.slice(0.0, 1.0), walk)
        assert result.distance == 0.0
        assert result.frames == (61, 61)


QUERY, RECORDING = [0.0, 1.0], [0.0, 1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"settings": DtwSettings(band=0.1)}, "a band cannot be used"),
        ({"settings": DtwSettings(band_frames=3)}, "a band cannot be used"),
        ({"settings": DtwSettings(step_pattern="symmetric2")}, "costs more the longer"),
        ({"most": 0}, "0 matches"),
        ({"most": None}, "until nothing is left"),
        ({"max_distance": -1.0}, "max_distance -1"),
        ({"max_distance": float("nan")}, "max_distance nan"),
        ({"stretch": 0.5}, r"stretch 0\.5"),
        ({"stretch": float("inf")}, "stretch inf"),
    ],
)
def test_refusals(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SignalError, match=message):
        dtw_matches(QUERY, RECORDING, **options)


def test_more_refusals() -> None:
    with pytest.raises(SignalError, match="a band cannot be used"):
        dtw_open_end(QUERY, RECORDING, DtwSettings(band=0.1))
    with pytest.raises(SignalError, match="the recording: not known"):
        dtw_matches(QUERY, [0.0, np.nan])
    with pytest.raises(SignalError, match="the movement to find has no frames"):
        dtw_matches([], RECORDING)
    walk = walker_sequence(simulate_walk())
    assert isinstance(walk, PoseSequence)
    with pytest.raises(SequenceError, match="as a whole"):
        dtw_matches(walk.slice(0.0, 1.0), walk, ComparisonSettings(align="sequence"))
    assert dtw_matches(np.zeros(9), np.zeros(3)) == (), "too short for any match"


def test_frame_rates_must_agree_and_doubts_are_told() -> None:
    walk = walker_sequence(simulate_walk())
    stride = walk.slice(1.0, 2.0)
    with pytest.raises(SequenceError, match="different frame rates"):
        dtw_matches(stride.resample(30.0), walk)
    [found] = dtw_matches(stride, walk.with_positions(walk.positions_mm, "the camera was moved"))
    assert found.warnings == ("the camera was moved",)
