"""Clocks and places of cameras that the movement of a person contradicts."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.multiview.known_room import camera_at, room, views_of

from neuropose.data import Rig
from neuropose.data.cameras import Clock
from neuropose.multiview.adjustment import adjust_views
from neuropose.multiview.bundle import Free
from neuropose.multiview.rays import centre
from neuropose.multiview.rig_check import doubts_of_rig
from neuropose.multiview.synchronisation import places

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


def test_a_camera_that_was_knocked_meanwhile_is_doubted() -> None:
    """No place of it fits the whole recording: that it would fit elsewhere shows in a half."""
    after = views_of(turned(RIG, "cam2", (0, 1, 0), 1.5), noise_px=3.0)
    half = len(VIEWS[1].time_s) // 2
    points_px = np.concatenate([VIEWS[1].points_px[:half], after[1].points_px[half:]])
    knocked = [VIEWS[0], replace(VIEWS[1], points_px=points_px), VIEWS[2]]
    (doubt,) = doubts_of_rig(knocked, RIG, clocks_are_stated=False)
    assert re.search(r"since the calibration: from 1\.[89] to 3\.\d s rays miss each other", doubt)


def test_the_scale_is_held_of_cameras_that_see_the_origin_alike() -> None:
    """At one distance from it, their translations do not tell how far they are apart."""
    around = Rig(
        cameras=tuple(
            camera_at(name, (5000.0 * np.sin(angle), 900.0, 5000.0 * np.cos(angle)))
            for name, angle in (("cam1", 0.0), ("cam2", 1.0), ("cam3", 2.0))
        ),
        up=(0.0, 1.0, 0.0),
        origin="a test",
    )
    views = views_of(around, noise_px=3.0)
    free = adjust_views(
        views, [Clock()] * 3, *places(views, around), Free.CLOCKS | Free.PLACES, moments=20
    )
    assert free is not None
    centres_mm = centre(free.bundle.rotation, free.bundle.translation_mm)
    assert np.linalg.norm(centres_mm[1] - centres_mm[0]) == pytest.approx(4794.0, rel=0.02)
