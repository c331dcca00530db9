"""Standard errors of measures from draws, against measures whose errors are known."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from neuropose.analyzer import PoseSequence
from neuropose.analyzer.tasks import TASKS, find_task
from neuropose.analyzer.tasks.drawn import LEAST_FOUND, add_standard_errors, pair_nearest
from neuropose.data import Event, Measure, Report, ReportProvenance, Table
from neuropose.testing import (
    WalkerParameters,
    reconstructed,
    simulate_reach,
    simulate_sit_to_stand,
    simulate_sway,
    simulate_taps,
    simulate_timed_up_and_go,
    simulate_walk,
    swing_arms,
    walker_sequence,
)

MOVEMENTS: dict[str, Callable[[], PoseSequence]] = {
    "gait": lambda: walker_sequence(simulate_walk(WalkerParameters(duration_s=5.0, fps=30))),
    "reach": lambda: simulate_reach().sequence,
    "sit-to-stand": lambda: simulate_sit_to_stand(3).sequence,
    "tug": lambda: simulate_timed_up_and_go().sequence,
    "repetitions": lambda: simulate_taps([80.0] * 6).sequence,
    "rom": lambda: walker_sequence(simulate_walk(WalkerParameters(duration_s=3.0, fps=30))),
    "sway": lambda: simulate_sway().sequence,
    "arm-swing": lambda: (
        swing_arms(
            simulate_walk(WalkerParameters(duration_s=5.0, fps=30)), left_deg=15.0, right_deg=20.0
        ).sequence
    ),
}

STANDING = PoseSequence.from_arrays([0.0, 0.1], np.zeros((2, 1, 3)), ["pelvis"])


def report_of(**measures: float | None) -> Report:
    return Report(
        task="gait",
        measures={
            name: Measure.missing("s", "not found")
            if value is None
            else Measure(value=value, unit="s", n=1)
            for name, value in measures.items()
        },
        provenance=ReportProvenance(neuropose_version="0"),
    )


@pytest.mark.parametrize("task", TASKS)
def test_every_measure_that_draws_change_has_a_standard_error(task: str) -> None:
    walk = PoseSequence.from_reconstruction(reconstructed(MOVEMENTS[task](), 3.0, draws=3))
    report = find_task(task).run(walk)
    given = {name: each for name, each in report.measures.items() if each.value is not None}
    assert len(given) >= 4
    unknown = [name for name, each in given.items() if each.standard_error is None]
    drawn = [find_task(task).run(walk.drawn(at)).measures for at in range(3 if unknown else 0)]
    for name in unknown:
        assert [each[name].value for each in drawn] == [given[name].value] * 3
    assert any(each.standard_error for each in given.values())
    assert all(each.confidence is None for each in given.values())
    assert report.parameters["draws"] == 3
    assert all(event.standard_error_s is not None for event in report.events)


@pytest.mark.parametrize("task", TASKS)
def test_an_exact_reconstruction_adds_no_error_and_has_the_same_measures(task: str) -> None:
    truth = MOVEMENTS[task]()
    exact = PoseSequence.from_reconstruction(reconstructed(truth, draws=2))
    report, plain = (find_task(task).run(each) for each in (exact, truth))
    assert report.measures.keys() == plain.measures.keys()
    for name, measure in report.measures.items():
        # An angle's error is guessed from the view where there are no draws.
        own = 0.0 if measure.unit == "deg" else plain.measures[name].standard_error or 0.0
        assert measure.standard_error in (None, pytest.approx(own, abs=1e-9)), name
        expected = plain.measures[name].value
        if expected is not None and measure.value is not None:
            assert measure.value == pytest.approx(expected, rel=1e-6, abs=1e-6), name


def test_the_truth_is_within_the_intervals_as_often_as_it_should_be() -> None:
    names = (  # no times: the error of the method that finds events is in theirs, and small here
        "step_length_left",
        "step_width",
        "walking_speed",
        "knee_flexion_peak_left",
    )
    truth = walker_sequence(simulate_walk(WalkerParameters(duration_s=5.0, fps=30)))
    exact = find_task("gait").run(truth).measures
    z = []
    for seed in range(10):
        walk = reconstructed(truth, 10.0, seed=seed, draws=12)
        found = find_task("gait").run(PoseSequence.from_reconstruction(walk)).measures
        for name in names:
            value, error, true = found[name].value, found[name].standard_error, exact[name].value
            assert value is not None
            assert error is not None
            assert true is not None
            z.append((value - true) / error)
    assert np.mean(np.abs(z) < 1.96) >= 0.88
    assert 0.75 <= np.std(z) <= 1.25


def test_more_error_is_more_standard_error() -> None:
    truth = MOVEMENTS["sit-to-stand"]()
    errors = []
    for error_mm in (2.0, 4.0, 8.0):
        walk = reconstructed(truth, error_mm, draws=12)
        report = find_task("sit-to-stand").run(PoseSequence.from_reconstruction(walk))
        errors.append(report.measures["height_gained"].standard_error)
    assert all(one < other for one, other in pairwise(errors) if one and other)
    assert errors[0] == pytest.approx(errors[2] / 4.0, rel=0.4)


def test_events_are_compared_with_the_nearest_ones_of_their_side() -> None:
    def event(time_s: float, side: str = "left", name: str = "initial_contact") -> Event:
        return Event(name=name, time_s=time_s, side=side)  # type: ignore[arg-type]

    own = (event(1.0), event(2.0), event(2.1, "right"))
    report = report_of().model_copy(update={"events": own})
    drawn = [
        [event(1.03), event(2.0, name="foot_off"), event(2.06, "right")],
        [event(0.4), event(0.96), event(2.14, "right")],
    ]
    found = add_standard_errors(report, STANDING, [({}, {})] * 2, drawn).events
    assert [each.time_s for each in found] == [1.0, 2.0, 2.1]
    assert found[0].standard_error_s == pytest.approx(np.sqrt((0.03**2 + 0.04**2) / 2))
    assert found[1].standard_error_s is None
    assert found[2].standard_error_s == pytest.approx(0.04)


def test_a_measure_that_few_of_the_movements_have_is_not_given() -> None:
    report = report_of(often=1.0, seldom=1.0, never=None)
    pairs = [
        (report.measures, report_of(often=value, seldom=value, never=2.0).measures)
        for value in (1.1, 0.9)
    ] + [(report.measures, report_of(often=1.1, seldom=None, never=2.0).measures)] * 3
    found = add_standard_errors(report, STANDING, pairs, [()] * 5).measures
    assert found["often"].standard_error == pytest.approx(0.1)
    assert found["seldom"].value is None
    assert found["seldom"].reason == (
        "only 2 of 5 movements that the recording allows have it; usual reason: not found"
    )
    assert found["never"].reason == "not found"
    assert LEAST_FOUND == 0.5


def test_the_rhythm_of_what_may_be_no_movement_is_not_given() -> None:
    report = report_of(amplitude=1.0, rate=2.0).model_copy(update={"task": "repetitions"})
    pairs = [
        (report.measures, report_of(amplitude=value, rate=2.1).measures) for value in (0.5, 1.5)
    ]
    rate = add_standard_errors(report, STANDING, pairs, [()] * 2).measures["rate"]
    assert rate.value is None
    assert rate.reason == "the amplitude, 1 ± 0.5 s, is not told from nothing"


def test_what_any_error_increases_has_that_in_its_standard_error() -> None:
    report = report_of(range=1.0)
    pairs = [(report.measures, report_of(range=1.2).measures)] * 4
    found = add_standard_errors(report, STANDING, pairs, [()] * 4).measures["range"]
    assert found.standard_error == pytest.approx(0.2)


def test_without_draws_nothing_changes() -> None:
    report = report_of(time=1.0)
    assert add_standard_errors(report, STANDING, [], []) is report


def test_each_moment_is_in_one_pair_at_most() -> None:
    row, column = pair_nearest(np.array([0.0, 0.1, 1.0]), np.array([0.08, 0.13, 1.3]), 0.2)
    assert (row.tolist(), column.tolist()) == ([1], [0])
    none, _ = pair_nearest(np.array([]), np.array([1.0]), 1.0)
    assert len(none) == 0


def test_mean_curves_have_their_standard_error() -> None:
    truth = MOVEMENTS["gait"]()
    exact = find_task("gait").run(truth).tables["cycles"].column("knee_flexion_mean_left")
    inside = []
    for seed in range(6):
        walk = reconstructed(truth, 6.0, seed=seed, draws=10)
        cycles = find_task("gait").run(PoseSequence.from_reconstruction(walk)).tables["cycles"]
        error = cycles.column("knee_flexion_standard_error_left")
        assert error.shape == (101,)
        inside.append(np.abs(cycles.column("knee_flexion_mean_left") - exact) < 1.96 * error)
    assert 0.85 <= np.mean(inside) <= 1.0


def test_what_is_refused_is_left_out_of_the_rows_of_tables_too() -> None:
    strides = Table.from_columns(
        {
            "side": (None, ["left", "right"]),
            "start": ("s", [0.0, 0.5]),
            "stride_time": ("s", [1.0, 1.1]),
        }
    )
    spreads = Table.from_columns(
        {
            "measure": (None, ["stride_time"] * 3),
            "side": (None, np.array([None, "left", "right"], dtype=object)),
            "sd": (None, [0.1, 0.2, 0.3]),
        }
    )
    report = report_of(stride_time=1.05, stride_time_left=1.0, stride_time_right=1.1)
    report = report.model_copy(update={"tables": {"strides": strides, "variability": spreads}})
    drawn = report_of(stride_time=1.06, stride_time_left=1.5, stride_time_right=1.1).measures
    found = add_standard_errors(report, STANDING, [(report.measures, drawn)] * 3, [()] * 3)
    assert found.measures["stride_time_left"].value is None
    assert found.tables["strides"].rows == (("left", 0.0, None), ("right", 0.5, 1.1))
    assert found.tables["variability"].rows == (
        ("stride_time", None, 0.1),
        ("stride_time", "right", 0.3),
    )


def test_a_walk_that_is_known_badly_has_only_what_its_report_gives_in_its_strides() -> None:
    walk = reconstructed(MOVEMENTS["gait"](), 60.0, draws=4)
    report = find_task("gait").run(PoseSequence.from_reconstruction(walk))
    strides = report.tables["strides"].to_frame()
    names = [name for name in strides.columns if f"{name}_left" in report.measures]
    missing = {
        f"{name}_{side}"
        for side in ("left", "right")
        for name in names
        if strides.loc[strides["side"] == side, name].isna().all()
    }
    refused = {
        f"{name}_{side}"
        for side in ("left", "right")
        for name in names
        if report.measures[f"{name}_{side}"].value is None
    }
    assert missing == refused
    assert {"step_width_left", "step_width_right"} <= refused
    assert len(refused) < 2 * len(names)


def test_a_count_that_no_draw_changes_has_no_known_error() -> None:
    turns = {"turns": Measure(value=0.0, unit="1", n=6)}
    report = report_of(stride_time=1.0).model_copy(update={"measures": turns})
    found = add_standard_errors(report, STANDING, [(turns, turns)] * 3, [()] * 3)
    assert found.measures["turns"].value == 0.0
    assert found.measures["turns"].standard_error is None
    assert found.measures["turns"].interval is None
