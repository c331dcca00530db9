"""Events of a C3D file, each on the side that the file says in one way or another."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from neuropose.data.marker_recording import MarkerEvent
from neuropose.grammar import counted
from neuropose.io.markers.c3d_parameters import C3dParameters

Array = NDArray[np.float64]

_SIDES = {"l": "Left", "r": "Right"}
_WORDS = re.compile(r"(?<![a-z])(left|right|l|r)(?![a-z])")
_ABBREVIATIONS = re.compile(r"([lr])(hs|to|ic|fo|fs|fc|tc|on|off|down|up|strike|contact)")


def read_events(
    parameters: C3dParameters, offset_s: float
) -> tuple[tuple[MarkerEvent, ...], list[str]]:
    """Read the events of a C3D file.

    Parameters
    ----------
    parameters : C3dParameters
        Parameters of the file.
    offset_s : float
        Time of the first stored frame on the clock of the events.

    Returns
    -------
    events : tuple of MarkerEvent
        In order of time, on the clock of the frames.
    warnings : list of str
        What was left out, and what lies outside the recording.
    """
    labels, contexts = parameters.texts("EVENT:LABELS"), parameters.texts("EVENT:CONTEXTS")
    times_s = _times_s(parameters, len(labels))
    if times_s is None:
        stored = parameters.numbers("EVENT:TIMES").size
        return (), [f"the events were left out: {len(labels)} labels, {stored} numbers of times"]
    # Times are stored in two 32-bit floats, which can hold microseconds.
    times_s = np.round(times_s - offset_s, 6)
    contexts += [""] * (len(labels) - len(contexts))
    events = [
        MarkerEvent(time_s=float(moment), label=label, context=_side(context, label))
        for moment, label, context in zip(times_s, labels, contexts, strict=False)
        if np.isfinite(moment)
    ]
    early = sum(event.time_s < 0.0 for event in events)
    notes = (
        [f"{counted(early, 'event lies', 'events lie')} before the first stored frame"]
        if early
        else []
    )
    if len(events) < len(labels):
        notes.append(f"left out: {counted(len(labels) - len(events), 'event')} without a time")
    return tuple(sorted(events, key=lambda event: event.time_s)), notes


def _times_s(parameters: C3dParameters, count: int) -> Array | None:
    """Return the times, stored as minutes and seconds or as seconds; None if not one for each."""
    numbers = parameters.numbers("EVENT:TIMES")
    if numbers.size == 2 * count:
        return np.asarray(60.0 * numbers[0::2] + numbers[1::2])
    return numbers if numbers.size == count else None


def _side(context: str, label: str) -> str:
    """Return Left, Right or General: as the context says, or else the label (``RTO``)."""
    if context and context.lower() != "general":
        return context
    if found := _WORDS.search(label.lower()):
        return _SIDES[found[1][0]]
    if found := _ABBREVIATIONS.fullmatch(re.sub(r"[^a-z]", "", label.lower())):
        return _SIDES[found[1]]
    return context or "General"
