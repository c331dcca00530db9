"""Rigs of cameras that look at the origin of a world whose z points up."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuropose.data import Camera, Rig, RigCamera

CAMERA = Camera(
    intrinsic_matrix=((900.0, 0.0, 640.0), (0.0, 910.0, 360.0), (0.0, 0.0, 1.0)),
    distortion=(-0.2, 0.05, 1e-3, 2e-3),
    source="given",
)
POINTS = np.array([[0.0, 0.0, 0.0], [300.0, -200.0, 900.0], [-500.0, 400.0, 1700.0]])


def rig_camera(name: str, heading_deg: float, /, **changes: Any) -> RigCamera:
    """A camera 5 m from the origin and 1.2 m above the floor z = 0, that looks level at it."""
    ahead = np.array([np.cos(np.radians(heading_deg)), np.sin(np.radians(heading_deg)), 0.0])
    down = np.array([0.0, 0.0, -1.0])
    rotation = np.stack([np.cross(down, ahead), down, ahead])
    centre = -5000.0 * ahead + np.array([0.0, 0.0, 1200.0])
    fields: dict[str, Any] = {
        "name": name,
        "camera": CAMERA,
        "width": 1280,
        "height": 720,
        "rotation": rotation.tolist(),
        "translation_mm": (-rotation @ centre).tolist(),
    }
    return RigCamera(**{**fields, **changes})


def make_rig(**changes: Any) -> Rig:
    fields: dict[str, Any] = {
        "cameras": (rig_camera("side", 90.0), rig_camera("front", 10.0)),
        "up": (0.0, 0.0, 1.0),
        "floor_mm": 0.0,
        "origin": "test",
    }
    return Rig(**{**fields, **changes})


def assert_same_cameras(found: Rig, expected: Rig, atol: float = 1e-6) -> None:
    """Fail unless the cameras have the same names and see the same in the same place."""
    assert found.names == expected.names
    for one, other in zip(found.cameras, expected.cameras, strict=True):
        assert (one.width, one.height) == (other.width, other.height)
        np.testing.assert_allclose(one.centre_mm, other.centre_mm, atol=atol)
        np.testing.assert_allclose(one.project(POINTS), other.project(POINTS), atol=atol)
