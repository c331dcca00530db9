"""Ranges of joint angles, each with its kind."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from neuropose.analyzer.tasks.range_of_motion import RangeOfMotionSettings, measure_range_of_motion
from neuropose.data import Report
from neuropose.errors import MissingJointsError
from neuropose.filters import Preparation
from neuropose.testing import simulate_sit_to_stand, simulate_walk, swing_arms, walker_sequence


def value(report: Report, name: str) -> float:
    found = report.measures[name]
    assert found.value is not None, found.reason
    return found.value


def test_knees_of_the_walker() -> None:
    trial = simulate_walk()
    report = measure_range_of_motion(
        walker_sequence(trial),
        RangeOfMotionSettings(
            low_percentile=0,
            high_percentile=100,
            preparation=Preparation(cutoff_hz=None, outlier_window=None),
        ),
    )
    for side in ("left", "right"):
        truth = trial.side(side).knee_flexion_deg
        assert value(report, f"knee_flexion_maximum_{side}") == pytest.approx(truth.max(), abs=1e-6)
        assert value(report, f"knee_flexion_minimum_{side}") == pytest.approx(truth.min(), abs=1e-6)
    assert abs(value(report, "knee_flexion_range_symmetry_index")) < 1.0


def test_shoulders_swing_as_they_were_made_to() -> None:
    trial = swing_arms(simulate_walk(), left_deg=10.0, right_deg=20.0)
    report = measure_range_of_motion(trial.sequence)
    assert value(report, "shoulder_flexion_range_left") == pytest.approx(20.0, abs=1.0)
    assert value(report, "shoulder_flexion_range_right") == pytest.approx(40.0, abs=1.0)
    assert value(report, "shoulder_flexion_range_symmetry_index") == pytest.approx(-66.7, abs=2.0)
    assert value(report, "elbow_flexion_range_left") == pytest.approx(0.0, abs=0.1)


def test_the_trunk_leans_forward_in_rising() -> None:
    report = measure_range_of_motion(simulate_sit_to_stand().sequence)
    assert value(report, "trunk_lean_forward_maximum") == pytest.approx(40.0, abs=0.5)
    assert value(report, "trunk_lean_right_range") == pytest.approx(0.0, abs=0.1)


def test_every_angle_says_what_it_is() -> None:
    report = measure_range_of_motion(walker_sequence(simulate_walk()))
    kinds = {name: choice.method.split(":")[0] for name, choice in report.choices.items()}
    assert kinds["left_knee_flexion"] == "inclusive"
    assert kinds["left_hip_flexion"] == "projected"
    assert kinds["pelvis_obliquity"] == "anatomical"


def test_what_the_skeleton_does_not_allow_has_its_reason() -> None:
    report = measure_range_of_motion(walker_sequence(simulate_walk()))
    assert "left_asis" in report.measures["pelvis_tilt_range"].reason


def test_a_wrong_frame_is_no_range() -> None:
    sequence = walker_sequence(simulate_walk())
    positions = sequence.positions_mm.copy()
    positions[100:102, sequence.joints.index("left_ankle")] += [0.0, 900.0, 0.0]
    wild = sequence.with_positions(positions)
    report = measure_range_of_motion(wild, RangeOfMotionSettings(angles=("left_knee_flexion",)))
    clean = measure_range_of_motion(sequence, RangeOfMotionSettings(angles=("left_knee_flexion",)))
    assert list(report.measures) == [
        f"knee_flexion_{part}_left" for part in ("minimum", "maximum", "range")
    ]
    assert value(report, "knee_flexion_maximum_left") == pytest.approx(
        value(clean, "knee_flexion_maximum_left"), abs=1.0
    )


def test_arms_alone() -> None:
    joints = [
        f"{side}_{part}" for side in ("left", "right") for part in ("shoulder", "elbow", "wrist")
    ]
    report = measure_range_of_motion(swing_arms(simulate_walk()).sequence.select(*joints))
    assert value(report, "elbow_flexion_range_left") == pytest.approx(0.0, abs=0.1)
    assert report.measures["knee_flexion_range_left"].value is None
    with pytest.raises(MissingJointsError, match="left_knee"):
        measure_range_of_motion(
            swing_arms(simulate_walk()).sequence.select(*joints),
            RangeOfMotionSettings(angles=("left_knee_flexion",)),
        )


def test_missing_frames_cost_confidence() -> None:
    sequence = walker_sequence(simulate_walk())
    positions = sequence.positions_mm.copy()
    positions[100:280, sequence.joints.index("left_knee")] = np.nan
    report = measure_range_of_motion(sequence.with_positions(positions))
    left, right = (report.measures[f"knee_flexion_range_{side}"] for side in ("left", "right"))
    assert left.n == 180
    assert left.confidence == pytest.approx(0.5 * right.confidence, rel=0.05)


@pytest.mark.parametrize(
    "fields",
    [{"angles": ("wing_flexion",)}, {"low_percentile": 60.0, "high_percentile": 40.0}],
)
def test_wrong_settings(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RangeOfMotionSettings.model_validate(fields)
