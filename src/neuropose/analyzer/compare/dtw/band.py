"""The Sakoe-Chiba band, also for movements of unequal length."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.compare.dtw.settings import DtwSettings

_ROUNDING = 1e-9  # of a frame: 0.29 · 100 is 28.999…

NO_BAND = -1
"""Radius where there is no band."""


def band_radius(
    n: NDArray[np.int64] | int, m: NDArray[np.int64] | int, settings: DtwSettings
) -> NDArray[np.int64]:
    """Return the half width of the band in frames of the longer movement.

    Parameters
    ----------
    n, m : int or ndarray of int
        Lengths of the first and the second movement, frames.
    settings : DtwSettings
        Settings with the width of the band.

    Returns
    -------
    ndarray of int64
        A share is rounded down to whole frames, at most the length of the longer movement.
        `NO_BAND` if there is no band.

    Notes
    -----
    Sakoe & Chiba 1978, IEEE TASSP 26:43, with the diagonal from corner to corner: with N the
    longer, row i and column j are in the band if ``|i − j (N − 1) / (M − 1)| ≤ radius``, counted
    in frames of the longer movement. It is the same band if the movements are swapped. So that
    there always is a path, every frame may at least be paired with the one that is nearest to it
    on the diagonal, whatever the radius; a radius of 0 pairs frames of equally long movements one
    by one. A single frame is paired with all others.

    For equal lengths it is ``|i − j| ≤ radius``, as in dtw-python (``sakoechiba``, window size
    ``radius``), dtaidistance (``window`` of ``radius + 1``) and aeon. For unequal ones the bands of
    these libraries differ.

    Examples
    --------
    >>> int(band_radius(60, 50, DtwSettings(band=0.1)))
    6
    """
    longer = np.asarray(np.maximum(n, m), dtype=np.int64)
    radius: NDArray[np.int64] = np.full_like(longer, NO_BAND)
    if settings.band is not None:
        radius = np.floor(settings.band * longer + _ROUNDING).astype(np.int64)
    elif settings.band_frames is not None:
        widest = min(settings.band_frames, int(longer.max(initial=0)))  # may exceed 64 bits
        radius = np.asarray(np.minimum(longer, widest), dtype=np.int64)
    return radius
