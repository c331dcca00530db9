"""A long recording in overlapping windows, so that memory does not grow with it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MARGIN_S = 2.0
"""Frames further away than this do not matter to the fit of a frame."""
WINDOW = 300
"""Frames of a window without its margins."""
_LEAST_MARGIN = 30
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Window:
    """A stretch of frames that is fitted at once.

    Parameters
    ----------
    first, stop : int
        All its frames.
    own_first, own_stop : int
        Those whose results are kept.
    """

    first: int
    stop: int
    own_first: int
    own_stop: int

    @property
    def rows(self) -> slice:
        """All its frames."""
        return slice(self.first, self.stop)

    @property
    def own(self) -> slice:
        """The frames that are kept, in the recording."""
        return slice(self.own_first, self.own_stop)

    @property
    def inner(self) -> slice:
        """The frames that are kept, in the window."""
        return slice(self.own_first - self.first, self.own_stop - self.first)


def windows(time_s: Array) -> list[Window]:
    """Divide a recording.

    Parameters
    ----------
    time_s : ndarray, shape (T,)
        Seconds.

    Returns
    -------
    list of Window
        One, if the recording is short.

    Examples
    --------
    >>> [(each.first, each.own_first, each.own_stop) for each in windows(np.arange(1500) / 30.0)]
    [(0, 0, 300), (240, 300, 600), (540, 600, 900), (840, 900, 1200), (1140, 1200, 1500)]
    """
    frames = len(time_s)
    interval_s = float(np.median(np.diff(time_s))) if frames > 1 else 1.0
    margin = max(_LEAST_MARGIN, int(np.ceil(MARGIN_S / interval_s - _ROUNDING)))
    count = max(1, round(frames / max(WINDOW, 2 * margin)))
    edges = [round(frames * each / count) for each in range(count + 1)]
    return [
        Window(max(0, first - margin), min(frames, stop + margin), first, stop)
        for first, stop in pairwise(edges)
    ]


def excerpt(seen: NDArray[np.bool_], pieces: int, length: int) -> NDArray[np.int64]:
    """Choose pieces of a recording, evenly spread over the frames in which the person is seen.

    Parameters
    ----------
    seen : ndarray of bool, shape (T,)
        Frames in which the person is seen.
    pieces, length : int
        How many pieces of how many frames.

    Returns
    -------
    ndarray of int
        Ascending; all frames if the recording is no longer than the pieces together.
    """
    frames = len(seen)
    if frames <= pieces * length:
        return np.arange(frames)
    known = np.flatnonzero(seen)
    middles = known[np.linspace(0, len(known) - 1, pieces + 2).astype(int)[1:-1]]
    starts = np.clip(middles - length // 2, 0, frames - length)
    return np.unique((starts[:, None] + np.arange(length)).ravel())
