"""What comparing two movements gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.compare.alignment import Alignment
from neuropose.analyzer.compare.dtw.settings import DtwSettings


@dataclass(frozen=True, eq=False)
class DtwResult:
    """How far two movements are apart, and which frames belong together.

    Parameters
    ----------
    distance : float
        Accumulated cost of the best path, unit of the values (squared, with the squared cost)
        times frames. It grows with the length of the movements.
    normalized_distance : float
        The same divided by the weight of the path: its length (``symmetric1``) or N + M
        (``symmetric2``). Unit of the values (squared).
    path : ndarray of int64, shape (K, 2), or None
        Pairs of frames of the first and the second movement, from the first pair to the last;
        read-only. None: not asked for.
    frames : tuple of int
        How many frames of each were compared, N and M.
    band_frames : int or None
        Half width of the band in frames of the longer movement. None: no band.
    settings : DtwSettings
        As asked for.
    alignment : Alignment or None
        How the second movement was laid over the first, where it was as a whole.
    warnings : tuple of str
        What a reader of the distance should know: frames filled or left out, for example.

    Notes
    -----
    Of several best paths, the one is given that, followed from the end, takes the diagonal step
    where it can, else the one in which the first movement goes on alone. Paths that differ by the
    rounding of their sums are not the same for this.
    """

    distance: float
    normalized_distance: float
    path: NDArray[np.int64] | None
    frames: tuple[int, int]
    band_frames: int | None
    settings: DtwSettings
    alignment: Alignment | None = None
    warnings: tuple[str, ...] = ()
