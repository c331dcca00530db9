"""Hip joint centres from the pelvic markers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.geometry import frame_of, known_median

Array = NDArray[np.float64]

# Of pelvic depth or width, and mm: forward, up, to the side of each hip.
_FORWARD, _UP, _ASIDE = (-0.24, -9.9), (-0.30, -10.9), (0.33, 7.3)


def hip_centres(
    left_asis: Array, right_asis: Array, left_psis: Array, right_psis: Array
) -> tuple[Array, Array]:
    """Estimate the hip joint centres from the front and back spines of the pelvis.

    Parameters
    ----------
    left_asis, right_asis, left_psis, right_psis : ndarray, shape (T, 3)
        Positions of the markers, mm.

    Returns
    -------
    left, right : ndarray, shape (T, 3)
        mm. NaN where a marker is missing.

    Notes
    -----
    Regression of Harrington et al. 2007 (J Biomech 40:595), equations with one predictor each, in
    the ISB pelvic frame (Wu et al. 2002). Pelvic width and depth are medians over the recording.
    Their error is about 5 mm in each direction in healthy people.

    Examples
    --------
    >>> left, right = hip_centres(*np.array(
    ...     [[[0.0, 0, -120]], [[0.0, 0, 120]], [[-150.0, 0, -45]], [[-150.0, 0, 45]]]
    ... ))
    >>> right.round(1).tolist()
    [[-45.9, -82.9, 86.5]]
    """
    front, back = 0.5 * (left_asis + right_asis), 0.5 * (left_psis + right_psis)
    axes = frame_of(right_asis - left_asis, front - back, "zx")
    width_mm = known_median(np.linalg.norm(right_asis - left_asis, axis=1))
    depth_mm = known_median(np.linalg.norm(front - back, axis=1))
    forward_mm = _FORWARD[0] * depth_mm + _FORWARD[1]
    up_mm = _UP[0] * width_mm + _UP[1]
    aside_mm = _ASIDE[0] * width_mm + _ASIDE[1]
    left, right = (
        front + axes @ np.array([forward_mm, up_mm, side * aside_mm]) for side in (-1.0, 1.0)
    )
    return left, right
