"""Corrections of predictions and reconstructions, against what they were made of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.signed import SIGNED

from neuropose.analyzer import PoseSequence, analyze_gait, gait_report
from neuropose.corrections import (
    ContactWrong,
    Correction,
    LeaveOut,
    SidesExchanged,
    SubjectIs,
    correct_predictions,
    correct_reconstruction,
    corrections_of,
)
from neuropose.data import LEFT_OUT, Limbs, Reconstruction, Segmentation, VideoPredictions
from neuropose.errors import CorrectionError
from neuropose.skeletons import BLAZEPOSE_33
from neuropose.testing import (
    reconstructed,
    simulate_walk,
    synthetic_predictions,
    walker_sequence,
)


def two_people() -> VideoPredictions:
    """Track 0 in all of 90 frames, track 4 in the last 60."""
    one = synthetic_predictions(frame_count=90)
    frames = np.concatenate([np.arange(90), np.arange(30, 90)])
    order = np.argsort(frames, kind="stable")
    rows = frames[order]
    ids = np.concatenate([np.zeros(90), np.full(60, 4)])[order]
    arrays = {
        name: getattr(one, name)[rows] for name in ("boxes", "poses3d", "poses2d", "confidence")
    }
    counts = np.bincount(rows, minlength=90)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    return one.model_copy(
        update={**arrays, "track_ids": ids, "offsets": offsets, "uncertainty_mm": None}
    )


@pytest.fixture(scope="module")
def walk() -> Reconstruction:
    return reconstructed(walker_sequence(simulate_walk()), 10.0)


class TestSubject:
    def test_whoever_is_named_is_the_subject(self) -> None:
        predictions = two_people()
        assert predictions.subject().track_id == 0
        corrected = correct_predictions(predictions, [SubjectIs(**SIGNED, track=4)])
        subject = corrected.subject("largest")
        assert (subject.track_id, subject.strategy) == (4, "track:4")
        assert subject.reason == "named by reader 2 in a correction"
        assert PoseSequence.from_predictions(corrected).subject == corrected.subject()

    def test_a_track_that_the_caller_names_is_taken_all_the_same(self) -> None:
        corrected = correct_predictions(two_people(), [SubjectIs(**SIGNED, track=4)])
        assert corrected.subject("track:0").track_id == 0

    def test_there_must_be_such_a_track(self) -> None:
        with pytest.raises(CorrectionError, match="no track 3") as raised:
            correct_predictions(two_people(), [SubjectIs(**SIGNED, track=3)])
        assert raised.value.hint == "the tracks are 0, 4"

    def test_two_subjects_are_refused_also_one_after_the_other(self) -> None:
        first = correct_predictions(two_people(), [SubjectIs(**SIGNED, track=4)])
        with pytest.raises(CorrectionError, match="tracks 0, 4 are all"):
            correct_predictions(first, [SubjectIs(**SIGNED, track=0)])


class TestSides:
    @pytest.mark.parametrize("limbs", list(Limbs))
    def test_what_was_exchanged_is_as_before(self, limbs: Limbs) -> None:
        predictions = two_people()
        wrong = SidesExchanged(**SIGNED, first_frame=40, last_frame=49, limbs=limbs, track=4)
        exchanged = correct_predictions(predictions, [wrong])
        rows = (predictions.track_ids == 4) & (predictions.frame_index // 10 == 4)
        for name in ("poses3d", "poses2d", "confidence"):
            before, after = getattr(predictions, name), getattr(exchanged, name)
            np.testing.assert_array_equal(before[~rows], after[~rows])
        left, right = BLAZEPOSE_33.index("left_knee"), BLAZEPOSE_33.index("right_knee")
        taken = left if limbs is Limbs.ARMS else right
        np.testing.assert_array_equal(
            exchanged.poses3d[rows, left], predictions.poses3d[rows, taken]
        )
        again = correct_predictions(exchanged, [wrong])
        np.testing.assert_array_equal(again.poses3d, predictions.poses3d)

    def test_without_a_track_it_is_everybody(self) -> None:
        predictions = two_people()
        wrong = SidesExchanged(**SIGNED, first_frame=40, last_frame=40)
        changed = correct_predictions(predictions, [wrong]).poses2d != predictions.poses2d
        assert changed.any(axis=(1, 2)).sum() == 2

    @pytest.mark.parametrize(("first", "last", "track"), [(80, 90, 0), (0, 9, 4), (0, 9, 7)])
    def test_frames_without_the_person_are_refused(self, first: int, last: int, track: int) -> None:
        wrong = SidesExchanged(**SIGNED, first_frame=first, last_frame=last, track=track)
        with pytest.raises(CorrectionError):
            correct_predictions(two_people(), [wrong])


class TestLeavingOut:
    def test_a_stretch_becomes_a_gap_with_its_reason(self) -> None:
        predictions = two_people()
        stretch = LeaveOut(**SIGNED, start_s=1.0, end_s=1.5)
        corrected = correct_predictions(predictions, [stretch])
        [gap] = corrected.metadata.gaps
        assert (gap.first_frame, gap.last_frame, gap.reason) == (30, 45, f"{LEFT_OUT} by reader 2")
        sequence = PoseSequence.from_predictions(corrected)
        assert [(each.first, each.last, each.reason) for each in sequence.gaps] == [
            (30, 45, f"{LEFT_OUT} by reader 2")
        ]
        assert np.isnan(sequence.positions_mm[30:46]).all()
        whole = PoseSequence.from_predictions(predictions)
        np.testing.assert_array_equal(sequence.positions_mm[46:], whole.positions_mm[46:])

    def test_its_pictures_are_not_said_to_be_missing(self) -> None:
        stretch = LeaveOut(**SIGNED, start_s=1.0, end_s=2.5)
        corrected = correct_predictions(two_people(), [stretch])
        assert corrected.metadata.missing_frame_count == 0
        assert PoseSequence.from_predictions(corrected).warnings[0] == corrected.warnings[0]

    def test_a_gap_that_was_there_keeps_its_reason(self) -> None:
        first = correct_predictions(two_people(), [LeaveOut(**SIGNED, start_s=1.0, end_s=1.2)])
        other = SIGNED | {"by": "reader 3"}
        again = correct_predictions(first, [LeaveOut(**other, start_s=1.1, end_s=1.3)])
        assert [gap.reason[-8:] for gap in again.metadata.gaps] == ["reader 2", "reader 3"]

    @pytest.mark.parametrize(("start_s", "end_s"), [(-1.0, 60.0), (5.0, 6.0), (0.01, 0.02)])
    def test_everything_and_nothing_are_refused(self, start_s: float, end_s: float) -> None:
        with pytest.raises(CorrectionError):
            correct_predictions(two_people(), [LeaveOut(**SIGNED, start_s=start_s, end_s=end_s)])


class TestTrail:
    def test_nothing_is_forgotten_and_the_original_stays(self) -> None:
        predictions = two_people()
        made: list[Correction] = [
            SubjectIs(**SIGNED, track=4),
            LeaveOut(**SIGNED, start_s=2.5, end_s=2.6),
        ]
        corrected = correct_predictions(correct_predictions(predictions, made[:1]), made[1:])
        assert list(corrections_of(corrected.provenance)) == made
        assert corrections_of(predictions.provenance) == ()
        assert predictions == two_people()
        assert len([each for each in corrected.warnings if "corrected by reader 2" in each]) == 2
        sequence = PoseSequence.from_predictions(corrected)
        assert list(sequence.corrections) == made

    def test_predictions_without_a_provenance_have_a_trail_too(self) -> None:
        predictions = two_people().model_copy(update={"provenance": None})
        corrected = correct_predictions(predictions, [SubjectIs(**SIGNED, track=4)])
        assert corrected.provenance is not None
        assert corrected.provenance.model == "not recorded"
        assert len(corrections_of(corrected.provenance)) == 1

    def test_segmentations_of_other_poses_are_dropped(self) -> None:
        entry: dict[str, Any] = {"windows": [], "settings": {}}
        predictions = two_people().model_copy(update={"segmentations": {"other": entry}})
        stretch = correct_predictions(predictions, [LeaveOut(**SIGNED, start_s=1, end_s=1.1)])
        assert not stretch.segmentations
        assert any("segmentations" in each for each in stretch.warnings)
        subject = correct_predictions(predictions, [SubjectIs(**SIGNED, track=4)])
        assert not isinstance(subject.segmentations["other"], Segmentation)


class TestReconstruction:
    def test_a_stretch_is_missing_everywhere(self, walk: Reconstruction) -> None:
        corrected = correct_reconstruction(walk, [LeaveOut(**SIGNED, start_s=2.0, end_s=3.0)])
        gone = (walk.time_s >= 2.0 - 1e-6) & (walk.time_s <= 3.0 + 1e-6)
        for name in ("positions_mm", "coordinates", "confidence"):
            values = getattr(corrected, name)
            assert np.isnan(values[gone]).all()
            np.testing.assert_array_equal(values[~gone], getattr(walk, name)[~gone])
        assert np.isnan(corrected.position_draws_mm[:, gone]).all()
        sequence = PoseSequence.from_reconstruction(corrected, draws=0)
        assert [gap.reason for gap in sequence.gaps] == [LEFT_OUT]

    def test_a_contact_reaches_the_report(self, walk: Reconstruction) -> None:
        before = gait_report(analyze_gait(PoseSequence.from_reconstruction(walk, draws=0)))
        event = next(each for each in before.events if each.name == "initial_contact")
        assert event.side is not None
        wrong = ContactWrong.model_validate(
            {**SIGNED, "event": event.name, "side": event.side, "time_s": event.time_s}
        )
        corrected = correct_reconstruction(walk, [wrong])
        after = gait_report(analyze_gait(PoseSequence.from_reconstruction(corrected, draws=0)))
        assert len(after.events) == len(before.events) - 1
        assert any("corrected by reader 2" in each for each in after.warnings)

    def test_what_needs_another_fit_is_refused(self, walk: Reconstruction) -> None:
        with pytest.raises(CorrectionError, match="in a reconstruction") as raised:
            correct_reconstruction(walk, [SubjectIs(**SIGNED, track=4)])
        assert "predictions" in str(raised.value.hint)
        everything = LeaveOut(**SIGNED, start_s=-1, end_s=60)
        with pytest.raises(CorrectionError, match="nothing is left"):
            correct_reconstruction(walk, [everything])
