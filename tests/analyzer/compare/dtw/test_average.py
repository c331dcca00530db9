"""DTW barycentre averaging, and a reference movement made with it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from tests.analyzer.compare.dtw.plain import plain_dtw, plain_path

from neuropose.analyzer import (
    ComparisonSettings,
    PoseSequence,
    ReferenceFrame,
    dtw_average,
    dtw_matrix,
    reference_movement,
)
from neuropose.analyzer.compare.dtw import DtwSettings, dtw
from neuropose.errors import SequenceError, SignalError
from neuropose.testing import WalkerParameters, simulate_walk, walker_sequence

Array = NDArray[np.float64]

SQUARED = DtwSettings(cost="squared")


def trials(seed: int, count: int = 5) -> list[Array]:
    random = np.random.default_rng(seed)
    return [
        random.normal(scale=0.3, size=(length, 2))
        + np.sin(np.linspace(0.0, 6.0, length)[:, None] + [0.0, 1.0])
        for length in random.integers(8, 20, count)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_one_round_is_that_of_the_paper(seed: int) -> None:
    """Petitjean et al. 2011: the mean of all that the plain algorithm pairs with each frame."""
    movements = trials(seed)
    began = dtw_average(movements).start
    assert began == dtw_matrix(movements, settings=SQUARED).distances.sum(axis=1).argmin()
    paired: list[list[Array]] = [[] for _ in movements[began]]
    for each in movements:
        _, came = plain_dtw(movements[began], each, SQUARED)
        for row, column in plain_path(came, (len(movements[began]) - 1, len(each) - 1)):
            paired[row].append(each[column])
    wanted = np.array([np.mean(frames, axis=0) for frames in paired])
    np.testing.assert_allclose(dtw_average(movements, rounds=1).values, wanted, rtol=1e-12)


@given(st.integers(0, 10_000), st.integers(1, 6))
def test_the_sum_of_squares_never_grows(seed: int, count: int) -> None:
    movements = trials(seed, count)
    found = dtw_average(movements)
    assert list(found.sums) == sorted(found.sums, reverse=True)
    assert found.converged
    apart = [dtw(found.values, each, SQUARED).distance for each in movements]
    assert found.distances == pytest.approx(np.array(apart))
    assert found.sums[-1] == pytest.approx(sum(apart))
    medoid = dtw_matrix(movements, settings=SQUARED).distances.sum(axis=1).min()
    assert found.sums[0] == pytest.approx(medoid)


def test_it_is_the_same_every_time_on_any_number_of_threads() -> None:
    found = [dtw_average(trials(3), workers=workers) for workers in (1, 2, 5, 1)]
    for each in found[1:]:
        np.testing.assert_array_equal(each.values, found[0].values)
        np.testing.assert_array_equal(each.spread, found[0].spread)
        assert each.sums == found[0].sums


def test_movements_with_other_timing_have_their_common_shape_as_mean() -> None:
    shape = np.sin(np.linspace(0.0, 9.0, 40))[:, None]
    copies = [
        np.repeat(shape, np.random.default_rng(seed).integers(1, 4, 40), axis=0)
        for seed in range(6)
    ]
    found = dtw_average([shape, *copies])
    np.testing.assert_allclose(found.values, shape, atol=1e-12)
    np.testing.assert_allclose(found.spread, 0.0, atol=1e-7)
    assert found.sums == (0.0,)


def test_spread_is_that_over_the_movements() -> None:
    shape = np.linspace(0.0, 100.0, 11)[:, None]
    movements = [shape + [[offset]] * 11 for offset in (-1.0, 0.0, 1.0)]
    found = dtw_average(movements, DtwSettings(cost="squared", band_frames=0))
    np.testing.assert_allclose(found.values, shape, atol=1e-12)
    np.testing.assert_allclose(found.spread, 1.0)


def test_a_single_movement_is_its_own_mean() -> None:
    [movement] = trials(1, 1)
    found = dtw_average([movement])
    np.testing.assert_array_equal(found.values, movement)
    assert np.isnan(found.spread).all()
    assert (found.start, found.sums, found.converged) == (0, (0.0,), True)


def test_rounds_can_run_out() -> None:
    found = dtw_average(trials(2), rounds=1)
    assert (len(found.sums), found.converged) == (2, False)


def test_a_band_is_kept() -> None:
    apart = np.zeros((20, 1))
    apart[15] = 1.0
    early = np.zeros((20, 1))
    early[2] = 1.0
    wide = dtw_average([apart, early])
    narrow = dtw_average([apart, early], DtwSettings(cost="squared", band_frames=2))
    assert wide.sums[-1] == 0.0
    assert narrow.sums[-1] > 0.5


def test_missing_frames_can_be_left_out() -> None:
    movements = trials(4)
    movements[1][3] = np.nan
    settings = DtwSettings(cost="squared", nan_policy="drop")
    found = dtw_average(movements, settings)
    assert len(found.warnings) == 1
    assert "movement 1: left out" in found.warnings[0]
    with pytest.raises(SignalError, match="movement 1: not known"):
        dtw_average(movements)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"settings": DtwSettings()}, "euclidean"),
        ({"settings": DtwSettings(cost="squared", step_pattern="symmetric2")}, "symmetric2"),
        ({"rounds": 0}, "0 rounds"),
        ({"workers": 0}, "0 workers"),
    ],
)
def test_refusals(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SignalError, match=message):
        dtw_average(trials(1), **options)


class TestReference:
    @staticmethod
    def walks() -> list[PoseSequence]:
        walks = [
            walker_sequence(simulate_walk(WalkerParameters(speed_m_s=speed))).slice(1.0, 2.0)
            for speed in (0.9, 1.0, 1.1)
        ]
        turn = Rotation.from_euler("y", 75, degrees=True).as_matrix()
        walks[2] = walks[2].with_positions(walks[2].positions_mm @ turn.T)
        return walks

    def test_it_lies_between_the_trials(self) -> None:
        found = reference_movement(self.walks())
        sequence = found.sequence
        assert sequence.joints == self.walks()[0].joints
        assert sequence.time_s[0] == 0.0
        assert sequence.duration_s == pytest.approx(1.0)
        assert sequence.up is not None
        assert sequence.up.tolist() == [0.0, 1.0, 0.0]
        assert found.spread_mm.shape == sequence.positions_mm.shape
        assert len(sequence.counted_once()) == 33  # the others are averaged along with them
        hips = 0.5 * (sequence.joint("left_hip") + sequence.joint("right_hip"))
        np.testing.assert_allclose(sequence.joint("pelvis"), hips, atol=1e-9)
        np.testing.assert_allclose(sequence.joint("pelvis"), 0.0, atol=1e-9)
        assert sequence.source == "the mean of 3 trials"
        settings = ComparisonSettings(cost="squared", align="body")
        between = dtw_matrix(self.walks(), settings=settings).distances
        assert found.average.sums[-1] < between.sum(axis=1).min()

    @pytest.mark.parametrize("align", ["sequence", "frame"])
    def test_trials_can_be_laid_over_the_first(self, align: Any) -> None:
        walk = self.walks()[0]
        random = np.random.default_rng(1)
        copies = [
            walk.with_positions(walk.positions_mm @ Rotation.random(rng=random).as_matrix() + 500.0)
            for _ in range(3)
        ]
        found = reference_movement([walk, *copies], ComparisonSettings(cost="squared", align=align))
        assert found.average.sums[-1] == pytest.approx(0.0, abs=1e-6)
        assert found.sequence.frame is ReferenceFrame.LAB
        if align == "sequence":
            np.testing.assert_allclose(found.sequence.positions_mm, walk.positions_mm, atol=1e-6)

    def test_doubts_about_a_trial_are_doubts_about_the_mean(self) -> None:
        first, *others = self.walks()
        doubtful = first.with_positions(first.positions_mm, "the camera was moved")
        found = reference_movement([doubtful, *others])
        assert "the camera was moved" in found.sequence.warnings

    def test_some_joints(self) -> None:
        settings = ComparisonSettings(cost="squared", align="body", joints=("left_knee", "neck"))
        assert reference_movement(self.walks(), settings).sequence.joints == ("left_knee", "neck")

    def test_refusals(self) -> None:
        angles = ComparisonSettings(cost="squared", representation="angles")
        with pytest.raises(SequenceError, match="angles are not a movement"):
            reference_movement(self.walks(), angles)
        with pytest.raises(SequenceError, match="no trials"):
            reference_movement([])
        with pytest.raises(SignalError, match="no mean minimises the sum of euclidean costs"):
            reference_movement(self.walks(), ComparisonSettings())
