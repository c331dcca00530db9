"""Anatomical frames of segments."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.analyzer.kinematics.angles.mannequin import Limbs, Mannequin

from neuropose.analyzer import SEGMENTS, segment_frame, segment_frames
from neuropose.errors import MissingJointsError, SequenceError

BENT = Limbs(hip_flexion=30.0, hip_abduction=10.0, knee_flexion=50.0, elbow_flexion=40.0)
POSTURE = Mannequin(left=BENT, right=BENT, pelvis_tilt=12.0, pelvis_obliquity=5.0)


@pytest.mark.parametrize("landmarks", [True, False])
def test_axes_are_right_handed_and_turn_with_the_room(landmarks: bool) -> None:
    turn = Rotation.random(random_state=3).as_matrix()
    here = segment_frames(POSTURE.sequence(landmarks=landmarks))
    there = segment_frames(POSTURE.sequence(landmarks=landmarks, rotation=turn))
    assert set(here) == set(SEGMENTS)
    for segment, frame in here.items():
        np.testing.assert_allclose(np.linalg.det(frame.axes), 1.0, err_msg=segment)
        np.testing.assert_allclose(there[segment].axes, turn @ frame.axes, atol=1e-9)
        np.testing.assert_allclose(there[segment].origin_mm, frame.origin_mm @ turn.T, atol=1e-6)
        assert frame.confidence == pytest.approx(1.0)
        assert not frame.axes.flags.writeable


def test_standing_faces_forward() -> None:
    for segment, frame in segment_frames(Mannequin().sequence()).items():
        if "arm" not in segment:
            np.testing.assert_allclose(frame.axes[0], np.eye(3), atol=1e-9, err_msg=segment)


def test_landmarks_see_the_tilt_of_the_pelvis_and_hips_do_not() -> None:
    with_spines = segment_frame(POSTURE.sequence(), "pelvis")
    without = segment_frame(POSTURE.sequence(landmarks=False), "pelvis")
    assert with_spines.method == "spines of the pelvis"
    assert without.method == "line of the hips and vertical"
    assert np.degrees(np.arcsin(-with_spines.axes[0, 1, 0])) == pytest.approx(12.0, abs=0.1)
    assert without.axes[0, 1, 0] == pytest.approx(0.0, abs=1e-9)
    assert np.degrees(np.arcsin(-without.axes[0, 1, 2])) == pytest.approx(5.0)


def test_what_turns_a_leg() -> None:
    sequence = POSTURE.sequence()
    names = [name for name in sequence.joints if "medial" not in name]
    assert segment_frame(sequence, "left_thigh").method == "line of the epicondyles"
    lateral = segment_frame(sequence.select(*names), "left_thigh")
    assert lateral.method == "lateral of the epicondyles"
    np.testing.assert_allclose(lateral.axes, segment_frame(sequence, "left_thigh").axes, atol=1e-9)
    assert segment_frame(sequence.select(*names), "left_shank").method == "lateral of the malleoli"


def test_a_marker_that_is_the_joint_itself_turns_nothing() -> None:
    sequence = POSTURE.sequence()
    positions_mm = sequence.positions_mm.copy()
    positions_mm[:, sequence.joints.index("left_knee_lateral")] = sequence.joint("left_knee")
    same = sequence.with_positions(positions_mm)
    part = same.select(*(name for name in same.joints if "medial" not in name))
    assert segment_frame(part, "left_thigh").method == "plane of hip, knee and ankle"


def test_straight_limbs_are_not_determined_and_said_so() -> None:
    straight = Mannequin(right=BENT).sequence(landmarks=False)
    frames = segment_frames(straight)
    for segment in ("left_thigh", "left_shank", "left_upper_arm", "left_forearm"):
        assert np.isnan(frames[segment].axes[..., 0]).all()
        assert frames[segment].confidence == 0.0
        assert "not determined in 4 of 4 frames" in frames[segment].warnings[0]
        right = frames[segment.replace("left", "right")]
        assert (right.confidence, right.warnings) == (1.0, ())


def test_refusals() -> None:
    with pytest.raises(SequenceError, match="there is no segment 'left_wing'"):
        segment_frame(POSTURE.sequence(), "left_wing")
    with pytest.raises(MissingJointsError, match="has no left_hip, right_hip"):
        segment_frame(POSTURE.sequence().select("neck", "left_ankle"), "pelvis")
