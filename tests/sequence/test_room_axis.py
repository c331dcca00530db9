"""The axis of a laboratory that is up, by who stands, sits, walks or lies in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neuropose.analyzer import PoseSequence
from neuropose.sequence.room_axis import is_upside_down, upright_axis
from neuropose.testing import (
    CameraView,
    simulate_sit_to_stand,
    simulate_walk,
    walker_sequence,
)

WALK = walker_sequence(simulate_walk())
X_TO_UP = {
    "x": [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]],
    "y": np.eye(3),
    "z": [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
}


@pytest.mark.parametrize("axis", "xyz")
@pytest.mark.parametrize("sequence", [WALK, simulate_sit_to_stand().sequence], ids=["walk", "rise"])
def test_up(sequence: PoseSequence, axis: str) -> None:
    turned = replace(sequence, positions_mm=sequence.positions_mm @ np.transpose(X_TO_UP[axis]))
    up = upright_axis(turned)
    assert up is not None
    assert up.tolist() == [float(axis == name) for name in "xyz"]


def test_between_two_axes_there_is_none() -> None:
    tilted = walker_sequence(simulate_walk(), CameraView(tilt_deg=45.0))
    assert upright_axis(tilted) is None


def test_without_a_body_there_is_none() -> None:
    assert upright_axis(WALK.select("left_wrist")) is None
    nowhere = WALK.with_positions(np.full_like(WALK.positions_mm, np.nan))
    assert upright_axis(nowhere) is None
    assert not is_upside_down(nowhere)


@pytest.mark.parametrize(
    ("up", "upside_down"), [("y", False), ("-y", True), ("x", False), ("z", False)]
)
def test_nobody_hangs_by_the_feet(up: str, upside_down: bool) -> None:
    assert is_upside_down(replace(WALK, up=up)) is upside_down
    assert not is_upside_down(replace(WALK, up=None))


def test_who_lies_or_bends_does_not_hang() -> None:
    lying = replace(WALK, positions_mm=WALK.positions_mm @ np.transpose(X_TO_UP["x"]), up="y")
    assert not is_upside_down(lying)
