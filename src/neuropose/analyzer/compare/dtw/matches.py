"""A movement within a longer one: anywhere in it, as often as it occurs, or from its start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.compare.dtw.band import NO_BAND
from neuropose.analyzer.compare.dtw.clocks import rates_differ
from neuropose.analyzer.compare.dtw.inputs import Movement, rows_of
from neuropose.analyzer.compare.dtw.layout import column_layout, row_layout
from neuropose.analyzer.compare.dtw.result import DtwResult
from neuropose.analyzer.compare.dtw.settings import DtwSettings
from neuropose.analyzer.compare.dtw.values import Rows
from neuropose.analyzer.compare.dtw.warping import finite_distance, step_weight, warp
from neuropose.errors import SequenceError, SignalError
from neuropose.sequence.pose_sequence import PoseSequence

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

QUERY, RECORDING = "the movement to find", "the recording"


@dataclass(frozen=True)
class Match:
    """A part of a recording that resembles a movement.

    Parameters
    ----------
    start, end : int
        Frames of the recording, both inclusive.
    distance : float
        DTW distance of the movement to that part, unit of the values (squared) times frames.
    normalized_distance : float
        The same divided by the number of frames of the movement, however long the match is, so
        that a match does not improve by waiting where the movement rests.
    start_s, end_s : float or None
        Times of both frames, seconds. None: the recording has no times.
    warnings : tuple of str
        What a reader of the distance should know about the movement and the recording.
    """

    start: int
    end: int
    distance: float
    normalized_distance: float
    start_s: float | None = None
    end_s: float | None = None
    warnings: tuple[str, ...] = ()


def dtw_matches(
    movement: Movement,
    recording: Movement,
    settings: DtwSettings | None = None,
    *,
    most: int | None = 1,
    max_distance: float = np.inf,
    stretch: float = 2.0,
) -> tuple[Match, ...]:
    """Find where a movement occurs in a long recording.

    Parameters
    ----------
    movement : PoseSequence or array_like, shape (N, …)
        The movement to find.
    recording : PoseSequence or array_like, shape (M, …)
        The recording to search, with the same number of values per frame.
    settings : DtwSettings, optional
        For sequences `ComparisonSettings`: ``align="body"`` finds it wherever the subject is and
        faces. ``symmetric1``, in which a path does not cost more where only the recording advances;
        without a band, as there is no diagonal for it.
    most : int or None
        Largest number of matches. None: all up to `max_distance`.
    max_distance : float
        Greatest normalised distance of a match.
    stretch : float
        How many times longer or shorter than the movement a match may be, in frames, 1 or more.

    Returns
    -------
    tuple of Match
        Best first, without overlaps: each is the best match in what the previous ones leave of
        the recording. Empty if there is none. No match spans frames that are left out.

    Raises
    ------
    SignalError
        If a band or ``symmetric2`` is set, a limit makes no sense, the number of matches is not
        limited, or values are missing that `settings` do not handle.
    SequenceError
        If the frame rates differ (a match has about as many frames as the movement), or as in
        `dtw_all`.
    MissingJointsError, AlignmentError
        See `dtw_all`.

    Notes
    -----
    Subsequence DTW (Müller 2007, Information Retrieval for Music and Motion, chapter 4.4): a path
    may begin and end at any frame of the recording. Of all stretches of a length that `stretch`
    allows, the one with the smallest distance is taken: where the best path to an end has another
    length, that end is searched again, backwards from it. This can take minutes if a movement of
    hundreds of frames is a rest, which any other rest resembles.

    Examples
    --------
    >>> recording = [5.0, 5.0, 0.0, 1.0, 1.0, 2.0, 5.0, 5.0, 0.0, 1.1, 2.0, 5.0]
    >>> for found in dtw_matches([0.0, 1.0, 2.0], recording, most=2):
    ...     print(found.start, found.end, round(found.distance, 9))
    2 5 0.0
    8 10 0.1
    """
    settings = _unbanded(settings)
    if settings.step_pattern != "symmetric1":
        raise SignalError(
            f"a match of {settings.step_pattern} costs more the longer it is",
            hint="set step_pattern symmetric1",
        )
    _check(most, max_distance, stretch)
    sequences = [each for each in (movement, recording) if isinstance(each, PoseSequence)]
    if rates_differ(sequences):
        raise SequenceError(
            "the movement and the recording have different frame rates",
            hint="resample one to the rate of the other (PoseSequence.resample)",
        )
    query, whole = rows_of([movement, recording], settings, (QUERY, RECORDING))
    best = [
        _best(query, whole, int(first), int(stop), settings, stretch)
        for first, stop in _unbroken(whole.kept)
    ]
    waiting = [each for each in best if each is not None]
    found: list[_Found] = []
    while waiting and len(found) != most:
        next_one = min(waiting)
        waiting.remove(next_one)
        if next_one.distance > max_distance * len(query):
            break
        found.append(next_one)
        for first, stop in ((next_one.first, next_one.start), (next_one.end + 1, next_one.stop)):
            rest = _best(query, whole, first, stop, settings, stretch)
            if rest is not None:
                waiting.append(rest)
    time_s = recording.time_s if isinstance(recording, PoseSequence) else None
    warnings = tuple(dict.fromkeys((*query.warnings, *whole.warnings)))
    return tuple(_match(each, len(query), whole.kept, time_s, warnings) for each in found)


def dtw_open_end(
    movement: Movement,
    recording: Movement,
    settings: DtwSettings | None = None,
    *,
    path: bool = True,
) -> DtwResult:
    """Compare a movement with the beginning of a longer one, as far as it goes.

    Parameters
    ----------
    movement : PoseSequence or array_like, shape (N, …)
        The movement, compared from beginning to end; one that was broken off, for example.
    recording : PoseSequence or array_like, shape (M, …)
        The whole movement, in which the end of the first one is found.
    settings : DtwSettings, optional
        Without a band, as there is no diagonal for it.
    path : bool
        Whether to return the path; its last pair says where the movement ends.

    Returns
    -------
    DtwResult
        ``frames[1]`` is the number of frames of the recording that were used.

    Raises
    ------
    SignalError
        If a band is set, or values are missing that `settings` do not handle.
    SequenceError, MissingJointsError, AlignmentError
        See `dtw_all`.

    Notes
    -----
    Open-end DTW (Tormene et al. 2009, Artif Intell Med 45:11). The end is the frame with the
    smallest distance; in ``symmetric2``, where a path weighs more the further it goes, with the
    smallest normalised distance. Of equals, it is the first.

    Examples
    --------
    >>> half = dtw_open_end([0.0, 1.0, 2.0], [0.0, 1.0, 1.0, 2.0, 3.0, 4.0])
    >>> half.distance, half.frames
    (0.0, (3, 4))
    """
    from neuropose.analyzer.compare.dtw import kernels

    settings = _unbanded(settings)
    one, whole = rows_of([movement, recording], settings, (QUERY, RECORDING))
    n, m = len(one), len(whole)
    columns = column_layout(whole.values)
    limits = kernels.band_limits(n, m, NO_BAND)
    how = settings.cost == "squared", step_weight(settings)
    totals, _, _ = kernels.last_row(row_layout(one.values), columns, *limits, *how, False)
    if settings.step_pattern == "symmetric2":
        totals = totals / (n + np.arange(1, m + 1))
    end = int(np.argmin(totals))
    used = Rows(whole.values[: end + 1], whole.kept[: end + 1], whole.warnings)
    return warp(one, used, settings, path=path)


class _Found(NamedTuple):
    """A match by rows, in the order of how good it is, and the stretch that was searched."""

    distance: float
    start: int
    end: int
    first: int
    stop: int


def _best(
    query: Rows, whole: Rows, first: int, stop: int, settings: DtwSettings, stretch: float
) -> _Found | None:
    """Find the best match from row `first` to row `stop`, the last one not included."""
    from neuropose.analyzer.compare.dtw import kernels

    n, m = len(query), stop - first
    if m < 1:
        return None
    rows, squared = row_layout(query.values), settings.cost == "squared"
    part = whole.values[first:stop]
    limits = kernels.band_limits(n, m, NO_BAND)
    totals, begun, _ = kernels.last_row(rows, column_layout(part), *limits, squared, 1.0, True)
    lengths = np.arange(1, m + 1)
    allowed = (lengths * stretch >= n) & (lengths <= n * stretch)
    if not allowed.any():
        return None
    usual = allowed[np.arange(m) - begun]
    least, start, end = np.inf, -1, -1
    if usual.any():
        end = int(np.argmin(np.where(usual, totals, np.inf)))
        least, start = float(totals[end]), int(begun[end])
    # Where the best path to an end is too long or too short, its total is a bound for all others.
    others = np.flatnonzero(~usual & (lengths > np.argmax(allowed)))
    backwards = row_layout(query.values[::-1])
    for other in others[np.argsort(totals[others], kind="stable")].tolist():
        if totals[other] >= least:
            break
        length = _best_length(backwards, part[: other + 1], allowed, squared)
        columns = column_layout(part[other + 1 - length : other + 1])
        limits = kernels.band_limits(n, length, NO_BAND)
        total = kernels.total_cost(rows, columns, *limits, squared, 1.0)
        if total < least:
            least, start, end = total, other + 1 - length, other
    return _Found(finite_distance(least), first + start, first + end, first, stop)


def _best_length(backwards: Array, part: Array, allowed: NDArray[np.bool_], squared: bool) -> int:
    """Return the allowed length of the best match that ends with the last row of `part`.

    Both are warped from their ends, so that all beginnings are seen at once.
    """
    from neuropose.analyzer.compare.dtw import kernels

    longest = min(len(part), int(np.flatnonzero(allowed)[-1]) + 1)
    columns = column_layout(part[::-1][:longest])
    limits = kernels.band_limits(len(backwards), longest, NO_BAND)
    totals, _, _ = kernels.last_row(backwards, columns, *limits, squared, 1.0, False)
    return int(np.argmin(np.where(allowed[:longest], totals, np.inf))) + 1


def _match(
    found: _Found, n: int, kept: Ints, time_s: Array | None, warnings: tuple[str, ...]
) -> Match:
    start, end = int(kept[found.start]), int(kept[found.end])
    return Match(
        start=start,
        end=end,
        distance=found.distance,
        normalized_distance=found.distance / n,
        start_s=None if time_s is None else float(time_s[start]),
        end_s=None if time_s is None else float(time_s[end]),
        warnings=warnings,
    )


def _unbroken(kept: Ints) -> Ints:
    """First row of each run of consecutive frames, and one more than the last."""
    edges = np.flatnonzero(np.diff(kept) > 1) + 1
    return np.stack([np.append(0, edges), np.append(edges, len(kept))], axis=1)


def _unbanded(settings: DtwSettings | None) -> DtwSettings:
    settings = DtwSettings() if settings is None else settings
    if settings.band is not None or settings.band_frames is not None:
        raise SignalError(
            "a band cannot be used where an end is free", hint="leave band and band_frames out"
        )
    return settings


def _check(most: int | None, max_distance: float, stretch: float) -> None:
    if most is not None and most < 1:
        raise SignalError(f"{most} matches", hint="ask for 1 or more, or None for all")
    if most is None and not max_distance < np.inf:
        raise SignalError(
            "without a limit, matches would be found until nothing is left",
            hint="give most or max_distance",
        )
    if not (max_distance >= 0.0 and 1.0 <= stretch < np.inf):
        raise SignalError(
            f"max_distance {max_distance:g}, stretch {stretch:g}",
            hint="max_distance must be at least 0, and stretch at least 1",
        )
