"""Limits of one camera in front of or behind a walker: it cannot time the feet's contacts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from neuropose.analyzer.kinematics.orientation import View, Viewpoint
from neuropose.analyzer.tasks.gait.definitions import STRIDE_MEASURES
from neuropose.analyzer.tasks.gait.foot_events.find import FootEvent
from neuropose.analyzer.tasks.gait.strides import Stride

NOT_TIMED = (
    "one camera from the front or behind does not see when a foot meets or leaves the floor: film "
    "from the side, or with a second camera"
)
DOUBT = "seen from the front or behind: may be off by 0.2 s or more"
_CONFIDENCE = 0.2  # of what an event would have from the side
_ERROR_S = 0.16
_AROUND_S = 0.5  # on either side of an event
_TIMED = (
    "walking_speed",
    *(name for name, measure in STRIDE_MEASURES.items() if not measure.spatial),
)


def doubt_frontal(events: Sequence[FootEvent], view: Viewpoint | None) -> tuple[FootEvent, ...]:
    """Flag the events that a single camera sees from the front or behind.

    Parameters
    ----------
    events : sequence of FootEvent
        Events of both feet.
    view : Viewpoint or None
        View of the camera. None: the walk was not recorded by one camera; nothing is flagged.

    Returns
    -------
    tuple of FootEvent
        All of them; the flagged ones with a fifth of their confidence, and an error of
        160 ms.

    Notes
    -----
    A foot is timed by how it moves along the line of progression, which is the line of sight here.
    In a rendered walk with known contacts they were 130 to 180 ms late from the front, and between
    280 ms early and 140 ms late from behind (``docs/evidence/accuracy.md``).
    """
    if view is None:
        return tuple(events)
    return tuple(
        replace(
            event,
            confidence=_CONFIDENCE * event.confidence,
            systematic_s=max(event.systematic_s, _ERROR_S),
            flags=(*event.flags, DOUBT),
        )
        if view.during(event.time_s - _AROUND_S, event.time_s + _AROUND_S) is View.FRONTAL
        else event
        for event in events
    )


def refuse_frontal(strides: Sequence[Stride], view: Viewpoint | None) -> tuple[Stride, ...]:
    """Remove the times of strides that a single camera sees from the front or behind.

    Parameters
    ----------
    strides : sequence of Stride
        Strides of both feet.
    view : Viewpoint or None
        View of the camera. None: the walk was not recorded by one camera; nothing is removed.

    Returns
    -------
    tuple of Stride
        All of them. In those seen from the front or behind all times, and the walking speed, are
        NaN with the reason; lengths and widths stay.
    """
    if view is None:
        return tuple(strides)
    return tuple(
        stride.without(_TIMED, NOT_TIMED)
        if view.during(stride.start_s, stride.end_s) is View.FRONTAL
        else stride
        for stride in strides
    )
