"""The body of a reconstruction as a chain of segments in the neutral pose, for formats of such."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuropose.body import BodyModel, load_body_model
from neuropose.body.model import Coordinate, Place
from neuropose.errors import OutputError
from neuropose.export.movement import Movement
from neuropose.sequence.floor_axes import floor_axes

Array = NDArray[np.float64]

_OWN = "human"
FITTED: Mapping[str, str] = {
    f"{side}_{spine}": f"{side}_pelvis_{end}_fitted"
    for spine, end in (("asis", "front"), ("psis", "back"))
    for side in ("left", "right")
}
"""What the spines of the pelvis are called in a file if the body places them, and nobody saw them:
not as markers are, so that no program takes them for such."""
SPINES_ADDED = (
    f"{', '.join(FITTED.values())} are the spines of the pelvis where the fitted body has them: "
    "they tell how the pelvis is turned, and nobody saw them"
)


@dataclass(frozen=True, eq=False)
class ChainSegment:
    """A segment of one person's body.

    Parameters
    ----------
    name : str
        Name of the segment.
    parent : str or None
        What it moves in. None: the room.
    offset_mm : ndarray, shape (3,)
        Its origin in the axes of the parent.
    coordinates : tuple of Coordinate
        How it moves, in order; those that are held still too.
    landmarks_mm : mapping of str to ndarray, shape (3,)
        Places of landmarks in its axes.
    surface : frozenset of str
        Those of them that have the person's own offset besides.
    """

    name: str
    parent: str | None
    offset_mm: Array
    coordinates: tuple[Coordinate, ...]
    landmarks_mm: Mapping[str, Array]
    surface: frozenset[str]


def body_chain(movement: Movement) -> tuple[ChainSegment, ...]:
    """Return the segments of a reconstructed body, parents before children.

    Parameters
    ----------
    movement : Movement
        Of a reconstruction.

    Returns
    -------
    tuple of ChainSegment

    Raises
    ------
    OutputError
        If the body is not that of NeuroPose.
    """
    if movement.body_model not in (None, _OWN):
        raise OutputError(
            f"of the body that was fitted, {movement.body_model!r}, only the joints are known",
            hint="export another format, or reconstruct it without --body-model",
        )
    model = load_body_model()
    lengths_mm = _lengths_mm(movement, model)
    return tuple(
        ChainSegment(
            segment.name,
            segment.parent,
            _at(segment.at, lengths_mm),
            segment.coordinates,
            {
                name: _at(mark.at, lengths_mm)
                for name, mark in model.landmarks.items()
                if mark.segment == segment.name
            },
            frozenset(name for name, mark in model.landmarks.items() if mark.surface),
        )
        for segment in model.segments
    )


def with_spines(movement: Movement) -> Movement:
    """Add the spines of the pelvis, where the fitted body has them.

    Joint centres alone do not tell how far a pelvis is tilted; the body does.

    Parameters
    ----------
    movement : Movement
        Of a reconstruction.

    Returns
    -------
    Movement
        With the points of `FITTED`; as it is, if it has the spines or its body does not turn.
    """
    turns = ("pelvis_rotation", "pelvis_obliquity", "pelvis_tilt")
    if movement.shape is None or movement.body_model not in (None, _OWN):
        return movement
    needed = {*turns, "pelvis_x", "pelvis_y", "pelvis_z"}
    if not FITTED.keys().isdisjoint(movement.names) or not needed <= set(movement.coordinates):
        return movement
    if movement.up is None:
        return movement
    from scipy.spatial.transform import Rotation

    origin_mm = np.column_stack([movement.coordinates[f"pelvis_{axis}"] for axis in "xyz"])
    angles = np.column_stack([movement.coordinates[name] for name in turns])
    known = np.isfinite(origin_mm).all(axis=1) & np.isfinite(angles).all(axis=1)
    pelvis = body_chain(movement)[0]
    axes = floor_axes(movement.frame, movement.up)
    added = np.full((len(movement), len(FITTED), 3), np.nan)
    turned = Rotation.from_euler("YXZ", angles[known] * [1.0, 1.0, -1.0], degrees=True)
    for column, name in enumerate(FITTED):
        places_mm = origin_mm[known] + turned.apply(pelvis.landmarks_mm[name])
        added[known, column] = places_mm @ axes.T
    return replace(
        movement,
        names=(*movement.names, *FITTED.values()),
        positions_mm=np.concatenate([movement.positions_mm, added], axis=1),
        confidence=None,
        errors_mm=None,
    )


def children_of(chain: tuple[ChainSegment, ...], name: str) -> Iterator[ChainSegment]:
    """Iterate over the segments that move in another.

    Parameters
    ----------
    chain : tuple of ChainSegment
        The body.
    name : str
        Name of the other segment.

    Yields
    ------
    ChainSegment
    """
    return (each for each in chain if each.parent == name)


def _lengths_mm(movement: Movement, model: BodyModel) -> dict[str, float]:
    assert movement.shape is not None
    height_mm = movement.shape.height_mm
    usual = {name: each.of_height * height_mm for name, each in model.lengths.items()}
    own = {name: mm for name, mm in movement.shape.lengths_mm.items() if name in usual}
    return {"height": height_mm, **usual, **own}


def _at(place: Place, lengths_mm: dict[str, float]) -> Array:
    total = np.zeros(3)
    for name, vector in place.items():
        total += lengths_mm[name] * np.asarray(vector)
    return total
