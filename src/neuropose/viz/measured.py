"""The person of a video who was measured, and in which frames a reader must look twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from neuropose.data import Event, Exchange, Limbs, Report, VideoPredictions
from neuropose.sequence.pose_sequence import PoseSequence

DOUBTFUL_CONFIDENCE = 0.5
"""Mean confidence of the joints below which a frame is called doubtful."""


@dataclass(frozen=True, eq=False)
class Measured:
    """The person who was measured.

    Parameters
    ----------
    track_id : int or None
        Which of the people in the predictions. None: not known, nobody is marked.
    exchanges : tuple of Exchange
        Where the source took left for right.
    events : tuple of Event
        What was found in the movement.
    error_mm : ndarray, shape (T,), or None
        Standard error of the joints in each frame of the movement, mean over them. None: not known.
    first_frame : int
        The frame of the video that is the first of the movement.

    Examples
    --------
    >>> Measured(track_id=2).exchanges
    ()
    """

    track_id: int | None
    exchanges: tuple[Exchange, ...] = ()
    events: tuple[Event, ...] = ()
    error_mm: NDArray[np.float64] | None = None
    first_frame: int = 0

    @classmethod
    def of(
        cls,
        sequence: PoseSequence,
        exchanges: Sequence[Exchange] = (),
        report: Report | None = None,
    ) -> Self:
        """Return who was measured in a recording.

        Parameters
        ----------
        sequence : PoseSequence
            The movement.
        exchanges : sequence of Exchange
            Those of its reconstruction.
        report : Report, optional
            What was measured.

        Returns
        -------
        Measured
        """
        draws = sequence.draws_mm
        error = None
        if draws is not None and sequence.first_frame is not None:
            error = np.sqrt(np.var(draws, axis=0).sum(axis=-1)).mean(axis=-1)
        return cls(
            track_id=None if sequence.subject is None else sequence.subject.track_id,
            exchanges=tuple(exchanges),
            events=() if report is None else tuple(report.events),
            error_mm=error,
            first_frame=sequence.first_frame or 0,
        )

    def is_of(self, track_id: int) -> bool:
        """Return whether a track is this person's.

        Parameters
        ----------
        track_id : int
            Of a detection.

        Returns
        -------
        bool
        """
        return self.track_id is not None and track_id == self.track_id


def frame_notes(predictions: VideoPredictions, measured: Measured | None) -> list[str]:
    """Return what a reader must know of each frame, in a few words.

    Parameters
    ----------
    predictions : VideoPredictions
        Of the video.
    measured : Measured or None
        Who was measured. None: only that nobody was found is told.

    Returns
    -------
    list of str
        Of every frame; empty if there is nothing to say. Before somebody comes into view, and
        after, they are not missing.

    Examples
    --------
    >>> from neuropose.testing import synthetic_predictions
    >>> frame_notes(synthetic_predictions(frame_count=2), Measured(track_id=0))
    ['', '']
    """
    notes: list[list[str]] = [[] for _ in range(predictions.metadata.frame_count)]
    for each in () if measured is None else measured.exchanges:
        for number in range(each.first, each.last + 1):
            notes[number].append(_said(each))
    for first, last, what in _missing(predictions, measured):
        for number in range(first, last + 1):
            notes[number].append(what)
    rows = _rows(predictions, measured) if measured is not None else np.zeros(0, np.int64)
    known = np.isfinite(predictions.confidence[rows])
    counted = np.maximum(known.sum(axis=1), 1)
    confidence = np.where(known, predictions.confidence[rows], 0.0).sum(axis=1) / counted
    for row, at in zip(rows, np.where(known.any(axis=1), confidence, np.inf), strict=True):
        if at < DOUBTFUL_CONFIDENCE:
            number = int(predictions.frame_index[row])
            notes[number].append(f"doubtful: confidence {at:.2f}")
    return [", ".join(dict.fromkeys(said)) for said in notes]


def telling_frames(
    predictions: VideoPredictions, measured: Measured | None, count: int
) -> dict[int, str]:
    """Choose the frames in which a reader sees whether a measurement can be trusted.

    Parameters
    ----------
    predictions : VideoPredictions
        Of the video.
    measured : Measured or None
        Who was measured. None: only frames without anybody are told.
    count : int
        Most frames to choose.

    Returns
    -------
    dict of int to str
        Why each frame was chosen, by its number: first stretches in which somebody is missing and
        exchanged sides, the longest first; then the frame of the widest error, and an event of each
        side.
    """
    stretches = [*_missing(predictions, measured)]
    wanted: list[tuple[int, str]] = []
    if measured is not None:
        stretches += [(each.first, each.last, _said(each)) for each in measured.exchanges]
        wanted = [*_widest(measured), *_events(predictions, measured)]
    stretches.sort(key=lambda each: each[0] - each[1])
    wanted = [((first + last) // 2, what) for first, last, what in stretches] + wanted
    chosen: dict[int, str] = {}
    for number, what in wanted:
        if number in chosen:
            chosen[number] += f", {what}"
        elif len(chosen) < count:
            chosen[number] = what
    return chosen


def _said(exchange: Exchange) -> str:
    what = "left and right" if exchange.limbs is Limbs.ALL else f"{exchange.limbs.value}"
    put_right = "" if exchange.settled else ", not settled"
    return f"{what} exchanged{put_right}"


def _rows(predictions: VideoPredictions, measured: Measured | None) -> NDArray[np.int64]:
    """Return the detections of the person who was measured, or of anybody."""
    if measured is None or measured.track_id is None:
        return np.arange(len(predictions.track_ids))
    return np.flatnonzero(predictions.track_ids == measured.track_id)


def _missing(
    predictions: VideoPredictions, measured: Measured | None
) -> Iterable[tuple[int, int, str]]:
    """Yield the stretches between the first and the last frame of somebody without them."""
    numbers = np.unique(predictions.frame_index[_rows(predictions, measured)])
    is_known = measured is not None and measured.track_id is not None
    what = "measured person not found" if is_known else "nobody found"
    for before, after in pairwise(numbers.tolist()):
        if after - before > 1:
            yield before + 1, after - 1, what


def _widest(measured: Measured) -> Iterable[tuple[int, str]]:
    error_mm = measured.error_mm
    if error_mm is not None and np.isfinite(error_mm).any():
        row = int(np.nanargmax(error_mm))
        yield measured.first_frame + row, f"widest error, {error_mm[row]:.0f} mm"


def _events(predictions: VideoPredictions, measured: Measured) -> Iterable[tuple[int, str]]:
    """Yield an event of each kind and side, from the middle of the recording."""
    by_name: dict[tuple[str, str | None], list[float]] = {}
    for event in measured.events:
        by_name.setdefault((event.name, event.side), []).append(event.time_s)
    for (name, side), times_s in by_name.items():
        time_s = sorted(times_s)[len(times_s) // 2]
        number = int(np.abs(predictions.time_s - time_s).argmin())
        yield number, " ".join(part for part in (side, name.replace("_", " ")) if part)
