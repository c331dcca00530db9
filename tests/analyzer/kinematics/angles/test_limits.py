"""What angles cannot tell: refused, left out or warned of, and never a number that looks right."""

from __future__ import annotations

import numpy as np
import pytest
from tests.analyzer.kinematics.angles.mannequin import Limbs, Mannequin

from neuropose.analyzer import ANGLES, PoseSequence, joint_angle, joint_angles
from neuropose.errors import MissingJointsError, SequenceError
from neuropose.skeletons import SKELETONS
from neuropose.testing import simulate_walk, synthetic_predictions, walker_sequence

STANDING = Mannequin()


def moved(sequence: PoseSequence, **places: tuple[float, float, float] | str) -> PoseSequence:
    """The same with joints elsewhere: at a place, or at another joint."""
    positions_mm = sequence.positions_mm.copy()
    for name, place in places.items():
        there = sequence.joint(place) if isinstance(place, str) else place
        positions_mm[:, sequence.joints.index(name)] = there
    return sequence.with_positions(positions_mm)


class TestRefusal:
    def test_names_every_missing_joint_and_the_source(self) -> None:
        sequence = walker_sequence(simulate_walk()).select("left_hip", "right_hip", "left_knee")
        with pytest.raises(MissingJointsError) as caught:
            joint_angles(sequence, ["left_knee_flexion", "left_elbow_flexion"])
        assert caught.value.missing == ("left_ankle", "left_shoulder", "left_elbow", "left_wrist")
        assert str(caught.value) == (
            "the synthetic walker has no left_ankle, left_shoulder, left_elbow, left_wrist "
            "for left_knee_flexion, left_elbow_flexion"
        )

    def test_without_names_gives_what_there_is(self) -> None:
        part = STANDING.sequence().select(
            *(f"{side}_{j}" for side in ("left", "right") for j in ("hip", "knee", "ankle"))
        )
        angles = joint_angles(part)
        assert "left_knee_flexion" in angles
        assert set(angles) | set(angles.refused) == set(ANGLES)
        assert (
            angles.refused["left_ankle_dorsiflexion"] == "the mannequin has no left_heel, left_toe"
        )
        with pytest.raises(KeyError, match="was refused: the mannequin has no left_heel"):
            angles["left_ankle_dorsiflexion"]

    @pytest.mark.parametrize("name", sorted(SKELETONS))
    def test_every_skeleton_gives_an_angle_or_the_reason(self, name: str) -> None:
        predictions = synthetic_predictions(frame_count=4)
        skeleton = SKELETONS[name]
        count = len(skeleton.joints)
        random = np.random.default_rng(0)
        changed = predictions.model_copy(
            update={
                "skeleton": skeleton,
                "poses3d": random.normal(0.0, 500.0, (4, count, 3)),
                "poses2d": np.zeros((4, count, 2)),
                "confidence": np.ones((4, count)),
            }
        )
        angles = joint_angles(PoseSequence.from_predictions(changed))
        assert set(angles) | set(angles.refused) == set(ANGLES)
        assert all(name in reason for reason in angles.refused.values())
        assert "left_knee_flexion" in angles
        if "left_heel" not in skeleton.canonical:
            assert "left_heel" in angles.refused["left_ankle_dorsiflexion"]

    def test_no_such_angle(self) -> None:
        with pytest.raises(SequenceError, match="no angle 'left_tail_flexion'"):
            joint_angles(STANDING.sequence(), ["left_tail_flexion"])
        with pytest.raises(MissingJointsError, match="has no tail"):
            joint_angle(STANDING.sequence(), "left_hip", "tail", "left_knee")


class TestDegenerate:
    def test_a_bone_without_length(self) -> None:
        sequence = moved(STANDING.sequence(landmarks=False), left_knee="left_hip")
        angles = joint_angles(sequence)
        for name in ("hip_flexion", "hip_abduction", "hip_internal_rotation", "knee_flexion"):
            assert np.isnan(angles[f"left_{name}"].values_deg).all(), name
        assert np.isnan(
            joint_angle(sequence, "left_hip", "left_knee", "left_ankle").values_deg
        ).all()

    def test_a_straight_knee_does_not_tell_how_the_thigh_is_turned(self) -> None:
        straight = Mannequin(left=Limbs(hip_internal_rotation=25.0, knee_flexion=10.0))
        angle = joint_angles(straight.sequence(landmarks=False))["left_hip_internal_rotation"]
        assert np.isnan(angle.values_deg).all()
        assert angle.confidence == 0.0
        assert "not determined in 4 of 4 frames" in angle.warnings[0]
        landmarks = joint_angles(straight.sequence())["left_hip_internal_rotation"]
        assert landmarks.values_deg[0] == pytest.approx(25.0)
        assert landmarks.confidence > 0.7

    def test_a_thigh_straight_to_the_side_has_no_flexion(self) -> None:
        aside = Mannequin(right=Limbs(hip_abduction=89.0)).sequence()
        angles = joint_angles(aside)
        assert np.isnan(angles["right_hip_flexion"].values_deg).all()
        assert angles["right_hip_abduction"].values_deg[0] == pytest.approx(89.0)

    def test_an_arm_seen_end_on_has_no_angle(self) -> None:
        angles = joint_angles(Mannequin(left=Limbs(shoulder_flexion=90.0)).sequence())
        assert angles["left_shoulder_flexion"].values_deg[0] == pytest.approx(90.0)
        assert np.isnan(angles["left_shoulder_abduction"].values_deg).all()

    def test_hips_in_one_place(self) -> None:
        sequence = moved(STANDING.sequence(landmarks=False), left_hip="right_hip")
        angles = joint_angles(sequence)
        for name in ("left_hip_flexion", "pelvis_obliquity", "pelvis_rotation"):
            assert np.isnan(angles[name].values_deg).all(), name

    def test_a_body_that_is_never_seen(self) -> None:
        sequence = STANDING.sequence()
        empty = sequence.with_positions(np.full(sequence.positions_mm.shape, np.nan))
        for angle in joint_angles(empty).values():
            assert np.isnan(angle.values_deg).all()


class TestKnee:
    def test_hyperextension_is_negative(self) -> None:
        back = Mannequin(left=Limbs(knee_flexion=-9.0)).sequence(landmarks=False)
        knee = joint_angles(back)["left_knee_flexion"]
        assert knee.values_deg[0] == pytest.approx(-9.0)
        assert knee.warnings == ()

    def test_sitting_with_straight_legs(self) -> None:
        legs = Limbs(hip_flexion=90.0, knee_flexion=15.0)
        knee = joint_angles(Mannequin(left=legs, right=legs).sequence(landmarks=False))
        assert knee["left_knee_flexion"].values_deg[0] == pytest.approx(15.0)

    def test_knock_knees_pass_through_zero(self) -> None:
        """A leg that is straight from the side and 8° knock-kneed from the front."""
        values = []
        for forward_mm in (-5.0, 0.0, 5.0):
            sequence = STANDING.sequence(landmarks=False)
            left, right = (sequence.joint(f"{side}_knee")[0] for side in ("left", "right"))
            bent = moved(
                sequence,
                left_knee=tuple(np.add(left, [forward_mm, 0.0, 30.0])),
                right_knee=tuple(np.add(right, [forward_mm, 0.0, -30.0])),
            )
            values.append(joint_angles(bent)["left_knee_flexion"])
        angles = [value.values_deg[0] for value in values]
        assert angles[1] == pytest.approx(0.0, abs=1e-6)
        assert angles[0] == pytest.approx(-angles[2])
        assert 1.0 < angles[2] < 4.0

    def test_without_a_front_every_bend_is_flexion_and_said_so(self) -> None:
        back = Mannequin(left=Limbs(knee_flexion=-12.0)).sequence(landmarks=False)
        knee = joint_angles(back.select("left_hip", "left_knee", "left_ankle"))["left_knee_flexion"]
        assert knee.values_deg[0] == pytest.approx(12.0)
        assert knee.warnings == (
            "the forward direction is not known: every bend is counted as flexion",
        )

    def test_knees_that_bend_far_backwards_are_doubted(self) -> None:
        back = Mannequin(left=Limbs(knee_flexion=-30.0), right=Limbs(knee_flexion=-30.0))
        warnings = joint_angles(back.sequence(landmarks=False))["left_knee_flexion"].warnings
        assert "below -20° in 100 % of the frames: no knee bends so far" in warnings[0]


class TestConfidence:
    def test_a_joint_of_low_confidence_lowers_it(self) -> None:
        sequence = STANDING.sequence()
        scores = np.full(sequence.positions_mm.shape[:2], 0.9)
        scores[:, sequence.joints.index("left_wrist")] = 0.25
        scored = PoseSequence.from_arrays(
            sequence.time_s,
            sequence.positions_mm,
            sequence.joints,
            up=sequence.up,
            confidence=scores,
        )
        angles = joint_angles(scored)
        left, right = angles["left_elbow_flexion"], angles["right_elbow_flexion"]
        assert left.confidence < 0.25 < right.confidence
        assert left.error_deg > 1.3 * right.error_deg

    def test_contains_that_of_the_vertical(self) -> None:
        predictions = synthetic_predictions(frame_count=60)
        sequence = PoseSequence.from_predictions(predictions)
        angles = joint_angles(sequence)
        given_up = joint_angles(PoseSequence.from_predictions(predictions, up=[0.0, -1.0, 0.0]))
        for name in ("left_hip_flexion", "trunk_lean_right"):
            assert given_up[name].confidence > angles[name].confidence
        assert given_up["left_knee_flexion"].confidence == pytest.approx(
            angles["left_knee_flexion"].confidence, abs=0.01
        )

    def test_values_are_read_only(self) -> None:
        angles = joint_angles(STANDING.sequence())
        with pytest.raises(ValueError, match="read-only"):
            angles["left_knee_flexion"].values_deg[0] = 1.0
        with pytest.raises(TypeError):
            angles.angles["a"] = None  # type: ignore[index]
