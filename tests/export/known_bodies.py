"""A reconstruction whose every coordinate is known, and whose joints are where they put them."""

from __future__ import annotations

import numpy as np

from neuropose.body import load_body_model
from neuropose.body.kinematics import positions_mm
from neuropose.body.structure import structure
from neuropose.data import BodyShape, Reconstruction
from neuropose.skeletons import CANONICAL_JOINTS

HEIGHT_MM = 1700.0
OFFSETS_MM = {"heel": (-5.0, 3.0, 4.0), "toe": (6.0, -2.0, 1.0)}


def known_body(frames: int = 40, rate_hz: float = 50.0, *, up: str = "y") -> Reconstruction:
    """A body that walks and turns; in a laboratory with this vertical, y or z."""
    model = load_body_model()
    marks = [name for name in CANONICAL_JOINTS if name in model.landmarks]
    body = structure(model, marks)
    time_s = np.arange(frames) / rate_hz
    random = np.random.default_rng(3)
    values = np.zeros((frames, len(body.names)))
    for column, coordinate in enumerate(body.coordinates):
        wave = np.sin(2.0 * np.pi * (0.8 * time_s + random.uniform()))
        values[:, column] = np.radians(random.uniform(5.0, 25.0)) * wave
        if coordinate.translation:
            values[:, column] = 0.0
        if coordinate.name.endswith("knee_flexion"):  # forwards it does not bend
            values[:, column] += np.radians(30.0)
    values[:, body.index("pelvis_x")] = 1200.0 * time_s
    values[:, body.index("pelvis_y")] = 900.0 + 20.0 * np.sin(6.0 * time_s)
    values[:, body.index("pelvis_rotation")] += np.radians(40.0) * time_s
    lengths_mm = {name: HEIGHT_MM * each.of_height for name, each in model.lengths.items()}
    offsets_mm = np.array([OFFSETS_MM.get(kind, (0.0, 0.0, 0.0)) for kind in body.kinds])
    places_mm = positions_mm(body, values, np.array([HEIGHT_MM, *lengths_mm.values()]), offsets_mm)
    if up == "z":
        places_mm = places_mm[..., [0, 2, 1]] * [1.0, -1.0, 1.0]
    turned = np.array([not each.translation for each in body.coordinates])
    draws = random.normal(0.0, 5.0, (4, *places_mm.shape)).astype(np.float32)
    return Reconstruction(
        source="a known body",
        axes="lab",
        up=(0.0, 1.0, 0.0) if up == "y" else (0.0, 0.0, 1.0),
        up_source="given",
        time_s=time_s,
        coordinate_names=body.names,
        coordinates=np.where(turned, np.degrees(values), values),
        coordinate_errors=np.ones(values.shape, np.float32),
        joints=tuple(marks),
        positions_mm=places_mm,
        position_draws_mm=draws,
        confidence=np.full(places_mm.shape[:2], 0.9, np.float32),
        shape=BodyShape(
            height_mm=HEIGHT_MM,
            height_source="given",
            lengths_mm=lengths_mm,
            offsets_mm=OFFSETS_MM,
        ),
        settings={"model": "human"},
    )
