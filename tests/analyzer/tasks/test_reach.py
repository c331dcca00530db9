"""Reaches of minimum jerk come out as they were made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.analyzer.tasks.rooms import without

from neuropose.analyzer.tasks.reach import ReachSettings, measure_reach, movement_units
from neuropose.data import Report
from neuropose.errors import MissingJointsError
from neuropose.filters import Preparation
from neuropose.sequence import PoseSequence
from neuropose.testing import simulate_reach, simulate_sit_to_stand

RAW = Preparation(cutoff_hz=None, outlier_window=None)
T = np.linspace(0.0, 1.0, 101)


def value(report: Report, name: str) -> float:
    found = report.measures[name]
    assert found.value is not None, found.reason
    return found.value


def hide(sequence: PoseSequence, joint: str, start_s: float, end_s: float) -> PoseSequence:
    confidence = np.ones(sequence.positions_mm.shape[:2])
    inside = (sequence.time_s >= start_s) & (sequence.time_s <= end_s)
    confidence[inside, sequence.joints.index(joint)] = 0.1
    return replace(sequence, confidence=confidence)


class TestTruth:
    @pytest.mark.parametrize("duration_s", [0.5, 0.9, 1.6])
    @pytest.mark.parametrize("side", ["left", "right"])
    def test_unfiltered(self, duration_s: float, side: str) -> None:
        trial = simulate_reach(side=side, duration_s=duration_s, trunk_mm=70.0, fps=200.0)
        report = measure_reach(trial.sequence, ReachSettings(preparation=RAW))
        assert report.choices["hand"].method == f"{side} wrist"
        assert value(report, "peak_speed") == pytest.approx(
            trial.truth["peak_speed_mm_s"], rel=1e-3
        )
        assert value(report, "movement_time") == pytest.approx(
            trial.truth["movement_time_s"], abs=2e-3
        )
        assert value(report, "time_to_peak_speed") == pytest.approx(50.0, abs=0.5)
        assert value(report, "movement_units") == 1
        assert value(report, "path_ratio") == pytest.approx(1.0, abs=1e-9)
        assert value(report, "reach_distance") == pytest.approx(300.0, rel=0.01)
        assert value(report, "trunk_displacement") == pytest.approx(
            trial.truth["trunk_displacement_mm"], rel=0.01
        )
        onset = next(event for event in report.events if event.name == "onset")
        assert onset.time_s == pytest.approx(trial.truth["onset_s"], abs=2e-3)
        assert onset.side == side

    def test_the_usual_low_pass_costs_little(self) -> None:
        trial = simulate_reach()
        report = measure_reach(trial.sequence)
        assert value(report, "peak_speed") == pytest.approx(
            trial.truth["peak_speed_mm_s"], rel=0.01
        )
        assert value(report, "movement_time") == pytest.approx(
            trial.truth["movement_time_s"], rel=0.02
        )
        assert -1.6 < value(report, "sparc") < -1.3

    def test_a_still_trunk(self) -> None:
        assert value(
            measure_reach(simulate_reach().sequence), "trunk_displacement"
        ) == pytest.approx(0.0)


class TestWhichHandAndMovement:
    def test_the_hand_that_is_asked_for(self) -> None:
        trial = simulate_reach(side="right", trunk_mm=90.0)
        report = measure_reach(trial.sequence, ReachSettings(side="left"))
        assert report.choices["hand"].method == "left wrist"
        assert report.choices["hand"].warnings == ()
        assert value(report, "reach_distance") < 150.0

    def test_the_choice_is_explained(self) -> None:
        [why] = measure_reach(simulate_reach().sequence).choices["hand"].warnings
        assert why == "the hand that moved most was taken: the left one 0 mm, the right one 150 mm"

    def test_there_and_back(self) -> None:
        trial = simulate_reach(back=True)
        first, second = (
            measure_reach(trial.sequence, ReachSettings(movement=number)) for number in (1, 2)
        )
        assert "2 movements are about as fast: number 1 was measured" in first.warnings
        gap_s = second.events[0].time_s - first.events[0].time_s
        assert gap_s == pytest.approx(1.9, abs=0.01)
        third = measure_reach(trial.sequence, ReachSettings(movement=3))
        assert "there are 2" in third.measures["movement_time"].reason

    def test_only_one_hand_in_the_skeleton(self) -> None:
        trial = simulate_reach(side="left")
        joints = [name for name in trial.sequence.joints if name != "right_wrist"]
        report = measure_reach(trial.sequence.select(*joints))
        assert report.choices["hand"].method == "left wrist"
        with pytest.raises(MissingJointsError, match="right_wrist"):
            measure_reach(trial.sequence.select(*joints), ReachSettings(side="right"))


class TestJumps:
    @pytest.mark.parametrize("fps", [30.0, 100.0])
    def test_poses_that_jump_are_no_reach(self, fps: float) -> None:
        trial = simulate_reach(duration_s=0.9, fps=fps)
        sequence = trial.sequence
        positions = sequence.positions_mm.copy()
        first = sequence.positions_mm[0]
        positions[:] = first
        wrist = sequence.joints.index("right_wrist")
        positions[sequence.time_s > 1.4, wrist] += [300.0, 0.0, 0.0]
        report = measure_reach(sequence.with_positions(positions))
        for name in ("peak_speed", "movement_time", "reach_distance"):
            assert "a jump of the poses" in report.measures[name].reason

    @pytest.mark.parametrize("fps", [30.0, 100.0])
    def test_the_fastest_reach_is_one(self, fps: float) -> None:
        report = measure_reach(simulate_reach(duration_s=0.35, fps=fps).sequence)
        assert value(report, "reach_distance") == pytest.approx(300.0, rel=0.05)


class TestNoise:
    def test_the_threshold_is_raised_and_said(self) -> None:
        trial = simulate_reach(distance_mm=380.0, duration_s=0.8).with_noise(2.0)
        report = measure_reach(trial.sequence)
        assert any(warning.startswith("onset and offset are at") for warning in report.warnings)
        assert value(report, "threshold_speed") > 0.02 * value(report, "peak_speed")
        assert report.measures["movement_time"].confidence < 0.6
        assert value(report, "movement_time") == pytest.approx(
            trial.truth["movement_time_s"], rel=0.2
        )

    def test_too_much_noise_is_refused(self) -> None:
        report = measure_reach(simulate_reach(distance_mm=100.0).with_noise(8.0).sequence)
        assert report.measures["movement_time"].value is None
        assert report.measures["path_ratio"].value is None


class TestNotThere:
    def test_a_hand_at_rest(self) -> None:
        trial = simulate_reach(distance_mm=20.0)
        report = measure_reach(trial.sequence)
        assert {measure.reason for measure in report.measures.values()} == {
            "the hand made no movement of 50 mm or more"
        }

    @pytest.mark.parametrize(
        ("start_s", "end_s", "which"), [(1.4, 3.0, "begins"), (0.0, 1.5, "ends")]
    )
    def test_cut_off(self, start_s: float, end_s: float, which: str) -> None:
        report = measure_reach(simulate_reach().sequence.slice(start_s, end_s))
        assert which in report.measures["movement_time"].reason
        assert report.measures["peak_speed"].warnings

    def test_a_gap_in_the_movement(self) -> None:
        report = measure_reach(without(simulate_reach().sequence, 1.3, 1.6))
        assert "where the hand is missing" in report.measures["movement_time"].reason

    def test_a_short_gap_is_filled_and_costs_confidence(self) -> None:
        trial = simulate_reach()
        report = measure_reach(without(trial.sequence, 1.40, 1.45))
        assert value(report, "movement_time") == pytest.approx(
            trial.truth["movement_time_s"], rel=0.02
        )
        assert report.measures["movement_time"].confidence == pytest.approx(0.93, abs=0.02)

    def test_no_shoulders(self) -> None:
        trial = simulate_reach()
        joints = [name for name in trial.sequence.joints if name != "neck"]
        report = measure_reach(trial.sequence.select(*joints))
        assert "neck" in report.measures["trunk_displacement"].reason
        assert report.measures["movement_time"].value is not None

    def test_low_confidence_of_the_model(self) -> None:
        sequence = simulate_reach().sequence
        doubtful = replace(sequence, confidence=np.full(sequence.positions_mm.shape[:2], 0.6))
        assert measure_reach(doubtful).measures["peak_speed"].confidence == pytest.approx(0.6)

    @pytest.mark.parametrize(
        ("hidden_s", "reason"),
        [
            ((0.0, 9.0), "the right wrist is hidden: where it is, the model guesses"),
            (
                (1.2, 9.0),
                "the right wrist is hidden in 79 % of a movement: where it is then, the model "
                "guesses",
            ),
        ],
    )
    def test_a_hidden_hand_has_no_speed(self, hidden_s: tuple[float, float], reason: str) -> None:
        hidden = hide(simulate_reach(side="right").sequence, "right_wrist", *hidden_s)
        report = measure_reach(hidden, ReachSettings(side="right"))
        assert {each.reason for each in report.measures.values()} == {reason}

    def test_a_drift_of_a_hidden_hand_is_left_out(self) -> None:
        """The left hand reaches; the right one, hidden, drifts faster and farther."""
        reach = simulate_reach(side="left", back=True)
        drift = simulate_reach(side="right", distance_mm=380.0, back=True).sequence
        both = reach.sequence.positions_mm + drift.positions_mm - drift.positions_mm[0]
        hidden = hide(reach.sequence.with_positions(both), "right_wrist", 0.0, 9.0)
        report = measure_reach(hidden)
        assert report.choices["hand"].method == "left wrist"
        assert value(report, "peak_speed") == pytest.approx(
            reach.truth["peak_speed_mm_s"], rel=0.02
        )

    def test_of_two_movements_the_one_that_is_seen(self) -> None:
        trial = simulate_reach(side="right", back=True)
        hidden = hide(trial.sequence, "right_wrist", 2.5, 9.0)
        report = measure_reach(hidden, ReachSettings(side="right"))
        assert value(report, "peak_speed") > 0.0
        assert (
            "the right wrist is hidden in 100 % of a movement, which is left out" in report.warnings
        )


def test_a_hand_that_is_carried_along_is_told() -> None:
    carried = measure_reach(simulate_sit_to_stand().sequence)
    assert any("walks or rises" in warning for warning in carried.warnings)
    leaning = measure_reach(simulate_reach(trunk_mm=120.0).sequence)
    assert not any("walks or rises" in warning for warning in leaning.warnings)


class TestMovementUnits:
    def test_dips_that_are_too_shallow_or_too_close(self) -> None:
        two = 500.0 * np.sin(2.0 * np.pi * T) ** 2
        assert movement_units(two, 100.0) == 2
        assert movement_units(two, 100.0, least_rise=600.0) == 0
        assert movement_units(two, 100.0, least_interval_s=0.6) == 1
        shallow = 500.0 * np.sin(np.pi * T) ** 2 + 8.0 * np.sin(20.0 * np.pi * T)
        assert movement_units(shallow, 100.0) == 1

    def test_many(self) -> None:
        assert movement_units(100.0 * np.sin(5.0 * np.pi * T) ** 2, 100.0) == 5
