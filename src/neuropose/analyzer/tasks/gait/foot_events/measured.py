"""Events that force plates measured, in place of those that are found in the motion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from neuropose.analyzer.tasks.gait.foot_events.find import KINDS, FootEvent
from neuropose.analyzer.tasks.gait.foot_events.plate_contacts import PlateContact, were_smoothed
from neuropose.analyzer.tasks.gait.settings import EventSource

_PLATE_S = 0.005  # what a threshold of 20 N leaves open
_SMOOTHED_S = 0.015  # and what a low-pass of the force does to it
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
        Ascending in time. Those of plates have a standard error of 5 ms, or of 15 ms if their
        forces were smoothed (`were_smoothed`).

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
    error_s = _SMOOTHED_S if were_smoothed(contacts) else _PLATE_S
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
                    step.side, kind, time_s, float("nan"), float("nan"), 1.0, error_s, 0.0
                )
            measured.append(
                replace(
                    nearest,
                    time_s=time_s,
                    confidence=1.0,
                    random_s=error_s,
                    systematic_s=0.0,
                    flags=(),
                    of_plate=True,
                )
            )
    return tuple(sorted([*kept, *measured], key=lambda event: event.time_s))
