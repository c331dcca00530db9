"""Whose foot stood on which force plate, and when."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from neuropose.analyzer.tasks.gait.foot_events.plate_contacts import (
    BESIDE,
    NOBODY,
    TOO_LONG,
    TWO_FEET,
    plate_contacts,
    were_smoothed,
)
from neuropose.data.force_plates import ForcePlate, ForcePlates

UP = np.array([0.0, 0.0, 1.0])
TIME_S = np.arange(200) / 100.0
PLATE_S = np.arange(2000) / 1000.0
CORNERS = np.array([[0.0, 0, 0], [600, 0, 0], [600, 400, 0], [0, 400, 0]])


def foot(x_mm: float, y_mm: float) -> tuple[np.ndarray, np.ndarray]:
    """Heel and toe of a foot that does not move, 200 mm long, along X."""
    heel = np.tile([x_mm, y_mm, 30.0], (len(TIME_S), 1))
    return heel, heel + np.array([200.0, 0.0, 0.0])


def loaded(
    start_s: float, end_s: float, at_mm: tuple[float, float], rise_s: float = 0.004
) -> ForcePlate:
    vertical = np.interp(
        PLATE_S, [start_s, start_s + rise_s, end_s - 0.05, end_s], [0.0, 700.0, 700.0, 0.0]
    )
    force = np.zeros((len(PLATE_S), 3))
    force[:, 2] = vertical
    centre = np.full((len(PLATE_S), 3), np.nan)
    centre[vertical > 20.0] = [*at_mm, 0.0]
    return ForcePlate(name="1", force_n=force, centre_of_pressure_mm=centre, corners_mm=CORNERS)


def found(plate: ForcePlate, left: tuple[float, float], right: tuple[float, float]):
    feet = {"left": foot(*left), "right": foot(*right)}
    plates = ForcePlates(format="c3d", time_s=PLATE_S, plates=(plate,))
    heels = {side: points[0] for side, points in feet.items()}
    toes = {side: points[1] for side, points in feet.items()}
    return plate_contacts(plates, TIME_S, heels, toes, UP)


def test_contact_and_foot_off_are_between_samples() -> None:
    [step], refused = found(loaded(0.5, 1.1, (250.0, 200.0)), (150.0, 200.0), (900.0, 200.0))
    assert (step.side, step.plate, refused) == ("left", "1", ())
    assert step.contact_s == pytest.approx(0.5 + 0.004 * 20.0 / 700.0, abs=2e-4)
    assert step.foot_off_s == pytest.approx(1.1 - 0.05 * 20.0 / 700.0, abs=2e-4)


def test_a_load_that_begins_before_the_recording_has_no_contact() -> None:
    [step], _ = found(loaded(-0.3, 0.6, (250.0, 200.0)), (900.0, 200.0), (150.0, 200.0))
    assert step.side == "right"
    assert np.isnan(step.contact_s)
    assert step.foot_off_s == pytest.approx(0.6, abs=0.005)


@pytest.mark.parametrize(
    ("at", "left", "why"),
    [
        ((250.0, 200.0), (2000.0, 200.0), NOBODY),
        ((20.0, 200.0), (-150.0, 200.0), BESIDE),
    ],
)
def test_refused(at: tuple[float, float], left: tuple[float, float], why: str) -> None:
    steps, [load] = found(loaded(0.5, 1.1, at), left, (3000.0, 200.0))
    assert not steps
    assert load.reason == why


def test_two_feet_on_one_plate() -> None:
    plate = loaded(0.5, 1.1, (100.0, 200.0))
    centre = plate.centre_of_pressure_mm.copy()
    centre[PLATE_S > 0.8, 0] += 350.0  # the load goes over to the other foot
    plate = plate.model_copy(update={"centre_of_pressure_mm": centre})
    steps, [load] = found(plate, (0.0, 200.0), (350.0, 200.0))
    assert not steps
    assert load.reason == TWO_FEET


def test_standing_is_no_step() -> None:
    plate = loaded(0.01, 1.99, (250.0, 200.0))
    plates = ForcePlates(format="c3d", time_s=3.0 * PLATE_S, plates=(plate,))
    heel, toe = foot(150.0, 200.0)
    far, _ = foot(3000.0, 200.0)
    steps, [load] = plate_contacts(
        plates, TIME_S * 3.0, {"left": heel, "right": far}, {"left": toe, "right": far}, UP
    )
    assert not steps
    assert load.reason == TOO_LONG


def test_a_noisy_plate_is_still_timed() -> None:
    """An instrumented treadmill shakes by 20 N while nobody stands on it."""
    rng = np.random.default_rng(0)
    plate = loaded(0.5, 1.1, (250.0, 200.0))
    force = plate.force_n.copy()
    force[:, 2] += 20.0 * rng.normal(size=len(PLATE_S))
    noisy = plate.model_copy(update={"force_n": force})
    [step], _ = found(noisy, (150.0, 200.0), (900.0, 200.0))
    assert step.contact_s == pytest.approx(0.5, abs=0.004)
    assert step.foot_off_s == pytest.approx(1.1, abs=0.02)


@pytest.mark.parametrize("cutoff_hz", [None, 10.0])
def test_forces_that_were_smoothed_are_told_by_their_rise(cutoff_hz: float | None) -> None:
    plate = loaded(0.5, 1.1, (250.0, 200.0), rise_s=0.1)  # 7 N a millisecond
    if cutoff_hz is not None:
        low_pass = butter(2, cutoff_hz, fs=1000.0, output="sos")
        force = sosfiltfilt(low_pass, plate.force_n, axis=0)
        plate = plate.model_copy(update={"force_n": force})
    steps, _ = found(plate, (150.0, 200.0), (900.0, 200.0))
    assert were_smoothed(steps) is (cutoff_hz is not None)
    assert steps[0].rise_s > 0.0


def test_nothing_is_known_of_the_rise_without_a_contact() -> None:
    assert not were_smoothed(())
    steps, _ = found(loaded(-0.3, 0.6, (250.0, 200.0)), (900.0, 200.0), (150.0, 200.0))
    assert not were_smoothed(steps)


def test_a_touch_is_no_load() -> None:
    steps, refused = found(loaded(0.5, 0.56, (250.0, 200.0)), (150.0, 200.0), (900.0, 200.0))
    assert not steps
    assert not refused
