"""Known bodies as several cameras see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from tests.body.known_bodies import CAMERA, KnownBody, predictions_of

from neuropose.data import Clock, Rig, RigCamera, VideoPredictions

ANGLES_DEG = {"front": 0.0, "oblique": 50.0, "side": 100.0}
CENTRE_MM = np.array([0.0, 0.0, 4500.0])


def camera(name: str, clock: Clock | None = None) -> RigCamera:
    """Return a camera that looks at the body from an angle; the world is the front camera's."""
    angle = np.radians(ANGLES_DEG[name])
    turn = np.array(
        [
            [np.cos(angle), 0.0, np.sin(angle)],
            [0.0, 1.0, 0.0],
            [-np.sin(angle), 0.0, np.cos(angle)],
        ]
    )
    return RigCamera(
        name=name,
        camera=CAMERA,
        width=1920,
        height=1080,
        rotation=tuple(tuple(row) for row in turn.tolist()),  # type: ignore[arg-type]
        translation_mm=tuple((CENTRE_MM - turn @ CENTRE_MM).tolist()),
        clock=clock or Clock(),
    )


def rig_of(names: Sequence[str] = tuple(ANGLES_DEG), **clocks: Clock) -> Rig:
    return Rig(
        cameras=tuple(camera(name, clocks.get(name)) for name in names),
        up=(0.0, -1.0, 0.0),
        origin="test",
    )


def seen_by(name: str, known: KnownBody, seed: int = 2, **errors: object) -> VideoPredictions:
    there = replace(known, points_mm=camera(name).to_camera(known.points_mm))
    return predictions_of([there], seed=seed, **errors)  # type: ignore[arg-type]


def seen(names: Sequence[str], known: KnownBody, **errors: object) -> dict[str, VideoPredictions]:
    return {name: seen_by(name, known, seed, **errors) for seed, name in enumerate(names)}
