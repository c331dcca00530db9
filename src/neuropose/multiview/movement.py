"""How much later one camera's clock runs, from movements alone: a first guess."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.multiview.views import View, placed_joints

Array = NDArray[np.float64]

LEAST_OVERLAP_S = 1.0
"""Views that saw the person at the same time for less have no offset."""
_MOST_CANDIDATES = 6
_LEAST_SHARE = 0.5  # of the best correlation
_CLIP = 4.0  # standard deviations: an exchange of sides is no movement
_SMOOTH_S = 0.08


def likely_offsets(one: View, other: View, most_s: float) -> list[tuple[float, float]]:
    """Compare how landmarks rise and fall in two views.

    Parameters
    ----------
    one, other : View
        The same person.
    most_s : float
        Greatest offset to consider, s.

    Returns
    -------
    list of (float, float)
        What must be added to the times of `other` to have those of `one`, s, within a frame, and
        the correlation; the best first. Empty if there is nothing to compare.

    Notes
    -----
    The vertical movements of landmarks relative to each other look alike from all sides. Their
    correlation is normalised by what was seen in both at each offset (Padfield 2012, IEEE T Image
    Process 21:2706).
    """
    step_s = min(one.frame_s, other.frame_s)
    landmarks = placed_joints((one, other))
    courses = [
        _course(view, [names[number] for names in landmarks.values()], step_s)
        for number, view in enumerate((one, other))
    ]
    (first_s, a), (second_s, b) = courses
    if len(a) < 4 or len(b) < 4:
        return []
    size = int(2 ** np.ceil(np.log2(len(a) + len(b))))
    known_a, known_b = np.isfinite(a).astype(float), np.isfinite(b).astype(float)
    a, b = np.nan_to_num(a), np.nan_to_num(b)

    def against(x: Array, y: Array) -> Array:
        product = np.fft.rfft(x, size, axis=0) * np.conj(np.fft.rfft(y, size, axis=0))
        return np.asarray(np.fft.irfft(product.sum(axis=1), size))

    joints = a.shape[1]
    both = against(a, b)
    power = np.maximum(against(a**2, known_b), 0.0) * np.maximum(against(known_a, b**2), 0.0)
    count = np.maximum(against(known_a, known_b), 0.0)  # the transform rounds
    lags = np.arange(size)
    lags = np.where(lags < len(a), lags, lags - size)
    offset_s = lags * step_s + first_s - second_s
    enough = (count * step_s / joints >= LEAST_OVERLAP_S * 0.8) & (np.abs(offset_s) <= most_s)
    enough &= power > 1e-12 * max(float(power.max()), 1e-300)
    if not enough.any():
        return []
    # Few shared frames correlate by chance.
    certain = np.sqrt(count / (count + joints / step_s))
    correlation = np.where(enough, certain * both / np.sqrt(np.where(enough, power, 1.0)), -np.inf)
    order = np.argsort(offset_s)
    offset_s, correlation = offset_s[order], correlation[order]
    inner = correlation[1:-1]
    peaks = 1 + np.flatnonzero((inner >= correlation[:-2]) & (inner > correlation[2:]))
    peaks = peaks[np.isfinite(correlation[peaks])]
    best = peaks[np.argsort(-correlation[peaks])][:_MOST_CANDIDATES]
    if not len(best) or correlation[best[0]] <= 0.0:
        return []
    least = _LEAST_SHARE * correlation[best[0]]
    return [(float(offset_s[i]), float(correlation[i])) for i in best if correlation[i] >= least]


def _course(view: View, joints: list[str], step_s: float) -> tuple[float, Array]:
    """Return the time of the first sample, and how fast each landmark rises, (N, J)."""
    seen = np.flatnonzero(view.seen)
    if len(seen) < 2:
        return 0.0, np.empty((0, len(joints)))
    first, last = view.time_s[seen[0]], view.time_s[seen[-1]]
    times = first + step_s * np.arange(int((last - first) / step_s) + 1)
    height = view.at(times, joints).rays[..., 1]
    empty = ~np.isfinite(height).any(axis=1)
    height[empty] = 0.0
    size = np.nanmax(height, axis=1) - np.nanmin(height, axis=1)
    relative = (height - np.nanmean(height, axis=1, keepdims=True)) / np.where(
        size > 0.0, size, np.nan
    )[:, None]
    width = max(round(_SMOOTH_S / step_s), 1)
    rise = np.full(relative.shape, np.nan)
    rise[width:-width] = relative[2 * width :] - relative[: -2 * width]
    spread = 1.4826 * np.nanmedian(np.abs(rise)) if np.isfinite(rise).any() else 1.0
    limit = _CLIP * max(float(spread), 1e-9) * 2.0
    return float(first), np.clip(rise, -limit, limit)
