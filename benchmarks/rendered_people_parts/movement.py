"""How people move: as somebody with markers did, or up and down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.rendered_people_parts.makehuman import Figure
from neuropose.analyzer import PoseSequence
from neuropose.body import load_body_model, reconstruct_markers
from neuropose.body.kinematics import arguments, forward
from neuropose.body.shape import usual_person
from neuropose.body.structure import structure

Array = NDArray[np.float64]

FPS = 30.0
_FOOT_DEG = -14.0
"""Dorsiflexion of MakeHuman's foot where that of NeuroPose's body is 0."""
_CONTACT_MM = 2.0
_USUAL_MM = 1700.0


@dataclass(frozen=True, eq=False)
class Movement:
    """Angles of NeuroPose's body in degrees, each (T,), `FPS` a second; what is missing is 0."""

    angles_deg: Mapping[str, Array]

    def __len__(self) -> int:
        return len(next(iter(self.angles_deg.values())))

    def changed(self, **angles_deg: Array) -> Movement:
        """The movement with other angles."""
        return replace(self, angles_deg={**self.angles_deg, **angles_deg})

    def stiff(self, angle: str, share: float) -> Movement:
        """The movement with a share of an angle's excursion."""
        values = self.angles_deg[angle]
        return self.changed(**{angle: values.mean() + share * (values - values.mean())})


def recorded(path: Path) -> Movement:
    """As the person of a C3D or TRC file with markers of the whole body moves, along x."""
    read = PoseSequence.from_trc if path.suffix.lower() == ".trc" else PoseSequence.from_c3d
    found = reconstruct_markers(read(path), draws=2)
    ever = np.isfinite(found.coordinates).any(axis=0)  # a head or a hand may have no markers
    known = np.isfinite(found.coordinates[:, ever]).all(axis=1)
    time_s = found.time_s[known]
    at_s = np.arange(time_s[0], time_s[-1], 1.0 / FPS)
    values = {
        name: np.interp(at_s, time_s, column)
        for name, column, seen in zip(
            found.coordinate_names, found.coordinates[known].T, ever, strict=True
        )
        if seen
    }
    angles = {name: each for name, each in values.items() if not name.startswith("pelvis_")}
    turned = {f"pelvis_{name}": values[f"pelvis_{name}"] for name in ("obliquity", "tilt")}
    facing = values["pelvis_rotation"] - np.median(values["pelvis_rotation"])
    return Movement({**angles, **turned, "pelvis_rotation": facing})


def squats(count: int, period_s: float, left_deg: float, right_deg: float) -> Movement:
    """Some squats, not as deep on one side as on the other."""
    time_s = np.arange(round(count * period_s * FPS)) / FPS
    down = 0.5 - 0.5 * np.cos(2.0 * np.pi * time_s / period_s)
    angles = {"pelvis_tilt": 25.0 * down}
    for side, knee_deg in (("left", left_deg), ("right", right_deg)):
        angles[f"{side}_knee_flexion"] = 5.0 + knee_deg * down
        angles[f"{side}_hip_flexion"] = 5.0 + 0.9 * knee_deg * down
        angles[f"{side}_ankle_dorsiflexion"] = 5.0 - _FOOT_DEG + 0.3 * knee_deg * down
        angles[f"{side}_shoulder_flexion"] = 5.0 + 70.0 * down
        angles[f"{side}_elbow_flexion"] = np.full_like(down, 20.0)
    return Movement(angles)


def segments(movement: Movement) -> list[dict[str, Array]]:
    """Rotation of each segment of NeuroPose's body, frame by frame."""
    body = structure(load_body_model(), ("left_hip", "right_hip"))
    radians = np.zeros((len(movement), len(body.coordinates)))
    for name, values in movement.angles_deg.items():
        if name in body.names:
            offset_deg = _FOOT_DEG if name.endswith("ankle_dorsiflexion") else 0.0
            radians[:, body.index(name)] = np.radians(values + offset_deg)
    person = usual_person(body, _USUAL_MM)
    rotations = forward(radians, *arguments(body, person.lengths_mm, person.offsets_mm))[1]
    names = [segment.name for segment in body.model.segments]
    return [dict(zip(names, frame, strict=True)) for frame in rotations]


def hips_mm(figure: Figure, turned: Sequence[Mapping[str, Array]]) -> Array:
    """Where the middle of the hips is, so that feet that stand do not slide, (T, 3)."""
    path_mm = np.zeros((len(turned), 3))
    before: Array | None = None
    for frame, rotations in enumerate(turned):
        soles, _ = figure.pose(rotations, figure.soles)
        lowest = soles[:, 1].min()
        stands = np.exp((lowest - soles[:, 1]) / _CONTACT_MM)
        if before is not None:
            slid = np.average(soles - before, axis=0, weights=stands)
            path_mm[frame] = path_mm[frame - 1] - slid
        path_mm[frame, 1] = -lowest
        before = soles
    path_mm[:, [0, 2]] -= 0.5 * (path_mm[0, [0, 2]] + path_mm[-1, [0, 2]])
    return path_mm
