"""BVH: the body as a hierarchy of joints with rotations, for Blender and animation programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose.export.body_chain import ChainSegment, body_chain, children_of
from neuropose.export.content import Content, Kind, Part
from neuropose.export.exporter import Exporter, Written
from neuropose.export.movement import Movement
from neuropose.export.options import PER_MM, ExportOptions
from neuropose.export.preparing import place
from neuropose.export.rows import text_rows
from neuropose.io.atomic import write_atomically
from neuropose.sequence.data import ReferenceFrame

Array = NDArray[np.float64]

_PELVIS = ("pelvis_x", "pelvis_y", "pelvis_z")
_ENDS = {"head": "head", "hand": "hand", "toes": "toe"}
"""Landmarks at which the last segments end."""


def write_bvh(content: Content, path: Path, options: ExportOptions) -> Written:
    """Write a BVH file.

    Parameters
    ----------
    content : Content
        With the movement of a reconstructed body.
    path : Path
        The file; Y is up.
    options : ExportOptions
        Default: centimetres.

    Returns
    -------
    Written
    """
    assert content.movement is not None
    placed = place(content.movement, options, up="own", unit="cm", even=True)
    movement = placed.movement
    chain = body_chain(movement)
    scale = PER_MM[placed.unit]
    columns, bridged = _channels(movement, chain, scale)
    head = [
        "HIERARCHY",
        *_hierarchy(chain, chain[0], scale),
        "MOTION",
        f"Frames: {len(movement)}",
        f"Frame Time: {1.0 / placed.rate_hz:.9f}",
    ]
    template = " ".join(["%.5f"] * columns.shape[1]) + "\n"
    lines = [("\n".join(head) + "\n").encode()]
    write_atomically(path, (*lines, *text_rows(template, columns)))
    notes = [*placed.notes, f"y up, {placed.unit}; rotations in degrees"]
    if bridged:
        notes.append(
            f"{bridged} of {len(movement)} frames have nothing of the body: bridged by straight "
            "lines, as BVH cannot leave them out"
        )
    return Written((path,), tuple(notes))


def _hierarchy(
    chain: tuple[ChainSegment, ...], segment: ChainSegment, scale: float
) -> Iterator[str]:
    is_root = segment.parent is None
    yield f"{'ROOT' if is_root else 'JOINT'} {segment.name}"
    yield "{"
    yield f"OFFSET {_vector(scale * segment.offset_mm)}"
    axes = " ".join(f"{axis}rotation" for axis in _order(segment))
    yield f"CHANNELS 6 Xposition Yposition Zposition {axes}" if is_root else f"CHANNELS 3 {axes}"
    inner = list(children_of(chain, segment.name))
    for each in inner:
        yield from _hierarchy(chain, each, scale)
    if not inner:
        side, _, part = segment.name.rpartition("_")
        mark = _ENDS.get(part, part)
        end_mm = segment.landmarks_mm.get(f"{side}_{mark}" if side else mark, np.zeros(3))
        yield from ("End Site", "{", f"OFFSET {_vector(scale * end_mm)}", "}")
    yield "}"


def _vector(values: Array) -> str:
    return " ".join(f"{value + 0.0:.5f}" for value in values)


def _order(segment: ChainSegment) -> str:
    """Return the axes in the order in which the segment turns about them, all three."""
    turned = "".join(_axis(each.axis)[0] for each in segment.coordinates if not each.translation)
    return turned + "".join(axis for axis in "ZXY" if axis not in turned)


def _axis(axis: tuple[float, float, float]) -> tuple[str, float]:
    index = int(np.flatnonzero(axis)[0])
    return "XYZ"[index], float(axis[index])


def _channels(
    movement: Movement, chain: tuple[ChainSegment, ...], scale: float
) -> tuple[Array, int]:
    """Return the channels in the order of the hierarchy, and how many frames were bridged."""
    root_mm = np.column_stack([movement.coordinates[name] for name in _PELVIS])
    if movement.frame is ReferenceFrame.CAMERA and movement.floor_mm is not None:
        root_mm = root_mm - np.array([0.0, movement.floor_mm, 0.0])
    columns = list(scale * root_mm.T)
    for segment in _walk(chain, chain[0]):
        turns = {
            _axis(each.axis)[0]: _axis(each.axis)[1] * movement.coordinates[each.name]
            for each in segment.coordinates
            if not each.translation and each.name in movement.coordinates
        }
        columns += [turns.get(axis, np.zeros(len(movement))) for axis in _order(segment)]
    bridged = int(np.isnan(root_mm).any(axis=1).sum())
    return np.column_stack([_without_gaps(column) for column in columns]), bridged


def _walk(chain: tuple[ChainSegment, ...], segment: ChainSegment) -> Iterator[ChainSegment]:
    yield segment
    for each in children_of(chain, segment.name):
        yield from _walk(chain, each)


def _without_gaps(values: Array) -> Array:
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return np.zeros_like(values)
    return np.interp(np.arange(len(values)), known, values[known])


EXPORTER = Exporter(
    name="bvh",
    title="the body as a hierarchy of rotating joints, for Blender and animation programs",
    suffix=".bvh",
    takes=(Kind.BODY,),
    holds=frozenset({Part.ANGLES, Part.COORDINATES, Part.LENGTHS}),
    write=write_bvh,
    limits="missing values, another vertical than y",
)
