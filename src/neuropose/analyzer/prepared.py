"""A recording made ready: an even clock, smooth trajectories, and where up and ahead are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.filters import Preparation, PreparationRecord, differentiate, prepare
from neuropose.analyzer.kinematics.orientation import Heading, Vertical, heading, vertical
from neuropose.analyzer.sequence.pose_sequence import PoseSequence
from neuropose.data import Choice
from neuropose.data.metadata import Contract
from neuropose.errors import MissingJointsError, VerticalError

Array = NDArray[np.float64]


class TaskSettings(Contract):
    """What every task can be told.

    Parameters
    ----------
    preparation : Preparation
        What is done to the trajectories first; 6 Hz is the usual low-pass for transfers, reaches
        and gait.
    """

    preparation: Preparation = Preparation()


@dataclass(frozen=True, eq=False)
class Scene:
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
    """

    recording: PoseSequence
    sequence: PoseSequence
    record: PreparationRecord
    filled: NDArray[np.bool_]

    @property
    def time_s(self) -> Array:
        """Of the frames, shape (T',)."""
        return self.sequence.time_s

    @property
    def rate_hz(self) -> float:
        """Frames per second."""
        return self.record.rate_hz

    @cached_property
    def upright(self) -> Vertical:
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
    def upright_or_none(self) -> Vertical | None:
        """The vertical; None where `upright` is refused, or needs joints that are not there."""
        try:
            return self.upright
        except (MissingJointsError, VerticalError):
            return None

    @cached_property
    def ahead(self) -> Heading:
        """Where the subject faces.

        Raises
        ------
        MissingJointsError
            If the source gives neither hips nor shoulders.
        """
        return heading(self.sequence, self.upright)

    def height_mm(self, joint: str) -> Array:
        """Give a joint's height above the origin of the axes.

        Parameters
        ----------
        joint : str

        Returns
        -------
        ndarray, shape (T',)
        """
        return np.asarray(self.sequence.joint(joint) @ self.upright.up)

    def was_missing(self, *joints: str) -> NDArray[np.bool_]:
        """Tell where one of some joints was missing.

        Parameters
        ----------
        *joints : str

        Returns
        -------
        ndarray of bool, shape (T',)
            Also where the gap was short, and was filled.
        """
        aliases = self.sequence.aliases
        columns = [self.sequence.joints.index(aliases.get(name, name)) for name in joints]
        gone = self.filled | np.isnan(self.sequence.positions_mm)
        return np.asarray(gone[:, columns].any(axis=(1, 2)))

    def rate_of_change(self, values: Array) -> Array:
        """Differentiate by time.

        Parameters
        ----------
        values : ndarray, shape (T', …)

        Returns
        -------
        ndarray, shape (T', …)
            Per second; NaN where a neighbour is missing.
        """
        return differentiate(values, rate_hz=self.rate_hz)

    def speed_mm_s(self, joint: str) -> Array:
        """Give the speed of a joint in the room.

        Parameters
        ----------
        joint : str

        Returns
        -------
        ndarray, shape (T',)
        """
        velocity = self.rate_of_change(self.sequence.joint(joint))
        return np.asarray(np.linalg.norm(velocity, axis=1))

    def trust(self, *joints: str, start_s: float = -np.inf, end_s: float = np.inf) -> float:
        """How far joints can be trusted in a stretch of time.

        Parameters
        ----------
        *joints : str
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
        """Give the methods that were chosen for this recording.

        Returns
        -------
        dict of str to Choice
            Without the vertical and the heading if nothing has been measured by them.
        """
        if "upright" not in vars(self):  # nothing asked for it, or it was refused
            return {}
        up = self.upright
        found = {"vertical": _choice(up.method.value, up.confidence, up.warnings)}
        if "ahead" in vars(self):  # it was asked for
            own = tuple(each for each in self.ahead.warnings if each not in up.warnings)
            found["heading"] = _choice(self.ahead.method, self.ahead.confidence, own)
        return found


def see(recording: PoseSequence, preparation: Preparation) -> Scene:
    """Make a recording ready for measurement.

    Parameters
    ----------
    recording : PoseSequence
    preparation : Preparation

    Returns
    -------
    Scene

    Raises
    ------
    SignalError
        If it is too short, or its rate too low for the low-pass.
    """
    ready = prepare(recording.time_s, recording.positions_mm, preparation)
    sequence = recording
    if ready.record.resampled:
        sequence = recording.resample(ready.record.rate_hz)
    sequence = sequence.with_positions(ready.values)
    return Scene(recording, sequence, ready.record, ready.filled)


def _choice(method: str, confidence: float, warnings: tuple[str, ...]) -> Choice:
    return Choice(method=method, confidence=confidence, warnings=warnings)
