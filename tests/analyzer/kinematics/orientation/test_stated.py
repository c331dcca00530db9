"""A vertical that the body contradicts is not followed until somebody confirms it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.analyzer.kinematics.angles.mannequin import Limbs, Mannequin
from tests.io.c3d_files import c3d_bytes
from tests.trc_files import write_trc

from neuropose.analyzer import PoseSequence, joint_angles, vertical
from neuropose.analyzer.kinematics.orientation.stated_vertical import (
    stated_vertical,
    vertical_doubts,
)
from neuropose.errors import MissingJointsError, VerticalError
from neuropose.geometry import direction
from neuropose.testing import (
    CameraView,
    simulate_sit_to_stand,
    simulate_walk,
    synthetic_predictions,
    walker_sequence,
)

WALK = walker_sequence(simulate_walk())
Y_TO_Z = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
Z_IS_UP = replace(WALK, positions_mm=WALK.positions_mm @ Y_TO_Z.T, up=np.array([0.0, 0.0, 1.0]))


STANDING = Mannequin()
SITTING = Mannequin(
    left=Limbs(hip_flexion=90.0, knee_flexion=90.0),
    right=Limbs(hip_flexion=90.0, knee_flexion=90.0),
)


def stating(up: str, sequence: PoseSequence = WALK, **fields: object) -> PoseSequence:
    changes = {"up": up, "up_confirmed": False} | fields
    return replace(sequence, **changes)  # type: ignore[arg-type]


class TestSources:
    """Whoever says it."""

    @pytest.mark.parametrize("screen", ["+X", "+Y", "-Y"])
    def test_a_c3d_file(self, tmp_path: Path, screen: str) -> None:
        path = tmp_path / "walk.c3d"
        points = Z_IS_UP.positions_mm
        path.write_bytes(c3d_bytes(points, Z_IS_UP.joints, rate_hz=30.0, up=screen))
        sequence = PoseSequence.from_c3d(path)
        with pytest.raises(VerticalError, match="the C3D file says that up is") as refusal:
            vertical(sequence)
        assert refusal.value.message.endswith("by the body, up is z")
        assert refusal.value.hint is not None
        assert "--up z" in refusal.value.hint
        assert "--confirm-up" in refusal.value.hint

    def test_a_c3d_file_that_is_right(self, tmp_path: Path) -> None:
        path = tmp_path / "walk.c3d"
        path.write_bytes(c3d_bytes(Z_IS_UP.positions_mm, Z_IS_UP.joints, rate_hz=30.0, up="+Z"))
        found = vertical(PoseSequence.from_c3d(path))
        assert (found.method, found.confidence, found.warnings) == ("given", 1.0, ())

    def test_a_c3d_file_by_which_the_body_is_upside_down(self, tmp_path: Path) -> None:
        path = tmp_path / "walk.c3d"
        points = Z_IS_UP.positions_mm
        path.write_bytes(c3d_bytes(points, Z_IS_UP.joints, rate_hz=30.0, up="-Z"))
        sequence = PoseSequence.from_c3d(path)
        found = vertical(sequence)
        assert (found.method, found.up.tolist()) == ("assumed", [0.0, 0.0, 1.0])
        assert sequence.warnings[-1] == (
            "the C3D file says that up is -z, by which the body hangs upside down: z was taken"
        )
        confirmed = PoseSequence.from_c3d(path, confirm_up=True)
        assert vertical(confirmed).up.tolist() == [0.0, 0.0, -1.0]
        with pytest.raises(VerticalError, match="the given vertical is -z"):
            vertical(PoseSequence.from_c3d(path, up="-z"))

    @pytest.mark.parametrize(("walk", "up"), [(WALK, "y"), (Z_IS_UP, "z")], ids="yz")
    def test_a_trc_file_does_not_say_it(self, tmp_path: Path, walk: PoseSequence, up: str) -> None:
        path = tmp_path / "walk.trc"
        write_trc(path, walk.time_s, walk.positions_mm, list(walk.joints))
        found = vertical(PoseSequence.from_trc(path))
        assert (found.method, found.up.tolist()) == ("assumed", direction(up).tolist())
        given = vertical(PoseSequence.from_trc(path, up=up))
        assert (given.method, given.up.tolist()) == ("given", direction(up).tolist())

    def test_a_trc_file_without_a_body_is_asked_for_it(self, tmp_path: Path) -> None:
        path = tmp_path / "hands.trc"
        hands = WALK.select("left_wrist", "right_wrist", "left_elbow")
        write_trc(path, hands.time_s, hands.positions_mm, list(hands.joints))
        with pytest.raises(MissingJointsError, match="from which the vertical could be") as asked:
            vertical(PoseSequence.from_trc(path))
        assert asked.value.hint == "state it: up='z'"

    def test_an_axis_that_was_found_is_assumed_not_given(self, tmp_path: Path) -> None:
        path = tmp_path / "walk.trc"
        write_trc(path, WALK.time_s, WALK.positions_mm, list(WALK.joints))
        assert vertical(PoseSequence.from_trc(path)).method == "assumed"
        assert vertical(PoseSequence.from_trc(path, confirm_up=True)).method == "given"

    def test_the_caller(self) -> None:
        predictions = synthetic_predictions(frame_count=60)
        upside_down = PoseSequence.from_predictions(predictions, up="y")
        with pytest.raises(VerticalError, match="the given vertical is y, but the trunk and legs"):
            vertical(upside_down)
        arrays = PoseSequence.from_arrays(
            WALK.time_s, WALK.positions_mm, WALK.joints, up=[0.0, 0.0, 1.0]
        )
        with pytest.raises(VerticalError, match="is z, but the trunk and legs point 90°"):
            vertical(arrays)

    def test_in_a_camera_the_body_s_own_direction_is_named(self) -> None:
        tilted = walker_sequence(simulate_walk(), CameraView(tilt_deg=20.0))
        assert stated_vertical(stating("y", tilted)).refusal.endswith("up is 0.00,-0.94,-0.34")


class TestConfirming:
    def test_it_is_followed_and_remains_doubtful(self) -> None:
        found = vertical(stating("-y", up_confirmed=True))
        assert found.up.tolist() == [0.0, -1.0, 0.0]
        assert found.confidence == 0.5
        assert re.fullmatch(
            r"the body is inclined to the stated vertical by 1\d\d°, which was confirmed",
            found.warnings[0],
        )

    def test_an_estimate_needs_no_confirmation(self) -> None:
        assert vertical(stating("-y"), "trunk").up[1] == pytest.approx(1.0)

    def test_it_lasts_through_cutting_and_resampling(self) -> None:
        confirmed = stating("-y", up_confirmed=True).slice(1.0, 2.0).resample(50.0)
        assert vertical(confirmed.select("pelvis", "neck")).up[1] == -1.0


class TestPostures:
    """Nobody who moves as people do is asked to confirm a vertical that is right."""

    @pytest.mark.parametrize(
        "posture",
        [
            STANDING,
            SITTING,
            Mannequin(trunk_lean_forward=85.0),
            Mannequin(left=Limbs(knee_flexion=120.0), right=Limbs(knee_flexion=120.0)),
            Mannequin(left=Limbs(hip_flexion=90.0), right=Limbs(hip_flexion=90.0)),
        ],
        ids=["stands", "sits", "bends", "kneels", "sits on the floor"],
    )
    def test_upright(self, posture: Mannequin) -> None:
        sequence = posture.sequence()
        assert vertical(sequence).up.tolist() == [0.0, 1.0, 0.0]

    @pytest.mark.parametrize("posture", [STANDING, SITTING], ids=["stands", "sits"])
    @pytest.mark.parametrize("wrong", ["-y", "x", "-x", "z", "-z"])
    def test_a_vertical_that_is_wrong(self, posture: Mannequin, wrong: str) -> None:
        assert vertical_doubts(stating(wrong, posture.sequence()))

    def test_rising_from_a_chair(self) -> None:
        sequence = simulate_sit_to_stand(5).sequence
        assert vertical(sequence).warnings == ()

    def test_lying_is_to_be_confirmed(self) -> None:
        lying = replace(Mannequin().sequence(rotation=Y_TO_Z), up=np.array([0.0, 1.0, 0.0]))
        assert vertical(lying).up[1] == 1.0
        with pytest.raises(VerticalError):
            vertical(replace(lying, up_confirmed=False))

    def test_between_45_and_60_degrees_it_is_followed_with_a_warning(self) -> None:
        tilt = np.radians(50.0)
        found = vertical(replace(WALK, up=np.array([0.0, np.cos(tilt), np.sin(tilt)])))
        assert "inclined to the stated vertical by 50°" in found.warnings[0]
        assert found.confidence == 0.5


class TestEvidence:
    @pytest.mark.parametrize(
        "joints",
        [
            ("pelvis", "neck"),
            ("left_hip", "right_hip", "left_shoulder", "right_shoulder"),
            ("right_ankle", "right_knee"),
            ("left_heel", "left_knee"),
            ("left_ankle", "left_hip"),
            ("left_toe", "right_toe", "left_shoulder", "right_shoulder"),
        ],
    )
    def test_few_joints_are_enough(self, joints: tuple[str, ...]) -> None:
        part = stating("-y").select(*joints)
        with pytest.raises(VerticalError, match="by the body, up is y"):
            vertical(part)
        assert vertical(stating("y").select(*joints)).warnings == ()

    def test_a_joint_without_data_does_not_hide_the_next(self) -> None:
        positions_mm = WALK.positions_mm.copy()
        for name in ("neck", "left_ankle", "right_ankle"):
            positions_mm[:, WALK.joints.index(name)] = np.nan
        assert vertical_doubts(stating("-y", WALK.with_positions(positions_mm)))

    @pytest.mark.parametrize("joints", [("left_heel", "right_heel"), ("left_wrist",), ("pelvis",)])
    def test_where_there_is_none_nothing_contradicts(self, joints: tuple[str, ...]) -> None:
        found = vertical(stating("-y").select(*joints))
        assert (found.up.tolist(), found.warnings) == ([0.0, -1.0, 0.0], ())

    def test_nobody_to_be_seen(self) -> None:
        nobody = WALK.with_positions(np.full_like(WALK.positions_mm, np.nan))
        assert vertical_doubts(stating("-y", nobody)) == ()


def test_angles_that_need_no_vertical_are_measured() -> None:
    upside_down = joint_angles(stating("-y"))
    for name in ("left_elbow_flexion", "right_ankle_dorsiflexion", "left_shoulder_flexion"):
        np.testing.assert_allclose(
            upside_down[name].values_deg, joint_angles(WALK)[name].values_deg
        )
    for name in ("trunk_lean_forward", "left_hip_flexion", "right_knee_flexion"):
        assert "the given vertical is -y" in upside_down.refused[name]
    with pytest.raises(VerticalError):
        joint_angles(stating("-y"), ["left_knee_flexion"])
