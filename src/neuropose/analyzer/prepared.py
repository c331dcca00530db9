"""A recording prepared once for every measure: on an even clock, smooth, with its vertical."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.kinematics.orientation import (
    Heading,
    Vertical,
    Viewpoint,
    heading,
    vertical,
    viewpoint,
)
from neuropose.data import Choice
from neuropose.errors import MissingJointsError, VerticalError
from neuropose.filters import (
    Preparation,
    PreparationRecord,
    differentiate,
    fill_gaps,
    low_pass,
    prepare,
)
from neuropose.sequence.pose_sequence import PoseSequence
from neuropose.sequence.position_error import HIDDEN_BELOW

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PreparedRecording:
    """A prepared recording: T' frames on an even clock.

    Parameters
    ----------
    recording : PoseSequence
        As it was given.
    sequence : PoseSequence
        Prepared.
    record : PreparationRecord
        What was done to it.
    filled : ndarray of bool, shape (T', J, 3)
        Where it was missing before short gaps were filled.
    unsmoothed_mm : ndarray, shape (T', J, 3)
        Positions before the low-pass.
    """

    recording: PoseSequence
    sequence: PoseSequence
    record: PreparationRecord
    filled: NDArray[np.bool_]
    unsmoothed_mm: Array

    @property
    def time_s(self) -> Array:
        """Of the frames, shape (T',)."""
        return self.sequence.time_s

    @property
    def rate_hz(self) -> float:
        """Frames per second."""
        return self.record.rate_hz

    @cached_property
    def vertical(self) -> Vertical:
        """The vertical.

        Raises
        ------
        VerticalError
            If one is stated that the body contradicts.
        SequenceError
            If the body is missing in every frame.
        MissingJointsError
            If the source gives nothing from which it could be estimated, nor states it.
        """
        return vertical(self.sequence)

    @property
    def vertical_or_none(self) -> Vertical | None:
        """The vertical; None where it is refused, or needs joints that are not there."""
        try:
            return self.vertical
        except (MissingJointsError, VerticalError):
            return None

    @property
    def used_vertical(self) -> Vertical | None:
        """The vertical, if anything was measured by it."""
        return vars(self).get("vertical")

    @cached_property
    def heading(self) -> Heading:
        """Where the subject faces.

        Raises
        ------
        MissingJointsError
            If the source gives neither hips nor shoulders.
        """
        return heading(self.sequence, self.vertical)

    @cached_property
    def raw(self) -> PoseSequence:
        """The recording on the even clock, before anything else was done to it."""
        return self.recording.resample(self.rate_hz) if self.record.resampled else self.recording

    @cached_property
    def viewpoint(self) -> Viewpoint | None:
        """From which side one camera sees the subject; None: not recorded by one camera."""
        return viewpoint(self.sequence, self.heading)

    def smoothed_at(self, cutoff_hz: float, *joints: str) -> PreparedRecording:
        """Return some joints with another low-pass; everything before it is not done again.

        Parameters
        ----------
        cutoff_hz : float
            Cutoff of the low-pass, Hz.
        *joints : str
            Names of the joints to keep.

        Returns
        -------
        PreparedRecording
            Of these joints alone.

        Raises
        ------
        SignalError
            If the cutoff is not below half the frame rate.
        """
        columns = self._columns(joints)
        unsmoothed_mm = self.unsmoothed_mm[:, columns]
        settings = self.record.settings.model_copy(update={"cutoff_hz": cutoff_hz})
        smooth = low_pass(
            unsmoothed_mm,
            rate_hz=self.rate_hz,
            cutoff_hz=cutoff_hz,
            order=settings.filter_order,
        )
        record = self.record.model_copy(
            update={
                "settings": settings,
                "samples_too_few_to_filter": int(smooth.dropped.sum()),
                "single_pass_cutoff_hz": smooth.single_pass_hz,
                "missing_after": int(np.isnan(smooth.values).sum()),
            }
        )
        return PreparedRecording(
            recording=self.recording,
            sequence=self.sequence.select(*joints).with_positions(smooth.values),
            record=record,
            filled=self.filled[:, columns],
            unsmoothed_mm=unsmoothed_mm,
        )

    def height_mm(self, joint: str) -> Array:
        """Return a joint's height above the origin of the axes.

        Parameters
        ----------
        joint : str
            Canonical name, or the source's own.

        Returns
        -------
        ndarray, shape (T',)
        """
        return np.asarray(self.sequence.joint(joint) @ self.vertical.up)

    def was_missing(self, *joints: str) -> NDArray[np.bool_]:
        """Tell where one of some joints was missing.

        Parameters
        ----------
        *joints : str
            Canonical names, or the source's own.

        Returns
        -------
        ndarray of bool, shape (T',)
            Also where the gap was short, and was filled.
        """
        gone = self.filled | np.isnan(self.sequence.positions_mm)
        return np.asarray(gone[:, self._columns(joints)].any(axis=(1, 2)))

    def _columns(self, joints: tuple[str, ...]) -> list[int]:
        aliases = self.sequence.aliases
        return [self.sequence.joints.index(aliases.get(name, name)) for name in joints]

    def is_hidden(self, joint: str) -> NDArray[np.bool_]:
        """Tell where a joint is hidden: where it is then is the model's guess.

        Parameters
        ----------
        joint : str
            Canonical name, or the source's own.

        Returns
        -------
        ndarray of bool, shape (T',)
            True below the middle of `HIDDEN_BELOW`; nowhere if the source gives no confidence.
        """
        return np.asarray(self.sequence.joint_confidence(joint) < np.mean(HIDDEN_BELOW))

    def rate_of_change(self, values: Array) -> Array:
        """Differentiate by time.

        Parameters
        ----------
        values : ndarray, shape (T', …)
            One row per frame, in any unit.

        Returns
        -------
        ndarray, shape (T', …)
            Per second; NaN where a neighbour is missing.
        """
        return differentiate(values, rate_hz=self.rate_hz)

    def speed_mm_s(self, joint: str) -> Array:
        """Return the speed of a joint in the room.

        Parameters
        ----------
        joint : str
            Canonical name, or the source's own.

        Returns
        -------
        ndarray, shape (T',)
        """
        velocity = self.rate_of_change(self.sequence.joint(joint))
        return np.asarray(np.linalg.norm(velocity, axis=1))

    def confidence(self, *joints: str, start_s: float = -np.inf, end_s: float = np.inf) -> float:
        """How far joints can be trusted in a stretch of time.

        Parameters
        ----------
        *joints : str
            Canonical names, or the source's own.
        start_s, end_s : float
            Default: the whole recording.

        Returns
        -------
        float
            0 to 1: the share of frames that had all of them before gaps were filled, times the
            mean confidence of the least certain one, if the source gives confidence.
        """
        time_s = self.recording.time_s
        inside = (time_s >= start_s) & (time_s <= end_s)
        if not inside.any():
            return 0.0
        there = np.stack(
            [np.isfinite(each[inside]).all(axis=1) for each in self.recording.require(*joints)]
        ).all(axis=0)
        scores = np.stack([self.recording.joint_confidence(name)[inside] for name in joints])
        known = np.isfinite(scores).all(axis=0) & there
        mean = float(scores[:, known].min(axis=0).mean()) if known.any() else 1.0
        return float(there.mean()) * mean

    def choices(self) -> dict[str, Choice]:
        """Return the methods that were chosen for this recording.

        Returns
        -------
        dict of str to Choice
            Without the vertical and the heading if nothing has been measured by them.
        """
        up = self.used_vertical
        if up is None:
            return {}
        found = {"vertical": _choice(up.method.value, up.confidence, up.warnings)}
        if "heading" in vars(self):  # it was asked for
            own = tuple(each for each in self.heading.warnings if each not in up.warnings)
            found["heading"] = _choice(self.heading.method, self.heading.confidence, own)
        return found


def prepare_recording(recording: PoseSequence, preparation: Preparation) -> PreparedRecording:
    """Prepare a recording for measurement.

    Parameters
    ----------
    recording : PoseSequence
        As it was recorded.
    preparation : Preparation
        What is done to its trajectories.

    Returns
    -------
    PreparedRecording
        Its vertical, heading and viewpoint are found when they are first asked for.

    Raises
    ------
    SignalError
        If the recording is too short, or its rate too low for the low-pass.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> walk = prepare_recording(walker_sequence(simulate_walk()), Preparation())
    >>> walk.rate_hz, walk.vertical.method.value
    (60.0, 'given')
    """
    prepared = prepare(recording.time_s, recording.positions_mm, preparation)
    sequence = recording
    if prepared.record.resampled:
        sequence = recording.resample(prepared.record.rate_hz)
    draws_mm = None
    if sequence.draws_mm is not None:
        draws_mm = np.array([_smoothed(draw, prepared.record) for draw in sequence.draws_mm])
    return PreparedRecording(
        recording=recording,
        sequence=sequence.with_positions(prepared.values, draws_mm=draws_mm),
        record=prepared.record,
        filled=prepared.filled,
        unsmoothed_mm=prepared.unsmoothed,
    )


def _smoothed(deviation_mm: NDArray[np.float32], record: PreparationRecord) -> Array:
    """Do to a deviation of the positions what was done to them; every step but outliers is linear.

    Outliers are left out: a draw has none.
    """
    settings, rate_hz = record.settings, record.rate_hz
    filled = fill_gaps(
        deviation_mm,
        limit_s=settings.gap_limit_s,
        time_s=np.arange(len(deviation_mm)) / rate_hz,
        method=settings.interpolation,
    ).values
    if settings.cutoff_hz is None:
        return filled
    return low_pass(
        filled, rate_hz=rate_hz, cutoff_hz=settings.cutoff_hz, order=settings.filter_order
    ).values


def _choice(method: str, confidence: float, warnings: tuple[str, ...]) -> Choice:
    return Choice(method=method, confidence=confidence, warnings=warnings)
