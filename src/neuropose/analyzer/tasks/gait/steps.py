"""Single steps, for recordings that are too short for a stride."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from neuropose.analyzer.tasks.gait.feet import Feet
from neuropose.analyzer.tasks.gait.foot_events.find import FootEvent
from neuropose.analyzer.tasks.gait.foot_placement import Ground
from neuropose.analyzer.tasks.gait.lengths import (
    errors_over_belt,
    find_foot_placements,
    part_of,
)
from neuropose.analyzer.tasks.gait.phases import ErrorParts
from neuropose.skeletons.sides import Side

STEP_MEASURES = ("step_time", "cadence", "step_length", "step_width", "walking_speed")
"""What a single step tells, by the names of `STRIDE_MEASURES`."""

_SHORTEST_S, _LONGEST_S = 0.2, 2.0


@dataclass(frozen=True)
class Step:
    """From the contact of one foot to the next contact, of the other foot.

    Parameters
    ----------
    side : {"left", "right"}
        The foot whose contact ends the step.
    start_s, end_s : float
        Seconds, in the recording's own time.
    values : dict of str to float
        By the names of `STEP_MEASURES`, in their units. NaN: a foot was not seen at rest.
    errors : dict of str to ErrorParts
        How far off the times may be; on a treadmill length and speed too, by its speed.
    confidence : float
        That of the less certain contact.
    """

    side: Side
    start_s: float
    end_s: float
    values: dict[str, float]
    errors: dict[str, ErrorParts]
    confidence: float


def find_steps(feet: Feet, events: Sequence[FootEvent], ground: Ground) -> tuple[Step, ...]:
    """Measure every single step.

    Parameters
    ----------
    feet : Feet
        Heels and toes of both feet.
    events : sequence of FootEvent
        Ascending in time.
    ground : Ground
        Surface that the feet rest on.

    Returns
    -------
    tuple of Step
        Ascending in time. Lengths are along and across the heading, since one step does not define
        a line of progression; cadence is 60 / step time, and walking speed step length / step time.
    """
    placements = find_foot_placements(feet, events, ground)
    contacts = [event for event in events if event.kind == "initial_contact"]
    steps = []
    for before, after in pairwise(contacts):
        lasts_s = after.time_s - before.time_s
        if before.side == after.side or not _SHORTEST_S < lasts_s < _LONGEST_S:
            continue
        (start, _), (end, _) = placements.after(before), placements.after(after)
        heading = feet.forward[part_of(feet, before.time_s, after.time_s)].mean(axis=0)
        heading = heading / np.hypot(*heading)
        length_mm = float((end - start) @ heading)
        to_left_mm = float((end - start) @ np.array([-heading[1], heading[0]]))
        own_s = float(np.hypot(before.random_s, after.random_s))
        values = {
            "step_time": lasts_s,
            "cadence": 60.0 / lasts_s,
            "step_length": length_mm,
            "step_width": to_left_mm if after.side == "left" else -to_left_mm,
            "walking_speed": 0.001 * length_mm / lasts_s,
        }
        carried_s = dict.fromkeys(("step_length", "walking_speed"), lasts_s)
        steps.append(
            Step(
                side=after.side,
                start_s=before.time_s,
                end_s=after.time_s,
                values=values,
                errors={
                    "step_time": ErrorParts(own_s, 0.0),
                    "cadence": ErrorParts(60.0 * own_s / lasts_s**2, 0.0),
                    **errors_over_belt(values, ground, carried_s, own_s),
                },
                confidence=min(before.confidence, after.confidence),
            )
        )
    return tuple(steps)
