"""A room with cameras at known places, and a person who walks through it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from neuropose.data.cameras import Camera, Clock, Rig, RigCamera
from neuropose.multiview import View
from neuropose.skeletons import BLAZEPOSE_33
from neuropose.testing.people.walker import simulate_walk
from neuropose.testing.people.walker_parameters import WalkerParameters

Array = NDArray[np.float64]

SIZE_PX = (1280, 720)
HEIGHT_MM = 1750.0
_DISTORTED = (-0.12, 0.03, 0.001, -0.0005, 0.0)


def camera_at(name: str, place_mm: Sequence[float], clock: Clock | None = None) -> RigCamera:
    """A camera that looks at the middle of the room; the world's y is up."""
    place = np.array(place_mm, float)
    ahead = np.array([0.0, 900.0, 0.0]) - place
    ahead /= np.linalg.norm(ahead)
    right = np.cross(ahead, [0.0, 1.0, 0.0])
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(ahead, right), ahead])
    u, _, vt = np.linalg.svd(rotation)
    rotation = u @ vt
    pinhole = Camera.from_fov(*SIZE_PX, 65.0)
    return RigCamera(
        name=name,
        camera=pinhole.model_copy(update={"distortion": _DISTORTED}),
        width=SIZE_PX[0],
        height=SIZE_PX[1],
        rotation=tuple(map(tuple, rotation.tolist())),
        translation_mm=tuple((-rotation @ place).tolist()),
        clock=clock or Clock(),
    )


def room(clocks: Sequence[Clock] = (), count: int = 3) -> Rig:
    """Up to four cameras at head height around a walk along x."""
    places = ((0, 1300, 4500), (3300, 1100, 3400), (-3600, 1500, 3000), (4800, 1600, -900))
    given = list(clocks) + [Clock()] * (count - len(clocks))
    return Rig(
        cameras=tuple(
            camera_at(f"cam{number + 1}", places[number], given[number]) for number in range(count)
        ),
        up=(0.0, 1.0, 0.0),
        floor_mm=0.0,
        origin="a test",
    )


def walk_at(shared_s: Array, *, middle_s: float = 1.8) -> Array:
    """A walk with steps that differ a little, (T, 33, 3) mm: joints at any shared times."""
    # Its pace varies, so that no stride is like another.
    paced = shared_s - middle_s + 0.12 * np.sin(1.3 * shared_s) + 0.05 * np.sin(3.1 * shared_s + 1)
    parameters = WalkerParameters(body_height_mm=HEIGHT_MM, duration_s=12.0)
    order = np.argsort(paced)
    trial = simulate_walk(parameters, times_s=6.0 + paced[order])
    whole = simulate_walk(parameters)
    middle = np.interp(6.0, whole.time_s, whole.joint("left_hip")[:, 0])
    now = np.interp(6.0 + paced[order], whole.time_s, whole.joint("left_hip")[:, 0])
    moved = trial.positions_mm.copy()
    # The trial puts the middle of its own path at x = 0, which depends on the times asked for.
    moved[..., 0] += (now - middle - trial.joint("left_hip")[:, 0])[:, None]
    points = np.empty_like(moved)
    points[order] = moved
    return points


def view_of(
    camera: RigCamera,
    frames: int = 110,
    rate_hz: float = 30.0,
    noise_px: float = 2.0,
    seed: int = 0,
    points_at: Callable[[Array], Array] = walk_at,
    begin_s: float = 0.0,
) -> View:
    """What a camera sees of the walk, at its own times."""
    time_s = begin_s + np.arange(frames) / rate_hz
    points_px = camera.project(points_at(camera.clock.shared_time_s(time_s)))
    noise = np.random.default_rng(seed).normal(0.0, noise_px, points_px.shape)
    return View(
        camera.name,
        camera.camera,
        SIZE_PX,
        BLAZEPOSE_33,
        time_s,
        points_px + noise,
        np.full(points_px.shape[:2], 0.95),
    )


def views_of(rig: Rig, *, begin_s: Sequence[float] = (0.0,) * 4, **how) -> list[View]:
    """One view of each camera of a rig."""
    return [
        view_of(camera, seed=number, begin_s=begin_s[number], **how)
        for number, camera in enumerate(rig.cameras)
    ]
