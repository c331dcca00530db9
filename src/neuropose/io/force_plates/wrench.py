"""The channels of a force plate as a force and its centre of pressure (c3d.org, FORCE_PLATFORM)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LOADED_N = 20.0
"""Vertical force below which a centre of pressure means nothing."""
CHANNELS = {1: 6, 2: 6, 3: 8, 4: 6}
"""Channels of the plate types that can be read."""


def reaction(
    plate_type: int, channels: Array, corners_mm: Array, origin_mm: Array
) -> tuple[Array, Array]:
    """Compute the ground reaction of one plate.

    Parameters
    ----------
    plate_type : int
        1 (forces, centre of pressure, free moment), 2 and 4 (forces and moments, calibrated), or 3
        (eight vertical and horizontal sensors).
    channels : ndarray, shape (A, C)
        Newtons, and newton millimetres or millimetres.
    corners_mm : ndarray, shape (4, 3)
        Corners of the surface in the laboratory: where the plate's x and y are (+, +), (−, +),
        (−, −) and (+, −).
    origin_mm : ndarray, shape (3,)
        From the origin of the moments to the centre of the surface, along the plate's axes; for
        type 3 the distances a, b and depth of the sensors.

    Returns
    -------
    force_n : ndarray, shape (A, 3)
        In the laboratory's axes; up from the floor when somebody stands on the plate.
    centre_of_pressure_mm : ndarray, shape (A, 3)
        In the laboratory. NaN where the vertical force is below 20 N.

    Examples
    --------
    >>> corners = np.array([[300.0, 400, 0], [0, 400, 0], [0, 0, 0], [300, 0, 0]])[[1, 0, 3, 2]]
    >>> channels = np.array([[0.0, 0.0, 700.0, 7000.0, 0.0, 0.0]])
    >>> force_n, centre_mm = reaction(2, channels, corners, np.zeros(3))
    >>> force_n.round() + 0.0, centre_mm.round() + 0.0
    (array([[  0.,   0., 700.]]), array([[150., 210.,   0.]]))
    """
    axes = _axes(corners_mm)
    if plate_type == 3:
        force, moment = _of_sensors(channels, origin_mm)
        depth = np.array([0.0, 0.0, -abs(origin_mm[2])])
    else:
        force, moment = channels[:, :3], channels[:, 3:6]
        depth = origin_mm * (-1.0 if origin_mm[2] > 0.0 else 1.0)  # signs differ among makers
    with np.errstate(divide="ignore", invalid="ignore"):
        if plate_type == 1:
            centre = channels[:, 3:5]
        else:
            moment = moment + np.cross(force, depth)
            centre = np.stack([-moment[:, 1], moment[:, 0]], axis=1) / force[:, 2:]
    loaded = np.abs(force[:, 2]) > LOADED_N
    centre_mm = np.full((len(centre), 3), np.nan)
    centre_mm[loaded] = centre[loaded] @ axes[:2] + corners_mm.mean(axis=0)
    force_n = -(force @ axes)
    if np.nansum(force_n @ axes[2]) > 0.0:  # some programs store the reaction itself
        force_n = -force_n
    return force_n, centre_mm


def _axes(corners_mm: Array) -> Array:
    """Return the plate's axes in the laboratory, one a row; z points into the floor."""
    first = corners_mm[0] + corners_mm[3] - corners_mm[1] - corners_mm[2]
    second = corners_mm[0] + corners_mm[1] - corners_mm[2] - corners_mm[3]
    x = first / np.linalg.norm(first)
    z = np.cross(x, second)
    z = z / np.linalg.norm(z)
    return np.stack([x, np.cross(z, x), z])


def _of_sensors(channels: Array, distances_mm: Array) -> tuple[Array, Array]:
    """Kistler's eight channels: Fx12, Fx34, Fy14, Fy23, Fz1 to Fz4."""
    a, b = np.abs(distances_mm[:2])
    x12, x34, y14, y23, z1, z2, z3, z4 = channels.T
    force = np.stack([x12 + x34, y14 + y23, z1 + z2 + z3 + z4], axis=1)
    moment = np.stack(
        [b * (z1 + z2 - z3 - z4), a * (-z1 + z2 + z3 - z4), b * (x34 - x12) + a * (y14 - y23)],
        axis=1,
    )
    return force, moment
