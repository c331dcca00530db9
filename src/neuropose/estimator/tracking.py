"""Tracking: which detections in successive frames are the same person."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose.data import VideoPredictions

_MAX_GAP_S = 1.0
_MAX_DISTANCE = 0.35
_DISTANCE_PER_S = 0.5
_VELOCITY_MEMORY_S = 0.15
_UNASSIGNABLE = 1e6


@dataclass(slots=True)
class _Track:
    track_id: int
    time_s: float
    points_px: NDArray[np.float64]
    size_px: float
    velocity_px_s: NDArray[np.float64]

    def predict(self, time_s: float) -> NDArray[np.float64]:
        return self.points_px + self.velocity_px_s * (time_s - self.time_s)

    def update(self, time_s: float, points_px: NDArray[np.float64]) -> None:
        elapsed_s = time_s - self.time_s
        missing = np.isnan(points_px)
        # Missing joints move with the others: a part of a body would look like a small one.
        whole_px = (
            np.where(missing, self.predict(time_s), points_px) if missing.any() else points_px
        )
        if elapsed_s > 0:
            moved_px = _mean_of_known(points_px - self.points_px)
            if moved_px is not None:
                keep = math.exp(-elapsed_s / _VELOCITY_MEMORY_S)
                latest = moved_px / elapsed_s
                self.velocity_px_s = keep * self.velocity_px_s + (1.0 - keep) * latest
        self.time_s, self.points_px, self.size_px = time_s, whole_px, _size_px(whole_px)


class Tracker:
    """Assigns a track id to every detection, frame by frame.

    Notes
    -----
    A track is expected where it was last seen, moved on at its own velocity; detections are
    assigned to tracks by the least total distance (Kuhn 1955, the Hungarian method). The distance
    is the mean over joints, relative to the size of the person, so that two people who cross are
    told apart by their poses and directions. A track that has not been seen for a second is closed.

    Examples
    --------
    >>> tracker = Tracker()
    >>> pose = np.array([[[10.0, 10.0], [10.0, 50.0]]])
    >>> tracker.update(0.0, pose).tolist(), tracker.update(0.1, pose + 2.0).tolist()
    ([0], [0])
    """

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._next_id = 0

    def update(self, time_s: float, poses2d: NDArray[np.floating]) -> NDArray[np.int32]:
        """Identify the people of the next frame.

        Parameters
        ----------
        time_s : float
            Presentation time in seconds, ascending from call to call.
        poses2d : ndarray, shape (P, J, 2)
            Joint positions in px; NaN where a joint is missing.

        Returns
        -------
        ndarray of int32, shape (P,)
            Track ids, from 0 in order of first appearance.
        """
        self._tracks = [track for track in self._tracks if time_s - track.time_s <= _MAX_GAP_S]
        poses = np.asarray(poses2d, np.float64)
        ids = np.full(len(poses), -1, np.int32)
        for track, row in self._assign(time_s, poses):
            track.update(time_s, poses[row])
            ids[row] = track.track_id
        for row in [row for row, track_id in enumerate(ids) if track_id < 0]:
            pose = poses[row]
            self._tracks.append(_Track(self._next_id, time_s, pose, _size_px(pose), np.zeros(2)))
            ids[row] = self._next_id
            self._next_id += 1
        return ids

    def _assign(self, time_s: float, poses: NDArray[np.float64]) -> list[tuple[_Track, int]]:
        if not self._tracks or not len(poses):
            return []
        expected = np.stack([track.predict(time_s) for track in self._tracks])
        sizes_px = np.array([track.size_px for track in self._tracks])
        apart_px = np.linalg.norm(expected[:, None] - poses[None], axis=-1)
        known = np.isfinite(apart_px)
        mean_px = np.where(known, apart_px, 0.0).sum(axis=-1) / np.maximum(known.sum(axis=-1), 1)
        cost = mean_px / sizes_px[:, None]
        gap_s = np.array([time_s - track.time_s for track in self._tracks])
        reach = _MAX_DISTANCE + _DISTANCE_PER_S * gap_s
        possible = known.any(axis=-1) & (cost <= reach[:, None])
        return [(self._tracks[row], column) for row, column in _cheapest(cost, possible)]


def assign_tracks(predictions: VideoPredictions) -> VideoPredictions:
    """Assign identities to the detections of a file that has none.

    Parameters
    ----------
    predictions : VideoPredictions
        Any predictions, typically older ones; existing track ids are replaced. If times are
        missing, frames are taken to be evenly spaced.

    Returns
    -------
    VideoPredictions
        The same arrays with new track ids.

    Examples
    --------
    >>> from neuropose.testing import synthetic_predictions
    >>> assign_tracks(synthetic_predictions(frame_count=5)).track_ids.tolist()
    [0, 0, 0, 0, 0]
    """
    tracker = Tracker()
    times_s = predictions.time_s
    if np.isnan(times_s).any():
        times_s = np.arange(len(times_s)) / predictions.metadata.fps
    ids = [
        tracker.update(float(time_s), frame.poses2d)
        for time_s, frame in zip(times_s, predictions.frames.values(), strict=True)
    ]
    track_ids = np.concatenate(ids) if ids else np.empty(0, np.int32)
    fields = {name: getattr(predictions, name) for name in VideoPredictions.model_fields}
    return VideoPredictions(**{**fields, "track_ids": track_ids})


def _cheapest(cost: NDArray[np.float64], possible: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the rows and columns of as many possible pairs as there can be, at the least cost."""
    if possible.sum(axis=0).max() <= 1 and possible.sum(axis=1).max() <= 1:  # there is no choice
        rows, columns = np.nonzero(possible)
        return list(zip(rows.tolist(), columns.tolist(), strict=True))
    from scipy.optimize import linear_sum_assignment  # takes long to load

    rows, columns = linear_sum_assignment(np.where(possible, cost, _UNASSIGNABLE))
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return [(row, column) for row, column in pairs if possible[row, column]]


def _size_px(pose: NDArray[np.float64]) -> float:
    """Return the diagonal of the box around the known joints; 1 if there are none."""
    width_px, height_px = np.fmax.reduce(pose) - np.fmin.reduce(pose)  # these pass over NaN
    return max(math.hypot(width_px, height_px), 1.0) if math.isfinite(width_px + height_px) else 1.0


def _mean_of_known(vectors: NDArray[np.float64]) -> NDArray[np.float64] | None:
    mean: NDArray[np.float64] = vectors.mean(axis=0)
    if math.isfinite(mean[0] + mean[1]):
        return mean
    known = vectors[np.isfinite(vectors).all(axis=1)]
    return known.mean(axis=0) if len(known) else None
