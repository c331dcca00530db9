"""Mean curves over the cycle, against walks whose angles are known."""

from __future__ import annotations

import numpy as np
import pytest
from tests.study.rooms import EXAMPLES

from neuropose.analyzer import PoseSequence
from neuropose.errors import MissingJointsError
from neuropose.study.contract.pipeline import Pipeline
from neuropose.study.trial.mean_curves import PERCENT, curves_of, mean_curves
from neuropose.study.trial.segments import cut
from neuropose.testing import (
    WalkerParameters,
    reconstructed,
    simulate_walk,
    walker_sequence,
)

TRIAL = simulate_walk(WalkerParameters(duration_s=6.0))


def pipeline(**segmentation: object) -> Pipeline:
    return Pipeline.model_validate(
        {
            "version": 1,
            "inputs": {"primary": {"file": EXAMPLES / "walk.trc"}},
            "preparation": {"cutoff_hz": None, "outlier_window": None},
            "segmentation": segmentation or {"kind": "bilateral"},
            "output": {"report": "report.json"},
        }
    )


def test_the_mean_is_that_of_the_strides() -> None:
    table = mean_curves(cut(walker_sequence(TRIAL), pipeline()), ["knee_flexion"])
    curves = curves_of(table)
    assert set(curves) == {"knee_flexion_left", "knee_flexion_right"}
    first_s = TRIAL.left.initial_contact_s[1]
    at_s = first_s + PERCENT / 100.0 * TRIAL.parameters.stride_time_s
    expected = np.interp(at_s, TRIAL.time_s, TRIAL.left.knee_flexion_deg)
    off = curves["knee_flexion_left"] - expected
    assert np.sqrt(np.mean(off**2)) < 0.8  # between frames, at the corners that contacts make
    assert table.column("n").min() >= 4
    assert np.nanmax(table.column("sd")) < 1.8  # all strides are the same
    assert table.column("percent")[[0, 50, 100]].tolist() == [0.0, 50.0, 100.0]


def test_an_angle_with_a_side_is_that_side_s_in_every_stride() -> None:
    trial = cut(walker_sequence(TRIAL), pipeline())
    curves = curves_of(mean_curves(trial, ["left_knee_flexion", "pelvis_obliquity"]))
    assert list(curves) == [
        "left_knee_flexion_left",
        "pelvis_obliquity_left",
        "left_knee_flexion_right",
        "pelvis_obliquity_right",
    ]
    half = len(PERCENT) // 2
    shifted = np.roll(curves["left_knee_flexion_left"][:-1], half)
    np.testing.assert_allclose(curves["left_knee_flexion_right"][:-1], shifted, atol=1.0)


def test_no_stride_no_curve() -> None:
    standing = walker_sequence(TRIAL).slice(1.0, 1.4)
    assert curves_of(mean_curves(cut(standing, pipeline()), ["knee_flexion"])) == {}


def test_a_gap_leaves_the_cycle_out() -> None:
    sequence = walker_sequence(TRIAL)
    positions = sequence.positions_mm.copy()
    positions[150:180, sequence.joints.index("left_knee")] = np.nan
    table = mean_curves(cut(sequence.with_positions(positions), pipeline()), ["knee_flexion"])
    whole = mean_curves(cut(sequence, pipeline()), ["knee_flexion"])
    left = table.column("curve") == "knee_flexion_left"
    assert 1 <= table.column("n")[left][0] < whole.column("n")[left][0]


def test_a_skeleton_without_the_joints() -> None:
    sequence = walker_sequence(TRIAL)
    legs = sequence.select(*(name for name in sequence.joints if "elbow" not in name))
    with pytest.raises(MissingJointsError):
        mean_curves(cut(legs, pipeline()), ["elbow_flexion"])


def test_a_reconstruction_gives_the_mean_a_standard_error() -> None:
    exact = mean_curves(cut(walker_sequence(TRIAL), pipeline()), ["knee_flexion"])
    assert np.isnan(exact.column("standard_error")).all()
    walk = PoseSequence.from_reconstruction(reconstructed(walker_sequence(TRIAL), 5.0, draws=8))
    table = mean_curves(cut(walk, pipeline()), ["knee_flexion"])
    off_deg = table.column("mean") - exact.column("mean")
    assert 0.4 <= np.mean(np.abs(off_deg) < table.column("standard_error")) <= 0.95
    assert np.mean(np.abs(off_deg) < 2.5 * table.column("standard_error")) >= 0.8
