"""Where a body's landmarks are, and how they move with its coordinates and lengths: compiled loops.

Our own rather than a physics engine's: the fit needs the derivatives by the lengths of segments and
the offsets of landmarks, over all frames in one call, and those engines give them by the
coordinates alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.body.structure import Structure
from neuropose.compiled import compiled

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Arguments = tuple[Ints, Array, Ints, Array, Ints, Ints, Array]
"""The body of one person, as the compiled loops take it."""
Chain = tuple[Array, Array, Array, Array, Array]
"""Where a body is: see `forward`."""


def positions_mm(
    body: Structure, coordinates: Array, lengths_mm: Array, offsets_mm: Array
) -> Array:
    """Return where the points are.

    Parameters
    ----------
    body : Structure
        The body.
    coordinates : ndarray, shape (T, D)
        Radians and mm. NaN: not known.
    lengths_mm : ndarray, shape (S,)
        Lengths of the person.
    offsets_mm : ndarray, shape (K, 3)
        Offsets of the points, X forward, Y up, Z outwards.

    Returns
    -------
    ndarray, shape (T, P, 3)
        mm; the L landmarks first.
    """
    points_mm, _, _, _, _ = forward(
        np.ascontiguousarray(coordinates), *arguments(body, lengths_mm, offsets_mm)
    )
    return points_mm


def arguments(body: Structure, lengths_mm: Array, offsets_mm: Array) -> Arguments:
    """Return the arguments of the compiled loops that describe the body of one person.

    Parameters
    ----------
    body : Structure
        The body.
    lengths_mm : ndarray, shape (S,)
        Lengths of the person.
    offsets_mm : ndarray, shape (K, 3)
        Offsets of the points.

    Returns
    -------
    tuple of ndarray
    """
    origins_mm = body.origin @ lengths_mm
    signs = np.stack([np.ones_like(body.outwards), np.ones_like(body.outwards), body.outwards], 1)
    places_mm = body.place @ lengths_mm + signs * offsets_mm[body.kind]
    return (
        body.parent,
        origins_mm,
        body.first,
        body.axis,
        body.turns,
        body.segment,
        places_mm,
    )


@compiled
def forward(
    coordinates: Array,
    parent: Ints,
    origins_mm: Array,
    first: Ints,
    axis: Array,
    turns: Ints,
    segment: Ints,
    places_mm: Array,
) -> Chain:
    """Run through the chain of segments, frame by frame.

    Parameters
    ----------
    coordinates : ndarray, shape (T, D)
        Radians and mm.
    parent, origins_mm, first, axis, turns, segment, places_mm : ndarray
        From `arguments`.

    Returns
    -------
    points : ndarray, shape (T, P, 3)
        mm.
    rotations : ndarray, shape (T, G, 3, 3)
        Of the segments.
    centres : ndarray, shape (T, G, 3)
        Their origins, mm.
    axes, pivots : ndarray, shape (T, D, 3)
        Axis of each coordinate, and a point on it, mm.
    """
    frames, dofs = coordinates.shape
    segments, marks = len(parent), len(segment)
    points = np.empty((frames, marks, 3))
    rotations = np.empty((frames, segments, 3, 3))
    centres = np.empty((frames, segments, 3))
    axes = np.empty((frames, dofs, 3))
    pivots = np.empty((frames, dofs, 3))
    turn = np.empty((3, 3))
    work = np.empty((3, 3))
    for t in range(frames):
        for g in range(segments):
            up = parent[g]
            for i in range(3):
                if up < 0:
                    centres[t, g, i] = origins_mm[g, i]
                else:
                    centres[t, g, i] = (
                        centres[t, up, i]
                        + rotations[t, up, i, 0] * origins_mm[g, 0]
                        + rotations[t, up, i, 1] * origins_mm[g, 1]
                        + rotations[t, up, i, 2] * origins_mm[g, 2]
                    )
                for j in range(3):
                    if up < 0:
                        rotations[t, g, i, j] = 1.0 if i == j else 0.0
                    else:
                        rotations[t, g, i, j] = rotations[t, up, i, j]
            for d in range(first[g], first[g + 1]):
                x, y, z = axis[d, 0], axis[d, 1], axis[d, 2]
                for i in range(3):
                    axes[t, d, i] = (
                        rotations[t, g, i, 0] * x
                        + rotations[t, g, i, 1] * y
                        + rotations[t, g, i, 2] * z
                    )
                value = coordinates[t, d]
                if turns[d] == 0:
                    for i in range(3):
                        centres[t, g, i] += axes[t, d, i] * value
                        pivots[t, d, i] = centres[t, g, i]
                    continue
                c, s = np.cos(value), np.sin(value)
                k = 1.0 - c
                turn[0, 0], turn[0, 1], turn[0, 2] = (
                    c + x * x * k,
                    x * y * k - z * s,
                    x * z * k + y * s,
                )
                turn[1, 0], turn[1, 1], turn[1, 2] = (
                    y * x * k + z * s,
                    c + y * y * k,
                    y * z * k - x * s,
                )
                turn[2, 0], turn[2, 1], turn[2, 2] = (
                    z * x * k - y * s,
                    z * y * k + x * s,
                    c + z * z * k,
                )
                for i in range(3):
                    pivots[t, d, i] = centres[t, g, i]
                    for j in range(3):
                        work[i, j] = (
                            rotations[t, g, i, 0] * turn[0, j]
                            + rotations[t, g, i, 1] * turn[1, j]
                            + rotations[t, g, i, 2] * turn[2, j]
                        )
                for i in range(3):
                    for j in range(3):
                        rotations[t, g, i, j] = work[i, j]
        for m in range(marks):
            g = segment[m]
            for i in range(3):
                points[t, m, i] = (
                    centres[t, g, i]
                    + rotations[t, g, i, 0] * places_mm[m, 0]
                    + rotations[t, g, i, 1] * places_mm[m, 1]
                    + rotations[t, g, i, 2] * places_mm[m, 2]
                )
    return points, rotations, centres, axes, pivots


@compiled
def by_coordinates(
    points: Array, axes: Array, pivots: Array, turns: Ints, moves: Ints, segment: Ints
) -> Array:
    """Differentiate the points by the coordinates.

    Parameters
    ----------
    points, axes, pivots : ndarray
        From `forward`.
    turns, moves, segment : ndarray of int
        Of the `Structure`.

    Returns
    -------
    ndarray, shape (T, P, 3, D)
        mm a radian, and mm a mm.
    """
    frames, marks, _ = points.shape
    dofs = len(turns)
    derivative = np.zeros((frames, marks, 3, dofs))
    for t in range(frames):
        for m in range(marks):
            for d in range(dofs):
                if moves[segment[m], d] == 0:
                    continue
                ax, ay, az = axes[t, d, 0], axes[t, d, 1], axes[t, d, 2]
                if turns[d] == 0:
                    derivative[t, m, 0, d] = ax
                    derivative[t, m, 1, d] = ay
                    derivative[t, m, 2, d] = az
                    continue
                rx = points[t, m, 0] - pivots[t, d, 0]
                ry = points[t, m, 1] - pivots[t, d, 1]
                rz = points[t, m, 2] - pivots[t, d, 2]
                derivative[t, m, 0, d] = ay * rz - az * ry
                derivative[t, m, 1, d] = az * rx - ax * rz
                derivative[t, m, 2, d] = ax * ry - ay * rx
    return derivative


@compiled
def accumulate(
    points: Array,
    axes: Array,
    pivots: Array,
    turns: Ints,
    moves: Ints,
    segment: Ints,
    landmark: Ints,
    rows: Array,
    middle: Array,
    residual: Array,
    weight: Array,
) -> tuple[Array, Array]:
    """Sum up the normal equations of the coordinates.

    Parameters
    ----------
    points, axes, pivots : ndarray
        From `forward`.
    turns, moves, segment : ndarray of int
        Of the `Structure`.
    landmark, rows, middle, residual, weight : ndarray
        Of `neuropose.body.fit.Residuals`.

    Returns
    -------
    blocks : ndarray, shape (T, D, D)
    gradient : ndarray, shape (T, D)
    """
    frames, marks, _ = points.shape
    dofs, seen = len(turns), len(landmark)
    views, own = middle.shape[1:]
    blocks = np.zeros((frames, dofs, dofs))
    gradient = np.zeros((frames, dofs))
    moved = np.zeros((marks, 3, dofs))
    centre = np.zeros((views, 3, dofs))
    slope = np.zeros(dofs)
    for t in range(frames):
        centre[:] = 0.0
        for m in range(marks):
            for d in range(dofs):
                if moves[segment[m], d] == 0:
                    continue
                ax, ay, az = axes[t, d, 0], axes[t, d, 1], axes[t, d, 2]
                if turns[d] == 1:
                    rx = points[t, m, 0] - pivots[t, d, 0]
                    ry = points[t, m, 1] - pivots[t, d, 1]
                    rz = points[t, m, 2] - pivots[t, d, 2]
                    ax, ay, az = ay * rz - az * ry, az * rx - ax * rz, ax * ry - ay * rx
                moved[m, 0, d], moved[m, 1, d], moved[m, 2, d] = ax, ay, az
        for v in range(views):
            for n in range(own):
                share = middle[t, v, n]
                if share == 0.0:
                    continue
                m = landmark[v * own + n]
                for i in range(3):
                    for d in range(dofs):
                        centre[v, i, d] += share * moved[m, i, d]
        for n in range(seen):
            m = landmark[n]
            for i in range(3):
                w = weight[t, n, i]
                if w == 0.0:
                    continue
                x, y, z = rows[t, n, i, 0], rows[t, n, i, 1], rows[t, n, i, 2]
                v = n // own
                from_middle = i == 2 and v < views
                for d in range(dofs):
                    slope[d] = x * moved[m, 0, d] + y * moved[m, 1, d] + z * moved[m, 2, d]
                    if from_middle:
                        slope[d] -= x * centre[v, 0, d] + y * centre[v, 1, d] + z * centre[v, 2, d]
                for d in range(dofs):
                    ws = w * slope[d]
                    if ws == 0.0:
                        continue
                    gradient[t, d] += ws * residual[t, n, i]
                    for e in range(d + 1):
                        blocks[t, d, e] += ws * slope[e]
        for d in range(dofs):
            for e in range(d):
                blocks[t, e, d] = blocks[t, d, e]
    return blocks, gradient


def by_shape(body: Structure, rotations: Array) -> Array:
    """Return the derivatives of the points by lengths and offsets.

    Parameters
    ----------
    body : Structure
        The body.
    rotations : ndarray, shape (T, G, 3, 3)
        Of the segments, from `forward`.

    Returns
    -------
    ndarray, shape (T, P, 3, S + 3 K)
        The lengths first, then the three components of each offset.
    """
    frames = len(rotations)
    lengths, offsets = len(body.lengths), len(body.offset_spread_mm)
    origin = np.zeros((frames, len(body.parent), 3, lengths))
    for g, up in enumerate(body.parent):
        if up >= 0:
            origin[:, g] = origin[:, up] + rotations[:, up] @ body.origin[g]
    derivative = np.zeros((frames, len(body.segment), 3, lengths + 3 * offsets))
    for m, g in enumerate(body.segment):
        derivative[:, m, :, :lengths] = origin[:, g] + rotations[:, g] @ body.place[m]
        at = lengths + 3 * int(body.kind[m])
        derivative[:, m, :, at : at + 3] = rotations[:, g] * np.array([1.0, 1.0, body.outwards[m]])
    return derivative
