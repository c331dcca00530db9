"""Timed up and go: phases, turns and steps as they were planned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.analyzer.tasks.rooms import without

from neuropose.analyzer.prepared import prepare_recording
from neuropose.analyzer.signals.turns import TurnSettings
from neuropose.analyzer.tasks.timed_up_and_go import (
    TimedUpAndGoSettings,
    measure_timed_up_and_go,
    turns_of,
)
from neuropose.data import Report
from neuropose.filters import Preparation
from neuropose.testing import (
    TimedUpAndGoPlan,
    simulate_sit_to_stand,
    simulate_timed_up_and_go,
    simulate_walk,
    walker_sequence,
)
from neuropose.testing.people.minimum_jerk import min_jerk_edge

PLANS = [
    TimedUpAndGoPlan(),
    TimedUpAndGoPlan(turn_s=1.2, distance_mm=2500.0, walk_s=3.5, fps=30.0),
    TimedUpAndGoPlan(turn_s=3.0, walk_s=7.0, rise_s=2.0, step_s=0.7, swing_s=0.5),
]


def value(report: Report, name: str) -> float:
    found = report.measures[name]
    assert found.value is not None, found.reason
    return found.value


@pytest.mark.parametrize("swing_deg", [0.0, 4.0])
@pytest.mark.parametrize("plan", PLANS)
def test_truth(plan: TimedUpAndGoPlan, swing_deg: float) -> None:
    plan = replace(plan, pelvis_swing_deg=swing_deg)
    trial = simulate_timed_up_and_go(plan)
    report = measure_timed_up_and_go(trial.sequence)
    begin_s = report.events[0].time_s
    # The trunk begins to lean, with minimum jerk, 0.6 s before the pelvis rises.
    assert plan.rest_s - 0.6 < begin_s < plan.rest_s - 0.4
    assert value(report, "duration") == pytest.approx(trial.truth["sit_end_s"] - begin_s, abs=0.03)
    for turn in ("turn", "turn_to_sit"):
        assert value(report, f"{turn}_angle") == pytest.approx(180.0, abs=7.0 if swing_deg else 4.0)
        assert value(report, f"{turn}_peak_speed") == pytest.approx(
            trial.truth["peak_turn_deg_s"], rel=0.1 if swing_deg else 0.08
        )
    edge = min_jerk_edge(5.0 / trial.truth["peak_turn_deg_s"])
    from_5_deg_s = (1.0 - 2.0 * edge) * plan.turn_s
    assert value(report, "turn_duration") == pytest.approx(from_5_deg_s, abs=0.45)
    assert value(report, "walk_out_duration") == pytest.approx(plan.walk_s, rel=0.1)
    assert value(report, "walk_back_duration") == pytest.approx(plan.walk_s, rel=0.1)
    first = next(event.time_s for event in report.events if event.name == "turn")
    last = first + value(report, "turn_duration")
    contacts = [at for _, at in plan.contacts_s() if first <= at <= last]
    assert value(report, "turn_steps") == pytest.approx(len(contacts), abs=1)


def test_phases_follow_each_other() -> None:
    report = measure_timed_up_and_go(simulate_timed_up_and_go().sequence)
    table = report.tables["phases"]
    starts, ends = table.column("start"), table.column("end")
    assert starts[1:].tolist() == ends[:-1].tolist()
    phases = table.column("phase").tolist()
    assert phases == ["stand_up", "walk_out", "turn", "walk_back", "turn_to_sit"]
    durations = [value(report, f"{phase}_duration") for phase in phases]
    assert sum(durations) == pytest.approx(value(report, "duration"))
    assert [event.name for event in report.events] == [*phases, "seated"]


def test_counted_steps() -> None:
    plan = TimedUpAndGoPlan()
    sequence = simulate_timed_up_and_go(plan).sequence
    steps = 0
    for side, at in plan.contacts_s():
        heel = sequence.joint(f"{side}_heel")[:, [0, 2]]
        before, after = np.searchsorted(sequence.time_s, [at - plan.swing_s, at + 0.05])
        steps += bool(np.linalg.norm(heel[after] - heel[before]) > 80.0)
    report = measure_timed_up_and_go(sequence)
    assert value(report, "steps") == pytest.approx(steps, abs=1)
    assert steps > 15


def test_with_noise() -> None:
    trial = simulate_timed_up_and_go()
    clean, noisy = (
        measure_timed_up_and_go(each.sequence) for each in (trial, trial.with_noise(8.0, seed=3))
    )
    assert value(noisy, "duration") == pytest.approx(value(clean, "duration"), abs=0.4)
    assert value(noisy, "turn_peak_speed") == pytest.approx(187.5, rel=0.15)


class TestWhatIsMissing:
    def reason(self, report: Report) -> str:
        [reason] = {measure.reason for measure in report.measures.values()}
        return str(reason)

    def test_the_end(self) -> None:
        report = measure_timed_up_and_go(simulate_timed_up_and_go().sequence.slice(0.0, 14.0))
        assert self.reason(report).endswith("missing: sitting down")

    def test_the_beginning(self) -> None:
        report = measure_timed_up_and_go(simulate_timed_up_and_go().sequence.slice(3.0, 99.0))
        assert self.reason(report).endswith("missing: rising from the chair")

    def test_the_lean_before_the_rise(self) -> None:
        report = measure_timed_up_and_go(simulate_timed_up_and_go().sequence.slice(1.0, 99.0))
        assert self.reason(report).startswith("the recording begins too late")

    def test_the_turns(self) -> None:
        report = measure_timed_up_and_go(simulate_sit_to_stand(2).sequence)
        assert "a turn, a turn before sitting down" in self.reason(report)

    def test_all_of_it(self) -> None:
        report = measure_timed_up_and_go(walker_sequence(simulate_walk()))
        assert "rising from the chair" in self.reason(report)

    def test_a_walk_that_is_too_short(self) -> None:
        plan = TimedUpAndGoPlan(distance_mm=800.0, walk_s=2.5)
        report = measure_timed_up_and_go(simulate_timed_up_and_go(plan).sequence)
        assert self.reason(report).endswith("mm away from the chair")
        near = TimedUpAndGoSettings(least_walk_mm=500.0)
        report = measure_timed_up_and_go(simulate_timed_up_and_go(plan).sequence, near)
        assert value(report, "duration") > 8.0

    def test_a_short_gap_in_the_walk_costs_the_steps(self) -> None:
        sequence = simulate_timed_up_and_go().sequence
        whole = measure_timed_up_and_go(sequence)
        report = measure_timed_up_and_go(without(sequence, 4.0, 4.6))
        assert value(report, "duration") == pytest.approx(value(whole, "duration"), abs=0.02)
        assert report.measures["duration"].confidence < whole.measures["duration"].confidence
        assert "an ankle is missing" in report.measures["steps"].reason
        assert value(report, "turn_steps") == value(whole, "turn_steps")

    def test_a_long_gap_in_the_walk(self) -> None:
        report = measure_timed_up_and_go(without(simulate_timed_up_and_go().sequence, 4.0, 5.5))
        assert "the pelvis is missing for 1.5 s in between" in self.reason(report)

    def test_a_gap_in_a_turn(self) -> None:
        report = measure_timed_up_and_go(without(simulate_timed_up_and_go().sequence, 7.0, 7.5))
        assert "the pelvis is missing for 0.5 s in between" in self.reason(report)


class TestTurns:
    def test_to_the_left_is_positive(self) -> None:
        prepared = prepare_recording(simulate_timed_up_and_go().sequence, Preparation())
        assert [
            round(turn.angle_deg / 10.0) for turn in turns_of(prepared, TimedUpAndGoSettings())
        ] == [18, 18]

    def test_the_swing_of_the_pelvis_is_no_turn(self) -> None:
        prepared = prepare_recording(walker_sequence(simulate_walk()), Preparation())
        assert turns_of(prepared, TimedUpAndGoSettings()) == ()

    def test_a_halt_in_a_turn(self) -> None:
        sequence = simulate_timed_up_and_go(TimedUpAndGoPlan(fps=100.0)).sequence
        halted_s = np.interp(sequence.time_s, [0.0, 7.3, 7.7, 17.0], [0.0, 7.3, 7.3, 16.6])
        positions = sequence.positions_mm[np.searchsorted(sequence.time_s, halted_s - 1e-9)]
        prepared = prepare_recording(sequence.with_positions(positions), Preparation())
        assert len(turns_of(prepared, TimedUpAndGoSettings())) == 2
        never_joined = TimedUpAndGoSettings(turning=TurnSettings(joined_s=0.0))
        assert len(turns_of(prepared, never_joined)) >= 2
