"""The Sakoe-Chiba band, for movements of unequal length too."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.dtw.settings import DtwSettings

_ROUNDING = 1e-9  # of a frame: 0.29 · 100 is 28.999…

NO_BAND = -1
"""Radius where there is no band."""


def band_radius(
    n: NDArray[np.int64] | int, m: NDArray[np.int64] | int, settings: DtwSettings
) -> NDArray[np.int64]:
    """Give the half width of the band in frames of the longer movement.

    Parameters
    ----------
    n, m : int or ndarray of int
        Lengths of the first and the second movement, frames.
    settings : DtwSettings

    Returns
    -------
    ndarray of int64
        A share is rounded down to whole frames. `NO_BAND`: none.

    Notes
    -----
    Sakoe & Chiba 1978, IEEE TASSP 26:43, with the diagonal from corner to corner: with N the
    longer, row i and column j are in the band if ``|i − j (N − 1) / (M − 1)| ≤ radius``, counted
    in frames of the longer movement. It is the same band if the movements are exchanged. So that
    there always is a path, every frame may at least be paired with the one that is nearest to it
    on the diagonal, whatever the radius; a radius of 0 pairs frames of equally long movements one
    by one. A single frame is paired with all others.

    Examples
    --------
    >>> int(band_radius(60, 50, DtwSettings(band=0.1)))
    6
    """
    longer = np.maximum(n, m)
    if settings.band is not None:
        return np.floor(settings.band * longer + _ROUNDING).astype(np.int64)
    fixed = NO_BAND if settings.band_frames is None else settings.band_frames
    return np.asarray(np.full_like(longer, fixed, dtype=np.int64))
