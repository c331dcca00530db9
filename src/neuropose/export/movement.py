"""The movement that is exported: named points and coordinates of one person, T frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuropose.analyzer.kinematics.angles import joint_angles
from neuropose.analyzer.kinematics.orientation import floor, vertical
from neuropose.data import (
    BodyShape,
    MarkerEvent,
    MarkerRecording,
    Pictures,
    Reconstruction,
    Report,
)
from neuropose.errors import AnalyzerError
from neuropose.sequence.data import ReferenceFrame
from neuropose.sequence.pose_sequence import PoseSequence

Array = NDArray[np.float64]

_EVENTS = {"initial_contact": "Foot Strike", "foot_off": "Foot Off"}
"""Vicon's names of the events of gait, which other programs look for."""


@dataclass(frozen=True, eq=False)
class Movement:
    """One person's movement: T frames, N points, D coordinates.

    Parameters
    ----------
    time_s : ndarray, shape (T,)
        Seconds on the recording's clock, strictly ascending.
    names : tuple of str
        Names of the points: joints, or markers as their file spells them.
    positions_mm : ndarray, shape (T, N, 3)
        In the axes of the recording. NaN: missing.
    frame : ReferenceFrame
        What these axes are fixed to.
    up : ndarray, shape (3,), or None
        Unit vector away from the floor. None: not known.
    floor_mm : float or None
        Height of the floor along `up`, above the origin. None: not known.
    confidence, errors_mm : ndarray, shape (T, N) and (T, N, 3), or None
        Of the points: 0 to 1, and standard errors along the axes. None: the source has none.
    coordinates : mapping of str to ndarray, shape (T,)
        Coordinates of a reconstructed body: ``pelvis_x`` to ``pelvis_z`` in mm, others in degrees.
    angles_deg : mapping of str to ndarray, shape (T,)
        Joint angles by NeuroPose's names. NaN: not known.
    vicon_angles_deg : mapping of str to ndarray, shape (T, 3)
        Angles that a marker file came with, by its own names.
    events : tuple of MarkerEvent
        In order of time, on the clock of `time_s`.
    reported_deg : mapping of str to ndarray, shape (T,)
        Of a body that was fitted: joint angles of the recording itself, as a report has them.
    first_number : int
        Number of the first frame, from 1.
    shape : BodyShape or None
        Lengths of the body, of a reconstruction.
    body_model : str or None
        Name of the body model that was fitted.
    source : str
        Where the points come from.
    warnings : tuple of str
        What a reader of the numbers should know.
    estimated_from : Pictures or None
        What the points were estimated from. None: they were measured.
    """

    time_s: Array
    names: tuple[str, ...]
    positions_mm: Array
    frame: ReferenceFrame
    up: Array | None = None
    floor_mm: float | None = None
    confidence: Array | None = None
    errors_mm: Array | None = None
    coordinates: Mapping[str, Array] = field(default_factory=dict)
    angles_deg: Mapping[str, Array] = field(default_factory=dict)
    vicon_angles_deg: Mapping[str, Array] = field(default_factory=dict)
    reported_deg: Mapping[str, Array] = field(default_factory=dict)
    events: tuple[MarkerEvent, ...] = ()
    first_number: int = 1
    shape: BodyShape | None = None
    body_model: str | None = None
    source: str = "arrays"
    warnings: tuple[str, ...] = ()
    estimated_from: Pictures | None = None

    def __len__(self) -> int:
        return len(self.time_s)

    @classmethod
    def from_sequence(cls, sequence: PoseSequence, *, angles: bool = True) -> Self:
        """Take over a sequence.

        Parameters
        ----------
        sequence : PoseSequence
            Joint positions over time.
        angles : bool
            Whether joint angles are measured.

        Returns
        -------
        Movement

        Examples
        --------
        >>> from neuropose.testing import simulate_walk, walker_sequence
        >>> walk = Movement.from_sequence(walker_sequence(simulate_walk()))
        >>> len(walk), walk.names[0], "left_knee_flexion" in walk.angles_deg
        (360, 'pelvis', True)
        """
        up, floor_mm, warnings = _room(sequence)
        return cls(
            time_s=sequence.time_s,
            names=sequence.joints,
            positions_mm=sequence.positions_mm,
            frame=sequence.frame,
            up=up,
            floor_mm=floor_mm,
            confidence=sequence.confidence,
            angles_deg=_angles_deg(sequence) if angles else {},
            first_number=_first_number(
                sequence.first_frame or 0,
                of_markers=sequence.frame is ReferenceFrame.LAB and bool(sequence.made_of),
            ),
            source=sequence.source,
            estimated_from=sequence.position_error.pictures,
            warnings=(*sequence.warnings, *warnings),
        )

    @classmethod
    def from_reconstruction(cls, reconstruction: Reconstruction) -> Self:
        """Take over a reconstruction, its coordinates too.

        Parameters
        ----------
        reconstruction : Reconstruction
            The movement of a body.

        Returns
        -------
        Movement
            Where it could not be settled which side is which, the joints of both sides are missing.
        """
        sequence = PoseSequence.from_reconstruction(reconstruction, draws=0)
        up, floor_mm, warnings = _room(sequence)
        names = reconstruction.coordinate_names
        coordinates = dict(zip(names, reconstruction.coordinates.T, strict=True))
        confidence = reconstruction.confidence
        model = reconstruction.settings.get("model")
        return cls(
            time_s=reconstruction.time_s,
            names=reconstruction.joints,
            positions_mm=sequence.positions_mm,
            frame=sequence.frame,
            up=up,
            floor_mm=floor_mm,
            confidence=None if np.isnan(confidence).all() else confidence.astype(np.float64),
            errors_mm=_spread_mm(reconstruction.position_draws_mm),
            coordinates=coordinates,
            angles_deg={
                name: values
                for name, values in coordinates.items()
                if name not in ("pelvis_x", "pelvis_y", "pelvis_z")
            },
            first_number=_first_number(
                reconstruction.first_frame,
                of_markers=sequence.frame is ReferenceFrame.LAB and not reconstruction.cameras,
            ),
            shape=reconstruction.shape,
            body_model=None if model is None else str(model),
            source=sequence.source,
            estimated_from=sequence.position_error.pictures,
            warnings=(*sequence.warnings, *warnings),
        )

    @classmethod
    def from_recording(
        cls,
        recording: MarkerRecording,
        *,
        up: ArrayLike | str | None = None,
        angles: bool = True,
    ) -> Self:
        """Take over the markers of a recording as its file has them, its events and angles too.

        Parameters
        ----------
        recording : MarkerRecording
            Markers of a C3D or TRC file.
        up : array_like, shape (3,), or str, optional
            Direction away from the floor; default: as `PoseSequence.from_recording` finds it.
        angles : bool
            Whether joint angles are measured.

        Returns
        -------
        Movement
            Names of people before the colon of marker names are numbered (``1:LKNE``).
        """
        sequence = PoseSequence.from_recording(recording, up=up)
        found, floor_mm, warnings = _room(sequence)
        people = {name: str(number) for number, name in enumerate(recording.subjects, start=1)}
        return cls(
            time_s=recording.time_s,
            names=_unnamed(recording.names, people),
            positions_mm=recording.positions_mm,
            frame=ReferenceFrame.LAB,
            up=found,
            floor_mm=floor_mm,
            angles_deg=_angles_deg(sequence) if angles else {},
            vicon_angles_deg=dict(
                zip(
                    _unnamed(tuple(recording.angles_deg), people),
                    recording.angles_deg.values(),
                    strict=True,
                )
            ),
            events=recording.events,
            first_number=_first_number(recording.first_frame, of_markers=True),
            source=sequence.source,
            estimated_from=sequence.position_error.pictures,
            warnings=_unnamed((*recording.warnings, *warnings), people),
        )

    def with_events_of(self, report: Report) -> Self:
        """Return the same movement with the events of a report of it.

        Parameters
        ----------
        report : Report
            Measures of the same recording.

        Returns
        -------
        Movement
            Its own events are kept, if the report has none.
        """
        found = tuple(
            MarkerEvent(
                time_s=event.time_s,
                label=_EVENTS.get(event.name, event.name.replace("_", " ").title()),
                context="General" if event.side is None else event.side.title(),
            )
            for event in report.events
        )
        return replace(self, events=found or self.events)

    def with_reported(self, sequence: PoseSequence) -> Self:
        """Return the same movement with the joint angles of the recording that it was fitted to.

        Parameters
        ----------
        sequence : PoseSequence
            The recording, in the same frames.

        Returns
        -------
        Movement
            As it is, if the frames are others.
        """
        if not np.array_equal(sequence.time_s, self.time_s):
            return self
        return replace(self, reported_deg=_angles_deg(sequence))

    def point(self, name: str) -> Array | None:
        """Return the positions of a point.

        Parameters
        ----------
        name : str
            One of `names`.

        Returns
        -------
        ndarray, shape (T, 3), or None
            mm; None if there is no such point.
        """
        return self.positions_mm[:, self.names.index(name)] if name in self.names else None


def _first_number(first_frame: int, *, of_markers: bool) -> int:
    """Return the number of a frame from 1: files of markers count like that, videos from 0."""
    return max(first_frame, 1) if of_markers else first_frame + 1


def _room(sequence: PoseSequence) -> tuple[Array | None, float | None, tuple[str, ...]]:
    """Return the vertical, the height of the floor, and what was assumed of them."""
    try:
        upright = vertical(sequence)
    except (AnalyzerError, ValueError):
        if sequence.up is not None:
            return np.asarray(sequence.up), None, ()
        if sequence.frame is ReferenceFrame.CAMERA:
            return np.array([0.0, -1.0, 0.0]), None, ("the camera is assumed to be level",)
        return None, None, ()
    try:
        height_mm = floor(sequence, upright).height_mm
    except (AnalyzerError, ValueError):
        height_mm = None
    return np.asarray(upright.up), height_mm, upright.warnings


def _angles_deg(sequence: PoseSequence) -> dict[str, Array]:
    """Return the joint angles that a sequence shows; none if it shows no body."""
    try:
        found = joint_angles(sequence)
    except (AnalyzerError, ValueError):
        return {}
    usable = {name: angle.usable_deg for name, angle in found.items()}
    return {name: values for name, values in usable.items() if np.isfinite(values).any()}


def _spread_mm(draws_mm: NDArray[np.float32]) -> Array | None:
    """Return the root mean square of the draws, shape (T, N, 3); one by one, for memory."""
    if not len(draws_mm):
        return None
    total = np.zeros(draws_mm.shape[1:], np.float32)
    for draw in draws_mm:
        total += draw * draw
    return np.sqrt(total / len(draws_mm)).astype(np.float64)


def _unnamed(names: Sequence[str], people: Mapping[str, str]) -> tuple[str, ...]:
    """Replace the names of people before a colon by their numbers, in names or in sentences."""
    replaced = list(names)
    for person in sorted(people, key=len, reverse=True):
        replaced = [name.replace(f"{person}:", f"{people[person]}:") for name in replaced]
    return tuple(replaced)
