"""Consistency checks across the arrays of predictions; errors name the frame."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose.data.prediction_fields import UNTRACKED, PredictionFields
from neuropose.data.segmentation import Segmentation


def frame_id(number: int) -> str:
    """Return the key of a frame in `VideoPredictions.frames` and on disk.

    Parameters
    ----------
    number : int
        Frame number, counted from 0.

    Returns
    -------
    str
        ``frame_`` and the number with at least six digits.

    Examples
    --------
    >>> frame_id(42)
    'frame_000042'
    """
    return f"frame_{number:06d}"


def check_frames(predictions: PredictionFields) -> None:
    """Check times, offsets and gaps against the metadata.

    Parameters
    ----------
    predictions : VideoPredictions
        The predictions to check.

    Raises
    ------
    ValueError
        In one line: where it is wrong, and what was expected.
    """
    time_s, offsets = predictions.time_s, predictions.offsets
    frame_count = predictions.metadata.frame_count
    if time_s.shape != (frame_count,):
        raise ValueError(f"time_s has shape {time_s.shape}, frame_count is {frame_count}")
    if offsets.shape != (frame_count + 1,):
        raise ValueError(f"offsets has shape {offsets.shape}, not ({frame_count + 1},)")
    counts = np.diff(offsets)
    if offsets[0] != 0 or (counts < 0).any():
        raise ValueError("offsets must start at 0 and ascend")
    known = np.flatnonzero(~np.isnan(time_s))
    wrong = np.isinf(time_s)
    wrong[known[1:]] |= time_s[known[1:]] < time_s[known[:-1]]
    if wrong.any():
        frame = frame_id(int(wrong.argmax()))
        raise ValueError(f"frames.{frame}.time_s: expected a finite time, not before earlier ones")
    for gap in predictions.metadata.gaps:
        held = counts[gap.first_frame : gap.last_frame + 1] > 0
        if held.any():
            frame = frame_id(gap.first_frame + int(held.argmax()))
            raise ValueError(f"frames.{frame}: expected no detections, metadata.gaps holds it")


def check_detections(predictions: PredictionFields) -> None:
    """Check shapes, ranges and track ids of the detections.

    Parameters
    ----------
    predictions : VideoPredictions
        The predictions to check, after `check_frames`.

    Raises
    ------
    ValueError
        In one line: where it is wrong, and what was expected.
    """
    count, joints = int(predictions.offsets[-1]), len(predictions.skeleton.joints)
    shapes = {
        "boxes": (count, 5),
        "poses3d": (count, joints, 3),
        "poses2d": (count, joints, 2),
        "confidence": (count, joints),
        "track_ids": (count,),
        "uncertainty_mm": (count, joints),
    }
    for name, shape in shapes.items():
        array = getattr(predictions, name)
        if array is None:
            continue
        if array.shape != shape:
            raise ValueError(f"{name} has shape {array.shape}, not {shape}")
        if array.dtype.kind == "f":
            _refuse(predictions, name, np.isinf(array), "a finite float32 or null")
    scores = predictions.boxes.copy()
    scores[:, :4] = 0.0
    for name, share in (("boxes", scores), ("confidence", predictions.confidence)):
        _refuse(predictions, name, (share < 0) | (share > 1), "a number from 0 to 1 or null")
    if predictions.uncertainty_mm is not None:
        negative = predictions.uncertainty_mm < 0
        _refuse(predictions, "uncertainty_mm", negative, "a number from 0 or null")
    _check_tracks(predictions)


def check_segmentations(predictions: PredictionFields) -> None:
    """Check that the windows of segmentations lie within the video.

    Parameters
    ----------
    predictions : VideoPredictions
        The predictions to check.

    Raises
    ------
    ValueError
        In one line: where it is wrong, and what was expected.
    """
    last = predictions.metadata.frame_count - 1
    for name, entry in predictions.segmentations.items():
        for number, window in enumerate(entry.windows if isinstance(entry, Segmentation) else ()):
            if window.end_frame > last:
                where = f"segmentations.{name}.windows[{number}].end_frame"
                raise ValueError(f"{where}: expected a frame of the video, {last} at most")


def _check_tracks(predictions: PredictionFields) -> None:
    track_ids = predictions.track_ids
    _refuse(predictions, "track_ids", track_ids < UNTRACKED, "a whole number from 0 or null")
    tracked = np.flatnonzero(track_ids != UNTRACKED)
    keys = (predictions.frame_index[tracked].astype(np.int64) << 32) | track_ids[tracked]
    _, first = np.unique(keys, return_index=True)
    again = np.zeros(len(track_ids), dtype=bool)
    again[np.delete(tracked, first)] = True
    _refuse(predictions, "track_ids", again, "each track once in a frame")


def _refuse(predictions: PredictionFields, name: str, bad: NDArray[Any], expected: str) -> None:
    if not bad.any():
        return
    row, *inside = (int(index) for index in np.argwhere(bad)[0])
    frame = int(predictions.frame_index[row])
    position = [row - int(predictions.offsets[frame]), *inside]
    where = f"frames.{frame_id(frame)}.{name}" + "".join(f"[{index}]" for index in position)
    raise ValueError(f"{where}: expected {expected}")
