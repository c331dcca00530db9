"""NWB with ndx-pose: the movement of one subject, for neurophysiology and DANDI."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from neuropose._version import __version__
from neuropose.export.content import Content, Kind, Part
from neuropose.export.exporter import Exporter, Written
from neuropose.export.files import library, whole_file
from neuropose.export.options import ExportOptions
from neuropose.export.preparing import Placed, distinct_names, place

_NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)


def write_nwb(content: Content, path: Path, options: ExportOptions) -> Written:
    """Write an NWB file.

    Parameters
    ----------
    content : Content
        With a movement.
    path : Path
        The file, of one subject.
    options : ExportOptions
        Default: metres; the axes of the recording.

    Returns
    -------
    Written

    Raises
    ------
    MissingLibraryError
        If pynwb or ndx-pose is not installed (extra ``nwb``).
    """
    pynwb = library("pynwb", "nwb", "NWB")
    pose = library("ndx_pose", "nwb", "NWB")
    assert content.movement is not None
    placed = place(content.movement, options, up="own", unit="m")
    movement = placed.movement
    subject = pynwb.file.Subject(
        subject_id=options.label, species="Homo sapiens", sex="U", age="P0Y/"
    )
    file = pynwb.NWBFile(
        session_description="a movement, from video or motion capture",
        identifier=hashlib.sha256(placed.positions.tobytes()).hexdigest(),
        session_start_time=_NO_DATE,
        subject=subject,
        source_script=f"NeuroPose {__version__}",
        source_script_file_name="neuropose",
    )
    names = distinct_names([_allowed(name) for name in movement.names])
    skeleton = pose.Skeleton(name="body", nodes=names, subject=subject)
    behavior = file.create_processing_module(name="behavior", description="poses")
    behavior.add(pose.Skeletons(skeletons=[skeleton]))
    behavior.add(_poses(pose, placed, skeleton))
    for series in _angles(pynwb, placed):
        behavior.add(series)
    if movement.events:
        file.add_events_table(_events(pynwb, placed))
    with whole_file(path, ".nwb") as temporary, pynwb.NWBHDF5IO(temporary, "w") as out:
        out.write(file)
    return Written(
        (path,),
        (
            *placed.notes,
            "session_start_time is 1970-01-01, sex and age are unknown: results hold none of them",
        ),
    )


def _allowed(name: str) -> str:
    """Return a name that an object of NWB may have."""
    return name.replace("/", "_").replace(":", "_")


def _poses(pose: Any, placed: Placed, skeleton: Any) -> Any:
    movement = placed.movement
    confidence = movement.confidence
    axes = placed.axes
    series: list[Any] = []
    for index, name in enumerate(skeleton.nodes):
        scores = np.full(len(movement), np.nan) if confidence is None else confidence[:, index]
        series.append(
            pose.PoseEstimationSeries(
                name=name,
                data=placed.positions[:, index],
                unit="meters" if placed.unit == "m" else placed.unit,
                reference_frame=axes,
                timestamps=series[0] if series else movement.time_s,
                confidence=scores,
                confidence_definition="0 to 1; NaN: not known",
            )
        )
    return pose.PoseEstimation(
        name="PoseEstimation",
        pose_estimation_series=series,
        description="positions of joints or markers",
        skeleton=skeleton,
        source_software="NeuroPose",
        source_software_version=__version__,
    )


def _angles(pynwb: Any, placed: Placed) -> list[Any]:
    """Return the joint angles in one container; nothing if there are none."""
    movement = placed.movement
    known = {name: deg for name, deg in movement.angles_deg.items() if np.isfinite(deg).any()}
    if not known:
        return []
    series = [
        pynwb.TimeSeries(name=name, data=values, unit="degrees", timestamps=movement.time_s)
        for name, values in known.items()
    ]
    return [pynwb.behavior.BehavioralTimeSeries(name="JointAngles", time_series=series)]


def _events(pynwb: Any, placed: Placed) -> Any:
    """Return the events as a table of times and labels."""
    table = pynwb.event.EventsTable(name="events", description="events of the movement")
    for event in placed.movement.events:
        table.add_event(timestamp=event.time_s, annotation=f"{event.context} {event.label}")
    return table


EXPORTER = Exporter(
    name="nwb",
    title="NWB with ndx-pose: positions, angles and events of one subject, for DANDI",
    suffix=".nwb",
    takes=(Kind.MOVEMENT,),
    holds=frozenset({Part.CONFIDENCE, Part.ANGLES, Part.EVENTS}),
    write=write_nwb,
    extra="nwb",
    modules=("pynwb", "ndx_pose"),
    limits="more than one subject",
)
