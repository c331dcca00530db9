"""Read C3D files (c3d.org): points, events, and angles computed by the program that wrote them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose.data.marker_recording import MarkerRecording, recording, without_origin
from neuropose.data.metadata import Source
from neuropose.errors import FileFormatError
from neuropose.io.markers.c3d_events import read_events
from neuropose.io.markers.c3d_parameters import C3dParameters, read_parameters
from neuropose.io.markers.c3d_points import find_layout, read_points
from neuropose.io.markers.mark import C3D_GROUP, C3D_NAME, mark_of_text
from neuropose.io.markers.names import choose_markers, told_apart
from neuropose.io.markers.units import TYPICAL_BODY_MM, body_size, unit_of
from neuropose.io.strict_json import read_bytes

Array = NDArray[np.float64]

_NO_POSITIONS = ("ANGLES", "FORCES", "MOMENTS", "POWERS", "SCALARS", "REACTIONS")
"""Groups of points that are not positions."""
_MOST_RATE_HZ = 1e6
_AXES = {
    f"{sign}{axis}": (length * (axis == "X"), length * (axis == "Y"), length * (axis == "Z"))
    for sign, length in (("", 1.0), ("+", 1.0), ("-", -1.0))
    for axis in "XYZ"
}


def read_c3d(
    path: Path, *, units: str | None = None, subject: str | None = None
) -> MarkerRecording:
    """Read a C3D file; analogue channels are ignored.

    Parameters
    ----------
    path : Path
        The C3D file, of any kind of processor and of any number of frames.
    units : str, optional
        Unit of length of the positions, if the file does not state it, or not rightly.
    subject : str, optional
        Whose markers to use, of a file of several: what is before the colon of their names.

    Returns
    -------
    MarkerRecording
        The clock starts at the first stored frame. Points that the file marks as invalid (residual
        −1), or that are not finite, are NaN.

    Raises
    ------
    FileMissingError, FileReadError
        If the file cannot be read.
    FileFormatError
        If it is not a C3D file, holds no positions, is damaged, or ends before its last frame.
    SubjectError
        If there is no such subject.

    Notes
    -----
    Event times count from frame 1 of the trial, whether or not it is stored, because programs that
    crop a trial keep them; so (first frame − 1) / rate is subtracted. A warning is added if this
    puts events before the first frame. An event without a context has the side of its label
    (``RTO``).

    `up` is taken from ``POINT:Y_SCREEN``, the axis that points up on the screen. A unit that is
    not stated, and a scale of which header and parameter say different things, are those in which
    the markers are as large as a body; a warning says so.
    """
    data = read_bytes(Path(path))
    parameters = read_parameters(data)
    rate_hz = rate_of(parameters)
    layout = find_layout(parameters, len(data))
    values = read_points(data, parameters, layout)
    labels, renamed = told_apart(
        _labels(parameters, layout.points), parameters.texts("POINT:DESCRIPTIONS")
    )
    chosen = choose_markers(labels, subject, "C3D")
    values = values[:, list(chosen.columns)]
    curves = {group: _group(parameters, group) for group in _NO_POSITIONS}
    no_positions = set().union(*curves.values())
    kept = [index for index, name in enumerate(chosen.names) if name not in no_positions]
    if not kept:
        raise FileFormatError(
            "the C3D file holds curves of angles or forces, and no positions of markers",
            hint="choose the file with the trajectories",
        )
    names = tuple(chosen.names[index] for index in kept)
    stated = parameters.text("POINT:UNITS")
    scale, rescaled = _scale(layout.scales, values[:, kept], names, units or stated)
    unit = unit_of(stated, units, scale * values[:, kept], names, "C3D")
    positions_mm, zeros = without_origin(unit.size_mm * scale * values[:, kept])
    first_frame = parameters.count("TRIAL:ACTUAL_START_FIELD")
    if first_frame is None:
        first_frame = parameters.header.first_frame
    events, untimely = read_events(parameters, max(first_frame - 1, 0) / rate_hz)
    up = _AXES.get((parameters.text("POINT:Y_SCREEN") or "").upper())
    angle_unit = (parameters.text("POINT:ANGLE_UNITS") or "deg").lower()
    to_degrees = np.degrees(1.0) if angle_unit == "rad" else 1.0
    return recording(
        "C3D",
        format="c3d",
        names=names,
        time_s=np.arange(len(positions_mm)) / rate_hz,
        positions_mm=positions_mm,
        rate_hz=rate_hz,
        first_frame=first_frame,
        up=up,
        events=events,
        angles_deg={
            name: to_degrees * scale * values[:, index]
            for index, name in enumerate(chosen.names)
            if name in curves["ANGLES"]
        },
        warnings=(
            *(layout.warnings + rescaled + unit.warnings + renamed + chosen.warnings),
            *zeros,
            *untimely,
        ),
        unit=unit.name,
        unit_source=unit.source,
        up_source=None if up is None else Source.FILE,
        subjects=chosen.subjects,
        subject=chosen.subject,
        estimated_from=mark_of_text(parameters.text(f"{C3D_GROUP}:{C3D_NAME}")),
    )


def rate_of(parameters: C3dParameters) -> float:
    """Return the frames per second of the points.

    Parameters
    ----------
    parameters : C3dParameters
        Header and parameters.

    Returns
    -------
    float

    Raises
    ------
    FileFormatError
        If none is stated that can be.
    """
    for rate_hz in (parameters.number("POINT:RATE"), parameters.header.rate_hz):
        if rate_hz is not None and 0.0 < rate_hz < _MOST_RATE_HZ:
            return rate_hz
    raise FileFormatError(
        f"the C3D file has {parameters.header.rate_hz:g} frames per second", hint="export it again"
    )


def _labels(parameters: C3dParameters, count: int) -> list[str]:
    labels = parameters.texts("POINT:LABELS")[:count]
    labels += [""] * (count - len(labels))
    return [label or f"*{index}" for index, label in enumerate(labels)]


def _group(parameters: C3dParameters, group: str) -> set[str]:
    """Names of the points of a group, also without the subject, as the labels may be."""
    labels = parameters.texts(f"POINT:{group}")
    return {name for label in labels for name in (label, label.split(":", 1)[-1])}


def _scale(
    scales: Sequence[float], values: Array, names: Sequence[str], unit: str | None
) -> tuple[float, tuple[str, ...]]:
    """Choose the scale of integers: that of the two in which the markers are as large as a body."""
    if not scales:
        raise FileFormatError(
            "the C3D file states no scale of its integers", hint="export it again"
        )
    if len(scales) == 1:
        return scales[0], ()
    size_mm = body_size(values, names)
    if unit is not None:
        size_mm *= unit_of(unit, None, values, names, "C3D").size_mm
    if not size_mm > 0.0:
        return scales[0], ()
    best = min(scales, key=lambda scale: abs(np.log(scale * size_mm / TYPICAL_BODY_MM)))
    [other] = [scale for scale in scales if scale != best]
    return best, (
        f"header and parameter of the C3D file disagree on its scale: of {scales[0]:.4g} and "
        f"{scales[1]:.4g}, {best:.4g} was taken, in which the markers span "
        f"{best * size_mm / 1000.0:.1f} m, not {other * size_mm / 1000.0:.1f} m",
    )
