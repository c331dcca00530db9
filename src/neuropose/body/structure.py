"""A body model as arrays: what the compiled loops run over."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.body.model import BodyModel, Coordinate, Place

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

APART = ("heel", "toe")
"""Landmarks that each of several views sees at a place of its own, left and right likewise.

Two thirds of the error of a foot's keypoints in the picture stay the same in the foot's own axes,
for one camera and one side: a shoe looks different from the front and from the side.
"""


@dataclass(frozen=True, eq=False)
class Structure:
    """The arrays of a body: G segments, D coordinates, L landmarks, P points, S lengths, K offsets.

    A landmark and its mirror image are of one kind and share their offset. The points are the
    landmarks and, of those that are apart in several views, what each of the views sees.

    Parameters
    ----------
    model : BodyModel
        What it was made from.
    coordinates : tuple of Coordinate
        The D coordinates that move.
    landmarks : tuple of str
        The L landmarks.
    lengths : tuple of str
        The S lengths, the stature first.
    kinds : tuple of str
        Names of the kinds of landmarks, of which the first offsets are.
    parent : ndarray of int, shape (G,)
        −1: the first segment.
    origin : ndarray, shape (G, 3, S)
        Origin of each segment in its parent per unit of each length.
    first : ndarray of int, shape (G + 1,)
        Coordinates of segment g are ``first[g]`` to ``first[g + 1]``.
    axis : ndarray, shape (D, 3)
        Unit vectors.
    turns : ndarray of int, shape (D,)
        1: a rotation; 0: a translation.
    moves : ndarray of int, shape (G, D)
        1: the coordinate moves the segment.
    segment : ndarray of int, shape (P,)
        Segment of each point.
    place : ndarray, shape (P, 3, S)
        Where it is in the segment per unit of each length.
    kind : ndarray of int, shape (P,)
        Which of the offsets it has.
    outwards : ndarray, shape (P,)
        −1 for left points: the third component of their offset points to the left.
    offset_spread_mm : ndarray, shape (K, 3)
        Standard deviation of the offsets between people.
    points_seen : ndarray of int, shape (V, L)
        The point that each view sees for each landmark.
    """

    model: BodyModel
    coordinates: tuple[Coordinate, ...]
    landmarks: tuple[str, ...]
    lengths: tuple[str, ...]
    kinds: tuple[str, ...]
    parent: Ints
    origin: Array
    first: Ints
    axis: Array
    turns: Ints
    moves: Ints
    segment: Ints
    place: Array
    kind: Ints
    outwards: Array
    offset_spread_mm: Array
    points_seen: Ints

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coordinates."""
        return tuple(each.name for each in self.coordinates)

    def index(self, name: str) -> int:
        """Return the index of a coordinate.

        Parameters
        ----------
        name : str
            One of `names`.

        Returns
        -------
        int
        """
        return self.names.index(name)

    @property
    def apart(self) -> list[tuple[int, Ints]]:
        """Of each landmark that is apart in the views: its kind, and its offset in each view."""
        rows = np.flatnonzero((self.points_seen != self.points_seen[:1]).any(axis=0))
        return [(int(self.kind[row]), self.kind[self.points_seen[:, row]]) for row in rows]


def structure(
    model: BodyModel,
    landmarks: Sequence[str],
    skeleton: str = "",
    free: Collection[str] = (),
    views: int = 1,
) -> Structure:
    """Lay a body model out as arrays.

    Parameters
    ----------
    model : BodyModel
        The kinematic skeleton.
    landmarks : sequence of str
        Canonical names of the landmarks to place; all of them in the model.
    skeleton : str
        Name of the skeleton that shows them.
    free : collection of str
        Fixed coordinates to free.
    views : int
        How many see it.

    Returns
    -------
    Structure
    """
    moving = model.coordinates(frozenset(free))
    lengths = ("height", *model.lengths)
    segments = [segment.name for segment in model.segments]
    parent = [-1 if each.parent is None else segments.index(each.parent) for each in model.segments]
    first, moves = [0], np.zeros((len(segments), len(moving)), np.int64)
    for row, segment in enumerate(model.segments):
        if parent[row] >= 0:
            moves[row] = moves[parent[row]]
        count = sum(each in moving for each in segment.coordinates)
        moves[row, first[-1] : first[-1] + count] = 1
        first.append(first[-1] + count)
    kinds = tuple(dict.fromkeys(_kind(name) for name in landmarks))
    points, kind = list(landmarks), [kinds.index(_kind(name)) for name in landmarks]
    seen = np.tile(np.arange(len(points)), (views, 1))
    if views > 1:
        for view, row in np.ndindex(seen.shape):
            if _kind(landmarks[row]) in APART:
                seen[view, row] = len(points)
                points.append(landmarks[row])
                kind.append(max(kind) + 1)
    marks = [model.landmark(name, skeleton) for name in points]
    spread_mm = np.zeros((max(kind) + 1, 3))
    spread_mm[kind] = [mark.offset_mm for mark in marks]
    return Structure(
        model=model,
        coordinates=moving,
        landmarks=tuple(landmarks),
        lengths=lengths,
        kinds=kinds,
        parent=np.array(parent),
        origin=np.stack([_coefficients(each.at, lengths) for each in model.segments]),
        first=np.array(first),
        axis=np.array([each.axis for each in moving], np.float64),
        turns=np.array([int(not each.translation) for each in moving]),
        moves=moves,
        segment=np.array([segments.index(mark.segment) for mark in marks], np.int64),
        place=np.stack([_coefficients(mark.at, lengths) for mark in marks]),
        kind=np.array(kind, np.int64),
        outwards=np.array([-1.0 if name.startswith("left_") else 1.0 for name in points]),
        offset_spread_mm=spread_mm,
        points_seen=seen,
    )


def _kind(landmark: str) -> str:
    return landmark.removeprefix("left_").removeprefix("right_")


def _coefficients(place: Place, lengths: tuple[str, ...]) -> Array:
    table = np.zeros((3, len(lengths)))
    for name, vector in place.items():
        table[:, lengths.index(name)] = vector
    return table
