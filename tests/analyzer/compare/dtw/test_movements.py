"""Movements compared whatever their place, direction, size and timing, each as far as asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from neuropose.analyzer import (
    ComparisonSettings,
    PoseSequence,
    dtw_all,
    dtw_matrix,
    dtw_per_joint,
    dtw_relation,
    joint_angle,
)
from neuropose.analyzer.compare.alignment import common_joints
from neuropose.analyzer.compare.dtw import dtw
from neuropose.errors import AlignmentError, MissingJointsError, SequenceError, SignalError
from neuropose.skeletons import SKELETONS
from neuropose.skeletons.canonical import arrange, means
from neuropose.testing import CameraView, WalkerParameters, simulate_walk, walker_sequence

Array = NDArray[np.float64]

WALK = walker_sequence(simulate_walk()).slice(1.0, 2.5)
OTHER = walker_sequence(simulate_walk(WalkerParameters(speed_m_s=0.7, cadence_steps_min=80))).slice(
    1.0, 3.0
)
KNEE = WALK.joints.index("left_knee")
JOINTS = ("pelvis", "neck", "left_knee", "right_knee", "left_heel", "right_heel")
ALIGNED = ("sequence", "frame")


def with_rows(
    sequence: PoseSequence, rows: Array, positions_mm: Array | None = None
) -> PoseSequence:
    """A movement with other timing: its own poses, some for longer than others."""
    poses = sequence.positions_mm if positions_mm is None else positions_mm
    return PoseSequence.from_arrays(
        np.arange(len(rows)) / 60.0,
        poses[rows],
        sequence.joints,
        frame=sequence.frame,
        up=sequence.up,
    )


def slower(sequence: PoseSequence, seed: int = 0) -> Array:
    """Rows of a movement that lingers: every frame once to four times, in order."""
    return np.repeat(
        np.arange(len(sequence)), np.random.default_rng(seed).integers(1, 5, len(sequence))
    )


def turned(sequence: PoseSequence, seed: int = 0) -> Array:
    """Positions in other axes, somewhere else."""
    random = np.random.default_rng(seed)
    rotation = Rotation.random(rng=random).as_matrix()
    return sequence.positions_mm @ rotation.T + random.normal(scale=2000.0, size=3)


class TestInvariance:
    @pytest.mark.parametrize("align", ALIGNED)
    @pytest.mark.parametrize("pattern", ["symmetric1", "symmetric2"])
    @pytest.mark.parametrize("cost", ["euclidean", "squared"])
    @pytest.mark.parametrize("seed", [0, 1, 2])
    def test_a_turned_displaced_and_differently_timed_copy_is_at_no_distance(
        self, align: Any, pattern: Any, cost: Any, seed: int
    ) -> None:
        copy = with_rows(WALK, slower(WALK, seed), turned(WALK, seed))
        settings = ComparisonSettings(align=align, step_pattern=pattern, cost=cost)
        for one, other in ((WALK, copy), (copy, WALK)):
            result = dtw_all(one, other, settings)
            assert result.distance == pytest.approx(0.0, abs=1e-6)
        assert dtw_all(WALK, copy).normalized_distance > 500.0

    @pytest.mark.parametrize("align", ALIGNED)
    def test_its_path_is_the_timing(self, align: Any) -> None:
        rows = slower(WALK)
        copy = with_rows(WALK, rows, turned(WALK))
        path = dtw_all(WALK, copy, ComparisonSettings(align=align)).path
        assert path is not None
        assert (path[:, 0] == rows[path[:, 1]]).all()

    @pytest.mark.parametrize("align", ALIGNED)
    def test_size_as_well_if_asked(self, align: Any) -> None:
        copy = with_rows(WALK, slower(WALK), 0.6 * turned(WALK))
        scaled = dtw_all(WALK, copy, ComparisonSettings(align=align, scale=True))
        assert scaled.distance == pytest.approx(0.0, abs=1e-6)
        assert dtw_all(WALK, copy, ComparisonSettings(align=align)).normalized_distance > 100.0

    def test_the_alignment_is_told(self) -> None:
        copy = with_rows(WALK, slower(WALK), 0.6 * turned(WALK))
        found = dtw_all(WALK, copy, ComparisonSettings(align="sequence", scale=True)).alignment
        assert found is not None
        assert found.scale == pytest.approx(1.0 / 0.6)
        np.testing.assert_allclose(found.apply(turned(WALK) * 0.6), WALK.positions_mm, atol=1e-6)
        assert (found.rms_before_mm > 100.0, found.rms_after_mm < 1e-6) == (True, True)
        for align in ("none", "body", "frame"):
            settings = ComparisonSettings(align=align, representation="coords")
            assert dtw_all(WALK, WALK, settings).alignment is None

    def test_in_the_axes_of_the_body_place_and_direction_do_not_matter(self) -> None:
        turn = Rotation.from_euler("y", 130, degrees=True).as_matrix()
        there = WALK.with_positions(WALK.positions_mm @ turn.T + [500.0, 0.0, 2000.0])
        settings = ComparisonSettings(align="body")
        assert dtw_all(WALK, there, settings).distance == pytest.approx(0.0, abs=1e-6)
        smaller = there.with_positions(0.7 * there.positions_mm)
        assert dtw_all(WALK, smaller, settings).normalized_distance > 100.0
        sized = ComparisonSettings(align="body", scale=True)
        assert dtw_all(WALK, smaller, sized).distance == pytest.approx(0.0, abs=1e-6)

    def test_frame_by_frame_even_the_way_does_not_matter(self) -> None:
        turns = Rotation.random(len(WALK), rng=np.random.default_rng(4)).as_matrix()
        tumbling = WALK.with_positions(WALK.positions_mm @ turns)
        found = dtw_all(WALK, tumbling, ComparisonSettings(align="frame"))
        assert found.distance == pytest.approx(0.0, abs=1e-6)
        whole = dtw_all(WALK, tumbling, ComparisonSettings(align="sequence"))
        assert whole.normalized_distance > 100.0

    @pytest.mark.parametrize("align", ["none", *ALIGNED])
    def test_more_perturbation_is_further_away(self, align: Any) -> None:
        """The knee swings out further and further; the rest stays."""
        swing = np.zeros_like(WALK.positions_mm)
        swing[:, KNEE, 2] = np.sin(np.linspace(0.0, 9.0, len(WALK)))
        rows = slower(WALK)
        poses = turned(WALK) if align != "none" else WALK.positions_mm
        rotation = np.linalg.lstsq(
            WALK.positions_mm.reshape(-1, 3) - WALK.positions_mm.mean(axis=(0, 1)),
            poses.reshape(-1, 3) - poses.mean(axis=(0, 1)),
        )[0]
        found = [
            dtw_all(
                WALK,
                with_rows(WALK, rows, poses + size_mm * swing @ rotation),
                ComparisonSettings(align=align),
            ).distance
            for size_mm in (0.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0)
        ]
        assert found[0] == pytest.approx(0.0, abs=1e-6)
        assert (np.diff(found) > 1.0).all()

    def test_noise_hardly_disturbs_the_alignment(self) -> None:
        random = np.random.default_rng(6)
        poses = turned(WALK) + random.normal(scale=10.0, size=WALK.positions_mm.shape)
        copy = with_rows(WALK, slower(WALK), poses)
        result = dtw_all(WALK, copy, ComparisonSettings(align="sequence"))
        assert result.alignment is not None
        np.testing.assert_allclose(
            result.alignment.apply(turned(WALK)), WALK.positions_mm, atol=3.0
        )


class TestJointsThatAreMadeOfOthers:
    """The pelvis is the mean of the hips: with them, it would count twice."""

    STEP_MM, FRAMES = np.array([3.0, 4.0, 0.0]), 4

    def still(self, name: str) -> tuple[PoseSequence, PoseSequence]:
        """Somebody who stands still, and stands 5 mm further away."""
        skeleton = SKELETONS[name]
        rng = np.random.default_rng(0)
        sources, aliases = arrange(skeleton.joints, skeleton.canonical)
        pose_mm = rng.normal(0.0, 300.0, (1, len(skeleton.joints), 3)).repeat(self.FRAMES, axis=0)
        one = PoseSequence(
            time_s=np.arange(self.FRAMES) / 30.0,
            positions_mm=means(pose_mm, skeleton.joints, sources),
            joints=tuple(sources),
            aliases=aliases,
            made_of=sources,
        )
        return one, one.with_positions(one.positions_mm + self.STEP_MM)

    @pytest.mark.parametrize(
        ("name", "joints", "columns"),
        [("blazepose_33", 33, 38), ("berkeley_mhad_43", 43, 51), ("smpl_24", 24, 24)],
    )
    def test_the_distance_is_that_of_the_own_joints(
        self, name: str, joints: int, columns: int
    ) -> None:
        one, other = self.still(name)
        assert len(one.joints) == columns
        by_hand_mm = self.FRAMES * 5.0 * np.sqrt(joints)
        assert dtw_all(one, other).distance == pytest.approx(by_hand_mm)
        assert len(dtw_per_joint(one, other)) == joints
        matrix = dtw_matrix([one, other], settings=ComparisonSettings()).distances
        assert matrix[0, 1] == pytest.approx(by_hand_mm)

    def test_they_can_be_asked_for(self) -> None:
        one, other = self.still("blazepose_33")
        asked = ComparisonSettings(joints=("pelvis", "left_hip", "right_hip"))
        by_hand_mm = self.FRAMES * 5.0 * np.sqrt(3)
        assert dtw_all(one, other, asked).distance == pytest.approx(by_hand_mm)
        assert set(dtw_per_joint(one, other, asked)) == {"pelvis", "left_hip", "right_hip"}
        assert dtw_all(one, other).warnings == ()

    def test_where_their_sources_are_not_in_common_they_count(self) -> None:
        one, _ = self.still("blazepose_33")
        condyles = {"left_knee": ("LLEK", "LMEK"), "left_hip": ("LHJC",), "right_hip": ("RHJC",)}
        condyles["pelvis"] = ("LHJC", "RHJC")
        own = ["LLEK", "LMEK", "LHJC", "RHJC"]
        sources, aliases = arrange(own, condyles)
        marked = PoseSequence(
            time_s=one.time_s,
            positions_mm=np.zeros((len(one), len(sources), 3)),
            joints=tuple(sources),
            aliases=aliases,
            made_of=sources,
        )
        wanted = ("left_hip", "left_knee", "right_hip")
        assert common_joints([one, marked]) == common_joints([marked, one]) == wanted
        assert set(common_joints([marked])) == {"left_hip", "right_hip", "LLEK", "LMEK"}


class TestRepresentations:
    def test_coordinates_are_those_of_the_array_function(self) -> None:
        joints = WALK.counted_once()
        assert len(joints) == 33
        one, other = (np.stack(each.require(*joints), axis=1) for each in (WALK, OTHER))
        assert dtw_all(WALK, OTHER).distance == dtw(one, other).distance
        picked = dtw_all(WALK, OTHER, ComparisonSettings(joints=("neck",)))
        assert picked.distance == dtw(WALK.joint("neck"), OTHER.joint("neck")).distance
        assert dtw_all(WALK, OTHER, path=False).path is None

    def test_angles_do_not_see_place_and_direction(self) -> None:
        seen = walker_sequence(simulate_walk(), CameraView(heading_deg=200.0)).slice(1.0, 2.5)
        names = ("left_knee_flexion", "right_knee_flexion", "left_elbow_flexion")
        settings = ComparisonSettings(representation="angles", joints=names)
        assert dtw_all(WALK, seen, settings).distance == pytest.approx(0.0, abs=1e-6)
        assert dtw_all(WALK, OTHER, settings).normalized_distance > 1.0

    def test_angles_known_only_in_part_are_left_out_and_told(self) -> None:
        result = dtw_all(WALK, OTHER, ComparisonSettings(representation="angles"))
        assert any("left_hip_internal_rotation" in warning for warning in result.warnings)
        found = dtw_per_joint(WALK, OTHER, ComparisonSettings(representation="angles"))
        assert "left_hip_internal_rotation" not in found
        assert {"left_hip_flexion", "right_ankle_dorsiflexion", "trunk_lean_forward"} <= set(found)

    def test_angles_measured_in_different_ways_are_not_compared(self) -> None:
        """With markers of the pelvis the hip is anatomical, without them projected."""
        names = ("left_asis", "right_asis", "left_psis", "right_psis")
        pelvis, right = WALK.joint("pelvis"), WALK.joint("right_hip")
        spines_mm = [
            pelvis + 1.2 * side * (right - pelvis) + [forward, 60.0, 0.0]
            for forward in (60.0, -90.0)
            for side in (-1.0, 1.0)
        ]
        marked = PoseSequence.from_arrays(
            WALK.time_s,
            np.concatenate([WALK.positions_mm, np.stack(spines_mm, axis=1)], axis=1),
            [*WALK.joints, *names],
            up=WALK.up,
        )
        found = dtw_per_joint(WALK, marked, ComparisonSettings(representation="angles"))
        assert "left_hip_flexion" not in found
        assert "left_knee_flexion" in found
        warnings = found["left_knee_flexion"].warnings
        assert any(each.startswith("measured in different ways, left out: ") for each in warnings)
        asked = ComparisonSettings(representation="angles", joints=("left_hip_flexion",))
        with pytest.raises(SequenceError, match="measured in different ways: left_hip_flexion"):
            dtw_all(WALK, marked, asked)

    def test_velocities_do_not_see_where_it_is_and_paths_count_in_frames(self) -> None:
        further = WALK.with_positions(WALK.positions_mm + np.array([1000.0, 0.0, 0.0]))
        result = dtw_all(WALK, further, ComparisonSettings(representation="velocities"))
        assert result.distance == pytest.approx(0.0, abs=1e-6)
        assert result.frames == (len(WALK) - 2, len(WALK) - 2)
        assert result.path is not None
        assert result.path[[0, -1]].tolist() == [[1, 1], [len(WALK) - 2] * 2]

    def test_velocities_are_in_mm_per_second(self) -> None:
        """A point at 100 mm/s and one at 250 mm/s, recorded at different rates."""

        def going(speed: float, rate_hz: float) -> PoseSequence:
            time_s = np.arange(0.0, 1.0, 1.0 / rate_hz)
            return PoseSequence.from_arrays(
                time_s, (time_s[:, None] * [[speed, 0.0, 0.0]])[:, None], ["pelvis"]
            )

        settings = ComparisonSettings(representation="velocities")
        found = dtw_all(going(100.0, 30.0), going(250.0, 60.0), settings)
        assert found.normalized_distance == pytest.approx(150.0)
        with pytest.raises(SignalError, match="2 frames have no velocity"):
            dtw_all(going(1.0, 2.0), going(1.0, 2.0), settings)


class TestJoints:
    def test_each_joint_has_a_warping_of_its_own(self) -> None:
        found = dtw_per_joint(WALK, OTHER, ComparisonSettings(joints=JOINTS, align="body"))
        assert tuple(found) == JOINTS
        together = dtw_all(WALK, OTHER, ComparisonSettings(joints=JOINTS, align="body"))
        assert found["pelvis"].distance == 0.0
        squares = sum(each.distance**2 for each in found.values())
        assert squares**0.5 <= together.distance * (1 + 1e-12)

    def test_only_the_joint_that_moves_otherwise_differs(self) -> None:
        positions_mm = WALK.positions_mm.copy()
        positions_mm[:, KNEE, 1] += 50.0
        found = dtw_per_joint(WALK, WALK.with_positions(positions_mm))
        assert found.pop("left_knee").normalized_distance > 10.0
        assert {each.distance for each in found.values()} == {0.0}

    def test_joints_that_only_one_has_are_left_out_and_told(self) -> None:
        fewer = OTHER.select("neck", "pelvis", "left_knee")
        result = dtw_all(WALK, fewer)
        assert "left out: " in result.warnings[0]
        assert "right_knee" in result.warnings[0]
        assert set(dtw_per_joint(fewer, WALK)) == {"neck", "pelvis", "left_knee"}
        with pytest.raises(MissingJointsError, match="right_knee"):
            dtw_all(WALK, fewer, ComparisonSettings(joints=("right_knee",)))

    def test_missing_values_are_dealt_with_joint_by_joint(self) -> None:
        positions_mm = WALK.positions_mm.copy()
        positions_mm[20:30, KNEE] = np.nan
        gappy = WALK.with_positions(positions_mm)
        with pytest.raises(SignalError, match=r"10 of 91 frames of the second .*\(left_knee\)"):
            dtw_all(WALK, gappy)
        found = dtw_per_joint(WALK, gappy, ComparisonSettings(nan_policy="drop"))
        assert found["left_knee"].frames == (91, 81)
        assert found["nose"].frames == (91, 91)
        assert found["nose"].warnings == ()
        assert "10 of 91 frames of the second movement: left out" in found["left_knee"].warnings[0]

    def test_gaps_are_filled_in_time(self) -> None:
        """Uneven times: a value in a gap lies where its time is, not its number."""
        time_s = np.array([0.0, 1.0, 2.0, 5.0, 6.0])
        path = (time_s[:, None] * [[10.0, 0.0, 0.0]])[:, None]
        whole = PoseSequence.from_arrays(time_s, path, ["pelvis"])
        path[2:4] = np.nan
        gappy = whole.with_positions(path)
        result = dtw_all(whole, gappy, ComparisonSettings(nan_policy="interpolate"))
        assert result.distance == pytest.approx(0.0, abs=1e-12)

    @pytest.mark.parametrize("align", ALIGNED)
    def test_an_alignment_bears_missing_values(self, align: Any) -> None:
        rows = slower(WALK)
        poses = turned(WALK)
        poses[10:15, KNEE] = np.nan
        poses[:, WALK.joints.index("nose")] = np.nan
        copy = with_rows(WALK, rows, poses)
        joints = tuple(joint for joint in WALK.joints if joint != "nose")
        settings = ComparisonSettings(align=align, nan_policy="drop", joints=joints)
        result = dtw_all(WALK, copy, settings)
        lost = np.isin(rows, np.arange(10, 15)).sum()
        assert result.frames == (len(WALK), len(rows) - lost)
        assert result.path is not None
        kept = ~np.isin(result.path[:, 0], np.arange(10, 15))
        assert (result.path[kept, 0] == rows[result.path[kept, 1]]).all()


class TestRelation:
    def test_it_is_the_vector_between_two_joints(self) -> None:
        one, other = (each.joint("right_wrist") - each.joint("left_hip") for each in (WALK, OTHER))
        result = dtw_relation(WALK, OTHER, "left_hip", "right_wrist")
        assert result.distance == dtw(one, other).distance
        assert result.distance == dtw_relation(WALK, OTHER, "right_wrist", "left_hip").distance

    def test_direction_matters_unless_taken_out(self) -> None:
        copy = with_rows(WALK, slower(WALK), turned(WALK))
        feet = "left_heel", "right_heel"
        assert dtw_relation(WALK, copy, *feet).normalized_distance > 50.0
        for align in ALIGNED:
            found = dtw_relation(WALK, copy, *feet, ComparisonSettings(align=align))
            assert found.distance == pytest.approx(0.0, abs=1e-6)

    def test_velocities(self) -> None:
        settings = ComparisonSettings(representation="velocities")
        assert dtw_relation(WALK, WALK, "neck", "left_toe", settings).distance == 0.0
        assert dtw_relation(WALK, OTHER, "neck", "left_toe", settings).normalized_distance > 10.0

    def test_refusals(self) -> None:
        with pytest.raises(SequenceError, match="no angle"):
            dtw_relation(WALK, WALK, "neck", "pelvis", ComparisonSettings(representation="angles"))
        with pytest.raises(MissingJointsError, match="tail"):
            dtw_relation(WALK, WALK, "neck", "tail")


def test_axes_of_a_camera_and_of_the_room_are_not_compared() -> None:
    seen = walker_sequence(simulate_walk(), CameraView()).slice(1.0, 2.5)
    for representation in ("coords", "velocities"):
        with pytest.raises(SequenceError, match="axes"):
            dtw_all(WALK, seen, ComparisonSettings(representation=representation))
    with pytest.raises(SequenceError, match="axes"):
        dtw_relation(WALK, seen, "neck", "pelvis")
    found = dtw_all(WALK, seen, ComparisonSettings(align="sequence"))
    assert found.distance == pytest.approx(0.0, abs=1e-6)


def test_axes_with_other_verticals_are_not_compared() -> None:
    """Two laboratories, one with Y and one with Z upward."""
    turn = Rotation.from_euler("x", 90, degrees=True).as_matrix()
    assert WALK.up is not None
    other = PoseSequence.from_arrays(
        WALK.time_s, WALK.positions_mm @ turn.T, WALK.joints, up=turn @ WALK.up
    )
    for representation in ("coords", "velocities"):
        with pytest.raises(SequenceError, match="verticals of the movements are 90° apart"):
            dtw_all(WALK, other, ComparisonSettings(representation=representation))
    with pytest.raises(SequenceError, match="verticals"):
        dtw_relation(WALK, other, "neck", "pelvis")
    for align in ("body", *ALIGNED):
        found = dtw_all(WALK, other, ComparisonSettings(align=align))
        assert found.distance == pytest.approx(0.0, abs=1e-6)


def test_too_few_joints_determine_no_alignment() -> None:
    two = WALK.select("neck", "pelvis")
    for align in ALIGNED:
        with pytest.raises(AlignmentError, match="2 pairs"):
            dtw_all(two, two, ComparisonSettings(align=align))


def test_frame_rates_that_differ_are_told_and_may_be_brought_together() -> None:
    half = WALK.resample(30.0)
    for settings in (
        ComparisonSettings(),
        ComparisonSettings(representation="velocities"),
        ComparisonSettings(representation="angles"),
    ):
        [told] = [each for each in dtw_all(WALK, half, settings).warnings if "Hz" in each]
        assert told.startswith("frame rates from 30 to 60 Hz")
    assert "Hz" in dtw_relation(WALK, half, "neck", "pelvis").warnings[0]
    assert dtw_all(WALK, half.resample(60.0)).warnings == ()
    assert dtw_all(WALK.resample(30.0), WALK.resample(29.97)).warnings == ()
    pose = with_rows(WALK, np.array([3]))
    assert dtw_all(pose, pose).warnings == dtw_all(pose, WALK).warnings == ()


def test_frames_that_are_not_evenly_spaced_are_told() -> None:
    time_s = WALK.time_s + 0.05 * (np.arange(len(WALK)) > 20)
    uneven = PoseSequence.from_arrays(time_s, WALK.positions_mm, WALK.joints, up=WALK.up)
    [told] = [each for each in dtw_all(WALK, uneven).warnings if "evenly" in each]
    assert told.startswith("the second movement: its frames are not evenly spaced")


def test_an_angle_that_jumps_over_the_end_of_its_range_is_told() -> None:
    """An arm that goes round backwards: from −90° to 270°."""
    turn = Rotation.from_rotvec(
        np.outer(np.linspace(-60, -120, len(WALK)), [0, 0, 1]), degrees=True
    )
    positions_mm = WALK.positions_mm.copy()
    elbow, shoulder = (WALK.joints.index(f"left_{each}") for each in ("elbow", "shoulder"))
    positions_mm[:, elbow] = positions_mm[:, shoulder] + turn.apply([0.0, -300.0, 0.0])
    settings = ComparisonSettings(representation="angles", joints=("left_shoulder_flexion",))
    [told] = dtw_all(WALK, WALK.with_positions(positions_mm), settings).warnings
    assert told.startswith("left_shoulder_flexion jumps by more than 180°")


def test_warnings_of_a_recording_are_passed_on() -> None:
    doubtful = WALK.with_positions(WALK.positions_mm, "the camera was moved")
    assert dtw_all(doubtful, WALK).warnings == ("the camera was moved",)
    assert dtw_relation(WALK, doubtful, "neck", "pelvis").warnings == ("the camera was moved",)


def test_an_angle_may_be_named_by_three_joints() -> None:
    slow = walker_sequence(simulate_walk(WalkerParameters(speed_m_s=0.8)))
    fast = walker_sequence(simulate_walk(WalkerParameters(speed_m_s=1.3)))
    bend = "left_hip, left_knee, left_ankle"
    settings = ComparisonSettings(representation="angles", joints=(bend, "right_knee_flexion"))
    found = dtw_per_joint(slow, fast, settings)
    assert list(found) == [bend, "right_knee_flexion"]
    joints = [part.strip() for part in bend.split(",")]
    plain = [joint_angle(each, *joints).values_deg for each in (slow, fast)]
    assert found[bend].distance == dtw(*plain).distance
    none = ComparisonSettings(representation="angles", joints=("neck,left_hip,left_tail",))
    with pytest.raises(MissingJointsError, match="left_tail"):
        dtw_all(slow, fast, none)
