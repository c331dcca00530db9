"""Events that force plates measured, in place of those that are found in the motion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from neuropose.analyzer.tasks.gait.foot_events.find import KINDS, FootEvent
from neuropose.analyzer.tasks.gait.foot_events.plate_contacts import PlateContact
from neuropose.analyzer.tasks.gait.settings import EventSource

_PLATE_S = 0.005  # what a threshold of 20 N leaves open
_SAME_S = 0.2  # a found event so near is the same


def with_plates(
    found: Sequence[FootEvent], contacts: Sequence[PlateContact], source: EventSource
) -> tuple[FootEvent, ...]:
    """Put the events of force plates in the place of those found in the motion.

    Parameters
    ----------
    found : sequence of FootEvent
        Events found in the motion, ascending in time.
    contacts : sequence of PlateContact
        When each foot stood on a plate alone.
    source : EventSource
        Which events are wanted.

    Returns
    -------
    tuple of FootEvent
        Ascending in time. Those of plates have a standard error of 5 ms.

    Examples
    --------
    >>> step = PlateContact("left", "1", 0.52, 1.16)
    >>> [event.time_s for event in with_plates((), [step], EventSource.BOTH)]
    [0.52, 1.16]
    """
    if source is EventSource.KINEMATICS:
        return tuple(found)
    kept = list(found) if source is EventSource.BOTH else []
    measured = []
    for step in contacts:
        for kind, time_s in zip(KINDS, (step.contact_s, step.foot_off_s), strict=True):
            if np.isnan(time_s):
                continue
            same = [
                event
                for event in found
                if (event.side, event.kind) == (step.side, kind)
                and abs(event.time_s - time_s) <= _SAME_S
            ]
            kept = [event for event in kept if event not in same]
            nearest = min(same, key=lambda event: abs(event.time_s - time_s), default=None)
            if nearest is None:
                nearest = FootEvent(
                    step.side, kind, time_s, float("nan"), float("nan"), 1.0, _PLATE_S, 0.0
                )
            measured.append(
                replace(
                    nearest,
                    time_s=time_s,
                    confidence=1.0,
                    random_s=_PLATE_S,
                    systematic_s=0.0,
                    flags=(),
                )
            )
    return tuple(sorted([*kept, *measured], key=lambda event: event.time_s))


def is_of_plate(event: FootEvent) -> bool:
    """Tell whether an event was measured by a force plate.

    Parameters
    ----------
    event : FootEvent
        One of `with_plates`.

    Returns
    -------
    bool
    """
    return event.random_s == _PLATE_S and event.systematic_s == 0.0
