"""Rises from a chair, at known times."""

from __future__ import annotations

import numpy as np
import pytest
from tests.analyzer.tasks.rooms import without

from neuropose.analyzer.tasks.chair import ChairSettings, find_stands
from neuropose.analyzer.tasks.sit_to_stand import SitToStandSettings, measure_sit_to_stand
from neuropose.data import Report
from neuropose.testing import (
    simulate_sit_to_stand,
    simulate_sway,
    simulate_walk,
    walker_sequence,
)


def value(report: Report, name: str) -> float:
    found = report.measures[name]
    assert found.value is not None, found.reason
    return found.value


class TestOneRise:
    @pytest.mark.parametrize("rise_s", [0.8, 1.2, 2.0])
    @pytest.mark.parametrize("fps", [30.0, 60.0])
    def test_truth(self, rise_s: float, fps: float) -> None:
        trial = simulate_sit_to_stand(rise_s=rise_s, fps=fps)
        report = measure_sit_to_stand(trial.sequence)
        assert value(report, "rises") == 1
        assert value(report, "rise_time") == pytest.approx(trial.truth["rise_time_s"], rel=0.01)
        assert value(report, "height_gained") == pytest.approx(trial.truth["height_mm"], rel=0.01)
        assert value(report, "lean_at_lift_off") == pytest.approx(trial.truth["lean_deg"], abs=1.0)
        assert value(report, "peak_lean") == pytest.approx(40.0, abs=0.5)
        assert report.events[0].time_s == pytest.approx(trial.truth["start_s"], abs=0.01)
        assert report.measures["rise_time"].sd is None

    def test_one_is_not_five(self) -> None:
        report = measure_sit_to_stand(simulate_sit_to_stand().sequence)
        assert report.measures["five_times_to_stand"].reason == "five rises are needed; there are 1"


class TestFiveRises:
    def test_truth(self) -> None:
        trial = simulate_sit_to_stand(5)
        report = measure_sit_to_stand(trial.sequence)
        total_s = 4.0 * trial.truth["period_s"] + trial.truth["rise_time_s"]
        assert value(report, "five_times_to_stand") == pytest.approx(total_s, abs=0.02)
        assert "sat down" in report.measures["five_times_to_seat"].reason
        assert len(report.tables["rises"].rows) == 5
        assert report.measures["rise_time"].sd == pytest.approx(0.0, abs=1e-6)

    def test_until_seated_again(self) -> None:
        trial = simulate_sit_to_stand(6)
        report = measure_sit_to_stand(trial.sequence)
        expected_s = 4.0 * trial.truth["period_s"] + 0.8 + 1.2 + trial.truth["rise_time_s"]
        assert value(report, "five_times_to_seat") == pytest.approx(expected_s, abs=0.02)
        assert report.measures["five_times_to_stand"].warnings == ("the first five of 6 rises",)

    def test_with_noise(self) -> None:
        trial = simulate_sit_to_stand(5)
        report = measure_sit_to_stand(trial.with_noise(8.0).sequence)
        assert value(report, "rises") == 5
        total_s = 4.0 * trial.truth["period_s"] + trial.truth["rise_time_s"]
        assert value(report, "five_times_to_stand") == pytest.approx(total_s, abs=0.2)

    @pytest.mark.parametrize(
        ("start_s", "end_s", "note"),
        [(5.6, 6.1, "hidden"), (5.9, 6.6, "cut off"), (5.0, 6.6, "hidden")],
    )
    def test_a_rise_in_a_gap_is_not_passed_over(
        self, start_s: float, end_s: float, note: str
    ) -> None:
        report = measure_sit_to_stand(without(simulate_sit_to_stand(5).sequence, start_s, end_s))
        assert report.measures["five_times_to_stand"].value is None
        notes = [str(each) for each in report.tables["rises"].column("note")]
        assert [each.startswith(note) for each in notes] == [False, True, False, False, False]
        assert value(report, "rises") == 4
        assert any("do not count" in warning for warning in report.warnings)

    def test_a_gap_while_upright_is_no_rise(self) -> None:
        report = measure_sit_to_stand(without(simulate_sit_to_stand(5).sequence, 6.6, 7.0))
        assert value(report, "rises") == 5


class TestOddRises:
    def test_a_slow_one_is_told(self) -> None:
        report = measure_sit_to_stand(simulate_sit_to_stand(rise_s=5.0).sequence)
        [note] = report.tables["rises"].column("note")
        assert note.startswith("too slow")
        assert value(report, "rises") == 0
        assert report.measures["rise_time"].reason == f"none of 1 rises counts: {note}"

    def test_an_interrupted_one_is_told(self) -> None:
        sequence = simulate_sit_to_stand(rise_s=1.0, fps=100.0).sequence
        time_s = sequence.time_s
        halted_s = np.interp(time_s, [0.0, 1.5, 2.5, 4.0], [0.0, 1.5, 1.5, 3.0])
        positions = sequence.positions_mm[np.searchsorted(time_s, halted_s - 1e-9)]
        report = measure_sit_to_stand(sequence.with_positions(positions))
        [note] = report.tables["rises"].column("note")
        assert note.startswith("interrupted: only")

    def test_who_stands_at_the_beginning_has_not_risen(self) -> None:
        trial = simulate_sit_to_stand(2)
        standing = trial.sequence.slice(2.4, 20.0)
        assert value(measure_sit_to_stand(standing), "rises") == 1

    def test_walking_is_no_rise(self) -> None:
        report = measure_sit_to_stand(walker_sequence(simulate_walk()))
        [reason] = {measure.reason for measure in report.measures.values()}
        assert reason.startswith("the pelvis never rises by 120 mm")

    def test_a_camera_that_tilts_is_no_rise(self) -> None:
        standing = simulate_sway(duration_s=6.0).sequence
        tilt_mm = 400.0 * np.clip((standing.time_s - 2.0) / 1.2, 0.0, 1.0)
        positions = standing.positions_mm + tilt_mm[:, None, None] * [0.0, 1.0, 0.0]
        report = measure_sit_to_stand(standing.with_positions(positions))
        assert value(report, "rises") == 0
        [note] = report.tables["rises"].column("note")
        assert "the camera moves, or nobody rises" in note
        assert note in report.measures["height_gained"].reason

    def test_one_foot_may_rise(self) -> None:
        sequence = simulate_sit_to_stand().sequence
        positions = sequence.positions_mm.copy()
        lifted = sequence.joints.index("left_ankle")
        positions[:, lifted, 1] += 400.0 * np.clip(sequence.time_s - 1.0, 0.0, 1.0)
        assert value(measure_sit_to_stand(sequence.with_positions(positions)), "rises") == 1

    def test_a_low_rise_can_be_asked_for(self) -> None:
        chair = ChairSettings(least_rise_mm=500.0)
        report = measure_sit_to_stand(
            simulate_sit_to_stand().sequence, SitToStandSettings(chair=chair)
        )
        assert "500 mm" in report.measures["rises"].reason


def test_many_equal_tops_are_one_stand() -> None:
    time_s = np.arange(600) / 60.0
    height = 400.0 * np.clip(time_s - 2.0, 0.0, 1.0) + 1e-9 * np.sin(40.0 * time_s)
    height[300:] -= 400.0 * np.clip(time_s[300:] - 7.0, 0.0, 1.0)
    stands = find_stands(time_s, height, np.gradient(height, time_s), ChairSettings())
    assert len(stands) == 1
    assert stands[0].rise is not None
    assert stands[0].descent is not None
    assert stands[0].descent.end_s == pytest.approx(8.0, abs=0.02)
