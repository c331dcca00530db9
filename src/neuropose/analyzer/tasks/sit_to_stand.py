"""Sit to stand, once or five times: how long the rises take, and how far the trunk leans."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose.analyzer.kinematics.angles import joint_angles
from neuropose.analyzer.prepared import PreparedRecording, prepare_recording
from neuropose.analyzer.signals.smoothness import sparc
from neuropose.analyzer.tasks.chair import ChairSettings, Stand, find_stands
from neuropose.analyzer.tasks.drawn import with_standard_errors
from neuropose.analyzer.tasks.findings import Findings
from neuropose.analyzer.tasks.settings import TaskSettings
from neuropose.data import Event, Report, Table
from neuropose.errors import SignalError
from neuropose.sequence.pose_sequence import PoseSequence

Array = NDArray[np.float64]

UNITS = {
    "rises": "1",
    "rise_time": "s",
    "peak_rise_speed": "mm/s",
    "height_gained": "mm",
    "lean_at_lift_off": "deg",
    "peak_lean": "deg",
    "rise_sparc": "1",
    "five_times_to_stand": "s",
    "five_times_to_seat": "s",
}
_COLUMNS = {
    "start": "s",
    "end": "s",
    "rise_time": "s",
    "peak_rise_speed": "mm/s",
    "height_gained": "mm",
    "lean_at_lift_off": "deg",
    "peak_lean": "deg",
    "rise_sparc": "1",
    "note": None,
}
_FIVE = 5
_WITH_FEET = 0.5
_LEAN_BEFORE_S = 1.0  # the trunk leans most at about lift-off


class SitToStandSettings(TaskSettings):
    """How rising from a chair is measured.

    Parameters
    ----------
    chair : ChairSettings
        What counts as a rise.
    """

    chair: ChairSettings = ChairSettings()


@with_standard_errors
def measure_sit_to_stand(
    recording: PoseSequence, settings: SitToStandSettings | None = None
) -> Report:
    """Measure rises from a chair.

    Parameters
    ----------
    recording : PoseSequence
        Recording that begins on the chair. The time of five rises requires five.
    settings : SitToStandSettings, optional
        Thresholds of a rise; default: `SitToStandSettings()`.

    Returns
    -------
    Report
        ``rises`` (how many), and over them ``rise_time``, ``peak_rise_speed`` (vertical),
        ``height_gained``, ``lean_at_lift_off`` and ``peak_lean`` (trunk to the vertical, forward
        positive; lift-off is where the rise begins), ``rise_sparc`` (smoothness of the vertical
        speed). ``five_times_to_stand`` is from the beginning of the first rise to the end of the
        fifth, ``five_times_to_seat`` to the end of the descent after it. The table ``rises`` has
        every rise, including those that do not count, with the reason.

    Raises
    ------
    MissingJointsError
        If the skeleton has no pelvis, neck or hips.

    Notes
    -----
    A rise is a peak of the pelvis's height, 120 mm or more above its surroundings and 0.9 s or
    more from the next. It begins and ends where the vertical speed passes 0.1 m/s round a peak
    above 0.2 m/s. If both feet rise by more than half as much, it does not count: the camera moves.
    Five times: Guralnik et al. 1994, J Gerontol 49:M85 (until upright for the fifth
    time); Whitney et al. 2005, Phys Ther 85:1034 (until seated again). A stopwatch runs from "go":
    it has the reaction time and the leaning forward as well.

    Examples
    --------
    >>> from neuropose.testing import simulate_sit_to_stand
    >>> report = measure_sit_to_stand(simulate_sit_to_stand(5).sequence)
    >>> report.measures["rises"].value, round(report.measures["five_times_to_stand"].value, 1)
    (5.0, 17.7)
    """
    settings = SitToStandSettings() if settings is None else settings
    found, prepared = Findings("sit_to_stand", UNITS), None
    recording.require("pelvis", "neck", "left_hip", "right_hip")
    with found.refusals():
        prepared = prepare_recording(recording, settings.preparation)
        _measure(prepared, settings, found)
    return found.report(recording, settings, prepared)


def _measure(prepared: PreparedRecording, settings: SitToStandSettings, found: Findings) -> None:
    height = prepared.height_mm("pelvis")
    if not np.isfinite(height).any():
        found.miss("the pelvis is missing in every frame")
        return
    speed = prepared.rate_of_change(height)
    stands = find_stands(prepared.time_s, height, speed, settings.chair)
    stands = [stand for stand in stands if stand.hidden or np.isfinite(stand.gain_mm)]
    if not stands:
        found.miss(
            f"the pelvis never rises by {settings.chair.least_rise_mm:g} mm; it moves up and down "
            f"by {np.nanmax(height) - np.nanmin(height):.0f} mm"
        )
        return
    lean = joint_angles(
        prepared.sequence,
        ["trunk_lean_forward"],
        upright=prepared.vertical,
        facing=prepared.heading,
    )["trunk_lean_forward"]
    rows = [
        _rise(prepared, stand, (height, speed, lean.measurable_deg), settings.chair)
        for stand in stands
    ]
    complete = [stand for stand, row in zip(stands, rows, strict=True) if row["note"] is None]
    found.tables["rises"] = Table.from_columns(
        {name: (unit, [row[name] for row in rows]) for name, unit in _COLUMNS.items()}
    )
    left_out = len(rows) - len(complete)
    if left_out:
        found.warnings.append(f"{left_out} of {len(rows)} rises do not count: see the table")
    trust = prepared.confidence("pelvis", "neck") * prepared.vertical.confidence
    found.give("rises", len(complete), n=len(rows), confidence=trust)
    notes = "; ".join(dict.fromkeys(str(row["note"]) for row in rows if row["note"]))
    why = f"none of {len(rows)} rises counts: {notes}"
    for name in ("rise_time", "peak_rise_speed", "height_gained", "rise_sparc"):
        found.summarise(name, _values(rows, name), confidence=trust, reason=why)
    for name in ("lean_at_lift_off", "peak_lean"):
        sure = prepared.confidence("pelvis", "neck") * prepared.heading.confidence * lean.confidence
        found.summarise(name, _values(rows, name), confidence=sure, reason=lean.reason or why)
    _measure_five(stands, rows, trust, found)
    for stand in complete:
        if stand.rise is not None:
            for name, at in (("rise_start", stand.rise.start_s), ("rise_end", stand.rise.end_s)):
                found.events.append(Event(name=name, time_s=at, confidence=trust))


def _values(rows: list[dict[str, Any]], name: str) -> list[Any]:
    return [row[name] for row in rows if row["note"] is None]


def _rise(
    prepared: PreparedRecording,
    stand: Stand,
    signals: tuple[Array, Array, Array],
    how: ChairSettings,
) -> dict[str, Any]:
    """Measure one rise; a note states why it does not count."""
    height, speed, lean = signals
    row: dict[str, Any] = dict.fromkeys(_COLUMNS, float("nan")) | {"note": None}
    rise = stand.rise
    if rise is None:
        row["start"] = row["end"] = prepared.time_s[stand.peak]
        row["note"] = (
            "hidden: the person was missing while rising"
            if stand.hidden
            else "too slow: the pelvis never passes the least peak speed"
        )
        return row
    row["start"], row["end"] = rise.start_s, rise.end_s
    row["peak_rise_speed"] = float(speed[rise.peak])
    if np.isnan(rise.duration_s):
        row["note"] = "cut off by an end of the recording or by a gap"
        return row
    between_mm = float(height[rise.last] - height[rise.first])
    if between_mm < how.whole_share * stand.gain_mm:
        row["note"] = f"interrupted: only {between_mm:.0f} of {stand.gain_mm:.0f} mm in one go"
        return row
    feet_mm = _feet_rise(prepared, rise.first, rise.last)
    if feet_mm > _WITH_FEET * between_mm:
        row["note"] = (
            f"the feet rise by {feet_mm:.0f} of {between_mm:.0f} mm with the pelvis: the camera "
            "moves, or nobody rises from a chair"
        )
        return row
    before = max(0, rise.first - round(_LEAN_BEFORE_S * prepared.rate_hz))
    around = lean[before : rise.last + 1]
    row |= {
        "rise_time": rise.duration_s,
        "height_gained": stand.gain_mm,
        "lean_at_lift_off": float(np.interp(rise.start_s, prepared.time_s, lean)),
        "peak_lean": float(np.nanmax(around)) if np.isfinite(around).any() else float("nan"),
        "rise_sparc": _sparc(speed[rise.rows], prepared.rate_hz),
    }
    return row


def _feet_rise(prepared: PreparedRecording, first: int, last: int) -> float:
    """Height that the foot which rises less gains between two rows; NaN if none is known."""
    gains = [
        float(height[last] - height[first])
        for name in ("left_ankle", "right_ankle")
        if prepared.sequence.has(name)
        for height in (prepared.height_mm(name),)
    ]
    return min((gain for gain in gains if np.isfinite(gain)), default=float("nan"))


def _sparc(speed: Array, rate_hz: float) -> float:
    try:
        return sparc(speed, rate_hz)
    except SignalError:  # too short, or the rate too low
        return float("nan")


def _measure_five(
    stands: list[Stand], rows: list[dict[str, Any]], trust: float, found: Findings
) -> None:
    """Measure the time of the first five rises; all of them must count."""
    both = ("five_times_to_stand", "five_times_to_seat")
    if len(stands) < _FIVE:
        found.miss(f"five rises are needed; there are {len(stands)}", *both)
        return
    if any(row["note"] is not None for row in rows[:_FIVE]):
        found.miss("one of the first five rises does not count: see the table", *both)
        return
    warnings: tuple[str, ...] = ()
    if len(stands) > _FIVE:
        warnings = (f"the first five of {len(stands)} rises",)
    found.give(
        both[0], rows[_FIVE - 1]["end"] - rows[0]["start"], confidence=trust, warnings=warnings
    )
    seated = stands[_FIVE - 1].descent
    found.give(
        both[1],
        float("nan") if seated is None else seated.end_s - rows[0]["start"],
        confidence=trust,
        warnings=warnings,
        reason="the recording ends before the person has sat down after the fifth rise",
    )
