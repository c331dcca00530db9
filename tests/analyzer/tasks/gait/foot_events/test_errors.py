"""Standard errors of events: they order real errors, and cover them."""

from __future__ import annotations

import numpy as np
import pytest
from tests.analyzer.tasks.gait import walks

from neuropose.analyzer.tasks.gait import GaitAnalysis, analyze_gait, gait_report
from neuropose.analyzer.tasks.gait.foot_events.errors import (
    steadied,
    systematic_s,
    within_50_ms,
)
from neuropose.testing import WalkerTrial, walker_sequence

RATE_HZ = 100.0


def test_noise_is_weighed_against_what_is_usual() -> None:
    turned = np.arange(100.0, 1100.0, 100.0)
    rng = np.random.default_rng(1)
    timed = turned + 4.0 + rng.normal(0.0, 4.0, len(turned))
    sure = steadied("initial_contact", turned, timed, np.full(10, 0.01), RATE_HZ)
    unsure = steadied("initial_contact", turned, timed, np.full(10, 4.0), RATE_HZ)
    np.testing.assert_allclose(sure.places, timed, atol=1e-2)
    assert np.std(unsure.places - turned) < 0.3 * np.std(timed - turned)
    assert (unsure.error > sure.error).all()


def test_what_was_not_timed_is_where_the_others_say() -> None:
    turned = np.arange(100.0, 600.0, 100.0)
    timed = turned + 4.0
    timed[2] = np.nan
    found = steadied("initial_contact", turned, timed, np.zeros(5), RATE_HZ)
    np.testing.assert_allclose(found.places, turned + 4.0)
    assert found.error[2] > 2.0 * found.error[1]


def test_one_timed_event_tells_about_another_and_is_left_as_it_is() -> None:
    turned = np.array([100.0, 200.0])
    timed, jitter = np.array([np.nan, 204.0]), np.array([np.nan, 3.0])
    found = steadied("initial_contact", turned, timed, jitter, RATE_HZ)
    np.testing.assert_array_equal(found.places, [104.0, 204.0])
    assert found.error[1] == pytest.approx(np.hypot(0.3, 3.0))
    assert found.error[0] > np.hypot(2.0, 3.0)


def test_where_nothing_was_timed_events_are_at_their_turning_points() -> None:
    turned, nothing = np.array([100.0, 200.0]), np.full(2, np.nan)
    found = steadied("foot_off", turned, nothing, nothing, RATE_HZ)
    np.testing.assert_array_equal(found.places, turned)
    np.testing.assert_allclose(found.error, 2.0)


def test_a_strange_time_that_may_be_far_off_is_drawn_to_the_others_and_doubted() -> None:
    turned = np.arange(100.0, 500.0, 100.0)
    timed = turned + np.array([4.0, 4.2, 3.8, 13.5])
    found = steadied("initial_contact", turned, timed, np.array([0.1, 0.1, 0.1, 4.0]), RATE_HZ)
    assert abs(found.places[3] - turned[3] - 4.0) < 1.0
    assert abs(found.places[3] - timed[3]) < 3.0 * found.error[3]
    np.testing.assert_allclose(found.places[:3], timed[:3], atol=0.01)


def test_intervals_that_vary_more_than_noise_explains_are_doubted() -> None:
    turned = np.arange(100.0, 1300.0, 100.0)
    rng = np.random.default_rng(2)
    apart = rng.normal(0.0, 1.0, len(turned))
    even, uneven = (
        steadied("initial_contact", turned, turned + 4.0 + size * apart, np.full(12, 1.0), RATE_HZ)
        for size in (1.0, 5.0)
    )
    assert np.median(uneven.error) > 1.1 * np.median(even.error)
    assert np.std(uneven.places - turned) < 0.6 * np.std(5.0 * apart)


def test_noise_at_the_turning_point_counts_where_the_timing_does_not() -> None:
    turned = np.arange(100.0, 700.0, 100.0)
    timed, still = turned + 4.0, np.zeros(6)
    timed[2] = np.nan
    quiet, loud = (
        steadied("foot_off", turned, timed, still, RATE_HZ, turned_jitter=np.full(6, jitter))
        for jitter in (0.0, 3.0)
    )
    assert loud.error[2] > 1.5 * quiet.error[2]
    np.testing.assert_allclose(np.delete(loud.error, 2), np.delete(quiet.error, 2))


def test_what_a_recording_shares_grows_with_the_low_pass_and_with_one_camera() -> None:
    sharp, blurred = (
        systematic_s("initial_contact", hz, from_pictures=False, apart_s=0.004)
        for hz in (20.0, 6.0)
    )
    assert blurred > 1.3 * sharp
    unending = float("inf")
    assert systematic_s("initial_contact", unending, from_pictures=False, apart_s=0.004) == sharp
    assert systematic_s("foot_off", 6.0, from_pictures=True) > 0.02


def test_motions_that_contradict_one_another_make_contacts_uncertain_and_foot_offs_not() -> None:
    agree, contradict, alone = (
        {
            kind: systematic_s(kind, 20.0, from_pictures=False, apart_s=apart_s)
            for kind in walks.KINDS
        }
        for apart_s in (0.004, 0.012, float("nan"))
    )
    assert contradict["initial_contact"] == pytest.approx(3.0 * agree["initial_contact"])
    assert agree["initial_contact"] < alone["initial_contact"] < contradict["initial_contact"]
    assert agree["foot_off"] == contradict["foot_off"] == alone["foot_off"]


def test_no_events() -> None:
    nothing = np.empty(0)
    assert not len(steadied("foot_off", nothing, nothing, nothing, RATE_HZ).places)


def test_confidence_falls_with_the_error() -> None:
    chances = [within_50_ms(error_s) for error_s in (0.0, 0.01, 0.03, 0.1)]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] == 1.0
    assert chances[-1] < 0.5


def noisy(noise_mm: float, seed: int = 0) -> tuple[GaitAnalysis, WalkerTrial]:
    trial = walks.trial(duration_s=40.0).with_noise(noise_mm, seed)
    return analyze_gait(walker_sequence(trial)), trial


@pytest.mark.parametrize("noise_mm", [0.0, 5.0, 15.0])
def test_intervals_of_events_and_stride_times_cover(noise_mm: float) -> None:
    analysis, trial = noisy(noise_mm)
    covered = []
    for event in analysis.events:
        true_s = getattr(trial.side(event.side), f"{event.kind}_s")
        error_s = float(np.abs(true_s - event.time_s).min())
        if error_s < 0.2:  # else it lies at the edge, and has no counterpart
            covered.append(error_s < 1.96 * event.standard_error_s)
    assert np.mean(covered) > 0.9
    strides = analysis.chosen()
    off_s = [abs(s.values["stride_time"] - trial.parameters.stride_time_s) for s in strides]
    errors_s = [stride.errors["stride_time"].random for stride in strides]
    assert np.mean(np.array(off_s) < 1.96 * np.array(errors_s)) > 0.9


def test_noise_makes_the_errors_larger() -> None:
    clean, noisy_ = noisy(0.0)[0], noisy(15.0)[0]
    errors = [np.median([e.random_s for e in a.events]) for a in (clean, noisy_)]
    assert errors[1] > 1.2 * errors[0]


def test_what_all_strides_share_does_not_average_out() -> None:
    report = gait_report(noisy(5.0)[0])
    stance, time = report.measures["stance"], report.measures["stride_time"]
    assert stance.standard_error is not None
    assert time.standard_error is not None
    shared = 100.0 * np.hypot(0.011, 0.010) / (12.0 / 11.0)
    assert stance.standard_error > shared
    assert time.standard_error < 0.01
    assert report.measures["step_width"].standard_error is None
    assert all(event.standard_error_s for event in report.events)
