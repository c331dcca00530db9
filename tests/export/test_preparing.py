"""A movement in the axes, the unit and on the clock of a format."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.export.known_bodies import known_body

from neuropose.errors import SequenceError, SignalError, VerticalError
from neuropose.export import ExportOptions, Movement, place
from neuropose.testing import CameraView, simulate_walk, walker_sequence

PLAIN = ExportOptions()


@pytest.fixture(scope="module")
def body() -> Movement:
    return Movement.from_reconstruction(known_body())


@pytest.mark.parametrize("up", ["x", "y", "z", "-x", "-y", "-z"])
def test_every_vertical_is_a_turn(body: Movement, up: str) -> None:
    placed = place(body, PLAIN, up=up, unit="mm")
    there, here = placed.positions[0], body.positions_mm[0]
    turn, *_ = np.linalg.lstsq(here - here[0], there - there[0], rcond=None)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(turn) == pytest.approx(1.0)
    axis = "xyz".index(up[-1])
    sign = -1.0 if up.startswith("-") else 1.0
    head, foot = (placed.positions[:, body.names.index(name)] for name in ("head", "left_heel"))
    assert (sign * (head - foot)[:, axis]).min() > 900.0


def test_axes_of_a_laboratory_that_is_z_up_already() -> None:
    upright = Movement.from_reconstruction(known_body(up="z"))
    placed = place(upright, PLAIN, up="z", unit="mm")
    np.testing.assert_allclose(placed.positions, upright.positions_mm, atol=1e-9)


def test_the_same_body_from_any_axes(body: Movement) -> None:
    other = Movement.from_reconstruction(known_body(up="z"))
    one, two = (place(each, PLAIN, up="y", unit="m") for each in (body, other))
    np.testing.assert_allclose(one.positions, two.positions, atol=1e-9)


def test_a_filmed_walker_stands_on_the_floor() -> None:
    """However the camera is tilted, up is up, and the lowest foot is at height 0."""
    view = CameraView(tilt_deg=12.0)
    filmed = Movement.from_sequence(walker_sequence(simulate_walk(), view), angles=False)
    placed = place(filmed, PLAIN, up="z", unit="m")
    heels = placed.positions[:, [filmed.names.index(f"{s}_heel") for s in ("left", "right")], 2]
    assert np.nanmin(heels) == pytest.approx(0.0, abs=0.08)
    pelvis = placed.positions[:, filmed.names.index("pelvis"), 2]
    assert np.ptp(pelvis) < 0.15
    assert placed.axes == "x forward, y left, z up"
    assert "floor" in placed.notes[-1]


def test_own_axes_are_left_alone(body: Movement) -> None:
    placed = place(body, PLAIN, up="own", unit="cm")
    np.testing.assert_allclose(placed.positions, 0.1 * body.positions_mm)
    assert (placed.up, placed.unit) == ("y", "cm")


def test_forward_in_a_room_is_not_where_somebody_walks(body: Movement) -> None:
    placed = place(body, PLAIN, up="z", unit="m")
    assert placed.axes == "x forward, y left, z up, where forward is x of the laboratory"


def test_options_win(body: Movement) -> None:
    placed = place(body, ExportOptions(up="z", unit="m"), up="y", unit="mm")
    assert (placed.up, placed.unit) == ("z", "m")


def test_errors_turn_with_the_positions(body: Movement) -> None:
    errors_mm = np.broadcast_to([1.0, 2.0, 3.0], body.positions_mm.shape)
    placed = place(replace(body, errors_mm=errors_mm), PLAIN, up="z", unit="m")
    np.testing.assert_allclose(placed.errors[0, 0], [0.001, 0.003, 0.002])


def test_a_period_of_time(body: Movement) -> None:
    placed = place(body, ExportOptions(start_s=0.1, end_s=0.3), up="own", unit="mm")
    assert placed.movement.time_s[[0, -1]].tolist() == [0.1, 0.3]
    assert placed.movement.first_number == body.first_number + 5
    assert len(placed.movement.coordinates["left_knee_flexion"]) == 11
    with pytest.raises(SequenceError, match="no frame"):
        place(body, ExportOptions(start_s=9.0), up="own", unit="mm")


def test_another_rate_leaves_the_clock_of_the_frames(body: Movement) -> None:
    """Frame 1 is at 0 s, whatever was cut: a C3D file has no other clock."""
    options = ExportOptions(start_s=0.1, rate_hz=100.0)
    placed = place(replace(body, first_number=11), options, up="own", unit="mm")
    assert placed.movement.first_number == 31
    uneven_s = 3.0 + body.time_s + 0.004 * (np.arange(len(body)) % 2)
    placed = place(replace(body, time_s=uneven_s), PLAIN, up="own", unit="mm", even=True)
    assert placed.movement.first_number == 1 + round(3.0 * placed.rate_hz)


def test_smoothing_keeps_what_is_slow(body: Movement) -> None:
    knee = body.names.index("left_knee")
    noise = np.random.default_rng(0).normal(0.0, 10.0, body.positions_mm.shape)
    noisy = replace(body, positions_mm=body.positions_mm + noise)
    smooth = place(noisy, ExportOptions(filter_hz=4.0), up="own", unit="mm")
    middle = slice(10, -10)
    error = smooth.positions[middle, knee] - body.positions_mm[middle, knee]
    assert np.abs(error).mean() < 0.6 * np.abs(noise[middle, knee]).mean()
    assert "4 Hz" in smooth.notes[0]
    with pytest.raises(SignalError):
        place(body, ExportOptions(filter_hz=40.0), up="own", unit="mm")


def test_another_rate(body: Movement) -> None:
    placed = place(body, ExportOptions(rate_hz=100.0), up="own", unit="mm")
    np.testing.assert_allclose(np.diff(placed.movement.time_s), 0.01)
    np.testing.assert_allclose(placed.positions[::2], body.positions_mm, atol=1e-6)
    assert placed.rate_hz == 100.0
    thinned = place(body, ExportOptions(rate_hz=10.0), up="own", unit="mm")
    assert any("without a low-pass" in note for note in thinned.notes)


def test_uneven_times_are_made_even_only_where_they_must_be(body: Movement) -> None:
    jitter = np.random.default_rng(1).uniform(-0.005, 0.005, len(body))
    uneven = replace(body, time_s=body.time_s + jitter)
    left = place(uneven, PLAIN, up="own", unit="mm")
    np.testing.assert_array_equal(left.movement.time_s, uneven.time_s)
    even = place(uneven, PLAIN, up="own", unit="mm", even=True)
    assert np.ptp(np.diff(even.movement.time_s)) < 1e-9
    assert "uneven times" in even.notes[0]


def test_an_unknown_vertical_is_not_guessed() -> None:
    cloud = Movement(
        time_s=np.arange(3.0),
        names=("a",),
        positions_mm=np.zeros((3, 1, 3)),
        frame=walker_sequence(simulate_walk()).frame,
    )
    assert place(cloud, PLAIN, up="own", unit="mm").up is None
    with pytest.raises(VerticalError, match="which way is up"):
        place(cloud, PLAIN, up="y", unit="mm")


def test_missing_frames_stay_missing(body: Movement) -> None:
    gappy = body.positions_mm.copy()
    gappy[10:14, 3] = np.nan
    placed = place(
        replace(body, positions_mm=gappy), ExportOptions(rate_hz=50.0), up="z", unit="m", even=True
    )
    assert np.isnan(placed.positions[10:14, 3]).all()
    assert np.isnan(placed.positions).any(axis=2).sum() == 4
