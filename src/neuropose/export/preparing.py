"""A movement as a format wants it: cut, smoothed, on an even clock, in its axes and unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuropose.errors import SequenceError, VerticalError
from neuropose.export.movement import Movement
from neuropose.export.options import PER_MM, ExportOptions
from neuropose.filters import even_rate_hz, low_pass, resample, usual_rate_hz
from neuropose.geometry import direction_name
from neuropose.sequence.data import ReferenceFrame
from neuropose.sequence.floor_axes import floor_axes

Array = NDArray[np.float64]

_Change = Callable[[Array], Array]

_ORDER = 4
_FROM_Y_UP = {
    "y": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "-y": ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
    "z": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
    "-z": ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
    "x": ((0, 1, 0), (0, 0, 1), (1, 0, 0)),
    "-x": ((0, -1, 0), (0, 0, 1), (-1, 0, 0)),
}
"""Rows are the axes of the result, in those of `floor_axes`: forward, up, right."""
_WORDS = ("forward", "up", "right")


@dataclass(frozen=True, eq=False)
class Placed:
    """A movement in the axes and the unit of a format.

    Parameters
    ----------
    movement : Movement
        Cut, smoothed and resampled; its positions are still in mm, in its own axes.
    positions : ndarray, shape (T, N, 3)
        In `unit`, in the axes of the format. NaN: missing.
    errors : ndarray, shape (T, N, 3), or None
        Standard errors of the positions, in `unit`. None: the source has none.
    unit : str
        Unit of length.
    up : str or None
        Axis that points away from the floor. None: not along an axis, or not known.
    axes : str
        What the axes are, in words.
    rate_hz : float
        Frames per second: of the even clock, or on average.
    notes : tuple of str
        What was assumed or done.
    """

    movement: Movement
    positions: Array
    errors: Array | None
    unit: str
    up: str | None
    axes: str
    rate_hz: float
    notes: tuple[str, ...]


def distinct_names(names: Sequence[str]) -> list[str]:
    """Return names of which no two are the same.

    Parameters
    ----------
    names : sequence of str
        Names of points, or of what a format holds beside them.

    Returns
    -------
    list of str
        In the same order; a prime marks each that was there before.

    Examples
    --------
    >>> distinct_names(["LHEE", "LTOE", "LHEE"])
    ['LHEE', 'LTOE', "LHEE'"]
    """
    found: dict[str, None] = {}
    for name in names:
        while name in found:
            name += "'"
        found[name] = None
    return list(found)


def place(
    movement: Movement, options: ExportOptions, *, up: str, unit: str, even: bool = False
) -> Placed:
    """Bring a movement into the form of a format; what `options` say comes first.

    Parameters
    ----------
    movement : Movement
        What is exported.
    options : ExportOptions
        What the caller chose.
    up : str
        The format's vertical: an axis, ``own`` for the axes of the recording, or ``lab``: those of
        a laboratory stay, of a camera the vertical becomes z.
    unit : str
        The format's unit.
    even : bool
        Whether the format needs an even clock.

    Returns
    -------
    Placed

    Raises
    ------
    SequenceError
        If no frame lies in the period of time, or there is none.
    VerticalError
        If the vertical is needed, and is not known.
    SignalError
        If the cutoff is not below half the rate.

    Examples
    --------
    >>> from neuropose.testing import CameraView, simulate_walk, walker_sequence
    >>> filmed = Movement.from_sequence(walker_sequence(simulate_walk(), CameraView(tilt_deg=10.0)))
    >>> walk = place(filmed, ExportOptions(end_s=1.0), up="y", unit="m")
    >>> walk.axes, walk.positions.shape[0]
    ('x forward, y up, z right', 61)
    """
    movement = _cut(movement, options.start_s, options.end_s)
    movement, rate_hz, notes = _on_a_clock(movement, options, even=even)
    wanted = options.up or up
    if wanted == "lab":
        wanted = "own" if movement.frame is ReferenceFrame.LAB else "z"
    chosen = options.unit or unit
    scale = PER_MM[chosen]
    if wanted == "own":
        turn, shift_mm, name, axes, more = _own(movement)
    else:
        turn, shift_mm, more = _turned(movement, wanted)
        name, axes = wanted, _axes_in_words(wanted, movement)
    errors = None if movement.errors_mm is None else scale * _turned_errors(movement, turn)
    return Placed(
        movement=movement,
        positions=scale * (movement.positions_mm @ turn - shift_mm),
        errors=errors,
        unit=chosen,
        up=name,
        axes=axes,
        rate_hz=rate_hz,
        notes=(*notes, *more),
    )


def _cut(movement: Movement, start_s: float | None, end_s: float | None) -> Movement:
    time_s = movement.time_s
    first = 0 if start_s is None else int(np.searchsorted(time_s, start_s))
    stop = len(time_s) if end_s is None else int(np.searchsorted(time_s, end_s, side="right"))
    if first >= stop:
        raise SequenceError(
            "there is no frame in this period of time",
            hint=f"the recording has {time_s[0]:g} to {time_s[-1]:g} s",
        )
    if (first, stop) == (0, len(time_s)):
        return movement
    rows = slice(first, stop)
    start, end = time_s[first], time_s[stop - 1]
    return replace(
        _each(movement, lambda values: values[rows]),
        time_s=time_s[rows],
        events=tuple(event for event in movement.events if start <= event.time_s <= end),
        first_number=movement.first_number + first,
    )


def _on_a_clock(
    movement: Movement, options: ExportOptions, *, even: bool
) -> tuple[Movement, float, list[str]]:
    """Smooth and resample; return the rate and what was done."""
    notes: list[str] = []
    if len(movement) < 2:
        return movement, options.rate_hz or 1.0, notes
    rate_hz = even_rate_hz(movement.time_s)
    if rate_hz is None and not (even or options.rate_hz or options.filter_hz):
        return movement, usual_rate_hz(movement.time_s), notes
    if rate_hz is None:
        rate_hz = usual_rate_hz(movement.time_s)
        movement = _resampled(movement, rate_hz)
        notes.append(f"uneven times: resampled to {rate_hz:.4g} frames/s")
    if options.filter_hz is not None:
        cutoff_hz, clock_hz = options.filter_hz, rate_hz
        movement = _each(
            movement,
            lambda values: (
                low_pass(values, rate_hz=clock_hz, cutoff_hz=cutoff_hz, order=_ORDER).values
            ),
            only_signals=True,
        )
        notes.append(f"zero-phase Butterworth low-pass, order {_ORDER}, {cutoff_hz:g} Hz")
    if options.rate_hz is not None and options.rate_hz != rate_hz:
        if options.rate_hz < rate_hz and options.filter_hz is None:
            notes.append(
                f"thinned out from {rate_hz:.4g} frames/s without a low-pass: "
                "what is faster than half the new rate appears as slower (--filter)"
            )
        movement = _resampled(movement, options.rate_hz)
        notes.append(f"resampled to {options.rate_hz:.4g} frames/s")
        rate_hz = options.rate_hz
    return movement, rate_hz, notes


def _resampled(movement: Movement, rate_hz: float) -> Movement:
    time_s = movement.time_s

    def on_clock(values: Array) -> Array:
        return resample(time_s, values, rate_hz=rate_hz, method="linear").values

    clock_s = resample(time_s, time_s, rate_hz=rate_hz, method="linear").time_s
    before = movement.first_number - 1
    even_hz = even_rate_hz(time_s)
    before_s = float(time_s[0]) if even_hz is None else before / even_hz
    first_number = 1 + max(round(before_s * rate_hz), 0)
    return replace(_each(movement, on_clock), time_s=clock_s, first_number=first_number)


def _each(movement: Movement, change: _Change, *, only_signals: bool = False) -> Movement:
    """Change every array over time alike; confidence and errors are no signals."""

    def or_none(values: Array | None) -> Array | None:
        return values if values is None or only_signals else change(values)

    return replace(
        movement,
        positions_mm=change(movement.positions_mm),
        confidence=or_none(movement.confidence),
        errors_mm=or_none(movement.errors_mm),
        coordinates=_curves(movement.coordinates, change),
        angles_deg=_curves(movement.angles_deg, change),
        vicon_angles_deg=_curves(movement.vicon_angles_deg, change),
    )


def _curves(curves: Mapping[str, Array], change: _Change) -> dict[str, Array]:
    return {name: change(values) for name, values in curves.items()}


def _own(movement: Movement) -> tuple[Array, Array, str | None, str, list[str]]:
    """Keep the axes of the recording."""
    if movement.frame is ReferenceFrame.CAMERA:
        axes = "the camera's: x right, y down, z forward"
        return np.eye(3), np.zeros(3), None, axes, []
    name = None if movement.up is None else direction_name(movement.up)
    along = name if name is not None and "," not in name else None
    return np.eye(3), np.zeros(3), along, "those of the recording", []


def _turned(movement: Movement, wanted: str) -> tuple[Array, Array, list[str]]:
    """Return what turns positions into axes with another vertical, the origin, and notes."""
    up = movement.up
    if up is None:
        raise VerticalError(
            "it is not known which way is up in this recording",
            hint="say it in the axes of the recording, such as vertical=z, or export up=own",
        )
    rows = np.array(_FROM_Y_UP[wanted], np.float64)
    turn = floor_axes(movement.frame, up) @ rows.T
    shift_mm, notes = np.zeros(3), list[str]()
    if movement.frame is ReferenceFrame.CAMERA:
        if movement.floor_mm is None:
            notes.append("the floor is not known: the origin is the camera")
        else:
            shift_mm = movement.floor_mm * (up @ turn)
            notes.append("the origin is on the floor, below or above the camera")
    return turn, shift_mm, notes


def _axes_in_words(wanted: str, movement: Movement) -> str:
    opposite = {"forward": "backward", "up": "down", "right": "left"}
    words = []
    for row in _FROM_Y_UP[wanted]:
        index = int(np.flatnonzero(row)[0])
        word = _WORDS[index]
        words.append(word if row[index] > 0 else opposite[word])
    text = ", ".join(f"{axis} {word}" for axis, word in zip("xyz", words, strict=True))
    if movement.frame is ReferenceFrame.CAMERA:
        return text
    assert movement.up is not None  # or there would be no axes to turn to
    ahead = floor_axes(movement.frame, movement.up)[:, 0]
    return f"{text}, where forward is {direction_name(ahead)} of the laboratory"


def _turned_errors(movement: Movement, turn: Array) -> Array:
    """Turn standard errors, as those of independent errors along the old axes."""
    assert movement.errors_mm is not None
    return np.asarray(np.sqrt((movement.errors_mm**2) @ (turn**2)))
