"""What numbers rest on, and which of them scale with it."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from neuropose.analyzer import PoseSequence
from neuropose.analyzer.assumptions import (
    assumptions_of,
    doubts,
    doubts_of_report,
    with_doubts,
)
from neuropose.analyzer.kinematics.orientation import vertical
from neuropose.data import Assumption, FrameGap, MarkerRecording, Measure, Source, Table
from neuropose.errors import SequenceError
from neuropose.testing import simulate_walk, synthetic_predictions, walker_sequence

FOV = {"camera": Assumption(source=Source.ASSUMED, value="field of view of 55°")}
RATE = {"rate": Assumption(source=Source.ASSUMED, value="25 frames/s")}
UNIT = {"unit": Assumption(source=Source.ASSUMED, value="mm")}


@pytest.mark.parametrize(
    ("assumptions", "scaling", "others"),
    [
        (FOV, ["mm", "m/s", "mm/s²", "mm²"], ["deg", "s", "%", "1", "deg/s", "steps/min"]),
        (UNIT, ["mm", "m/s"], ["deg", "s", "1", "steps/min"]),
        (RATE, ["s", "m/s", "deg/s", "steps/min", "Hz"], ["mm", "deg", "%", "1", "steps"]),
    ],
)
def test_what_scales(
    assumptions: dict[str, Assumption], scaling: list[str], others: list[str]
) -> None:
    for unit in scaling:
        [doubt] = doubts(assumptions, [unit])
        assert "scale with the assumed" in doubt
    for unit in others:
        assert doubts(assumptions, [unit]) == ()


@pytest.mark.parametrize("source", [Source.GIVEN, Source.FILE])
def test_what_is_known_is_no_matter_for_doubt(source: Source) -> None:
    known = {"camera": FOV["camera"].model_copy(update={"source": source})}
    assert doubts(known, ["mm"]) == ()


def test_the_doubt_stands_beside_the_number_once() -> None:
    measures = {
        "length": Measure(value=1.0, unit="mm", n=1, warnings=("one stride",)),
        "angle": Measure(value=1.0, unit="deg", n=1),
        "width": Measure.missing("mm", "not seen"),
    }
    once = with_doubts(measures, FOV)
    assert once == with_doubts(once, FOV)
    assert [len(each.warnings) for each in once.values()] == [2, 0, 0]
    assert once["length"].warnings[0] == "one stride"


def test_tables_have_the_doubt_in_the_report() -> None:
    lengths = Table.from_columns({"length": ("mm", [1.0])})
    rows = Table.from_columns({"unit": (None, ["mm/s"]), "mean": (None, [1.0])})
    angles = Table.from_columns({"angle": ("deg", [1.0])})
    for table, count in ((lengths, 1), (rows, 1), (angles, 0)):
        assert len(doubts_of_report({}, {"table": table}, FOV)) == count


class TestSequences:
    def test_arrays_are_the_callers(self) -> None:
        sequence = PoseSequence.from_arrays([0.0], [[[0, 0, 0]]], ["pelvis"], up=[0, 0, 2])
        assert {each.source for each in sequence.assumptions.values()} == {Source.GIVEN}
        assert assumptions_of(sequence, None)["vertical"].value == "z"
        with pytest.raises(SequenceError, match="three numbers, not all zero"):
            PoseSequence.from_arrays([0.0], [[[0, 0, 0]]], ["pelvis"], up=[0, 0, 0])

    def test_a_track_is_given_and_a_strategy_chooses(self) -> None:
        predictions = synthetic_predictions(people=2)
        for subject, source in (("longest", Source.ASSUMED), ("track:1", Source.GIVEN)):
            found = PoseSequence.from_predictions(predictions, subject).assumptions["subject"]
            assert found.source is source
            assert found.detail

    def test_no_camera_is_not_recorded(self) -> None:
        predictions = synthetic_predictions().model_copy(update={"camera": None})
        found = PoseSequence.from_predictions(predictions).assumptions
        assert found["camera"].source is Source.NOT_RECORDED
        assert len(doubts(found, ["mm"])) == 1

    def test_the_vertical_of_a_recording(self) -> None:
        recording = MarkerRecording(
            format="trc",
            names=("pelvis",),
            time_s=np.array([0.0]),
            positions_mm=np.zeros((1, 1, 3)),
            rate_hz=100.0,
            up=(0.0, 1.0, 0.0),
            up_source=Source.ASSUMED,
            unit="mm",
            unit_source=Source.FILE,
        )
        custom = assumptions_of(PoseSequence.from_recording(recording), None)["vertical"]
        assert (custom.source, custom.value) == (Source.ASSUMED, "y")
        assert custom.detail == "the axis along which trunk and legs stand"
        given = assumptions_of(PoseSequence.from_recording(recording, up=[0, 0, 1]), None)
        assert given["vertical"] == Assumption(source=Source.GIVEN, value="z")

    def test_they_outlast_what_is_done_to_a_sequence(self) -> None:
        sequence = PoseSequence.from_predictions(synthetic_predictions(frame_count=60))
        changed = pickle.loads(pickle.dumps(sequence.slice(0.5, 1.5).resample(50.0)))
        assert dict(changed.assumptions) == dict(sequence.assumptions)

    def test_a_vertical_that_was_estimated_is_assumed(self) -> None:
        predictions = synthetic_predictions(frame_count=120)
        sequence = PoseSequence.from_predictions(predictions)
        found = assumptions_of(sequence, vertical(sequence))["vertical"]
        assert found.source is Source.ASSUMED
        assert found.detail
        assert found.detail.startswith("estimated from the ")
        walk = walker_sequence(simulate_walk())
        estimated = assumptions_of(walk, vertical(walk, "trunk"))["vertical"]
        assert (estimated.source, estimated.detail) == (
            Source.ASSUMED,
            "estimated from the trunk",
        )


def test_damage_of_an_older_file_is_told_first() -> None:
    gap = FrameGap(first_frame=0, last_frame=9, reason="the picture is damaged")
    older = synthetic_predictions(frame_count=60, gaps=[gap])
    assert older.warnings == ()
    warnings = PoseSequence.from_predictions(older).warnings
    assert warnings[0].startswith("only 50 of 60 frames (83 %) have a picture; from frame 0 on")
