"""Initial contacts, told by the heel and by the toe."""

from __future__ import annotations

import numpy as np
import pytest
from tests.analyzer.tasks.gait import walks

from neuropose.analyzer.tasks.gait import GaitSettings
from neuropose.analyzer.tasks.gait.feet import Feet
from neuropose.analyzer.tasks.gait.foot_events.contacts import (
    contact_times,
    heel_stops,
    toe_falls,
)
from neuropose.analyzer.tasks.gait.foot_events.detection import zeni
from neuropose.analyzer.tasks.gait.foot_events.foot_offs import foot_off_times, toe_speeds
from neuropose.analyzer.tasks.gait.foot_events.timing import walking_speeds

SETTINGS = GaitSettings()
FPS = 120.0


def turned_and_stances(feet: Feet) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    contacts, foot_offs = zeni(feet, "left", SETTINGS)
    return contacts, foot_offs, walking_speeds(feet, "left", contacts, foot_offs)


@pytest.fixture(scope="module")
def feet() -> Feet:
    return walks.feet(walks.sequence(fps=FPS))


def test_the_heel_is_stopped_at_contact(feet: Feet) -> None:
    contacts, _, stances = turned_and_stances(feet)
    toe = toe_falls(feet, "left", contacts, stances, SETTINGS)
    stopped_s = heel_stops(feet, "left", toe.places).places / FPS
    true_s = walks.trial(fps=FPS).left.initial_contact_s
    assert np.abs(stopped_s - true_s).max() < 0.006


def test_an_ankle_is_no_heel() -> None:
    joints = ["pelvis", *(f"{s}_{j}" for s in ("left", "right") for j in ("ankle", "toe"))]
    feet = walks.feet(walks.sequence(fps=FPS).select(*joints))
    contacts, _, stances = turned_and_stances(feet)
    toe = toe_falls(feet, "left", contacts, stances, SETTINGS)
    assert np.isnan(heel_stops(feet, "left", toe.places).places).all()
    alone = contact_times(feet, "left", contacts, stances, SETTINGS).places
    told = ~np.isnan(toe.places)
    assert told.any()
    lag = SETTINGS.toe_fall_lag_s * FPS
    np.testing.assert_allclose(alone[told], toe.places[told] - lag)


def test_contacts_lie_between_what_heel_and_toe_tell(feet: Feet) -> None:
    contacts, _, stances = turned_and_stances(feet)
    toe = toe_falls(feet, "left", contacts, stances, SETTINGS)
    by_toe = toe.places - SETTINGS.toe_fall_lag_s * FPS
    by_heel = heel_stops(feet, "left", toe.places).places - SETTINGS.heel_stop_lag_s * FPS
    both = contact_times(feet, "left", contacts, stances, SETTINGS).places
    assert (both > np.minimum(by_toe, by_heel)).all()
    assert (both < np.maximum(by_toe, by_heel)).all()


def test_foot_offs_move_with_their_delays(feet: Feet) -> None:
    _, foot_offs, stances = turned_and_stances(feet)
    places = [
        foot_off_times(
            feet,
            "left",
            foot_offs,
            stances,
            GaitSettings(toe_speed_lag_s=speed_s, toe_push_lag_s=push_s),
        ).places
        for speed_s, push_s in ((0.0, 0.0), (0.01, 0.01), (0.01, 0.0))
    ]
    np.testing.assert_allclose(places[0] - places[1], 0.01 * FPS)
    assert ((places[0] - places[2]) < 0.01 * FPS).all()
    assert ((places[0] - places[2]) > 0.0).all()


def test_a_slower_threshold_is_passed_earlier(feet: Feet) -> None:
    _, foot_offs, stances = turned_and_stances(feet)
    slow, fast = (
        toe_speeds(feet, "left", foot_offs, stances, GaitSettings(foot_off_share=share)).places
        for share in (0.66, 1.0)
    )
    assert (slow < fast).all()
