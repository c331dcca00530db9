"""Events that a person says are not there, or are at another time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from neuropose.analyzer.tasks.gait.foot_events.find import FootEvent, in_order
from neuropose.data.corrections import ContactWrong, Correction

MOVED = "moved by a person"
_SAME_S = 0.1  # an event so near is the one that was meant: other corrections shift it a little


def with_corrections(
    found: Sequence[FootEvent], corrections: Iterable[Correction]
) -> tuple[tuple[FootEvent, ...], tuple[str, ...]]:
    """Drop or move the events that a person corrected.

    Parameters
    ----------
    found : sequence of FootEvent
        Events, ascending in time.
    corrections : iterable of Correction
        Of the recording; those of contacts are applied.

    Returns
    -------
    events : tuple of FootEvent
        Ascending in time. An event that was moved is flagged, and keeps the error that it was found
        with.
    warnings : tuple of str
        Corrections of events that are not there.

    Examples
    --------
    >>> found = [FootEvent("left", "foot_off", 0.52, 0.5, 0.5, 0.9, 0.01, 0.01)]
    >>> signed = {"by": "KL", "when": "2026-03-01T08:12:00Z", "input_sha256": 64 * "0"}
    >>> wrong = ContactWrong(**signed, event="foot_off", side="left", time_s=0.52, at_s=0.55)
    >>> with_corrections(found, [wrong])[0][0].time_s
    0.55
    """
    wrong = [each for each in corrections if isinstance(each, ContactWrong)]
    if not wrong:
        return tuple(found), ()
    events, warnings = list(found), []
    for each in wrong:
        same = [
            event
            for event in events
            if (event.side, event.kind) == (each.side, each.event)
            and abs(event.time_s - each.time_s) <= _SAME_S
        ]
        if not same:
            warnings.append(
                f"no {each.side} {each.event.replace('_', ' ')} was found near "
                f"{each.time_s:.3f} s, where {each.by} corrected one: nothing was changed"
            )
            continue
        nearest = same[int(np.argmin([abs(event.time_s - each.time_s) for event in same]))]
        events.remove(nearest)
        if each.at_s is not None:
            events.append(replace(nearest, time_s=each.at_s, flags=(*nearest.flags, MOVED)))
    return in_order(sorted(events, key=lambda event: event.time_s)), tuple(warnings)
