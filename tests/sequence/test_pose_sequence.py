"""One subject's arrays: by name, frozen, complete in time, cut and put on another clock."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose.analyzer import PoseSequence, ReferenceFrame, SequenceGap
from neuropose.data import FrameGap, VideoPredictions
from neuropose.errors import MissingJointsError, SequenceError, SubjectError
from neuropose.skeletons import (
    BLAZEPOSE_33,
    CANONICAL_JOINTS,
    LANDMARKS,
    SKELETONS,
    Skeleton,
    make_skeleton,
)
from neuropose.testing import CameraView, simulate_walk, synthetic_predictions, walker_sequence


def line(frames: int = 5, rate_hz: float = 10.0, **fields: object) -> PoseSequence:
    """A pelvis that moves 10 mm a frame along x, and a head that stays."""
    time_s = np.arange(frames) / rate_hz
    positions_mm = np.zeros((frames, 2, 3))
    positions_mm[:, 0, 0] = 10.0 * np.arange(frames)
    return PoseSequence(
        time_s=time_s, positions_mm=positions_mm, joints=("pelvis", "head"), **fields
    )


def without(
    predictions: VideoPredictions, frames: list[int], track_id: int = 0
) -> VideoPredictions:
    """The same predictions with one person not found in some frames."""
    lost = np.isin(predictions.frame_index, frames) & (predictions.track_ids == track_id)
    counts = np.bincount(predictions.frame_index[~lost], minlength=predictions.metadata.frame_count)
    rows = {
        name: getattr(predictions, name)[~lost]
        for name in ("boxes", "poses3d", "poses2d", "confidence", "track_ids")
    }
    offsets = np.concatenate([[0], np.cumsum(counts)])
    return predictions.model_copy(update={**rows, "offsets": offsets})


def with_skeleton(skeleton: Skeleton, seed: int = 0) -> VideoPredictions:
    """Predictions of four frames with random joints."""
    joints = len(skeleton.joints)
    random = np.random.default_rng(seed)
    return synthetic_predictions(frame_count=4).model_copy(
        update={
            "skeleton": skeleton,
            "poses3d": random.normal(0.0, 500.0, (4, joints, 3)),
            "poses2d": random.normal(0.0, 100.0, (4, joints, 2)),
            "confidence": random.uniform(0.0, 1.0, (4, joints)),
        }
    )


class TestFromPredictions:
    @pytest.mark.parametrize("name", sorted(SKELETONS))
    def test_canonical_joints_are_means_of_their_sources(self, name: str) -> None:
        predictions = with_skeleton(SKELETONS[name])
        sequence = PoseSequence.from_predictions(predictions)
        for joint, sources in SKELETONS[name].canonical.items():
            columns = [SKELETONS[name].index(source) for source in sources]
            np.testing.assert_allclose(
                sequence.joint(joint), predictions.poses3d[:, columns].mean(axis=1), atol=1e-3
            )
            np.testing.assert_array_equal(
                sequence.joint_confidence(joint), predictions.confidence[:, columns].min(axis=1)
            )
        canonical = [j for j in sequence.joints if j in CANONICAL_JOINTS + LANDMARKS]
        assert sequence.joints[: len(canonical)] == tuple(canonical)
        assert set(canonical) == set(SKELETONS[name].canonical)

    @pytest.mark.parametrize("name", sorted(SKELETONS))
    def test_every_joint_of_the_source_goes_by_its_own_name(self, name: str) -> None:
        predictions = with_skeleton(SKELETONS[name])
        sequence = PoseSequence.from_predictions(predictions)
        for index, joint in enumerate(SKELETONS[name].joints):
            if joint not in SKELETONS[name].canonical:
                np.testing.assert_array_equal(sequence.joint(joint), predictions.poses3d[:, index])

    def test_no_column_is_there_twice(self) -> None:
        sequence = PoseSequence.from_predictions(synthetic_predictions())
        columns = {sequence.positions_mm[:, index].tobytes() for index in range(33)}
        assert len(columns) == 33
        assert sequence.aliases["left_foot_index"] == "left_toe"
        assert sequence.joint("left_foot_index") is not None
        assert len(sequence.joints) == 33 + 5  # pelvis, neck, head and the hands are means

    @pytest.mark.parametrize("name", sorted(SKELETONS))
    def test_each_joint_of_the_source_counts_once(self, name: str) -> None:
        skeleton = SKELETONS[name]
        sequence = PoseSequence.from_predictions(with_skeleton(skeleton))
        counted = sequence.counted_once()
        assert len(counted) == len(skeleton.joints)
        columns = {sequence.aliases.get(joint, joint) for joint in skeleton.joints}
        assert set(counted) == columns

    def test_skeleton_that_is_not_known(self) -> None:
        skeleton = make_skeleton("mine_3", ("left_hip", "left_knee", "wing"))
        sequence = PoseSequence.from_predictions(with_skeleton(skeleton))
        assert sequence.joints == ("left_hip", "left_knee", "wing")
        assert "own names" in sequence.warnings[0]

    def test_canonical_joints_that_the_caller_names(self) -> None:
        skeleton = make_skeleton("mine_3", ("h1", "h2", "wing"))
        predictions = with_skeleton(skeleton)
        sequence = PoseSequence.from_predictions(predictions, canonical={"left_hip": ["h1", "h2"]})
        assert sequence.joints == ("left_hip", "h1", "h2", "wing")
        np.testing.assert_allclose(
            sequence.joint("left_hip"), predictions.poses3d[:, :2].mean(axis=1), atol=1e-3
        )
        assert sequence.warnings == ()

    @pytest.mark.parametrize(
        ("canonical", "message"),
        [
            ({"left_hip": ["tail"]}, "left_hip is defined by tail, which skeleton"),
            ({"left_hip": []}, "left_hip is defined by nothing"),
            ({"tail": ["nose"]}, "'tail' is not a canonical joint name"),
        ],
    )
    def test_canonical_joints_that_do_not_fit(self, canonical: dict, message: str) -> None:
        with pytest.raises(SequenceError, match=message):
            PoseSequence.from_predictions(synthetic_predictions(), canonical=canonical)

    def test_a_mean_of_which_one_point_is_missing_is_missing(self) -> None:
        predictions = synthetic_predictions(frame_count=3)
        poses3d = predictions.poses3d.copy()
        poses3d[1, BLAZEPOSE_33.index("left_ear")] = np.nan
        sequence = PoseSequence.from_predictions(
            predictions.model_copy(update={"poses3d": poses3d})
        )
        assert np.isnan(sequence.joint("head")).all(axis=1).tolist() == [False, True, False]
        assert np.isfinite(sequence.joint("right_ear")).all()

    def test_runs_from_first_to_last_frame_of_the_subject(self) -> None:
        gap = FrameGap(first_frame=10, last_frame=11, reason="the decoder failed")
        predictions = synthetic_predictions(frame_count=20, gaps=[gap])
        predictions = without(predictions, [0, 1, 5, 12, 19])
        sequence = PoseSequence.from_predictions(predictions)
        assert (len(sequence), sequence.first_frame) == (17, 2)
        np.testing.assert_array_equal(sequence.time_s, predictions.time_s[2:19])
        missing = np.isnan(sequence.positions_mm).all(axis=(1, 2))
        assert np.flatnonzero(missing).tolist() == [3, 8, 9, 10]
        assert np.isnan(sequence.joint_confidence("nose"))[missing].all()
        assert sequence.gaps == (
            SequenceGap(3, 3, "the subject was not found"),
            SequenceGap(8, 9, "the decoder failed"),
            SequenceGap(10, 10, "the subject was not found"),
        )

    def test_subject_with_its_reason_and_its_rivals(self) -> None:
        predictions = without(synthetic_predictions(frame_count=30, people=3), [0, 1, 2, 3, 4])
        predictions = without(predictions, list(range(10, 30)), track_id=2)
        sequence = PoseSequence.from_predictions(predictions, "longest")
        assert sequence.subject.track_id == 1
        assert sequence.subject.reason in sequence.warnings[0]
        assert "track 0 (25 frames)" in sequence.warnings[0]
        assert "track 2" not in sequence.warnings[0]
        named = PoseSequence.from_predictions(predictions, "track:2")
        assert (named.subject.track_id, named.warnings) == (2, ())

    def test_subject_that_was_chosen_before(self) -> None:
        predictions = synthetic_predictions(people=2)
        choice = predictions.subject("most_central")
        sequence = PoseSequence.from_predictions(predictions, choice)
        assert sequence.subject is choice

    def test_nobody(self) -> None:
        empty = without(synthetic_predictions(frame_count=3), [0, 1, 2])
        with pytest.raises(SubjectError, match="nobody was found"):
            PoseSequence.from_predictions(empty)

    @pytest.mark.parametrize(
        ("time_s", "expected"),
        [
            ([0.0, np.nan, 0.2, 0.3], [0.0, 0.1, 0.2, 0.3]),
            ([np.nan, 0.1, 0.2, np.nan], [0.0, 0.1, 0.2, 0.3]),
            ([0.0, 0.1, 0.1, 0.3], [0.0, 0.1, 0.2, 0.3]),
            ([np.nan] * 4, [0.0, 0.1, 0.2, 0.3]),
        ],
    )
    def test_times_that_are_not_known(self, time_s: list[float], expected: list[float]) -> None:
        predictions = synthetic_predictions(frame_count=4, fps=10.0)
        sequence = PoseSequence.from_predictions(predictions.model_copy(update={"time_s": time_s}))
        np.testing.assert_allclose(sequence.time_s, expected, atol=1e-12)
        assert "time" in sequence.warnings[0]

    def test_camera_frame(self) -> None:
        sequence = PoseSequence.from_predictions(synthetic_predictions())
        assert (sequence.frame, sequence.up) == (ReferenceFrame.CAMERA, None)
        given_up = PoseSequence.from_predictions(synthetic_predictions(), up=[0.0, -2.0, 0.0])
        assert given_up.up.tolist() == [0.0, -1.0, 0.0]

    def test_confidence_that_the_model_does_not_give(self) -> None:
        predictions = synthetic_predictions(frame_count=2)
        unknown = np.full_like(predictions.confidence, np.nan)
        sequence = PoseSequence.from_predictions(
            predictions.model_copy(update={"confidence": unknown})
        )
        assert sequence.confidence is None
        assert np.isnan(sequence.joint_confidence("nose")).all()


class TestArrays:
    @pytest.mark.parametrize(("mm_per_unit", "shank"), [(1.0, ""), (10.0, "40"), (1000.0, "0.4")])
    def test_a_unit_in_which_nobody_has_such_legs_is_doubted(
        self, mm_per_unit: float, shank: str
    ) -> None:
        places = np.array([[[0.0, 480.0, 100.0], [0.0, 80.0, 100.0]]]) / mm_per_unit
        found = PoseSequence.from_arrays([0.0], places, ["left_knee", "left_ankle"])
        doubts = [each for each in found.warnings if "the unit may be another one" in each]
        assert len(doubts) == bool(shank)
        assert all(each.startswith(f"in mm a shank is {shank} mm long") for each in doubts)

    def test_nothing_can_be_changed(self) -> None:
        positions_mm = np.zeros((2, 1, 3))
        sequence = PoseSequence.from_arrays([0.0, 1.0], positions_mm, ["pelvis"], up=[0, 1, 0])
        positions_mm[:] = 1.0
        assert (sequence.positions_mm == 0.0).all()
        for array in (sequence.time_s, sequence.joint("pelvis"), sequence.up):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1.0
        with pytest.raises(TypeError):
            sequence.aliases["a"] = "b"  # type: ignore[index]

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"time_s": [0.0, 0.0]}, "strictly ascending"),
            ({"time_s": [0.0, np.nan]}, "finite"),
            ({"time_s": [0.0]}, "positions_mm has shape"),
            ({"time_s": [], "positions_mm": np.empty((0, 1, 3))}, "no frames"),
            ({"positions_mm": np.zeros((2, 1, 2))}, "positions_mm has shape"),
            ({"positions_mm": np.full((2, 1, 3), np.inf)}, "finite"),
            ({"positions_mm": [["a"], ["b"]]}, "expected numbers"),
            ({"joints": ["pelvis", "pelvis"], "positions_mm": np.zeros((2, 2, 3))}, "unique"),
            ({"confidence": [[2.0], [0.0]]}, "between 0 and 1"),
            ({"confidence": [[0.0]]}, "confidence has shape"),
            ({"up": [0.0, 0.0, 0.0]}, "not all zero"),
            ({"up": [0.0, 1.0]}, "three numbers"),
            ({"frame": "moon"}, "moon"),
        ],
    )
    def test_what_does_not_fit(self, changes: dict, message: str) -> None:
        fields = {
            "time_s": [0.0, 1.0],
            "positions_mm": np.zeros((2, 1, 3)),
            "joints": ["pelvis"],
        }
        with pytest.raises(SequenceError, match=message):
            PoseSequence.from_arrays(**fields | changes)

    def test_alias_of_nothing(self) -> None:
        with pytest.raises(SequenceError, match="alias"):
            line(aliases={"a": "b"})

    def test_missing_joints_are_all_named(self) -> None:
        sequence = line(source="marker set 'toy'")
        assert sequence.has("pelvis", "head")
        assert not sequence.has("pelvis", "left_heel")
        with pytest.raises(MissingJointsError) as caught:
            sequence.require("left_heel", "pelvis", "left_toe")
        assert str(caught.value) == "marker set 'toy' has no left_heel, left_toe"
        assert caught.value.missing == ("left_heel", "left_toe")
        crossed = pickle.loads(pickle.dumps(caught.value))
        assert (crossed.missing, crossed.source) == (caught.value.missing, "marker set 'toy'")
        for ask in (sequence.joint, sequence.joint_confidence, sequence.select):
            with pytest.raises(MissingJointsError):
                ask("left_heel")

    def test_copies_are_frozen_too(self) -> None:
        sequence = PoseSequence.from_predictions(synthetic_predictions(frame_count=3))
        for twin in (pickle.loads(pickle.dumps(sequence)), copy.deepcopy(sequence)):
            np.testing.assert_array_equal(twin.positions_mm, sequence.positions_mm)
            assert not twin.positions_mm.flags.writeable
            assert twin.joints == sequence.joints
            assert twin.aliases == sequence.aliases
            assert twin.made_of == sequence.made_of

    def test_rate(self) -> None:
        assert line(rate_hz=10.0).sampling_rate_hz == pytest.approx(10.0)
        assert line(rate_hz=10.0).is_uniform
        assert np.isnan(line(frames=1).sampling_rate_hz)
        assert line(frames=1).is_uniform

    def test_rounded_times_are_even_and_a_dropped_frame_is_not(self) -> None:
        even_s = np.arange(100) / 30.0
        rounded = replace(line(frames=100), time_s=even_s.round(3))
        assert rounded.is_uniform
        even_s[50:] += 1.0 / 30.0
        assert not replace(line(frames=100), time_s=even_s).is_uniform


class TestCutting:
    def test_slice_has_both_ends(self) -> None:
        gaps = (SequenceGap(0, 1, "a"), SequenceGap(3, 4, "b"))
        part = line(frames=6, gaps=gaps).slice(0.1, 0.3)
        assert part.time_s.tolist() == pytest.approx([0.1, 0.2, 0.3])
        assert part.joint("pelvis")[:, 0].tolist() == [10.0, 20.0, 30.0]
        assert part.first_frame == 1
        assert part.gaps == (SequenceGap(0, 0, "a"), SequenceGap(2, 2, "b"))

    def test_slice_of_nothing(self) -> None:
        with pytest.raises(SequenceError, match=r"no frame from 0\.11 to 0\.19"):
            line().slice(0.11, 0.19)
        with pytest.raises(SequenceError, match="no frame"):
            line().slice(0.3, 0.1)

    def test_select_names_the_columns(self) -> None:
        sequence = PoseSequence.from_predictions(synthetic_predictions(frame_count=3))
        part = sequence.select("left_foot_index", "pelvis")
        assert part.joints == ("left_foot_index", "pelvis")
        np.testing.assert_array_equal(part.joint("pelvis"), sequence.joint("pelvis"))
        np.testing.assert_array_equal(part.joint("left_foot_index"), sequence.joint("left_toe"))
        assert part.confidence.shape == (3, 2)

    def test_select_keeps_what_columns_are_made_of(self) -> None:
        sequence = PoseSequence.from_predictions(synthetic_predictions(frame_count=3))
        part = sequence.select("pelvis", "left_hip", "left_foot_index", "left_toe")
        assert part.counted_once() == ("left_hip", "left_foot_index")
        assert sequence.select("pelvis", "left_knee").counted_once() == ("pelvis", "left_knee")
        with pytest.raises(MissingJointsError, match="tail"):
            part.counted_once("tail")

    def test_other_positions(self) -> None:
        sequence = line()
        moved = sequence.with_positions(sequence.positions_mm + 1.0, "moved")
        assert moved.joint("head")[0].tolist() == [1.0, 1.0, 1.0]
        assert moved.warnings == ("moved",)
        with pytest.raises(SequenceError, match="shape"):
            sequence.with_positions(np.zeros((1, 2, 3)))


class TestWalker:
    def test_is_the_walk_with_canonical_joints(self) -> None:
        trial = simulate_walk()
        sequence = walker_sequence(trial)
        np.testing.assert_array_equal(sequence.joint("left_toe"), trial.joint("left_foot_index"))
        middle = 0.5 * (trial.joint("left_hip") + trial.joint("right_hip"))
        np.testing.assert_allclose(sequence.joint("pelvis"), middle, atol=1e-9)
        assert (sequence.frame, sequence.up.tolist()) == ("lab", [0.0, 1.0, 0.0])

    def test_in_a_camera(self) -> None:
        trial, view = simulate_walk(), CameraView(tilt_deg=10.0)
        sequence = walker_sequence(trial, view)
        nose_mm = view.from_world(trial.joint("nose"))
        np.testing.assert_allclose(sequence.joint("nose"), nose_mm, atol=1e-9)
        assert (sequence.frame, sequence.up) == ("camera", None)


class TestResample:
    @given(rate_hz=st.floats(1.0, 500.0), seed=st.integers(0, 10))
    def test_a_straight_path_stays_one(self, rate_hz: float, seed: int) -> None:
        steps = np.random.default_rng(seed).uniform(0.5, 1.5, 20)
        time_s = 3.0 + np.cumsum(steps) / 30.0
        positions_mm = np.zeros((20, 1, 3))
        positions_mm[:, 0, 1] = 100.0 * time_s
        sequence = PoseSequence.from_arrays(time_s, positions_mm, ["pelvis"])
        resampled = sequence.resample(rate_hz)
        np.testing.assert_allclose(
            resampled.joint("pelvis")[:, 1], 100.0 * resampled.time_s, rtol=1e-9
        )
        assert resampled.time_s[0] == time_s[0]
        assert 0.0 <= time_s[-1] - resampled.time_s[-1] + 1e-6 / rate_hz <= 1.01 / rate_hz
        assert resampled.is_uniform
        assert resampled.first_frame is None

    def test_nothing_is_bridged(self) -> None:
        positions_mm = np.zeros((5, 1, 3))
        positions_mm[2] = np.nan
        sequence = PoseSequence(
            time_s=np.arange(5) / 10.0,
            positions_mm=positions_mm,
            joints=("pelvis",),
            gaps=(SequenceGap(2, 2, "hidden"),),
            confidence=np.array([[1.0], [0.5], [np.nan], [0.5], [0.25]]),
        )
        resampled = sequence.resample(20.0)
        missing = np.isnan(resampled.joint("pelvis")[:, 0])
        assert np.flatnonzero(missing).tolist() == [3, 4, 5]
        assert resampled.gaps == (SequenceGap(3, 5, "hidden"),)
        known = resampled.confidence[~missing, 0]
        assert known.tolist() == [1.0, 0.5, 0.5, 0.5, 0.25, 0.25]

    def test_same_rate_is_the_same_movement(self) -> None:
        sequence = line()
        np.testing.assert_array_equal(sequence.resample(10.0).positions_mm, sequence.positions_mm)

    def test_one_frame(self) -> None:
        assert len(line(frames=1).resample(50.0)) == 1

    @pytest.mark.parametrize("rate_hz", [0.0, -1.0, np.inf, np.nan])
    def test_no_rate(self, rate_hz: float) -> None:
        with pytest.raises(SequenceError, match="not a frame rate"):
            line().resample(rate_hz)
