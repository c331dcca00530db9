"""Procrustes alignment of points and of frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuropose.analyzer.compare.alignment.fitting import fit
from neuropose.analyzer.compare.alignment.result import Alignment, FrameAlignments
from neuropose.data.arrays import read_only
from neuropose.errors import AlignmentError

Array = NDArray[np.float64]


def align_points(
    moving: ArrayLike, fixed: ArrayLike, *, weights: ArrayLike | None = None, scale: bool = False
) -> Alignment:
    """Find the rotation and translation that align points with others by least squares.

    Parameters
    ----------
    moving, fixed : array_like, shape (…, 3)
        mm; pairs of points, of one frame or of a whole movement. NaN: missing. Pairs with
        a missing point are left out.
    weights : array_like, optional
        Weights of the pairs, 0 or more; any shape that broadcasts to theirs, (J,) for (T, J, 3).
    scale : bool
        Whether to scale as well.

    Returns
    -------
    Alignment

    Raises
    ------
    AlignmentError
        If fewer than three pairs are known, they lie on a line or in one place, or several
        rotations fit as well; if shapes or weights do not fit, or a coordinate is infinite.

    Notes
    -----
    Kabsch 1976, Acta Crystallographica A32:922; with scale and always a proper rotation Umeyama
    1991, IEEE TPAMI 13:376, equations 40 to 43. Points lie on a line if their second
    largest standard deviation, along the principal axes, is at most 1 % of the largest. Several
    rotations fit as well if the second singular value of the covariance, plus the third (minus it
    if the best fit is a mirror image), is at most 0.01 % of the first.

    Examples
    --------
    >>> points = np.array([[0.0, 0, 0], [100, 0, 0], [0, 200, 0], [0, 0, 300]])
    >>> turned = points @ np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]]) + [10, 20, 30]
    >>> found = align_points(turned, points)
    >>> round(found.rms_after_mm, 6), round(found.angle_deg, 6)
    (0.0, 90.0)
    """
    one, other = _pairs(moving, fixed)
    fits = fit(
        one.reshape(1, -1, 3),
        other.reshape(1, -1, 3),
        _weights(weights, one.shape[:-1]).reshape(1, -1),
        scale=scale,
    )
    reason = fits.reasons[0]
    if reason is not None:
        raise AlignmentError(f"the points cannot be aligned: {reason}", hint="give more joints")
    return Alignment(
        rotation=read_only(fits.rotation[0], np.float64),
        translation_mm=read_only(fits.translation_mm[0], np.float64),
        scale=float(fits.scale[0]),
        rms_before_mm=float(fits.rms_before_mm[0]),
        rms_after_mm=float(fits.rms_after_mm[0]),
        points=int(fits.points[0]),
        mirrored=bool(fits.mirrored[0]),
    )


def align_frames(
    moving: ArrayLike, fixed: ArrayLike, *, weights: ArrayLike | None = None, scale: bool = False
) -> FrameAlignments:
    """Align every frame independently; see `align_points`.

    Parameters
    ----------
    moving : array_like, shape (T, J, 3)
        mm. NaN: missing.
    fixed : array_like, shape (T, J, 3) or (J, 3)
        mm; a single pose is used for every frame.
    weights : array_like, shape (J,) or (T, J), optional
        Weights of the joints, 0 or more.
    scale : bool
        Whether to scale as well.

    Returns
    -------
    FrameAlignments

    Raises
    ------
    AlignmentError
        If not a single frame can be aligned, shapes or weights do not fit, or a coordinate is
        infinite.
    """
    one = np.asarray(moving, dtype=np.float64)
    if one.ndim != 3:
        raise AlignmentError(f"frames of shape {one.shape}", hint="give (frames, joints, 3)")
    other = np.asarray(fixed, dtype=np.float64)
    one, other = _pairs(one, np.broadcast_to(other, one.shape) if other.ndim == 2 else other)
    fits = fit(one, other, _weights(weights, one.shape[:-1]), scale=scale)
    refused = [(frame, why) for frame, why in enumerate(fits.reasons) if why is not None]
    if len(refused) == len(one):
        why = refused[0][1] if refused else "there are none"
        raise AlignmentError(f"no frame can be aligned: {why}", hint="give more joints")
    for values in fits[:-1]:
        values.flags.writeable = False
    return FrameAlignments(*fits[:-1], refused=tuple(refused))


def _pairs(moving: ArrayLike, fixed: ArrayLike) -> tuple[Array, Array]:
    one, other = np.asarray(moving, dtype=np.float64), np.asarray(fixed, dtype=np.float64)
    if one.shape != other.shape or one.ndim < 2 or one.shape[-1] != 3:
        raise AlignmentError(
            f"points of shapes {one.shape} and {other.shape}", hint="give pairs of points, (…, 3)"
        )
    if np.isinf(one).any() or np.isinf(other).any():
        raise AlignmentError("a coordinate is infinite", hint="use NaN for missing values")
    return one, other


def _weights(weights: ArrayLike | None, shape: tuple[int, ...]) -> Array:
    try:
        values = np.broadcast_to(1.0 if weights is None else np.asarray(weights, float), shape)
    except ValueError as error:
        raise AlignmentError(f"weights for {shape} points: {error}") from error
    if not (values >= 0.0).all() or np.isinf(values).any():
        raise AlignmentError("a weight is negative or not a number", hint="0 leaves a point out")
    return values
