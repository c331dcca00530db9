"""Angles of a mannequin that was posed by them: exact, however the room is turned or mirrored."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from tests.analyzer.kinematics.angles.mannequin import SIDES, Limbs, Mannequin, mirror

from neuropose.analyzer import ANGLES, JointAngles, joint_angle, joint_angles

EXACT_DEG = 1e-6
CHANGES_SIGN = ("pelvis_obliquity", "pelvis_rotation", "trunk_lean_right")


def degrees(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False)


LIMBS = st.builds(
    Limbs,
    hip_flexion=degrees(-30, 120),
    hip_abduction=degrees(-30, 50),
    hip_internal_rotation=degrees(-40, 40),
    # At 20° exactly, rounding decides whether the knee tells how the thigh is turned.
    knee_flexion=degrees(-15, 140).filter(lambda angle: abs(angle - 20.0) > EXACT_DEG),
    ankle_dorsiflexion=degrees(-40, 30),
    shoulder_flexion=degrees(-60, 70),
    shoulder_abduction=degrees(-20, 70),
    elbow_flexion=degrees(0, 140),
)
MANNEQUINS = st.builds(
    Mannequin,
    left=LIMBS,
    right=LIMBS,
    pelvis_tilt=degrees(-20, 30),
    pelvis_obliquity=degrees(-15, 15),
    facing=degrees(-180, 180),
    trunk_lean_forward=degrees(-20, 60),
    trunk_lean_right=degrees(-30, 30),
)
ROTATIONS = st.integers(0, 10_000).map(lambda seed: Rotation.random(random_state=seed).as_matrix())
SHIFTS = st.tuples(*[degrees(-5000, 5000)] * 3).map(np.array)


def known(mannequin: Mannequin) -> dict[str, float]:
    """Every angle that the mannequin was posed by."""
    sides = {
        f"{side}_{name}": angle
        for side in SIDES
        for name, angle in asdict(getattr(mannequin, side)).items()
    }
    trunk = ("pelvis_tilt", "pelvis_obliquity", "trunk_lean_forward", "trunk_lean_right")
    return sides | {name: getattr(mannequin, name) for name in trunk}


def values(angles: JointAngles) -> dict[str, float]:
    for angle in angles.values():
        np.testing.assert_allclose(angle.values_deg, angle.values_deg[0], atol=1e-9)
    return {name: float(angle.values_deg[0]) for name, angle in angles.items()}


@given(mannequin=MANNEQUINS, rotation=ROTATIONS, shift_mm=SHIFTS)
@settings(max_examples=60, deadline=None)
def test_with_landmarks_every_angle_is_the_one_it_was_posed_by(
    mannequin: Mannequin, rotation: np.ndarray, shift_mm: np.ndarray
) -> None:
    sequence = mannequin.sequence(rotation=rotation, shift_mm=shift_mm)
    angles = joint_angles(sequence)
    assert set(angles) == set(ANGLES)
    assert not angles.refused
    found = values(angles)
    for name, angle in known(mannequin).items():
        assert found[name] == pytest.approx(angle, abs=EXACT_DEG), name
    for side in SIDES:
        for name in ("hip_flexion", "hip_abduction", "hip_internal_rotation", "knee_flexion"):
            assert angles[f"{side}_{name}"].kind == "anatomical"


@given(mannequin=MANNEQUINS, rotation=ROTATIONS)
@settings(max_examples=60, deadline=None)
def test_joint_centres_give_the_angles_that_they_can(
    mannequin: Mannequin, rotation: np.ndarray
) -> None:
    upright = Mannequin(
        left=mannequin.left,
        right=mannequin.right,
        pelvis_obliquity=mannequin.pelvis_obliquity,
        facing=mannequin.facing,
    )
    angles = joint_angles(upright.sequence(rotation=rotation, landmarks=False))
    found = values(angles)
    assert set(angles.refused) == {"pelvis_tilt"}
    for side in SIDES:
        limbs = getattr(upright, side)
        for name in ("hip_flexion", "hip_abduction"):
            angle = angles[f"{side}_{name}"]
            assert angle.kind == "projected"
            assert found[angle.name] == pytest.approx(getattr(limbs, name), abs=EXACT_DEG)
        bend = abs(found[f"{side}_knee_flexion"])
        assert bend <= abs(limbs.knee_flexion) + EXACT_DEG
        if limbs.knee_flexion > 20.0 + EXACT_DEG and not angles[f"{side}_knee_flexion"].warnings:
            turned = found[f"{side}_hip_internal_rotation"]
            assert turned == pytest.approx(limbs.hip_internal_rotation, abs=EXACT_DEG)
        assert angles[f"{side}_knee_flexion"].kind == "inclusive"
        assert found[f"{side}_ankle_dorsiflexion"] == pytest.approx(
            limbs.ankle_dorsiflexion, abs=EXACT_DEG
        )


@given(
    flexion=degrees(-15, 140),
    hip_flexion=degrees(-20, 100),
    rotation_deg=degrees(-25, 25),
    rotation=ROTATIONS,
)
@settings(max_examples=60, deadline=None)
def test_the_knee_of_joint_centres_has_the_right_sense(
    flexion: float, hip_flexion: float, rotation_deg: float, rotation: np.ndarray
) -> None:
    limbs = Limbs(hip_flexion=hip_flexion, hip_internal_rotation=rotation_deg, knee_flexion=flexion)
    sequence = Mannequin(left=limbs, right=limbs).sequence(rotation=rotation, landmarks=False)
    angles = joint_angles(sequence, ["left_knee_flexion", "right_knee_flexion"])
    for found in values(angles).values():
        assert found == pytest.approx(flexion, abs=EXACT_DEG)


@given(mannequin=MANNEQUINS, rotation=ROTATIONS, landmarks=st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_mirrored_room_exchanges_the_sides(
    mannequin: Mannequin, rotation: np.ndarray, landmarks: bool
) -> None:
    reflection = rotation @ np.diag([1.0, 1.0, -1.0])
    original = values(joint_angles(mannequin.sequence(landmarks=landmarks)))
    mirrored = values(
        joint_angles(mannequin.sequence(rotation=reflection, landmarks=landmarks, mirrored=True))
    )
    for name, angle in original.items():
        sign = -1.0 if name in CHANGES_SIGN else 1.0
        expected = pytest.approx(sign * angle, abs=EXACT_DEG, nan_ok=True)
        assert mirrored[mirror(name)] == expected, name


@pytest.mark.parametrize("angle", [0.0, 45.0, 120.0, 150.0, 180.0, 200.0])
def test_arms_overhead_do_not_jump(angle: float) -> None:
    raised = Mannequin(left=Limbs(shoulder_flexion=angle), right=Limbs(shoulder_abduction=angle))
    angles = joint_angles(raised.sequence())
    assert angles["left_shoulder_flexion"].values_deg[0] == pytest.approx(angle)
    assert angles["right_shoulder_abduction"].values_deg[0] == pytest.approx(angle)


def test_standing_is_zero() -> None:
    for name, angle in values(joint_angles(Mannequin().sequence())).items():
        assert angle == pytest.approx(0.0, abs=EXACT_DEG), name


@given(one=degrees(0, 180), rotation=ROTATIONS)
@settings(deadline=None)
def test_any_three_joints(one: float, rotation: np.ndarray) -> None:
    bent = Mannequin(left=Limbs(elbow_flexion=one)).sequence(rotation=rotation)
    angle = joint_angle(bent, "left_shoulder", "left_elbow", "left_wrist")
    assert angle.values_deg[0] == pytest.approx(180.0 - one, abs=EXACT_DEG)
    assert (angle.kind, angle.name) == ("inclusive", "left_shoulder-left_elbow-left_wrist")
