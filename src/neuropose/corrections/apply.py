"""Corrections applied: another subject, other sides, stretches left out, contacts to be changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose.corrections.sides import exchanged_joints
from neuropose.data import LEFT_OUT, Reconstruction, VideoPredictions, frame_gaps
from neuropose.data.corrections import (
    Correction,
    LeaveOut,
    SidesExchanged,
    SubjectIs,
    corrections_of,
    said,
    with_corrections,
)
from neuropose.errors import CorrectionError

Bools = NDArray[np.bool_]

_OF_JOINTS = ("poses3d", "poses2d", "confidence", "uncertainty_mm")
_OF_PEOPLE = ("boxes", "track_ids", *_OF_JOINTS)


def correct_predictions(
    predictions: VideoPredictions, made: Sequence[Correction]
) -> VideoPredictions:
    """Apply corrections to predictions.

    Parameters
    ----------
    predictions : VideoPredictions
        As they were made, or corrected before.
    made : sequence of Correction
        Of these predictions; whether they are is not checked here, see `require_belonging`.

    Returns
    -------
    VideoPredictions
        Exchanged sides are put right, and stretches that are left out are gaps without anybody.
        The subject, and contacts, are in the provenance, where `VideoPredictions.subject` and the
        gait task find them. All corrections are there and in the warnings. Segmentations of
        changed poses are dropped.

    Raises
    ------
    CorrectionError
        If there is no such track or frame, if nothing is left, or if two subjects are named.

    Examples
    --------
    >>> from neuropose.testing import synthetic_predictions
    >>> signed = {"by": "KL", "when": "2026-03-01T08:12:00Z", "input_sha256": 64 * "0"}
    >>> corrected = correct_predictions(
    ...     synthetic_predictions(frame_count=30),
    ...     [LeaveOut(**signed, start_s=0.5, end_s=0.6)],
    ... )
    >>> [(gap.first_frame, gap.last_frame) for gap in corrected.metadata.gaps]
    [(15, 18)]
    >>> corrected.warnings
    ('corrected by KL on 2026-03-01 08:12 UTC: 0.500 to 0.600 s left out',)
    """
    _require_one_subject((*corrections_of(predictions.provenance), *made))
    changed = predictions
    for each in made:
        match each:
            case SubjectIs():
                _require_track(predictions, each.track)
            case SidesExchanged():
                changed = _with_sides(changed, each)
            case LeaveOut():
                changed = _without(changed, each)
            case _:  # contacts are found later
                pass
    notes = [said(each) for each in made]
    update: dict[str, Any] = {"provenance": with_corrections(predictions.provenance, made)}
    if changed is not predictions and predictions.segmentations:
        update["segmentations"] = {}
        notes.append("segmentations made before the corrections were dropped: make them again")
    update["warnings"] = (*notes, *predictions.warnings)
    return changed.model_copy(update=update)


def correct_reconstruction(
    reconstruction: Reconstruction, made: Sequence[Correction]
) -> Reconstruction:
    """Apply corrections to a reconstruction.

    Parameters
    ----------
    reconstruction : Reconstruction
        As it was fitted, or corrected before.
    made : sequence of Correction
        Of this reconstruction; whether they are is not checked here, see `require_belonging`.

    Returns
    -------
    Reconstruction
        Stretches that are left out are NaN. Contacts are in the provenance, where the gait task
        finds them. All corrections are there and in the warnings.

    Raises
    ------
    CorrectionError
        If they name a subject or exchange sides: the body must be fitted again, to corrected
        predictions. If nothing is left.
    """
    refused = [each for each in made if isinstance(each, SubjectIs | SidesExchanged)]
    if refused:
        raise CorrectionError(
            "the subject and exchanged sides cannot be corrected in a reconstruction",
            hint="correct the predictions, from a page of them, and reconstruct those",
        )
    gone = np.zeros(len(reconstruction.time_s), dtype=bool)
    for each in made:
        if isinstance(each, LeaveOut):
            gone |= _within(reconstruction.time_s, each)
    if gone.all():
        raise _nothing_left()
    update: dict[str, Any] = {}
    if gone.any():
        for name in ("coordinates", "coordinate_errors", "positions_mm", "confidence"):
            values = getattr(reconstruction, name).copy()
            values[gone] = np.nan
            update[name] = values
        draws_mm = reconstruction.position_draws_mm.copy()
        draws_mm[:, gone] = np.nan
        update["position_draws_mm"] = draws_mm
    return reconstruction.model_copy(
        update={
            **update,
            "provenance": with_corrections(reconstruction.provenance, made),
            "warnings": (*(said(each) for each in made), *reconstruction.warnings),
        }
    )


def _require_one_subject(every: Sequence[Correction]) -> None:
    tracks = {each.track for each in every if isinstance(each, SubjectIs)}
    if len(tracks) > 1:
        raise CorrectionError(
            f"tracks {', '.join(map(str, sorted(tracks)))} are all said to be the subject",
            hint="keep one of them",
        )


def _require_track(predictions: VideoPredictions, track: int | None) -> None:
    known = sorted({int(each) for each in predictions.track_ids if each >= 0})
    if track is not None and track not in known:
        raise CorrectionError(
            f"there is no track {track}", hint=f"the tracks are {', '.join(map(str, known))}"
        )


def _with_sides(predictions: VideoPredictions, wrong: SidesExchanged) -> VideoPredictions:
    """Exchange the columns of joints of both sides in some rows."""
    _require_track(predictions, wrong.track)
    count = predictions.metadata.frame_count
    if wrong.last_frame >= count:
        raise CorrectionError(
            f"there is no frame {wrong.last_frame}", hint=f"the video has frames 0 to {count - 1}"
        )
    frames = predictions.frame_index
    rows = (frames >= wrong.first_frame) & (frames <= wrong.last_frame)
    if wrong.track is not None:
        rows &= predictions.track_ids == wrong.track
    columns = exchanged_joints(predictions.skeleton, wrong.limbs)
    if not rows.any() or (columns == np.arange(len(columns))).all():
        raise CorrectionError(
            f"there is nothing to exchange in frames {wrong.first_frame} to {wrong.last_frame}",
            hint="nobody was found there, or the skeleton has no such limbs of two sides",
        )
    update = {}
    for name in _OF_JOINTS:
        values = getattr(predictions, name)
        if values is not None:
            update[name] = values.copy()
            update[name][rows] = values[rows][:, columns]
    return predictions.model_copy(update=update)


def _without(predictions: VideoPredictions, stretch: LeaveOut) -> VideoPredictions:
    """Make a stretch of time a gap, without anybody in it."""
    metadata, numbers = predictions.metadata, np.arange(predictions.metadata.frame_count)
    time_s = np.where(np.isnan(predictions.time_s), numbers / metadata.fps, predictions.time_s)
    gone = _within(time_s, stretch)
    keep = ~gone[predictions.frame_index]
    if not keep.any():
        raise _nothing_left()
    reasons = {
        number: gap.reason
        for gap in metadata.gaps
        for number in range(gap.first_frame, gap.last_frame + 1)
    }
    for number in np.flatnonzero(gone):
        reasons.setdefault(int(number), f"{LEFT_OUT} by {stretch.by}")
    counts = np.where(gone, 0, np.diff(predictions.offsets))
    arrays = {name: getattr(predictions, name) for name in _OF_PEOPLE}
    return predictions.model_copy(
        update={
            **{name: None if array is None else array[keep] for name, array in arrays.items()},
            "offsets": np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
            "metadata": metadata.model_copy(update={"gaps": frame_gaps(reasons)}),
        }
    )


def _within(time_s: NDArray[np.float64], stretch: LeaveOut) -> Bools:
    near_s = 1e-6  # times of a page are rounded
    gone = (time_s >= stretch.start_s - near_s) & (time_s <= stretch.end_s + near_s)
    if not gone.any():
        raise CorrectionError(
            f"there is no frame from {stretch.start_s:.3f} to {stretch.end_s:.3f} s",
            hint=f"the recording is from {time_s[0]:.3f} to {time_s[-1]:.3f} s",
        )
    return np.asarray(gone)


def _nothing_left() -> CorrectionError:
    return CorrectionError("nothing is left to measure", hint="leave a shorter stretch out")
