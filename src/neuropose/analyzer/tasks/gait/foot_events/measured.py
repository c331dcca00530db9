"""Events that force plates measured, in place of those that are found in the motion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from neuropose.analyzer.tasks.gait.foot_events.find import KINDS, FootEvent
from neuropose.analyzer.tasks.gait.foot_events.plate_contacts import (
    PlateContact,
    usual_rise_s,
    were_smoothed,
)
from neuropose.analyzer.tasks.gait.settings import EventSource

_PLATE_S = 0.005  # what a threshold of 20 N leaves open
_OF_RISE = {"initial_contact": 1.3, "foot_off": 0.6}
"""Errors of forces that were low-passed before they were stored, over how long they rise.

Forces of five laboratories that are stored as they were measured, after a low-pass: contacts come
2.3 times the rise earlier, foot offs up to once the rise later. A foot that comes down softly loads
a plate slowly too, so that anything between that and nothing is possible.
"""
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
        Ascending in time. Those of plates have a standard error of 5 ms; if their forces were
        smoothed (`were_smoothed`), of 1.3 times (contacts) or 0.6 times (foot offs) their rise from
        20 to 50 N.

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
    rise_s = usual_rise_s(contacts) if were_smoothed(contacts) else 0.0
    for step in contacts:
        for kind, time_s in zip(KINDS, (step.contact_s, step.foot_off_s), strict=True):
            if np.isnan(time_s):
                continue
            error_s = max(_PLATE_S, _OF_RISE[kind] * rise_s)
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
