"""Choosing the subject among the people of a video, with the alternatives."""

from __future__ import annotations

import math
import re
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from neuropose.data.prediction_fields import PredictionFields
from neuropose.errors import SubjectError
from neuropose.grammar import counted

SUBJECT_STRATEGIES = ("longest", "largest", "most_central", "track:N")
"""Ways to pick the subject of a video."""
OF_CAMERAS = "person:"
"""How the strategy begins where the subject was picked among people that several cameras saw."""
_NEARLY_AS_LONG = 0.9


class TrackSummary(BaseModel):
    """One person of a video.

    Parameters
    ----------
    track_id : int
        Track id of the person.
    frame_count : int
        Frames in which the person was found.
    first_frame, last_frame : int
        First and last of these frames.
    median_height_px : float or None
        Median height of the person's box in px; None if not known in any frame.
    median_offset : float or None
        Median distance of the box's centre from the middle of the picture, as a fraction of half
        the picture's diagonal: 0 in the middle, 1 in a corner; None if not known in any frame.
    """

    model_config = ConfigDict(frozen=True)

    track_id: int
    frame_count: Annotated[int, Field(gt=0)]
    first_frame: int
    last_frame: int
    median_height_px: float | None
    median_offset: float | None


class Subject(BaseModel):
    """The person who was picked.

    Parameters
    ----------
    track_id : int
        Track id of the person.
    strategy : str
        The strategy that was requested.
    reason : str
        Why this person was picked, in words.
    summary : TrackSummary
        Where and how large the person is.
    alternatives : tuple of TrackSummary
        Everybody else, best first by the same strategy.
    """

    model_config = ConfigDict(frozen=True)

    track_id: int
    strategy: str
    reason: str
    summary: TrackSummary
    alternatives: tuple[TrackSummary, ...]

    @property
    def in_words(self) -> str:
        """Who was picked and why; of several cameras without a track, which is that of a view."""
        if self.strategy.startswith(OF_CAMERAS):
            return self.reason
        return f"track {self.track_id}, {self.reason}"


def summarise_tracks(predictions: PredictionFields) -> tuple[TrackSummary, ...]:
    """Summarise every track of a video, in order of track id.

    Parameters
    ----------
    predictions : VideoPredictions
        Tracked predictions.

    Returns
    -------
    tuple of TrackSummary
        Empty if nobody was found.

    Examples
    --------
    >>> from neuropose.testing import synthetic_predictions
    >>> [track.frame_count for track in summarise_tracks(synthetic_predictions(frame_count=4))]
    [4]
    """
    centre = np.array([predictions.metadata.width, predictions.metadata.height]) / 2.0
    frames = predictions.frame_index
    summaries = []
    for track_id in np.unique(predictions.track_ids):
        rows = np.flatnonzero(predictions.track_ids == track_id)
        boxes = predictions.boxes[rows].astype(np.float64)
        offset = np.linalg.norm(boxes[:, :2] + boxes[:, 2:4] / 2.0 - centre, axis=1)
        summaries.append(
            TrackSummary(
                track_id=int(track_id),
                frame_count=len(rows),
                first_frame=int(frames[rows[0]]),
                last_frame=int(frames[rows[-1]]),
                median_height_px=_median(boxes[:, 3]),
                median_offset=_median(offset / np.linalg.norm(centre)),
            )
        )
    return tuple(summaries)


def is_strategy(name: str) -> bool:
    """Whether a name is that of a strategy, and not of a person.

    Parameters
    ----------
    name : str
        A strategy of `pick_subject`, or anything else.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_strategy("longest"), is_strategy("track:3"), is_strategy("Ann")
    (True, True, False)
    """
    return name in SUBJECT_STRATEGIES[:-1] or re.fullmatch(r"track:\d+", name) is not None


def check_strategy(strategy: str) -> None:
    """Raise if a strategy does not exist, before there is anybody to pick from.

    Parameters
    ----------
    strategy : str
        A strategy of `pick_subject`.

    Raises
    ------
    SubjectError
        If the strategy is not known.

    Examples
    --------
    >>> check_strategy("track:3")
    """
    if not is_strategy(strategy):
        raise SubjectError(
            f"unknown subject strategy {strategy!r}",
            hint=f"use one of {', '.join(SUBJECT_STRATEGIES)}",
        )


def pick_subject(predictions: PredictionFields, strategy: str) -> Subject:
    """Pick the subject of the video.

    Parameters
    ----------
    predictions : VideoPredictions
        Tracked predictions.
    strategy : str
        ``longest``: in the most frames; among tracks within 10 % of that, the largest one.
        ``largest``: greatest median box height. ``most_central``: nearest to the middle of the
        picture. ``track:N``: the track of that number.

    Returns
    -------
    Subject
        The choice, its reason and the alternatives.

    Raises
    ------
    SubjectError
        If nobody was found, the strategy is not known or the track does not exist.

    Examples
    --------
    >>> from neuropose.testing import synthetic_predictions
    >>> pick_subject(synthetic_predictions(), "longest").track_id
    0
    """
    check_strategy(strategy)
    tracks = summarise_tracks(predictions)
    if not tracks:
        raise SubjectError(
            "nobody was found in the video, so there is no subject",
            hint="look at the overlay video; try another model or a closer camera",
        )
    ranked, reason = _rank(tracks, strategy)
    chosen = ranked[0]
    return Subject(
        track_id=chosen.track_id,
        strategy=strategy,
        reason=reason,
        summary=chosen,
        alternatives=tuple(ranked[1:]),
    )


def _rank(tracks: tuple[TrackSummary, ...], strategy: str) -> tuple[list[TrackSummary], str]:
    total = len(tracks)
    if strategy == "longest":
        by_length = sorted(tracks, key=lambda track: (-track.frame_count, track.track_id))
        enough = _NEARLY_AS_LONG * by_length[0].frame_count
        near = [track for track in by_length if track.frame_count >= enough]
        near.sort(key=_largest_first)
        ranked = near + [track for track in by_length if track.frame_count < enough]
        count = ranked[0].frame_count
        if len(near) > 1:
            return (
                ranked,
                f"largest of {len(near)} about equally long tracks ({counted(count, 'frame')})",
            )
        return ranked, f"longest of {counted(total, 'track')} ({counted(count, 'frame')})"
    if strategy == "largest":
        ranked = sorted(tracks, key=_largest_first)
        height_px = ranked[0].median_height_px
        size = "of unknown height" if height_px is None else f"{height_px:.0f} px high"
        return ranked, f"largest of {total} tracks ({size})"
    if strategy == "most_central":
        return sorted(tracks, key=_most_central_first), f"most central of {total} tracks"
    wanted = int(strategy.removeprefix("track:"))
    ranked = sorted(tracks, key=lambda track: (track.track_id != wanted, -track.frame_count))
    if ranked[0].track_id != wanted:
        known = ", ".join(str(track.track_id) for track in tracks)
        raise SubjectError(f"there is no track {wanted}", hint=f"the tracks are {known}")
    return ranked, "named by the caller"


def _largest_first(track: TrackSummary) -> tuple[float, int]:
    height_px = track.median_height_px
    return (math.inf if height_px is None else -height_px, track.track_id)


def _most_central_first(track: TrackSummary) -> tuple[float, int]:
    offset = track.median_offset
    return (math.inf if offset is None else offset, track.track_id)


def _median(values: NDArray[np.float64]) -> float | None:
    """Return the median of the finite values, or None if there are none."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else None
