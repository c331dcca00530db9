"""What one camera in front of or behind a walker cannot tell: when the feet meet the floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from neuropose.analyzer.kinematics.orientation import View, Viewpoint
from neuropose.analyzer.tasks.gait.definitions import STRIDE_MEASURES
from neuropose.analyzer.tasks.gait.events import FootEvent
from neuropose.analyzer.tasks.gait.strides import Stride

NOT_TIMED = (
    "one camera from the front or behind does not see when a foot meets or leaves the floor: film "
    "from the side, or with a second camera"
)
DOUBT = "seen from the front or behind: may be off by 0.2 s or more"
_CONFIDENCE = 0.2  # of what an event would have from the side
_AROUND_S = 0.5  # on either side of an event
_TIMED = ("walking_speed", *(name for name, each in STRIDE_MEASURES.items() if not each.spatial))


def doubt_frontal(events: Sequence[FootEvent], view: Viewpoint | None) -> tuple[FootEvent, ...]:
    """Flag the events that one camera sees from the front or behind.

    Parameters
    ----------
    events : sequence of FootEvent
    view : Viewpoint or None
        None: the walk was not recorded by one camera; nothing is flagged.

    Returns
    -------
    tuple of FootEvent
        All of them; the flagged ones with a fifth of their confidence.

    Notes
    -----
    A foot is timed by how it moves along the line of progression, which is the line of sight here.
    In a rendered walk with known contacts they were 130 to 180 ms late from the front, and between
    280 ms early and 140 ms late from behind (``docs/evidence/accuracy.md``).
    """
    if view is None:
        return tuple(events)
    return tuple(
        replace(event, confidence=_CONFIDENCE * event.confidence, flags=(*event.flags, DOUBT))
        if view.during(event.time_s - _AROUND_S, event.time_s + _AROUND_S) is View.FRONTAL
        else event
        for event in events
    )


def refuse_frontal(strides: Sequence[Stride], view: Viewpoint | None) -> tuple[Stride, ...]:
    """Take the times out of strides that one camera sees from the front or behind.

    Parameters
    ----------
    strides : sequence of Stride
    view : Viewpoint or None
        None: the walk was not recorded by one camera; nothing is refused.

    Returns
    -------
    tuple of Stride
        All of them. In those seen from the front or behind all times, and the walking speed, are
        NaN with the reason; lengths and widths stay.
    """
    if view is None:
        return tuple(strides)
    return tuple(
        _without_times(stride)
        if view.during(stride.start_s, stride.end_s) is View.FRONTAL
        else stride
        for stride in strides
    )


def _without_times(stride: Stride) -> Stride:
    return replace(
        stride,
        values={**stride.values, **dict.fromkeys(_TIMED, np.nan)},
        reasons={**stride.reasons, **dict.fromkeys(_TIMED, NOT_TIMED)},
    )
