"""Result of comparing two movements."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.compare.alignment import Alignment
from neuropose.analyzer.compare.dtw.settings import DtwSettings


@dataclass(frozen=True, eq=False)
class DtwResult:
    """How far two movements are apart, and which of their frames correspond.

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
        read-only. None: not requested.
    frames : tuple of int
        Number of frames of each that were compared, N and M.
    band_frames : int or None
        Half width of the band in frames of the longer movement. None: no band.
    settings : DtwSettings
        Settings of the comparison.
    alignment : Alignment or None
        How the second movement was aligned with the first, if it was as a whole.
    warnings : tuple of str
        What a reader of the distance should know: frames filled or left out, for example.

    Notes
    -----
    Of several best paths, the result is the one that, followed from the end, takes the diagonal
    step where possible, else the one in which only the first movement advances. Paths whose sums
    differ by rounding are not considered equal.
    """

    distance: float
    normalized_distance: float
    path: NDArray[np.int64] | None
    frames: tuple[int, int]
    band_frames: int | None
    settings: DtwSettings
    alignment: Alignment | None = None
    warnings: tuple[str, ...] = ()
