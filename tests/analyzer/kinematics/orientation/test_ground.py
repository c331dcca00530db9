"""The height of the floor."""

from __future__ import annotations

import numpy as np
import pytest

from neuropose.analyzer import floor
from neuropose.errors import MissingJointsError, SequenceError
from neuropose.testing import CameraView, simulate_walk, walker_sequence

WALK = simulate_walk()


@pytest.mark.parametrize("tilt_deg", [-15.0, 0.0, 15.0])
def test_is_where_heels_and_toes_bear(tilt_deg: float) -> None:
    view = CameraView(tilt_deg=tilt_deg, height_mm=1200.0, heading_deg=40.0)
    found = floor(walker_sequence(WALK, view))
    expected_mm = view.from_world(np.zeros(3)) @ view.rotation @ [0.0, 1.0, 0.0]
    assert found.height_mm == pytest.approx(expected_mm, abs=1.0)
    assert found.height_mm == pytest.approx(-1200.0, abs=1.0)
    assert found.spread_mm < 0.1


def test_noise_lowers_confidence() -> None:
    exact, noisy = (floor(walker_sequence(WALK.with_noise(noise))) for noise in (0.0, 20.0))
    assert exact.confidence == pytest.approx(1.0)
    assert noisy.confidence < 0.95
    assert abs(noisy.height_mm) < 40.0


def test_ankles_stand_in_for_feet() -> None:
    part = walker_sequence(WALK).select("pelvis", "neck", "left_ankle", "right_ankle")
    found = floor(part)
    assert found.points == ("left_ankle", "right_ankle")
    assert 50.0 < found.height_mm < 90.0


def test_no_feet() -> None:
    with pytest.raises(MissingJointsError, match="to find the floor with"):
        floor(walker_sequence(WALK).select("pelvis", "neck"))
    positions_mm = walker_sequence(WALK).positions_mm.copy()
    part = walker_sequence(WALK).select("pelvis", "neck", "left_ankle", "right_ankle")
    positions_mm = part.positions_mm.copy()
    positions_mm[:, 2:] = np.nan
    with pytest.raises(SequenceError, match="missing in every frame"):
        floor(part.with_positions(positions_mm))
