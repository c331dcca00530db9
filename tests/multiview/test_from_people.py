from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.multiview.known_room import HEIGHT_MM, SIZE_PX, camera_at, room, views_of

from neuropose.data import Source
from neuropose.data.cameras import Clock
from neuropose.errors import CalibrationError, ConfigError
from neuropose.multiview import calibrate_from_people
from neuropose.multiview.sides import mirrored
from neuropose.skeletons import BLAZEPOSE_33

CLOCKS = {f"cam{number}": Clock() for number in range(1, 5)}


def relative(rig):
    """Rotations and positions relative to the first camera."""
    first = rig.cameras[0]
    turns = [camera.rotation_matrix @ first.rotation_matrix.T for camera in rig.cameras]
    return np.stack(turns), first.to_camera(rig.centres_mm())


def angle_deg(one, other):
    return np.degrees(np.arccos(np.clip((np.trace(one @ other.T) - 1.0) / 2.0, -1.0, 1.0)))


@pytest.mark.parametrize("count", [2, 3])
def test_cameras_from_a_walk(count):
    rig = room(count=count)
    found = calibrate_from_people(views_of(rig), clocks=CLOCKS, height_mm=HEIGHT_MM)
    turns, places = relative(found.rig)
    true_turns, true_places = relative(rig)
    for turn, true in zip(turns[1:], true_turns[1:], strict=True):
        assert angle_deg(turn, true) < 0.5
    # A synthetic body's proportions are not quite those of the tables.
    length = np.linalg.norm(places[1:], axis=1) / np.linalg.norm(true_places[1:], axis=1)
    assert length == pytest.approx(1.0, abs=0.04)
    assert length / length[0] == pytest.approx(1.0, abs=0.01)
    up = np.array(found.rig.up) @ found.rig.cameras[0].rotation_matrix.T
    true_up = np.array(rig.up) @ rig.cameras[0].rotation_matrix.T
    assert np.degrees(np.arccos(up @ true_up)) < 2.0
    assert found.rig.heights_mm() == pytest.approx(rig.heights_mm(), rel=0.08, abs=60)
    assert max(check.misfit_mm for check in found.checks) < 15.0


def test_a_distance_gives_the_scale_exactly():
    rig = room(count=2)
    true_mm = float(np.linalg.norm(np.diff(rig.centres_mm(), axis=0)))
    found = calibrate_from_people(
        views_of(rig), clocks=CLOCKS, distance_mm=("cam1", "cam2", true_mm)
    )
    assert np.linalg.norm(np.diff(found.rig.centres_mm(), axis=0)) == pytest.approx(true_mm)
    assert found.stature_mm == pytest.approx(HEIGHT_MM, rel=0.05)
    assert found.rig.scale_source is Source.GIVEN


def test_without_a_height_the_scale_is_assumed_and_said_so():
    found = calibrate_from_people(views_of(room(count=2)), clocks=CLOCKS)
    assert found.rig.scale_source is Source.ASSUMED
    assert any("1700 mm" in line for line in found.verdict)


def test_clocks_that_are_not_as_stated_are_doubted():
    views = views_of(room(count=2), frames=80)
    late = [views[0], replace(views[1], time_s=views[1].time_s - 0.15)]
    found = calibrate_from_people(late, clocks=CLOCKS, height_mm=HEIGHT_MM)
    (doubt,) = [each for each in found.verdict if "the clocks are not as stated" in each]
    assert "cam2 began 1" in doubt
    assert doubt in found.rig.warnings


def test_a_mirrored_video_is_refused_by_name():
    views = views_of(room())
    other = mirrored(BLAZEPOSE_33.joints)
    flipped = views[1].points_px[:, other].copy()
    flipped[..., 0] = SIZE_PX[0] - flipped[..., 0]
    with pytest.raises(CalibrationError, match="cam2 is mirrored"):
        calibrate_from_people(
            [views[0], replace(views[1], points_px=flipped), views[2]], clocks=CLOCKS
        )


def test_a_person_of_four_metres_is_refused():
    rig = room(count=2)
    true_mm = float(np.linalg.norm(np.diff(rig.centres_mm(), axis=0)))
    with pytest.raises(CalibrationError, match=r"would be 4\.\d m tall"):
        calibrate_from_people(
            views_of(rig), clocks=CLOCKS, distance_mm=("cam1", "cam2", 2.4 * true_mm)
        )
    with pytest.raises(ConfigError, match="nobody is 4000 mm"):
        calibrate_from_people(views_of(rig), clocks=CLOCKS, height_mm=4000.0)


def test_different_people_are_refused():
    views = views_of(room(count=2))
    still = np.random.default_rng(0).normal([640.0, 360.0], 90.0, views[1].points_px.shape)
    with pytest.raises(CalibrationError, match="same person"):
        calibrate_from_people([views[0], replace(views[1], points_px=still)], clocks=CLOCKS)


def test_a_camera_under_the_floor_is_refused():
    good = room(count=2)
    sunk = camera_at("cam2", (3300.0, -900.0, 3400.0))
    rig = good.model_copy(update={"cameras": (good.cameras[0], sunk)})
    with pytest.raises(CalibrationError, match="cam2 would be under the floor"):
        calibrate_from_people(views_of(rig), clocks=CLOCKS, height_mm=HEIGHT_MM)
