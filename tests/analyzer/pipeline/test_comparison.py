"""Cycles compared: the warping against a plain reference, and what it says of walks."""

from __future__ import annotations

import itertools
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from neuropose.analyzer import PoseSequence
from neuropose.analyzer.pipeline.comparison import compare_cycles
from neuropose.analyzer.pipeline.contract import Dtw, Pipeline
from neuropose.analyzer.pipeline.segments import CutTrial, cut
from neuropose.analyzer.pipeline.warping import warped_distance
from neuropose.testing import WalkerParameters, simulate_walk, walker_sequence

BILATERAL = {"kind": "bilateral"}


def every_path(first: np.ndarray, second: np.ndarray, twice: float, reach: float) -> float:
    """The least sum over all paths, by recursion from the end."""

    @lru_cache(None)
    def least(i: int, j: int) -> float:
        if i < 0 or j < 0 or abs(i - j) > reach:
            return np.inf
        here = float(np.linalg.norm(first[i] - second[j]))
        if i == j == 0:
            return twice * here
        steps = (least(i - 1, j - 1) + twice * here, least(i - 1, j) + here, least(i, j - 1) + here)
        return min(steps)

    return least(len(first) - 1, len(second) - 1)


@pytest.mark.parametrize(
    ("pattern", "band"), list(itertools.product(["symmetric1", "symmetric2"], [None, 0.1, 0.4]))
)
def test_warping_is_the_best_of_all_paths(pattern: str, band: float | None) -> None:
    random = np.random.default_rng(0)
    twice = 2.0 if pattern == "symmetric2" else 1.0
    for count in (1, 2, 7, 20):
        first, second = random.normal(size=(2, count, 3))
        reach = np.inf if band is None else np.floor(band * count)
        wanted = every_path(first, second, twice, reach) / (twice * count)
        found = warped_distance(first, second, step_pattern=pattern, band=band)
        assert found == pytest.approx(wanted, abs=1e-12)


def pipeline(**segmentation: object) -> Pipeline:
    return Pipeline.model_validate(
        {
            "version": 1,
            "inputs": {"primary": {"file": Path("walk.trc")}},
            "segmentation": segmentation or BILATERAL,
            "output": {"report": Path("out.json")},
        }
    )


def walked(sequence: PoseSequence | None = None, **parameters: float) -> CutTrial:
    if sequence is None:
        sequence = walker_sequence(simulate_walk(WalkerParameters(**parameters)))
    return cut(sequence, pipeline())


@pytest.fixture(scope="module")
def usual() -> CutTrial:
    return walked()


@pytest.mark.parametrize("representation", ["angles", "coords", "velocities"])
def test_a_walk_is_itself_and_what_is_turned_and_moved_too(
    usual: CutTrial, representation: str
) -> None:
    names = {"names": ("knee", "ankle")} if representation != "angles" else {}
    how = Dtw(representation=representation, **names)
    sequence = usual.scene.recording
    turn = Rotation.from_euler("y", 70.0, degrees=True)
    elsewhere = sequence.with_positions(
        sequence.positions_mm @ turn.as_matrix().T + [500.0, 0.0, 900.0]
    )
    same, moved = (compare_cycles(usual, each, how) for each in (usual, walked(elsewhere)))
    for side in ("left", "right"):
        assert same.measures[f"dtw_distance_{side}"].value == 0.0
        assert moved.measures[f"dtw_distance_{side}"].value == pytest.approx(0.0, abs=0.01)
        assert same.measures[f"unpaired_cycles_{side}"].value == 0.0


def test_distance_grows_with_the_difference(usual: CutTrial) -> None:
    found = [
        compare_cycles(usual, walked(speed_m_s=speed), Dtw()).measures["dtw_distance_left"].value
        for speed in (1.25, 1.15, 1.05, 0.9)
    ]
    assert found == sorted(found)
    assert found[-1] > 1.0


def test_cycles_are_paired_by_index_and_the_rest_is_counted(usual: CutTrial) -> None:
    longer = walked(duration_s=10.0)
    found = compare_cycles(usual, longer, Dtw())
    left, left_longer = len(usual.counted("left")), len(longer.counted("left"))
    assert left < left_longer
    assert found.measures["unpaired_cycles_left"].value == left_longer - left
    assert found.measures["dtw_distance_left"].n == left
    sides = [(row[0], row[1], row[2]) for row in found.table.rows]
    assert sides[:left] == [("left", number, number) for number in range(left)]


def test_left_against_right() -> None:
    how = Dtw(band=None)
    even, uneven = (
        compare_cycles(walked(step_length_asymmetry_percent=percent), None, how)
        for percent in (0.0, 25.0)
    )
    assert even.measures["dtw_distance"].value < 0.2
    assert uneven.measures["dtw_distance"].value > 5.0 * even.measures["dtw_distance"].value


def test_a_gap_gives_no_number_but_its_reason(usual: CutTrial) -> None:
    sequence = usual.scene.recording
    positions = sequence.positions_mm.copy()
    first = usual.counted("left")[0]
    hidden = np.searchsorted(sequence.time_s, first.start_s + 0.3)
    positions[hidden : hidden + 15, sequence.joints.index("left_shoulder")] = np.nan
    found = compare_cycles(
        walked(sequence.with_positions(positions)),
        usual,
        Dtw(representation="coords", names=["shoulder"]),
    )
    assert found.table.rows[0][3] is None
    assert "missing" in found.table.rows[0][4]
    assert found.measures["dtw_distance_left"].n == len(usual.counted("left")) - 1
