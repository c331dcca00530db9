"""What is exported: the movement of one person, everybody in a video, or reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from neuropose.data import (
    MarkerRecording,
    Reconstruction,
    Report,
    VideoPredictions,
)
from neuropose.errors import FileFormatError
from neuropose.export.movement import Movement
from neuropose.sequence.pose_sequence import PoseSequence

_OF_DETECTIONS = ("boxes", "poses3d", "poses2d", "confidence", "track_ids")


class Part(StrEnum):
    """What a format may hold or not, as it is said to people."""

    CONFIDENCE = "confidence"
    ERRORS = "standard errors"
    ANGLES = "joint angles"
    COORDINATES = "coordinates of the body"
    EVENTS = "events"
    PIXELS = "positions in the picture"
    PEOPLE = "other people in the picture"
    LENGTHS = "lengths of the body"
    WARNINGS = "warnings and assumptions"


class Kind(StrEnum):
    """Kinds of content."""

    MOVEMENT = "movement"
    """One person's points over time."""
    PEOPLE = "people"
    """Everybody in a video, as predicted."""
    BODY = "body"
    """One person's movement with the coordinates of a reconstructed body."""
    REPORTS = "reports"
    """Measures, tables and events."""


@dataclass(frozen=True, eq=False)
class Content:
    """What is exported.

    Parameters
    ----------
    movement : Movement or None
        One person's movement.
    predictions : VideoPredictions or None
        Everybody in the video, or only the person who was chosen. None: there is no video.
    reports : mapping of str to Report
        By what each recording is called in the files.
    """

    movement: Movement | None = None
    predictions: VideoPredictions | None = None
    reports: Mapping[str, Report] = field(default_factory=dict)

    @property
    def kinds(self) -> frozenset[Kind]:
        """What there is."""
        movement = self.movement
        present = {
            Kind.MOVEMENT: movement is not None,
            Kind.PEOPLE: self.predictions is not None,
            Kind.BODY: movement is not None and movement.shape is not None,
            Kind.REPORTS: bool(self.reports),
        }
        return frozenset(kind for kind, is_there in present.items() if is_there)

    def with_reported(self, sequence: PoseSequence) -> Content:
        """Return the same with the joint angles of the recording that a body was fitted to.

        Parameters
        ----------
        sequence : PoseSequence
            The recording, in the same frames.

        Returns
        -------
        Content
        """
        if self.movement is None:
            return self
        return replace(self, movement=self.movement.with_reported(sequence))

    @property
    def parts(self) -> frozenset[Part]:
        """What there is that not every format can hold."""
        movement, predictions = self.movement, self.predictions
        present = {Part.WARNINGS: True}
        if movement is not None:
            present |= {
                Part.CONFIDENCE: movement.confidence is not None,
                Part.ERRORS: movement.errors_mm is not None,
                Part.ANGLES: bool(movement.angles_deg or movement.vicon_angles_deg),
                Part.COORDINATES: bool(movement.coordinates),
                Part.EVENTS: bool(movement.events),
                Part.LENGTHS: movement.shape is not None,
            }
        if predictions is not None:
            present |= {
                Part.CONFIDENCE: True,
                Part.PIXELS: True,
                Part.PEOPLE: predictions.people_count > 1,
            }
        return frozenset(part for part, is_there in present.items() if is_there)


def content_of(
    what: Any,
    *,
    report: Report | None = None,
    subject: str | None = None,
    vertical: ArrayLike | str | None = None,
    angles: bool = True,
) -> Content:
    """Gather what is exported.

    Parameters
    ----------
    what : VideoPredictions, Reconstruction, PoseSequence, MarkerRecording, Report or mapping
        A mapping has reports, by what each recording is called.
    report : Report, optional
        Report of the same recording, for its events.
    subject : str, optional
        In predictions, the only person to export: ``longest``, ``track:N`` …; default: everybody,
        or in formats of one person, the one who is seen longest.
    vertical : array_like, shape (3,), or str, optional
        Direction away from the floor, in the axes of the recording.
    angles : bool
        Whether joint angles are measured, where there are none yet.

    Returns
    -------
    Content

    Raises
    ------
    SubjectError
        If the subject cannot be picked.
    FileFormatError
        If it is nothing that can be exported.

    Examples
    --------
    >>> from neuropose.testing import synthetic_predictions
    >>> sorted(content_of(synthetic_predictions()).kinds)
    [<Kind.MOVEMENT: 'movement'>, <Kind.PEOPLE: 'people'>]
    """
    if isinstance(what, Content):
        return what
    predictions: VideoPredictions | None = None
    if isinstance(what, Report):
        return Content(reports={"recording": what})
    if isinstance(what, Mapping):
        return Content(reports=dict(what))
    if isinstance(what, VideoPredictions):
        sequence = PoseSequence.from_predictions(what, subject or "longest", up=vertical)
        chosen = None if subject is None else sequence.subject
        predictions = what if chosen is None else _only(what, chosen.track_id)
        movement = Movement.from_sequence(sequence, angles=angles)
    elif isinstance(what, Reconstruction):
        movement = Movement.from_reconstruction(what)
    elif isinstance(what, MarkerRecording):
        movement = Movement.from_recording(what, up=vertical, angles=angles)
    elif isinstance(what, PoseSequence):
        movement = Movement.from_sequence(what, angles=angles)
    else:
        raise FileFormatError(
            f"a {type(what).__name__} cannot be exported",
            hint="give predictions, a reconstruction, a sequence, a marker recording or reports",
        )
    if report is not None:
        movement = movement.with_events_of(report)
    return Content(movement=movement, predictions=predictions)


def _only(predictions: VideoPredictions, track_id: int) -> VideoPredictions:
    """Return the predictions of one person."""
    rows = np.flatnonzero(predictions.track_ids == track_id)
    counts = np.bincount(predictions.frame_index[rows], minlength=predictions.metadata.frame_count)
    fields = {name: getattr(predictions, name) for name in VideoPredictions.model_fields}
    uncertainty_mm = predictions.uncertainty_mm
    return VideoPredictions.model_validate(
        {
            **fields,
            **{name: fields[name][rows] for name in _OF_DETECTIONS},
            "uncertainty_mm": None if uncertainty_mm is None else uncertainty_mm[rows],
            "offsets": np.concatenate([[0], np.cumsum(counts)]),
            "segmentations": {},
        }
    )
