"""Events of the synthetic walker, whose contacts and foot offs are known exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.analyzer.tasks.gait import walks
from tests.analyzer.tasks.gait.walks import KINDS, errors_ms, times, trial, walker_events

from neuropose.analyzer.tasks.gait import GaitSettings, analyze_gait
from neuropose.analyzer.tasks.gait.foot_events.find import (
    ALONE,
    NOT_TIMED,
    OUT_OF_ORDER,
    find_events,
)
from neuropose.testing import CameraView, walker_sequence

FRAME_MS = 1000.0 / 60.0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"fps": 30.0},
        {"fps": 120.0},
        {"fps": 30.0, "frame_jitter": 0.4},
        {"speed_m_s": 0.3, "cadence_steps_min": 60.0, "duration_s": 12.0},
        {"speed_m_s": 2.0, "cadence_steps_min": 140.0},
        {"step_length_asymmetry_percent": 30.0, "step_time_asymmetry_percent": -20.0},
        {"stance_asymmetry_percent": 20.0, "speed_m_s": 1.0, "cadence_steps_min": 90.0},
    ],
    ids=str,
)
def test_every_event_within_a_frame(parameters: dict[str, Any], kind: str) -> None:
    truth = trial(**parameters)
    analysis = analyze_gait(walker_sequence(truth))
    errors = np.abs(errors_ms(analysis.events, truth, kind))
    # An event at the very edge of the recording may not be found.
    inner = errors[errors < 100.0]
    assert len(inner) >= len(errors) - 1
    frame_ms = 1000.0 / truth.parameters.fps
    assert inner.max() < max(0.75 * frame_ms, 8.5)
    assert np.median(inner) < max(4.0, 0.45 * frame_ms)


@pytest.mark.parametrize("fps", [30.0, 60.0, 120.0])
@pytest.mark.parametrize("ratio", [0.6, 0.8, 1.0, 1.25, 1.5])
def test_a_low_pass_does_not_move_events(ratio: float, fps: float) -> None:
    """The turning point of a heel is 21 ms early at 0.6 after 6 Hz, whatever the frame rate."""
    truth = trial(edge_speed_ratio=ratio, fps=fps)
    events = analyze_gait(walker_sequence(truth)).events
    for kind in KINDS:
        allowed_ms = max(2.0, 0.22 * 1000.0 / fps)
        assert abs(np.median(errors_ms(events, truth, kind))) < allowed_ms


def test_turning_points_alone_are_worse() -> None:
    truth = trial(edge_speed_ratio=0.6)
    events = analyze_gait(walker_sequence(truth)).events
    contacts = [e for e in events if e.kind == "initial_contact"]
    early = np.median([1000.0 * (e.time_s - e.zeni_s) for e in contacts])
    assert 8.0 < early < 30.0


def test_on_a_treadmill_the_events_are_the_same() -> None:
    truth = trial()
    floor = analyze_gait(walker_sequence(truth)).events
    belt = analyze_gait(walker_sequence(truth.on_treadmill())).events
    assert [(e.side, e.kind) for e in floor] == [(e.side, e.kind) for e in belt]
    assert np.abs(np.subtract([e.time_s for e in floor], [e.time_s for e in belt])).max() < 1e-3


@pytest.mark.parametrize("heading_deg", range(0, 360, 45))
@pytest.mark.parametrize("tilt_deg", [-15.0, 15.0])
def test_neither_heading_nor_tilt_moves_events(heading_deg: float, tilt_deg: float) -> None:
    truth = trial()
    view = CameraView(heading_deg=heading_deg, tilt_deg=tilt_deg, distance_mm=20_000.0)
    seen = analyze_gait(walker_sequence(truth, view)).events
    level = analyze_gait(walker_sequence(truth)).events
    assert np.abs(np.subtract([e.time_s for e in seen], [e.time_s for e in level])).max() < 2e-3


def test_order_of_an_ordinary_walk() -> None:
    events = walker_events()
    assert all(e.confidence > 0.95 and not e.flags for e in events)
    assert [e.time_s for e in events] == sorted(e.time_s for e in events)
    cycle = [("left", "initial_contact"), ("right", "foot_off")]
    cycle += [("right", "initial_contact"), ("left", "foot_off")]
    start = cycle.index((events[0].side, events[0].kind))
    assert [(e.side, e.kind) for e in events] == [
        cycle[(start + number) % 4] for number in range(len(events))
    ]


def test_a_swing_that_is_not_seen_breaks_the_order_and_is_flagged() -> None:
    walk = walks.sequence()
    positions = walk.positions_mm.copy()
    foot = [walk.joints.index(f"left_{part}") for part in ("heel", "toe")]
    positions[170:215, foot] = np.nan  # from before left foot off to after left contact
    events = find_events(walks.feet(walks.changed(walk, positions)), GaitSettings())
    flagged = [e for e in events if any(OUT_OF_ORDER in flag for flag in e.flags)]
    assert len(events) == len(walker_events()) - 2
    assert flagged
    assert all(e.confidence <= 0.5 for e in flagged)


def test_a_foot_that_never_rises_has_no_second_witness() -> None:
    """A shuffle: the foot slides, O'Connor's detector sees nothing, Zeni's does."""
    walk = walks.sequence(speed_m_s=0.5, cadence_steps_min=90.0)
    positions = walk.positions_mm.copy()
    foot = [walk.joints.index(f"{s}_{p}") for s in ("left", "right") for p in ("heel", "toe")]
    positions[:, foot, 1] = 30.0
    events = find_events(walks.feet(walks.changed(walk, positions)), GaitSettings())
    assert len(events) == len(walker_events(speed_m_s=0.5, cadence_steps_min=90.0))
    assert all(ALONE in e.flags and np.isnan(e.oconnor_s) for e in events)
    assert all(e.confidence > 0.9 for e in events if len(e.flags) == 1)


def test_a_single_event_that_is_not_timed_is_less_certain() -> None:
    feet = walks.feet(walks.sequence().slice(0.0, 0.6))
    full = walker_events()
    for event in find_events(feet, GaitSettings()):
        assert NOT_TIMED in event.flags
        assert event.standard_error_s > 1.5 * full[0].standard_error_s
        assert event.confidence < full[0].confidence


def test_what_was_badly_seen_is_trusted_less() -> None:
    full = walker_events()
    feet = walks.walker_feet()
    half = find_events(feet, GaitSettings(), seen=lambda side, windows: np.full(len(windows), 0.5))
    for one, other in zip(full, half, strict=True):
        assert other.confidence == pytest.approx(0.5 * one.confidence)
        assert other.time_s == one.time_s


def test_an_event_without_a_walking_speed_keeps_its_turning_point() -> None:
    """One contact only, and no foot off after it: no stance tells how fast the walk is."""
    feet = walks.feet(walks.sequence().slice(0.0, 0.6))
    events = find_events(feet, GaitSettings())
    assert [(e.side, e.kind) for e in events] == [
        ("left", "initial_contact"),
        ("right", "foot_off"),
    ]
    assert all(NOT_TIMED in e.flags and e.time_s == e.zeni_s for e in events)


def test_a_foot_without_a_whole_stance_has_the_speed_of_the_other() -> None:
    """A heel that lingers before it is put down: its turning point is far from its contact."""
    walk = walks.sequence(edge_speed_ratio=0.6, duration_s=8.0)
    whole = analyze_gait(walk).events
    second = next(e for e in whole if e.kind == "initial_contact" and e.time_s > 2.0)
    # One whole stance of this foot, and of the other one its contact alone.
    part = analyze_gait(walk.slice(second.time_s - 0.3, second.time_s + 0.9)).events
    contacts = [event for event in part if event.kind == "initial_contact"]
    assert {event.side for event in contacts} == {"left", "right"}
    for event in part:
        same = [e.time_s for e in whole if (e.side, e.kind) == (event.side, event.kind)]
        assert np.abs(np.subtract(same, event.time_s)).min() < 0.004
        assert not event.flags


def test_small_steps_are_steps() -> None:
    walk = walks.sequence(speed_m_s=0.1, cadence_steps_min=100.0, duration_s=10.0)
    events = analyze_gait(walk).events
    truth = trial(speed_m_s=0.1, cadence_steps_min=100.0, duration_s=10.0)
    assert truth.parameters.step_length_mm("left") == pytest.approx(60.0)
    found = times(events, "left", "initial_contact")
    # The heel comes down steeply, 0.18 s after it has turned back; the first lies at the edge.
    np.testing.assert_allclose(found, truth.left.initial_contact_s[1:], atol=0.012)
