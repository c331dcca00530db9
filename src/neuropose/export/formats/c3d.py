"""C3D: points, joint angles and events, for Vicon Nexus, Visual3D, Mokka and others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose._version import __version__
from neuropose.data import MarkerEvent
from neuropose.errors import OutputError
from neuropose.export.c3d_file import Parameter, c3d_chunks, floats, labels, text, words
from neuropose.export.content import Content, Kind, Part
from neuropose.export.exporter import Exporter, Written
from neuropose.export.options import ExportOptions
from neuropose.export.preparing import Placed, distinct_names, place
from neuropose.export.vicon_angles import ZEROS, vicon_angles
from neuropose.io.atomic import write_atomically
from neuropose.io.markers.mark import C3D_GROUP, C3D_NAME

Array = NDArray[np.float64]

_MOST_POINTS = 65535
_ICONS = {"Foot Strike": 1, "Foot Off": 2}
_HORIZONTAL = {"x": "+Y", "y": "+X", "z": "+X"}


def write_c3d(content: Content, path: Path, options: ExportOptions) -> Written:
    """Write a C3D file.

    Parameters
    ----------
    content : Content
        With a movement.
    path : Path
        The file.
    options : ExportOptions
        Default: millimetres; the axes of a laboratory stay, of a camera Z becomes the vertical.

    Returns
    -------
    Written

    Raises
    ------
    OutputError
        If there are too many points.
    """
    assert content.movement is not None
    placed = place(content.movement, options, up="lab", unit="mm", even=True)
    angles = vicon_angles(placed.movement)
    names = distinct_names([*placed.movement.names, *angles])  # an angle may be called like one
    if len(names) > _MOST_POINTS:
        raise OutputError(f"{len(names)} points are too many for C3D", hint="choose another format")
    curves = [_as_points(values) for values in angles.values()]
    points = np.concatenate([placed.positions, *(each[:, None] for each in curves)], axis=1)
    groups: dict[str, Mapping[str, Parameter]] = {
        "POINT": _point_group(placed, names, list(angles)),
        "EVENT": _event_group(placed, options.label),
        "MANUFACTURER": {"SOFTWARE": text("NeuroPose"), "VERSION_LABEL": text(__version__)},
        "SUBJECTS": {
            "USED": words(1),
            "USES_PREFIXES": words(0),
            "NAMES": text(options.label),
            "MARKER_SETS": text(options.label),
        },
    }
    if placed.movement.estimated_from is not None:
        groups[C3D_GROUP] = {C3D_NAME: text(placed.movement.estimated_from)}
    first = placed.movement.first_number
    write_atomically(path, c3d_chunks(points, placed.rate_hz, first, groups))
    partly = any(np.isnan(values[np.isfinite(values[:, 0])]).any() for values in angles.values())
    return Written(
        (path,),
        (*placed.notes, f"axes: {placed.axes}; {placed.unit}", *([ZEROS] if partly else [])),
    )


def _as_points(angles_deg: Array) -> Array:
    """Return angles of which the components that are not known are 0, if the first one is known."""
    known = np.isfinite(angles_deg[:, :1])
    return np.where(known & np.isnan(angles_deg), 0.0, angles_deg)


def _point_group(
    placed: Placed, names: Sequence[str], angles: Sequence[str]
) -> dict[str, Parameter]:
    markers = len(placed.movement.names)
    descriptions = [""] * markers + ["flexion, adduction, internal rotation"] * len(angles)
    group = {
        **labels("LABELS", names),
        **labels("DESCRIPTIONS", descriptions),
        "UNITS": text(placed.unit),
    }
    if angles:
        group |= {**labels("ANGLES", names[markers:]), "ANGLE_UNITS": text("deg")}
    if placed.up is not None:
        sign, axis = ("-" if placed.up.startswith("-") else "+"), placed.up[-1]
        group |= {
            "X_SCREEN": text(_HORIZONTAL[axis]),
            "Y_SCREEN": text(f"{sign}{axis.upper()}"),
        }
    return group


def _event_group(placed: Placed, label: str) -> Mapping[str, Parameter]:
    """Return the events; their clock counts from frame 1, whether or not it is stored."""
    movement = placed.movement
    events: tuple[MarkerEvent, ...] = movement.events
    if not events:
        return {"USED": words(0)}
    before_s = (movement.first_number - 1) / placed.rate_hz - float(movement.time_s[0])
    times_s = [event.time_s + before_s for event in events]
    return {
        "USED": words(len(events)),
        **labels("CONTEXTS", [event.context for event in events]),
        **labels("LABELS", [event.label for event in events]),
        **labels("SUBJECTS", [label] * len(events)),
        "TIMES": floats([[time_s // 60.0, time_s % 60.0] for time_s in times_s]),
        "ICON_IDS": words([_ICONS.get(event.label, 0) for event in events]),
        "GENERIC_FLAGS": words([0] * len(events)),
    }


EXPORTER = Exporter(
    name="c3d",
    title="points, angles under Vicon's names, and events, for Nexus, Visual3D and Mokka",
    suffix=".c3d",
    takes=(Kind.MOVEMENT,),
    holds=frozenset({Part.ANGLES, Part.EVENTS}),
    write=write_c3d,
    limits="an uneven frame rate, force plates and analogue channels",
)
