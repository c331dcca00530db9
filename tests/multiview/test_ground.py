from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.multiview.known_room import HEIGHT_MM, walk_at

from neuropose.multiview.ground import STATURE_LANDMARKS, find_ground, stature_mm
from neuropose.skeletons import BLAZEPOSE_33

TIME_S = np.arange(100) / 30.0
NAMES = tuple(name for name, made in BLAZEPOSE_33.canonical.items() if len(made) == 1)
COLUMNS = [BLAZEPOSE_33.index(BLAZEPOSE_33.canonical[name][0]) for name in NAMES]


def walk_mm():
    return walk_at(TIME_S)[:, COLUMNS]


@pytest.mark.parametrize("tilt_deg", [0.0, 20.0, 170.0])
def test_the_floor_of_a_walk_in_any_axes(tilt_deg):
    turn = Rotation.from_euler("xz", [tilt_deg, 0.4 * tilt_deg], degrees=True).as_matrix()
    moved = np.array([300.0, -2000.0, 4000.0])
    noise = np.random.default_rng(0).normal(0.0, 10.0, (100, len(NAMES), 3))
    found = find_ground(TIME_S, NAMES, (walk_mm() + noise) @ turn.T + moved)
    assert found is not None
    up = turn @ [0.0, 1.0, 0.0]
    assert np.degrees(np.arccos(np.clip(found.up @ up, -1.0, 1.0))) < 2.0
    assert found.floor_mm == pytest.approx(moved @ up, abs=130.0)  # 4 m away, 1 degree is 70 mm
    below = ((walk_mm() @ turn.T + moved) @ found.up).min(axis=1) - found.floor_mm
    assert np.abs(np.median(below)) < 40.0
    assert found.travelled_mm > 3000.0


def test_nothing_follows_from_half_a_person():
    points = walk_mm()
    points[:, [name.endswith(("heel", "toe", "ankle")) for name in NAMES]] = np.nan
    assert find_ground(TIME_S, NAMES, points) is None
    assert find_ground(TIME_S, ("nose",), points[:, :1]) is None


def test_a_stature_from_lengths_in_any_posture():
    columns = [NAMES.index(name) for name in STATURE_LANDMARKS]
    found = stature_mm(STATURE_LANDMARKS, walk_mm()[:, columns])
    assert found == pytest.approx(HEIGHT_MM, rel=0.05)
    assert np.isnan(stature_mm(STATURE_LANDMARKS[1:], walk_mm()[:, columns[1:]]))
