"""Directions, angles between them and right-handed frames; an undefined direction is NaN."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

LEAST_LENGTH_MM = 1.0
"""Two points closer than this define no direction."""
LEAST_SINE = float(np.sin(np.radians(3.0)))
"""Two directions closer to parallel than this span no plane."""
AXIS_NAMES: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {
        f"{sign}{axis}": (length * (axis == "x"), length * (axis == "y"), length * (axis == "z"))
        for sign, length in (("", 1.0), ("-", -1.0))
        for axis in "xyz"
    }
)
"""Names of the directions along the axes, ``x`` to ``-z``."""
_ALONG_AN_AXIS = 1e-6


def direction(value: str | ArrayLike) -> Array:
    """Read a direction: an axis by name, or three numbers.

    Parameters
    ----------
    value : str or array_like, shape (3,)
        ``z``, ``-y`` (`AXIS_NAMES`, in small or capital letters), ``0,-1,0``, or numbers; any
        length but 0.

    Returns
    -------
    ndarray, shape (3,)
        Unit vector.

    Raises
    ------
    ValueError
        If it is neither.

    Examples
    --------
    >>> direction("-y").tolist(), direction("0, 3, 4").tolist(), direction([0, 0, 2]).tolist()
    ([0.0, -1.0, 0.0], [0.0, 0.6, 0.8], [0.0, 0.0, 1.0])
    """
    if isinstance(value, str):
        name = value.strip().lower().removeprefix("+")
        value = AXIS_NAMES.get(name) or [_number(part) for part in name.split(",")]
    numbers = np.asarray(value, dtype=np.float64)
    length = float(np.linalg.norm(numbers)) if numbers.shape == (3,) else 0.0
    if not np.isfinite(length) or length == 0.0:
        raise ValueError("a direction is x, y, z, -x, -y or -z, or three numbers, not all zero")
    return np.asarray(numbers / length + 0.0)


def direction_name(vector: Array) -> str:
    """Format a direction so that `direction` can read it.

    Parameters
    ----------
    vector : ndarray, shape (3,)
        Unit vector.

    Returns
    -------
    str
        The name of the axis that it lies along, else three numbers with two decimals.

    Examples
    --------
    >>> direction_name(np.array([0.0, 0.0, -1.0])), direction_name(np.array([0.0, -0.98, -0.199]))
    ('-z', '0.00,-0.98,-0.20')
    """
    for name, axis in AXIS_NAMES.items():
        if np.abs(vector - axis).max() <= _ALONG_AN_AXIS:
            return name
    return ",".join(f"{number + 0.0:.2f}" for number in np.round(vector, 2))


def nearest_axis(vector: Array) -> Array:
    """Return the axis, in either direction, that is closest to a vector.

    Parameters
    ----------
    vector : ndarray, shape (3,)
        Vector of any length.

    Returns
    -------
    ndarray, shape (3,)
    """
    return max((np.array(axis) for axis in AXIS_NAMES.values()), key=lambda axis: vector @ axis)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def dot(one: Array, other: Array) -> Array:
    """Compute the dot product of vectors.

    Parameters
    ----------
    one, other : ndarray, shape (…, 3)
        Vectors to multiply, broadcast against each other.

    Returns
    -------
    ndarray, shape (…)
    """
    return np.asarray(np.sum(one * other, axis=-1))


def unit(vectors: Array, least: float = LEAST_LENGTH_MM) -> Array:
    """Scale vectors to unit length.

    Parameters
    ----------
    vectors : ndarray, shape (…, D)
        Vectors of any length.
    least : float
        Vectors shorter than this have no direction.

    Returns
    -------
    ndarray, shape (…, D)
        NaN where there is no direction.

    Examples
    --------
    >>> unit(np.array([[0.0, 3.0, 4.0], [0.0, 0.0, 0.5]]))
    array([[0. , 0.6, 0.8],
           [nan, nan, nan]])
    """
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(length >= least, length, np.nan))


def across(vectors: Array, axis: Array) -> Array:
    """Return the component of vectors perpendicular to an axis.

    Parameters
    ----------
    vectors : ndarray, shape (…, 3)
        Vectors of any length.
    axis : ndarray, shape (…, 3)
        Unit length.

    Returns
    -------
    ndarray, shape (…, 3)
    """
    return np.asarray(vectors - dot(vectors, axis)[..., None] * axis)


def perpendicular(vectors: Array, axis: Array) -> Array:
    """Return the directions perpendicular to an axis that are closest to the given ones.

    Parameters
    ----------
    vectors : ndarray, shape (…, 3)
        Any length.
    axis : ndarray, shape (…, 3)
        Unit length.

    Returns
    -------
    ndarray, shape (…, 3)
        Unit length; NaN where a direction is within 3° of the axis (`LEAST_SINE`).
    """
    return unit(across(unit(vectors, least=np.finfo(float).tiny), axis), least=LEAST_SINE)


def angle_deg(one: Array, other: Array) -> Array:
    """Compute the angle between vectors, exact near 0° and 180° too.

    Parameters
    ----------
    one, other : ndarray, shape (…, 3)
        Any length.

    Returns
    -------
    ndarray, shape (…)
        Degrees, 0 to 180. NaN where one of them has no direction.

    Examples
    --------
    >>> round(float(angle_deg(np.array([1.0, 0.0, 0.0]), np.array([1.0, 1.0, 0.0]))), 9)
    45.0
    """
    area = np.linalg.norm(np.cross(one, other), axis=-1)
    angles = np.degrees(np.arctan2(area, dot(one, other)))
    pointless = (dot(one, one) == 0.0) | (dot(other, other) == 0.0)
    return np.asarray(np.where(pointless, np.nan, angles))


def local(axes: Array, directions: Array) -> Array:
    """Express directions in the axes of a frame.

    Parameters
    ----------
    axes : ndarray, shape (T, 3, 3)
        Columns are unit vectors.
    directions : ndarray, shape (T, 3)
        Vectors in the axes of the sequence.

    Returns
    -------
    ndarray, shape (T, 3)
    """
    return np.asarray(np.einsum("tji,tj->ti", axes, directions))


def frame_of(first: Array, second: Array, axes: str) -> Array:
    """Build right-handed frames from two directions.

    Parameters
    ----------
    first : ndarray, shape (…, 3)
        Direction of the first axis, kept as it is.
    second : ndarray, shape (…, 3)
        About the direction of the second axis, which lies in the plane of the two.
    axes : str
        Which axes they are, two of ``xyz``.

    Returns
    -------
    ndarray, shape (…, 3, 3)
        Columns are the X, Y and Z axes; determinant +1. NaN where the two span no plane.

    Examples
    --------
    >>> frame_of(np.array([0.0, 2.0, 0.0]), np.array([0.0, 1.0, 3.0]), "yz")
    array([[1., 0., 0.],
           [0., 1., 0.],
           [0., 0., 1.]])
    """
    one = unit(first, least=np.finfo(float).tiny)
    two = perpendicular(second, one)
    column = {axes[0]: one, axes[1]: two}
    sign = 1.0 if axes in ("xy", "yz", "zx") else -1.0
    third = ({"x", "y", "z"} - set(axes)).pop()
    column[third] = sign * np.cross(one, two)
    return np.stack([column["x"], column["y"], column["z"]], axis=-1)


def known_median(values: Array) -> float:
    """Return the median of the known values.

    Parameters
    ----------
    values : ndarray
        NaN: missing.

    Returns
    -------
    float
        NaN if nothing is known.
    """
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")


def smooth(values: Array, width: int) -> Array:
    """Average over a sliding Hann window, over what is known in it.

    Parameters
    ----------
    values : ndarray, shape (T, …)
        NaN: missing (in any component).
    width : int
        Length of the window in frames; the effective width is about half of that.

    Returns
    -------
    ndarray, shape (T, …)
        At the ends the window is cut off. NaN where nothing is known in the window.

    Examples
    --------
    >>> smooth(np.array([1.0, np.nan, 1.0, 4.0]), 3).round(3)
    array([1., 1., 2., 3.])
    """
    from scipy.ndimage import convolve1d

    flat = values.reshape(len(values), -1)
    known = np.asarray(np.isfinite(flat).all(axis=1))
    window = np.hanning(2 * (width // 2) + 3)[1:-1]
    weights = convolve1d(known.astype(np.float64), window, mode="constant")
    sums = convolve1d(np.where(known[:, None], flat, 0.0), window, axis=0, mode="constant")
    mean = sums / np.where(weights > 1e-9, weights, np.nan)[:, None]
    return np.asarray(mean.reshape(values.shape))
