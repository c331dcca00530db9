"""Initial contacts, told by the heel and by the toe; foot offs, told by the toe."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.analyzer.tasks.gait import walks

from neuropose.analyzer.tasks.gait import GaitSettings, analyze_gait
from neuropose.analyzer.tasks.gait.feet import Feet
from neuropose.analyzer.tasks.gait.foot_events.contacts import (
    CROSSED_S,
    contact_times,
    of_heel,
    toe_falls,
)
from neuropose.analyzer.tasks.gait.foot_events.detection import zeni
from neuropose.analyzer.tasks.gait.foot_events.foot_offs import foot_off_times, toe_speeds
from neuropose.analyzer.tasks.gait.foot_events.timing import (
    Turns,
    lowest,
    nearest_speeds,
    sharpest_turn,
    walking_speeds,
)
from neuropose.testing import walker_sequence

SETTINGS = GaitSettings()
FPS = 120.0


def turns(feet: Feet) -> tuple[Turns, Turns]:
    """Where the left heel and the left toe turn back."""
    turned = zeni(feet, "left", SETTINGS)
    stances = walking_speeds(feet, "left", *turned)
    heel, toe = (
        Turns(feet, "left", at, nearest_speeds(stances, at, column), SETTINGS)
        for column, at in enumerate(turned)
    )
    return heel, toe


@pytest.fixture(scope="module")
def feet() -> Feet:
    return walks.feet(walks.sequence(fps=FPS))


def test_the_heel_is_stopped_at_contact(feet: Feet) -> None:
    heel, _ = turns(feet)
    stopped_s = of_heel(sharpest_turn, heel, toe_falls(heel).places).places / FPS
    true_s = walks.trial(fps=FPS).left.initial_contact_s
    assert np.abs(stopped_s - true_s).max() < 0.003


def test_the_heel_is_lowest_where_no_sample_is_lower(feet: Feet) -> None:
    heel, _ = turns(feet)
    height_mm = feet.heel["left"].height_mm
    for place in of_heel(lowest, heel, toe_falls(heel).places).places:
        around = np.arange(int(place) - 3, int(place) + 5)
        assert abs(place - around[np.argmin(height_mm[around])]) < 1.0


def test_an_ankle_is_no_heel() -> None:
    joints = ["pelvis", *(f"{s}_{j}" for s in ("left", "right") for j in ("ankle", "toe"))]
    heel, _ = turns(walks.feet(walks.sequence(fps=FPS).select(*joints)))
    fall = toe_falls(heel)
    assert np.isnan(of_heel(sharpest_turn, heel, fall.places).places).all()
    assert np.isnan(of_heel(lowest, heel, fall.places).places).all()
    alone = contact_times(heel)
    told = ~np.isnan(fall.places)
    assert told.any()
    np.testing.assert_allclose(
        alone.places[told], fall.places[told] - SETTINGS.toe_fall_lag_s * FPS
    )
    assert alone.apart is not None
    assert np.isnan(alone.apart).all()


def test_contacts_lie_between_what_heel_and_toe_tell(feet: Feet) -> None:
    heel, _ = turns(feet)
    fall = toe_falls(heel).places
    told = np.array(
        [
            fall - SETTINGS.toe_fall_lag_s * FPS,
            of_heel(sharpest_turn, heel, fall).places - SETTINGS.heel_stop_lag_s * FPS,
            of_heel(lowest, heel, fall).places - SETTINGS.heel_lowest_lag_s * FPS,
        ]
    )
    contacts = contact_times(heel)
    assert (contacts.places > told.min(axis=0)).all()
    assert (contacts.places < told.max(axis=0)).all()
    np.testing.assert_allclose(contacts.apart, told.std(axis=0, ddof=1), rtol=0.1)


def test_foot_offs_move_with_their_delays(feet: Feet) -> None:
    _, toe = turns(feet)
    places = [
        foot_off_times(
            replace(toe, settings=GaitSettings(toe_speed_lag_s=speed_s, toe_push_lag_s=push_s))
        ).places
        for speed_s, push_s in ((0.0, 0.0), (0.01, 0.01), (0.01, 0.0))
    ]
    np.testing.assert_allclose(places[0] - places[1], 0.01 * FPS)
    assert ((places[0] - places[2]) < 0.01 * FPS).all()
    assert ((places[0] - places[2]) > 0.0).all()


def test_a_slower_threshold_is_passed_earlier(feet: Feet) -> None:
    _, toe = turns(feet)
    slow, fast = (
        toe_speeds(replace(toe, settings=GaitSettings(foot_off_share=share))).places
        for share in (0.66, 1.0)
    )
    assert (slow < fast).all()


@pytest.mark.parametrize("fps", [60.0, 100.0])
def test_where_between_two_frames_an_event_falls_does_not_matter(fps: float) -> None:
    """Steps of 107.3 a minute fall everywhere between frames; a frame is 17 or 10 ms."""
    truth = walks.trial(fps=fps, cadence_steps_min=107.3, duration_s=20.0)
    events = analyze_gait(walker_sequence(truth)).events
    for kind in walks.KINDS:
        low_ms, high_ms = np.percentile(walks.errors_ms(events, truth, kind), [10.0, 90.0])
        assert high_ms - low_ms < 0.17 * 1000.0 / fps


@pytest.mark.parametrize("after_s", [0.08, 0.16, 0.24])
def test_a_recording_that_ends_soon_after_a_contact_times_it_as_any_other(after_s: float) -> None:
    walk = walks.sequence(edge_speed_ratio=1.5)
    contact = [e for e in analyze_gait(walk).events if e.kind == "initial_contact"][4]
    starts, ends = (
        [
            event.time_s
            for event in analyze_gait(part).events
            if (event.side, event.kind) == (contact.side, contact.kind)
        ]
        for part in (
            walk.slice(contact.time_s - after_s, walk.time_s[-1]),
            walk.slice(0.0, contact.time_s + after_s),
        )
    )
    assert starts[0] == pytest.approx(contact.time_s, abs=0.002)
    assert ends[-1] == pytest.approx(contact.time_s, abs=0.002)


def test_a_fall_that_the_recording_cuts_off_tells_nothing() -> None:
    walk = walks.sequence(fps=FPS, edge_speed_ratio=0.6)  # the heel turns back 21 ms before
    contact_s = walks.trial(fps=FPS, edge_speed_ratio=0.6).left.initial_contact_s[2]
    heel, _ = turns(walks.feet(walk))
    number = int(np.argmin(np.abs(heel.at - contact_s * FPS)))
    one = replace(heel, at=heel.at[[number]], walking_mm_s=heel.walking_mm_s[[number]])
    for after_s, told in ((-0.01, False), (0.05, True)):
        cut = replace(one, feet=walks.feet(walk.slice(0.0, contact_s + after_s)))
        assert np.isfinite(toe_falls(cut).places).item() == told


def test_a_heel_that_has_slowed_down_counts_little_beside_other_motions(feet: Feet) -> None:
    """The toe does not fall: the heel's speed alone tells, unless there is no toe at all."""
    heel, _ = turns(feet)
    level = np.full(len(feet.time_s), 30.0)
    flat = {side: replace(point, height_mm=level) for side, point in feet.toe.items()}
    slides = contact_times(replace(heel, feet=replace(feet, toe=flat)))
    assert np.isfinite(slides.places).any()
    assert np.nanmin(slides.jitter) >= CROSSED_S * FPS
    without_toe = {**feet.points, "toe": "ankle", "heel": "ankle"}
    alone = contact_times(replace(heel, feet=replace(feet, points=without_toe)))
    assert np.nanmax(alone.jitter) < CROSSED_S * FPS
