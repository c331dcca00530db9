"""Repetitions of one person's movement, found in predictions and stored with them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from neuropose._version import __version__
from neuropose.analyzer.prepared import prepare_recording
from neuropose.analyzer.signals.repetitions import RepetitionSettings, find_repetitions
from neuropose.analyzer.signals.selected import follow, refuse_fingers
from neuropose.analyzer.signals.vocabulary import Signal
from neuropose.data import Repetition, Segmentation, SegmentSignal, VideoPredictions
from neuropose.data.metadata import Contract
from neuropose.data.slicing import slice_frames
from neuropose.errors import SignalError
from neuropose.filters import Preparation
from neuropose.filters.columns import Bools, Floats
from neuropose.sequence.pose_sequence import PoseSequence

LEAST_PROMINENCE = {"axis": 20.0, "distance": 20.0, "speed": 100.0, "angle": 5.0}
"""By kind of signal, in its unit (mm, mm, mm/s, degrees): smaller peaks are within the noise of
poses from one video, even if nothing else moves."""


class _Measured(NamedTuple):
    time_s: Floats
    values: Floats
    filled: Bools
    settings: dict[str, Any]
    warnings: tuple[str, ...]


class SegmentSettings(Contract):
    """What `segment` can be told, as ``neuropose segment --set`` takes it.

    Parameters
    ----------
    signal : SegmentSignal
        What is looked at.
    repetitions : RepetitionSettings
        What of it is not given is that of `default_settings`.
    preparation : Preparation
        What is done to the trajectories first.
    """

    signal: Signal
    repetitions: RepetitionSettings = RepetitionSettings()
    preparation: Preparation = Preparation()

    def repetition_settings(self) -> RepetitionSettings:
        """Return the settings for the signal: those that were given, the others as usual.

        Returns
        -------
        RepetitionSettings
        """
        given = self.repetitions.model_dump(exclude_unset=True)
        return default_settings(self.signal).model_copy(update=given)


def default_settings(signal: SegmentSignal) -> RepetitionSettings:
    """Return the settings for a signal: nothing below `LEAST_PROMINENCE` is a repetition.

    Parameters
    ----------
    signal : SegmentSignal
        The signal in which repetitions are looked for.

    Returns
    -------
    RepetitionSettings

    Examples
    --------
    >>> default_settings(SegmentSignal(kind="speed", joints=("nose",))).least_prominence
    100.0
    """
    kind = "angle" if signal.kind == "joint_angle" else signal.kind
    return RepetitionSettings(least_prominence=LEAST_PROMINENCE[kind])


def segment(
    predictions: VideoPredictions,
    signal: SegmentSignal,
    settings: RepetitionSettings | None = None,
    *,
    preparation: Preparation | None = None,
    subject: str = "longest",
    up: ArrayLike | str | None = None,
    confirm_up: bool = False,
    movement: PoseSequence | None = None,
    name: str = "repetitions",
) -> VideoPredictions:
    """Find the repetitions in the movement of one person, and store them with the predictions.

    Parameters
    ----------
    predictions : VideoPredictions
        Tracked predictions, any skeleton.
    signal : SegmentSignal
        What is looked at. Joints by canonical name, or by the skeleton's own.
    settings : RepetitionSettings, optional
        Default: `default_settings`.
    preparation : Preparation, optional
        What is done to the trajectories first.
    subject : str
        Who: ``longest``, ``largest``, ``most_central`` or ``track:N``.
    up : array_like, shape (3,), or str, optional
        Direction away from the floor in the camera frame, if it is known; default: it is found.
    confirm_up : bool
        Whether `up` is right even where the body contradicts it: somebody lies or crawls.
    movement : PoseSequence, optional
        The person's movement, as that of a body that was fitted to the predictions; default: the
        joints where the model has them.
    name : str
        Under which the segmentation is stored; one that is there is replaced.

    Returns
    -------
    VideoPredictions
        The same, and ``segmentations[name]``, a `Segmentation`: windows, settings, and what was
        done to the trajectories. If there are no repetitions, its warnings say so.

    Raises
    ------
    SubjectError
        If the subject cannot be picked.
    MissingJointsError
        If the skeleton does not give a joint; also for fingers, which no body skeleton has.
    VerticalError
        If the signal depends on the vertical, and the body contradicts `up`.
    SignalError
        If the frame rate is too low for the low-pass, there are fewer than two frames, or the
        name is empty.

    See Also
    --------
    neuropose.analyzer.signals.repetitions.find_repetitions : What a repetition is.

    Examples
    --------
    >>> from neuropose.testing import synthetic_predictions
    >>> walk = synthetic_predictions(frame_count=150)
    >>> knee = SegmentSignal(
    ...     kind="angle", joints=("left_hip", "left_knee", "left_ankle"), inverted=True
    ... )
    >>> found = segment(walk, knee, name="strides").segmentations["strides"]
    >>> [(window.peak_frame, round(window.peak)) for window in found.windows]
    [(30, 121), (62, 122), (95, 121), (128, 121)]
    """
    if not name:
        raise SignalError("a segmentation needs a name", hint="give one that is not empty")
    preparation = Preparation() if preparation is None else preparation
    settings = default_settings(signal) if settings is None else settings
    sequence = movement
    if sequence is None:
        sequence = PoseSequence.from_predictions(predictions, subject, up=up, confirm_up=confirm_up)
    refuse_fingers(sequence, signal.joints)
    measured = _measure(sequence, signal, preparation)
    found = find_repetitions(measured.time_s, measured.values, settings, filled=measured.filled)
    entry = Segmentation(
        track_id=None if sequence.subject is None else sequence.subject.track_id,
        signal=signal,
        settings={
            "subject": subject,
            **({} if sequence.up is None else {"up": sequence.up.tolist()}),
            "repetitions": settings.model_dump(mode="json"),
            **measured.settings,
        },
        windows=_in_frames(found, measured.time_s, sequence, -1.0 if signal.inverted else 1.0),
        warnings=(*sequence.warnings, *measured.warnings, *_none(found, measured, signal)),
        neuropose_version=__version__,
    )
    return predictions.model_copy(
        update={"segmentations": {**predictions.segmentations, name: entry}}
    )


def windows(predictions: VideoPredictions, name: str) -> tuple[VideoPredictions, ...]:
    """Cut predictions into the windows of a segmentation.

    Parameters
    ----------
    predictions : VideoPredictions
        Predictions that hold the segmentation.
    name : str
        Of the segmentation.

    Returns
    -------
    tuple of VideoPredictions
        One a window, as `neuropose.io.slice_frames` gives it.

    Raises
    ------
    SignalError
        If there is no such segmentation.

    Examples
    --------
    >>> from neuropose.testing import synthetic_predictions
    >>> windows(synthetic_predictions(), "reaches")
    Traceback (most recent call last):
    neuropose.errors.SignalError: there is no segmentation 'reaches'
    """
    entry = predictions.segmentations.get(name)
    if not isinstance(entry, Segmentation):
        entries = predictions.segmentations.items()
        known = [key for key, each in entries if isinstance(each, Segmentation)]
        raise SignalError(
            f"there is no segmentation {name!r}",
            hint=f"there are {', '.join(known)}" if known else "make one with segment()",
        )
    return tuple(
        slice_frames(predictions, window.start_frame, window.end_frame) for window in entry.windows
    )


def _measure(sequence: PoseSequence, signal: SegmentSignal, preparation: Preparation) -> _Measured:
    """Prepare what the signal needs, and compute it."""
    sequence.require(*signal.joints)
    whole = signal.needs_vertical or signal.angle is not None
    prepared = prepare_recording(
        sequence if whole else sequence.select(*signal.joints), preparation
    )
    followed = follow(prepared, signal)
    upright = prepared.vertical_or_none if whole else None
    facing = prepared.heading if signal.needs_heading else None
    notes: dict[str, Any] = {}
    if upright is not None:
        notes["vertical"] = {"method": str(upright.method), "confidence": upright.confidence}
    if facing is not None:
        notes["heading"] = {"method": facing.method, "confidence": facing.confidence}
    direction = facing or upright
    return _Measured(
        prepared.time_s,
        followed.values,
        followed.was_missing,
        {"preparation": prepared.record.model_dump(mode="json"), **notes},
        (*(() if direction is None else direction.warnings), *followed.warnings),
    )


def _none(
    found: tuple[Repetition, ...], measured: _Measured, signal: SegmentSignal
) -> tuple[str, ...]:
    if found:
        return ()
    known = measured.values[np.isfinite(measured.values)]
    if not len(known):
        return ("no repetition was found: the signal is missing throughout",)
    moved = float(np.ptp(known))
    return (f"no repetition was found: the signal moves by {moved:.4g} {signal.unit} in all",)


def _in_frames(
    found: tuple[Repetition, ...], time_s: Floats, sequence: PoseSequence, sign: float
) -> tuple[Repetition, ...]:
    """Return what was found on an even clock in frames of the recording, and its signal's sign."""
    own_s, first = sequence.time_s, sequence.first_frame or 0
    after = np.clip(np.searchsorted(own_s, time_s), 1, len(own_s) - 1)
    frames = first + after - (time_s - own_s[after - 1] < own_s[after] - time_s)
    return tuple(
        each.model_copy(
            update={
                "start_frame": int(frames[each.start_frame]),
                "peak_frame": int(frames[each.peak_frame]),
                "end_frame": int(frames[each.end_frame]),
                "peak": sign * each.peak,
            }
        )
        for each in found
    )
