"""What is marked on the time line is what the report says, and what is doubtful."""

from __future__ import annotations

from dataclasses import replace

import pytest

from neuropose.analyzer import PoseSequence, analyze_gait, gait_report
from neuropose.analyzer.prepared import prepare_recording
from neuropose.analyzer.tasks.registry import TASKS
from neuropose.data import Event, Exchange, Report, ReportProvenance
from neuropose.filters import Preparation
from neuropose.page.marks import Lane, marks
from neuropose.sequence.data import SequenceGap
from neuropose.testing import simulate_timed_up_and_go


def of_kind(found: tuple, kind: str) -> list:  # type: ignore[type-arg]
    return [mark for mark in found if mark.kind == kind]


class TestMarks:
    def test_events(self, report: Report, walk: PoseSequence) -> None:
        found = marks(report, walk)
        contacts = of_kind(found, "initial_contact")
        wanted = [each for each in report.events if each.name == "initial_contact"]
        assert [(mark.start_s, mark.lane) for mark in contacts] == [
            (each.time_s, each.side) for each in wanted
        ]
        assert contacts[0].label == f"{wanted[0].side} initial contact"

    def test_a_doubtful_event_says_why(self, walk: PoseSequence) -> None:
        event = Event(name="initial_contact", time_s=1.0, side="left", warnings=("it is early",))
        report = Report(
            task="gait",
            measures={},
            events=(event,),
            provenance=ReportProvenance(neuropose_version="0.1.0"),
        )
        [mark] = marks(report, walk)
        assert mark.label == "left initial contact (it is early)"

    def test_stance_is_from_contact_to_foot_off(self, report: Report, walk: PoseSequence) -> None:
        stance = of_kind(marks(report, walk), "stance")
        assert stance
        for mark in stance:
            names = {
                each.name: each.time_s
                for each in report.events
                if each.side == mark.lane and each.time_s in (mark.start_s, mark.end_s)
            }
            assert names == {"initial_contact": mark.start_s, "foot_off": mark.end_s}

    def test_strides_can_be_looped(self, report: Report, walk: PoseSequence) -> None:
        strides = of_kind(marks(report, walk), "stride")
        assert len(strides) == len(report.tables["strides"].rows)
        assert all(mark.is_cycle for mark in strides)
        assert {mark.lane for mark in strides} == {Lane.LEFT, Lane.RIGHT}

    def test_phases_have_their_names(self) -> None:
        recording = simulate_timed_up_and_go().sequence
        found = marks(TASKS["tug"].run(recording), recording)
        assert "walk out" in {mark.label for mark in of_kind(found, "phase")}

    def test_a_turn_says_how_far(self) -> None:
        recording = simulate_timed_up_and_go().sequence
        report = gait_report(analyze_gait(recording))
        found = marks(report, recording, prepare_recording(recording, Preparation()))
        turns = of_kind(found, "turn")
        assert turns
        assert all("to the " in mark.label for mark in turns)
        assert any("180" in mark.label or "18" in mark.label for mark in turns)

    def test_gaps(self, report: Report, walk: PoseSequence) -> None:
        gappy = replace(walk, gaps=(SequenceGap(10, 20, "nobody was there"),))
        [mark] = of_kind(marks(report, gappy), "gap")
        assert (mark.lane, mark.label) == (Lane.DOUBT, "gap: nobody was there")
        assert mark.start_s == pytest.approx(walk.time_s[10])
        assert mark.end_s == pytest.approx(walk.time_s[20])

    def test_exchanges_are_of_frames(self, report: Report, walk: PoseSequence) -> None:
        later = replace(walk, first_frame=100)
        exchanges = [
            Exchange(first=90, last=109, limbs="legs", probability=0.9),
            Exchange(first=150, last=160, limbs="all", probability=0.6, settled=False),
            Exchange(first=10, last=20, limbs="arms", probability=0.9),
        ]
        first, second = of_kind(marks(report, later, exchanges=exchanges), "exchange")
        assert (first.start_s, first.end_s) == (walk.time_s[0], walk.time_s[9])
        assert first.label.startswith("left and right of the legs exchanged")
        assert first.label.endswith("put right")
        assert second.label.endswith("not settled, no sided numbers here")

    def test_they_are_in_order(self, report: Report, walk: PoseSequence) -> None:
        starts = [mark.start_s for mark in marks(report, walk)]
        assert starts == sorted(starts)
