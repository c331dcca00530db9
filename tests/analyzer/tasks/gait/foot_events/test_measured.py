"""Events of force plates in place of those found in the motion."""

from __future__ import annotations

import numpy as np
import pytest
from tests.analyzer.tasks.gait import walks

from neuropose.analyzer.tasks.gait import GaitSettings, analyze_gait
from neuropose.analyzer.tasks.gait.foot_events.measured import with_plates
from neuropose.analyzer.tasks.gait.foot_events.plate_contacts import PlateContact
from neuropose.analyzer.tasks.gait.settings import EventSource
from neuropose.data.force_plates import ForcePlate, ForcePlates
from neuropose.errors import SequenceError

TRIAL = walks.trial()
WALK = walks.sequence()


def plates_under(number: int) -> tuple[ForcePlates, float, float]:
    """A plate under one stance of the left foot, loaded from its contact to its foot off."""
    start_s = float(TRIAL.left.initial_contact_s[number])
    end_s = float(TRIAL.left.foot_off_s[TRIAL.left.foot_off_s > start_s][0])
    time_s = np.arange(0.0, WALK.time_s[-1], 0.001)
    heel, toe = (
        np.stack(
            [np.interp(time_s, WALK.time_s, WALK.joint(f"left_{part}")[:, a]) for a in range(3)], 1
        )
        for part in ("heel", "toe")
    )
    loaded = (time_s > start_s) & (time_s < end_s)
    share = np.clip((time_s - start_s) / (end_s - start_s), 0.0, 1.0)[:, None]
    centre = np.where(loaded[:, None], (1.0 - share) * heel + share * toe, np.nan)
    force = np.zeros((len(time_s), 3))
    force[loaded, 1] = 700.0
    plate = ForcePlate(name="1", force_n=force, centre_of_pressure_mm=centre)
    return ForcePlates(format="mot", time_s=time_s, plates=(plate,)), start_s, end_s


def test_both_have_the_plate_s_time_for_one_step() -> None:
    plates, start_s, end_s = plates_under(2)
    plain = analyze_gait(WALK).events
    both = analyze_gait(WALK, GaitSettings(events="both"), plates=plates).events
    assert len(both) == len(plain)
    measured = [event for event in both if event.standard_error_s == pytest.approx(0.005)]
    assert [(e.side, e.kind) for e in measured] == [
        ("left", "initial_contact"),
        ("left", "foot_off"),
    ]
    assert [e.time_s for e in measured] == pytest.approx([start_s, end_s], abs=0.002)
    assert all(event.confidence == 1.0 for event in measured)


def test_plates_alone() -> None:
    plates, *_ = plates_under(2)
    events = analyze_gait(WALK, GaitSettings(events="plates"), plates=plates).events
    assert len(events) == 2


def test_a_step_that_the_motion_does_not_show() -> None:
    [contact] = with_plates((), [PlateContact("right", "2", 1.0, float("nan"))], EventSource.PLATES)
    assert (contact.side, contact.kind, contact.time_s) == ("right", "initial_contact", 1.0)
    assert np.isnan(contact.zeni_s)


def test_kinematics_need_no_plates_and_plates_do() -> None:
    plates, *_ = plates_under(2)
    assert analyze_gait(WALK, plates=plates).events == analyze_gait(WALK).events
    with pytest.raises(SequenceError, match="events=both needs force plates"):
        analyze_gait(WALK, GaitSettings(events="both"))


def test_smoothed_forces_are_a_worse_truth() -> None:
    sharp, soft = (
        with_plates((), [PlateContact("left", "1", 1.0, 1.6, rise_s)], EventSource.PLATES)
        for rise_s in (0.003, 0.014)
    )
    assert sharp[0].standard_error_s == pytest.approx(0.005)
    assert [each.standard_error_s for each in soft] == pytest.approx([1.3 * 0.014, 0.6 * 0.014])
    assert sharp[0].of_plate
