"""A knee that is one marker on its outer side: its offset is no flexion, and no hyperextension."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.analyzer.kinematics.angles.mannequin import Limbs, Mannequin, about

from neuropose.analyzer import PoseSequence, joint_angles
from neuropose.analyzer.kinematics.orientation.lateral_markers import stands_for_joint
from neuropose.testing import simulate_walk, walker_sequence

SIDES = ("left", "right")
TRIAL = simulate_walk().on_treadmill()
MEDIAL = tuple(f"{side}_{joint}_medial" for side in SIDES for joint in ("knee", "ankle"))


def as_lateral_markers(sequence: PoseSequence) -> PoseSequence:
    """The same with the outer markers of knees and ankles in place of the joints."""
    kept = sequence.select(*(name for name in sequence.joints if name not in MEDIAL))
    positions_mm = kept.positions_mm.copy()
    for side in SIDES:
        for joint in ("knee", "ankle"):
            column = kept.joints.index(f"{side}_{joint}")
            positions_mm[:, column] = kept.joint(f"{side}_{joint}_lateral")
    return kept.with_positions(positions_mm)


def walk_of_markers(out_of_line_deg: float = 0.0) -> PoseSequence:
    """A walk with lateral markers, whose knees bend about axes that are turned outwards."""
    walk = walker_sequence(TRIAL)
    hips = walk.joint("right_hip") - walk.joint("left_hip")
    right = hips.mean(axis=0) * [1.0, 0.0, 1.0]
    right /= np.linalg.norm(right)
    names, places = list(walk.joints), [*np.moveaxis(walk.positions_mm, 1, 0)]
    for side, out in zip(SIDES, (-1.0, 1.0), strict=True):
        turned = about("y", out * out_of_line_deg) @ (out * right)
        for joint, offset_mm in (("knee", 60.0), ("ankle", 40.0)):
            place = walk.joint(f"{side}_{joint}") + offset_mm * turned
            places[names.index(f"{side}_{joint}")] = place
            names.append(f"{side}_{joint}_lateral")
            places.append(place)
    return PoseSequence.from_arrays(
        walk.time_s, np.stack(places, axis=1), names, up=[0.0, 1.0, 0.0], source="markers"
    )


def test_only_a_joint_that_is_nothing_but_its_marker_counts() -> None:
    both = Mannequin().sequence()
    alone = as_lateral_markers(both)
    assert stands_for_joint(alone, "left", "knee")
    assert stands_for_joint(alone, "right", "ankle")
    assert not stands_for_joint(both, "left", "knee")
    assert not stands_for_joint(Mannequin().sequence(landmarks=False), "left", "knee")


@pytest.mark.parametrize("flexion_deg", [-8.0, 0.0, 3.0, 20.0, 65.0])
@pytest.mark.parametrize("facing_deg", [0.0, 130.0])
def test_the_offset_is_not_counted_as_flexion(flexion_deg: float, facing_deg: float) -> None:
    limbs = Limbs(knee_flexion=flexion_deg)
    sequence = as_lateral_markers(Mannequin(limbs, limbs, facing=facing_deg).sequence())
    angles = joint_angles(sequence)
    for side in SIDES:
        knee = angles[f"{side}_knee_flexion"]
        np.testing.assert_allclose(knee.values_deg, flexion_deg, atol=0.5)
        assert knee.kind.value == "projected"
        assert "cannot be told from hyperextension" in knee.warnings[0]


@pytest.mark.parametrize("out_of_line_deg", [-12.0, 0.0, 12.0])
def test_both_sides_of_a_walk_are_measured_alike_within_the_error(out_of_line_deg: float) -> None:
    angles = joint_angles(walk_of_markers(out_of_line_deg))
    for side in SIDES:
        knee = angles[f"{side}_knee_flexion"]
        truth_deg = TRIAL.side(side).knee_flexion_deg
        off_deg = knee.values_deg - truth_deg
        assert np.sqrt(np.mean(off_deg**2)) < 1.5 * knee.error_deg
        ranges = [np.ptp(each) for each in (knee.values_deg, truth_deg)]
        error_of_range = knee.error_of("range")
        assert error_of_range is not None
        assert abs(ranges[0] - ranges[1]) < error_of_range
    ranges = [np.ptp(angles[f"{side}_knee_flexion"].values_deg) for side in SIDES]
    assert ranges[0] == pytest.approx(ranges[1], abs=1.0)
    warnings = [angles[f"{side}_knee_flexion"].warnings for side in SIDES]
    assert warnings[0] == warnings[1]


def test_what_the_offset_does_is_in_the_errors() -> None:
    centres = joint_angles(walker_sequence(TRIAL))
    markers = joint_angles(walk_of_markers())
    for name in ("knee_flexion", "hip_abduction", "ankle_dorsiflexion"):
        for side in SIDES:
            angle = f"{side}_{name}"
            assert markers[angle].error_deg > centres[angle].error_deg + 0.5
            off_deg = markers[angle].values_deg - centres[angle].values_deg
            assert np.sqrt(np.mean(off_deg**2)) < 1.5 * markers[angle].error_deg


def test_frames_without_a_forward_direction_have_no_value() -> None:
    sequence = walk_of_markers()
    lying = sequence.positions_mm.copy()
    hidden = [sequence.joints.index(f"{side}_hip") for side in SIDES]
    lying[40:60, hidden[0]] = np.nan
    angles = joint_angles(replace(sequence, positions_mm=lying))
    assert np.isnan(angles["left_knee_flexion"].values_deg[40:60]).all()
