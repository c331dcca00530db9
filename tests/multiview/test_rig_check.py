"""Clocks and places of cameras that the movement of a person contradicts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.multiview.known_room import room, views_of

from neuropose.data import Rig
from neuropose.data.cameras import Clock
from neuropose.multiview.rig_check import doubts_of_rig

RIG = room(count=3)
VIEWS = views_of(RIG, noise_px=3.0)


def turned(rig: Rig, name: str, axis: tuple[int, int, int], degrees: float) -> Rig:
    """Return the rig with one camera turned about an axis of its own, where it is."""
    turn = Rotation.from_rotvec(np.radians(degrees) * np.array(axis)).as_matrix()
    cameras = [
        each.model_copy(
            update={
                "rotation": tuple(map(tuple, (turn @ each.rotation_matrix).tolist())),
                "translation_mm": tuple((turn @ each.translation).tolist()),
            }
        )
        if each.name == name
        else each
        for each in rig.cameras
    ]
    return rig.model_copy(update={"cameras": tuple(cameras)})


def test_what_is_right_is_not_doubted() -> None:
    assert doubts_of_rig(VIEWS, RIG, clocks_are_stated=False) == ()


def test_stated_clocks_are_followed_and_doubted_if_they_are_wrong() -> None:
    rig = room([Clock(), Clock(offset_s=0.7)], count=2)
    views = views_of(rig, frames=80)
    assert doubts_of_rig(views, rig, clocks_are_stated=True) == ()
    late = [views[0], replace(views[1], time_s=views[1].time_s - 0.15)]
    (doubt,) = doubts_of_rig(late, rig, clocks_are_stated=True)
    assert doubt.startswith("the clocks are not as stated: by how the person moved, cam2 began 1")
    assert doubt.endswith(" ms later than stated, relative to cam1")
    assert doubts_of_rig(late, rig, clocks_are_stated=False) == ()


@pytest.mark.parametrize("axis", [(1, 0, 0), (0, 1, 0)])
def test_a_camera_that_was_moved_is_doubted(axis: tuple[int, int, int]) -> None:
    (doubt,) = doubts_of_rig(VIEWS, turned(RIG, "cam2", axis, 3.0), clocks_are_stated=False)
    assert "moved or zoomed since the calibration: rays miss each other by" in doubt
