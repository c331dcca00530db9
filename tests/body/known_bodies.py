"""Bodies whose coordinates are known exactly, and what a camera would show of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.body.kinematics import positions_mm
from neuropose.body.model import load_body_model
from neuropose.body.shape import usual_person
from neuropose.body.structure import Structure, structure
from neuropose.data import BodyShape, Camera, CameraSource, VideoMetadata, VideoPredictions
from neuropose.skeletons import SKELETONS

Array = NDArray[np.float64]

CAMERA = Camera(
    intrinsic_matrix=((1400.0, 0.0, 960.0), (0.0, 1400.0, 540.0), (0.0, 0.0, 1.0)),
    source=CameraSource.GIVEN,
)
INTO_CAMERA = np.diag([1.0, -1.0, -1.0])  # the body's world: x right, y up, z towards the camera


@dataclass(frozen=True, eq=False)
class KnownBody:
    """A movement and the body that makes it.

    Parameters
    ----------
    body : Structure
        With the landmarks of its skeleton.
    skeleton : str
        Name of the skeleton.
    time_s : ndarray, shape (T,)
    coordinates : ndarray, shape (T, D)
        Radians and mm, in the camera's axes turned upright.
    points_mm : ndarray, shape (T, L, 3)
        Exact landmarks in the camera frame.
    shape : BodyShape
        Its lengths.
    """

    body: Structure
    skeleton: str
    time_s: Array
    coordinates: Array
    points_mm: Array
    shape: BodyShape

    def degrees(self, name: str) -> Array:
        """Return one angle over time."""
        return np.degrees(self.coordinates[:, self.body.index(name)])


def known_body(
    skeleton: str = "blazepose_33",
    *,
    frames: int = 90,
    fps: float = 30.0,
    height_mm: float = 1720.0,
    yaw_deg: float = 40.0,
    place_mm: tuple[float, float, float] = (0.0, 0.0, -4500.0),
    seed: int = 1,
    steady_clock: bool = True,
    own_surface: bool = False,
    fixed_deg: Mapping[str, float] | None = None,
) -> KnownBody:
    """Let a body of usual build move each joint at random, smoothly.

    `own_surface`: what lies on the surface is as far off as it is between people. `fixed_deg`:
    coordinates that are fixed by default, and the angle that they keep.
    """
    random = np.random.default_rng(seed)
    model = load_body_model()
    names = [name for name in model.landmarks if name in SKELETONS[skeleton].canonical]
    fixed_deg = fixed_deg or {}
    body = structure(model, names, skeleton, tuple(fixed_deg))
    steps = np.ones(frames) if steady_clock else random.uniform(0.6, 1.4, frames)
    time_s = np.cumsum(steps) / fps
    time_s -= time_s[0]
    coordinates = np.zeros((frames, len(body.names)))
    for column, coordinate in enumerate(body.coordinates):
        if coordinate.translation:
            continue
        spread = np.radians(coordinate.spread_deg or 10.0) * 0.35
        for _ in range(3):
            rate, phase = random.uniform(0.2, 1.5), random.uniform(0.0, 2.0 * np.pi)
            coordinates[:, column] += spread / 2.0 * np.sin(2.0 * np.pi * rate * time_s + phase)
    for side in ("left", "right"):
        for name in ("knee_flexion", "elbow_flexion", "hip_flexion"):
            coordinates[:, body.index(f"{side}_{name}")] += np.radians(35.0)
    for name, angle_deg in fixed_deg.items():
        coordinates[:, body.index(name)] = np.radians(angle_deg)
    coordinates[:, :3] = place_mm
    coordinates[:, 0] += 300.0 * np.sin(2.0 * np.pi * 0.25 * time_s)
    coordinates[:, body.index("pelvis_rotation")] += np.radians(yaw_deg)
    person = usual_person(body, height_mm)
    offsets_mm = person.offsets_mm.copy()
    if own_surface:
        marks = [model.landmark(name, skeleton) for name in names]
        surface = np.unique(body.kind[[mark.surface for mark in marks]])
        offsets_mm[surface] = (body.offset_spread_mm * random.standard_normal(offsets_mm.shape))[
            surface
        ]
    points_mm = positions_mm(body, coordinates, person.lengths_mm, offsets_mm)
    shape = BodyShape(
        height_mm=height_mm,
        height_source="given",
        lengths_mm=dict(zip(body.lengths[1:], person.lengths_mm[1:].tolist(), strict=True)),
    )
    return KnownBody(body, skeleton, time_s, coordinates, points_mm @ INTO_CAMERA, shape)


def predictions_of(
    bodies: list[KnownBody],
    *,
    across_mm: float = 0.0,
    along_mm: float = 0.0,
    lasting_s: float = 0.15,
    seed: int = 2,
    exchanged: NDArray[np.bool_] | None = None,
    missing: NDArray[np.bool_] | None = None,
) -> VideoPredictions:
    """Return what a pose model would say of bodies, with errors that last, in the camera frame."""
    random = np.random.default_rng(seed)
    first = bodies[0]
    skeleton = SKELETONS[first.skeleton]
    frames, people = len(first.time_s), len(bodies)
    poses3d = np.full((frames, people, len(skeleton.joints), 3), np.nan)
    poses2d = np.full((frames, people, len(skeleton.joints), 2), np.nan)
    for column, body in enumerate(bodies):
        points = body.points_mm
        if exchanged is not None:
            names = body.body.landmarks
            other = [
                names.index(_mirror(name)) if _mirror(name) in names else row
                for row, name in enumerate(names)
            ]
            points = np.where(exchanged[:, None, None], points[:, other], points)
        errors = _lasting(random, body.time_s, points.shape, lasting_s)
        errors *= np.array([across_mm, across_mm, along_mm])
        seen = points + errors * np.array([1.0, 1.0, 0.0])
        rays = seen[..., :2] / seen[..., 2:]
        depth = seen[..., 2] + errors[..., 2]
        matrix = CAMERA.matrix
        for row, name in enumerate(body.body.landmarks):
            for joint in skeleton.canonical[name]:
                if len(skeleton.canonical[name]) > 1 and _alone(skeleton.canonical, joint, name):
                    continue
                index = skeleton.index(joint)
                poses2d[:, column, index] = rays[:, row] @ matrix[:2, :2].T + matrix[:2, 2]
                poses3d[:, column, index, :2] = rays[:, row] * depth[:, row, None]
                poses3d[:, column, index, 2] = depth[:, row]
    there = np.isfinite(poses3d).all(axis=3)
    for axis, array in enumerate((poses3d, poses2d)):
        filler = np.nanmean(array, axis=2, keepdims=True)
        array[...] = np.where(there[..., None], array, filler)
        if missing is not None:
            array[missing] = np.nan if axis >= 0 else 0.0
    count = frames * people
    return VideoPredictions(
        metadata=VideoMetadata(frame_count=frames, fps=30.0, width=1920, height=1080),
        camera=CAMERA,
        skeleton=skeleton,
        time_s=first.time_s,
        offsets=np.arange(frames + 1) * people,
        boxes=np.tile([100.0, 100.0, 500.0, 900.0, 0.9], (count, 1)),
        poses3d=poses3d.reshape(count, len(skeleton.joints), 3),
        poses2d=poses2d.reshape(count, len(skeleton.joints), 2),
        confidence=np.ones((count, len(skeleton.joints))),
        track_ids=np.tile(np.arange(people), frames),
    )


def _alone(canonical: object, joint: str, name: str) -> bool:
    """Whether a joint is a canonical joint on its own: others made of it must not overwrite it."""
    assert hasattr(canonical, "items")
    return any(joints == (joint,) and other != name for other, joints in canonical.items())


def _mirror(name: str) -> str:
    side, _, rest = name.partition("_")
    return f"{ {'left': 'right', 'right': 'left'}.get(side, side) }_{rest}" if rest else name


def _lasting(
    random: np.random.Generator, time_s: Array, shape: tuple[int, ...], lasting_s: float
) -> Array:
    noise = random.standard_normal(shape)
    for row in range(1, len(time_s)):
        keep = np.exp(-(time_s[row] - time_s[row - 1]) / lasting_s)
        noise[row] = keep * noise[row - 1] + np.sqrt(1.0 - keep**2) * noise[row]
    return noise
