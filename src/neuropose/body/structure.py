"""A body model as arrays: what the compiled loops run over."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.body.model import BodyModel, Coordinate, Place

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Structure:
    """The arrays of a body with G segments, D coordinates, L landmarks, S lengths, K kinds.

    A landmark and its mirror image are of one kind and share their offset.

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
        Names of the K kinds.
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
    segment : ndarray of int, shape (L,)
        Segment of each landmark.
    place : ndarray, shape (L, 3, S)
        Where it is in the segment per unit of each length.
    kind : ndarray of int, shape (L,)
        Kind of each landmark.
    outwards : ndarray, shape (L,)
        −1 for left landmarks: the third component of their offset points to the left.
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


def structure(
    model: BodyModel, landmarks: Sequence[str], skeleton: str = "", free: Collection[str] = ()
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
    marks = [model.landmark(name, skeleton) for name in landmarks]
    kinds = tuple(dict.fromkeys(_kind(name) for name in landmarks))
    spread_mm = np.zeros((len(kinds), 3))
    for mark in marks:
        spread_mm[kinds.index(_kind(mark.name))] = mark.offset_mm
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
        kind=np.array([kinds.index(_kind(name)) for name in landmarks], np.int64),
        outwards=np.array([-1.0 if name.startswith("left_") else 1.0 for name in landmarks]),
        offset_spread_mm=spread_mm,
    )


def _kind(landmark: str) -> str:
    return landmark.removeprefix("left_").removeprefix("right_")


def _coefficients(place: Place, lengths: tuple[str, ...]) -> Array:
    table = np.zeros((3, len(lengths)))
    for name, vector in place.items():
        table[:, lengths.index(name)] = vector
    return table
