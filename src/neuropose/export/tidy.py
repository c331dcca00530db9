"""Positions as a tidy table: a row for each keypoint of each person in each frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose._version import __version__
from neuropose.data import VideoPredictions
from neuropose.export.content import Content, Part
from neuropose.export.options import ExportOptions
from neuropose.export.preparing import Placed, place

Array = NDArray[np.float64]

CAMERA_AXES = "the camera's: x right, y down, z forward"


@dataclass(frozen=True, eq=False)
class TidyTable:
    """Positions as columns; R rows, ordered by frame, person and keypoint.

    Parameters
    ----------
    frame : ndarray of int, shape (R,)
        Number of the frame, from 0.
    time_s : ndarray, shape (R,)
        Seconds. NaN: not known.
    individual, keypoint : ndarray of int, shape (R,)
        Indices into `individuals` and `keypoints`.
    individuals, keypoints : tuple of str
        Names.
    numbers : mapping of str to ndarray, shape (R,)
        ``x``, ``y``, ``z``, ``confidence`` and what else there is. NaN: missing.
    metadata : mapping of str to value
        Units, axes and origin, plain JSON.
    notes : tuple of str
        What was assumed or done.
    """

    frame: NDArray[np.int64]
    time_s: Array
    individual: NDArray[np.int64]
    keypoint: NDArray[np.int64]
    individuals: tuple[str, ...]
    keypoints: tuple[str, ...]
    numbers: Mapping[str, Array]
    metadata: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all columns."""
        return ("frame", "time_s", "individual", "keypoint", *self.numbers)


def tidy_table(content: Content, options: ExportOptions) -> TidyTable:
    """Return the positions of everybody in a video, or of one movement, as a tidy table.

    Parameters
    ----------
    content : Content
        With predictions or a movement. If an option changes what one person's movement is, the
        movement is taken.
    options : ExportOptions
        Default: the axes of the recording, millimetres.

    Returns
    -------
    TidyTable
    """
    if takes_everybody(content, options):
        assert content.predictions is not None
        return _of_everybody(content.predictions, options)
    assert content.movement is not None
    placed = place(content.movement, options, up="own", unit="mm")
    return _of_one(placed, options, said_of_one(content))


def takes_everybody(content: Content, options: ExportOptions) -> bool:
    """Whether predictions are exported as they are, everybody in them.

    Parameters
    ----------
    content : Content
        What is exported.
    options : ExportOptions
        Any that turns, cuts, smooths or resamples is of one person's movement.

    Returns
    -------
    bool
    """
    changing = (
        options.start_s,
        options.end_s,
        options.rate_hz,
        options.filter_hz,
        None if options.unit == "mm" else options.unit,
        None if options.up == "own" else options.up,
    )
    return content.predictions is not None and all(each is None for each in changing)


def said_of_one(content: Content) -> tuple[str, ...]:
    """Return what is left out of predictions where one person's movement is taken.

    Parameters
    ----------
    content : Content
        What is exported.

    Returns
    -------
    tuple of str
        A note; none if there are no predictions.
    """
    if content.predictions is None:
        return ()
    left_out = [Part.PEOPLE] if Part.PEOPLE in content.parts else []
    return (
        "what is turned, cut, smoothed or resampled is one person's movement; left out: "
        + ", ".join([*left_out, Part.PIXELS]),
    )


def individual_names(track_ids: Sequence[int], options: ExportOptions) -> tuple[str, ...]:
    """Return what people are called: by their tracks, unless there is one and they have a label.

    Parameters
    ----------
    track_ids : sequence of int
        Tracks in the video.
    options : ExportOptions
        `subject_label` is for one person.

    Returns
    -------
    tuple of str
    """
    if len(track_ids) == 1 and options.subject_label is not None:
        return (options.subject_label,)
    return tuple(f"track_{track}" for track in track_ids)


def _of_everybody(predictions: VideoPredictions, options: ExportOptions) -> TidyTable:
    joints = len(predictions.skeleton.joints)
    tracks, person = np.unique(predictions.track_ids, return_inverse=True)
    frame = predictions.frame_index
    order = np.lexsort((person, frame))
    numbers = {
        axis: predictions.poses3d[order, :, index].astype(np.float64).ravel()
        for index, axis in enumerate("xyz")
    }
    numbers["confidence"] = predictions.confidence[order].astype(np.float64).ravel()
    for index, name in enumerate(("x_px", "y_px")):
        numbers[name] = predictions.poses2d[order, :, index].astype(np.float64).ravel()
    if predictions.uncertainty_mm is not None:
        numbers["uncertainty_mm"] = predictions.uncertainty_mm[order].astype(np.float64).ravel()
    return TidyTable(
        frame=np.repeat(frame[order].astype(np.int64), joints),
        time_s=np.repeat(predictions.time_s[frame[order]], joints),
        individual=np.repeat(person[order].astype(np.int64), joints),
        keypoint=np.tile(np.arange(joints), len(order)),
        individuals=individual_names([int(track) for track in tracks], options),
        keypoints=predictions.skeleton.joints,
        numbers=numbers,
        metadata=_metadata(CAMERA_AXES, "mm", None, predictions.metadata.fps, numbers),
    )


def _of_one(placed: Placed, options: ExportOptions, said: tuple[str, ...]) -> TidyTable:
    movement = placed.movement
    frames, joints = len(movement), len(movement.names)
    numbers = {axis: placed.positions[..., i].ravel() for i, axis in enumerate("xyz")}
    confidence = movement.confidence
    numbers["confidence"] = (
        np.full(frames * joints, np.nan) if confidence is None else confidence.ravel()
    )
    if placed.errors is not None:
        for index, axis in enumerate("xyz"):
            numbers[f"{axis}_standard_error"] = placed.errors[..., index].ravel()
    return TidyTable(
        frame=np.repeat(movement.first_number - 1 + np.arange(frames), joints),
        time_s=np.repeat(movement.time_s, joints),
        individual=np.zeros(frames * joints, np.int64),
        keypoint=np.tile(np.arange(joints), frames),
        individuals=(options.label,),
        keypoints=movement.names,
        numbers=numbers,
        metadata=_metadata(placed.axes, placed.unit, placed.up, placed.rate_hz, numbers),
        notes=(*placed.notes, *said),
    )


def _metadata(
    axes: str, unit: str, up: str | None, rate_hz: float, columns: Mapping[str, Array]
) -> dict[str, Any]:
    units = {"time_s": "s", "confidence": "0 to 1", "x_px": "px", "y_px": "px"}
    units |= dict.fromkeys("xyz", unit) | {f"{axis}_standard_error": unit for axis in "xyz"}
    units["uncertainty_mm"] = "mm"
    known = {name: units[name] for name in ("time_s", *columns)}
    return {
        "source_software": f"NeuroPose {__version__}",
        "axes": axes,
        "up": up,
        "rate_hz": rate_hz,
        "units": known,
        "missing": "empty, NaN or null",
    }
