"""A reconstruction, summed up on one screen for a person, or as JSON for a machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from neuropose.grammar import counted

if TYPE_CHECKING:
    from neuropose.data import Reconstruction

_SHOWN = (
    *("hip_flexion", "knee_flexion", "ankle_dorsiflexion"),
    *("shoulder_flexion", "elbow_flexion"),
)
_MOST_EXCHANGES = 6


def reconstruction_lines(found: Reconstruction) -> list[str]:
    """Sum up a reconstruction on one screen.

    Parameters
    ----------
    found : Reconstruction

    Returns
    -------
    list of str
    """
    time_s = found.time_s
    subject = found.subject
    view = "" if found.camera_view is None else f", seen {found.camera_view}"
    if found.cameras:
        view = f", seen by {', '.join(found.cameras[:-1])} and {found.cameras[-1]}"
    return [
        *([] if subject is None else [f"subject     {subject.in_words}"]),
        f"movement    {counted(len(time_s), 'frame')}, {time_s[0]:.2f} to {time_s[-1]:.2f} s{view}",
        f"body        {_height(found)}",
        *_vertical(found),
        *_errors(found),
        *_exchanges(found),
    ]


def reconstruction_json(found: Reconstruction) -> dict[str, Any]:
    """Sum up a reconstruction for a machine.

    Parameters
    ----------
    found : Reconstruction

    Returns
    -------
    dict
        Of what JSON can hold: everything but the arrays, and the usual error of each coordinate.
    """
    arrays = {
        *("time_s", "coordinates", "coordinate_errors", "positions_mm", "position_draws_mm"),
        "confidence",
    }
    plain: dict[str, Any] = found.model_dump(mode="json", exclude=arrays)
    return plain | {
        "frames": len(found.time_s),
        "median_errors": {name: _median_error(found, name) for name in found.coordinate_names},
    }


def _height(found: Reconstruction) -> str:
    """Return how tall the person is: as it was given, and as fitted where that differs."""
    shape, stated_mm = found.shape, found.stated_height_mm
    fitted = f"{shape.height_mm:.0f} mm"
    if shape.height_source != "given":
        return f"{fitted} tall, {shape.height_source}"
    if stated_mm is None:
        return f"{fitted} tall, as fitted to a height that was given"
    stated = f"{stated_mm:.0f} mm"
    fits = "" if stated == fitted else f"; the body that fits best has {fitted}"
    return f"{stated} tall, given{fits}"


def _vertical(found: Reconstruction) -> Iterator[str]:
    if found.up is None:
        yield "vertical    not known"
        return
    error = "" if found.up_error_deg is None else f" ± {found.up_error_deg:.1f}°"
    along = ", ".join(f"{part:.2f}" for part in found.up)
    yield f"vertical    {along}{error}, {found.up_source}"


def _errors(found: Reconstruction) -> Iterator[str]:
    rows = []
    for name in _SHOWN:
        sides = [_median_error(found, f"{side}_{name}") for side in ("left", "right")]
        if any(side is not None for side in sides):
            cells = ["" if side is None else f"{side:.1f}" for side in sides]
            rows.append(f"  {name.replace('_', ' '):<22}{cells[0]:>6}{cells[1]:>8}")
    if rows:
        yield "usual standard error, °   left   right"
        yield from rows


def _median_error(found: Reconstruction, name: str) -> float | None:
    import numpy as np

    if name not in found.coordinate_names:
        return None
    errors = found.coordinate_errors[:, found.coordinate_names.index(name)]
    known = errors[np.isfinite(errors)]
    return round(float(np.median(known)), 3) if len(known) else None


def _exchanges(found: Reconstruction) -> Iterator[str]:
    if not found.exchanges:
        return
    frames = sum(each.last - each.first + 1 for each in found.exchanges)
    runs = counted(len(found.exchanges), "stretch").replace("stretchs", "stretches")
    yield f"exchanged   left and right, in {counted(frames, 'frame')} ({runs})"
    for each in found.exchanges[:_MOST_EXCHANGES]:
        settled = "put right" if each.settled else "not settled: no sided numbers there"
        yield (
            f"            frames {each.first} to {each.last}: {each.limbs.value}, "
            f"probability {each.probability:.2f}, {settled}"
        )
    if len(found.exchanges) > _MOST_EXCHANGES:
        yield f"            and {len(found.exchanges) - _MOST_EXCHANGES} more, listed in the file"
