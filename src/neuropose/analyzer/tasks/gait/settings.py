"""Settings of a gait analysis; every number of them is in the report."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, PositiveFloat

from neuropose.analyzer.signals.turns import TurnSettings
from neuropose.data.metadata import Contract
from neuropose.filters import Preparation

_Share = Annotated[float, Field(gt=0.0, lt=1.0)]


class Surface(StrEnum):
    """The surface that the feet stand on."""

    AUTO = "auto"
    """Detected from the feet: in stance they rest on a floor, and move back on a belt."""
    FLOOR = "floor"
    """The surface does not move in the axes of the recording."""
    TREADMILL = "treadmill"
    """The surface moves at a constant speed, measured from the feet in stance."""


class EventSource(StrEnum):
    """Where events of gait come from."""

    KINEMATICS = "kinematics"
    """The motion of the feet."""
    PLATES = "plates"
    """Force plates alone: only steps on them have events."""
    BOTH = "both"
    """Force plates where a foot stands on one alone, else the motion of the feet."""


class GaitSettings(Contract):
    """How a gait analysis is done.

    Parameters
    ----------
    preparation : Preparation
        What is done to the trajectories first.
    surface : Surface
        The surface that the feet stand on.
    events : EventSource
        Where events come from; with force plates, ``plates`` or ``both``.
    timing_cutoff_hz : float
        Low-pass for the timing of events, if the noise that the low-pass of `preparation` leaves is
        small (`clean_mm`): a low-pass blurs short swings. With more noise it is lower, in
        proportion, but never below that of `preparation`.
    clean_mm : float
        Largest residual noise after the low-pass of `preparation`, standard deviation, up to which
        `timing_cutoff_hz` is used as it is.
    toe_fall_share : float
        A foot is on the floor once the toe's downward acceleration has died away to this share of
        its peak: the heel is stopped, and the toe falls no faster.
    toe_fall_lag_s : float
        How long after contact that is, seconds.
    heel_stop_lag_s : float
        How long after contact the fall of the heel is stopped hardest, seconds.
    heel_lowest_lag_s : float
        How long after contact the heel is lowest, seconds.
    heel_speed_share : float
        Where the toe does not tell, the heel's speed at initial contact over the walking speed.
    foot_off_share : float
        The toe's speed over the floor, over the walking speed, by which foot off is told.
    toe_speed_lag_s : float
        How long after foot off the toe reaches that speed, seconds.
    toe_push_lag_s : float
        How long after foot off the toe is accelerated forwards most, seconds. The five lags are
        medians over laboratories with force plates (``docs/evidence/accuracy.md``, which leaves out
        one at a time).
    least_prominence_mm : float
        Smaller swings of a foot in front of and behind the pelvis are not steps.
    prominence_share : float
        Nor are swings that are smaller than this share of the swings around them.
    shortest_stride_s : float
        If two contacts of one foot are closer in time, one of them is wrong.
    turning : TurnSettings
        What counts as a turn.
    most_missing : float
        A stride with a larger share of frames in which a foot or the pelvis is missing is not
        summarised.

    Examples
    --------
    >>> GaitSettings(surface="treadmill").surface.value
    'treadmill'
    """

    preparation: Preparation = Preparation()
    surface: Surface = Surface.AUTO
    events: EventSource = EventSource.KINEMATICS
    timing_cutoff_hz: PositiveFloat = 20.0
    clean_mm: PositiveFloat = 0.5
    toe_fall_share: _Share = 0.1
    toe_fall_lag_s: float = 0.0013
    heel_stop_lag_s: float = 0.0074
    heel_lowest_lag_s: float = 0.0106
    heel_speed_share: _Share = 0.2
    foot_off_share: PositiveFloat = 1.0
    toe_speed_lag_s: float = 0.0069
    toe_push_lag_s: float = 0.0174
    least_prominence_mm: PositiveFloat = 30.0
    prominence_share: _Share = 0.3
    shortest_stride_s: PositiveFloat = 0.4
    turning: TurnSettings = TurnSettings()
    most_missing: _Share = 0.2
