"""Rerun: joints and bones over time, to look at in its viewer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose.export.content import Content, Kind, Part
from neuropose.export.exporter import Exporter, Written
from neuropose.export.files import library, whole_file
from neuropose.export.options import ExportOptions
from neuropose.export.preparing import Placed, place

Array = NDArray[np.float64]

_TIMELINE = "time"
_JOINT_RADIUS_M = 0.015
_BONES = (
    *(("pelvis", "neck"), ("neck", "head"), ("left_shoulder", "right_shoulder")),
    *(("left_hip", "right_hip"),),
    *(
        (f"{side}_{one}", f"{side}_{other}")
        for side in ("left", "right")
        for one, other in (
            ("shoulder", "elbow"),
            ("elbow", "wrist"),
            ("wrist", "hand"),
            ("hip", "knee"),
            ("knee", "ankle"),
            ("ankle", "heel"),
            ("ankle", "toe"),
            ("heel", "toe"),
        )
    ),
)


def write_rerun(content: Content, path: Path, options: ExportOptions) -> Written:
    """Write a recording for Rerun's viewer.

    Parameters
    ----------
    content : Content
        With a movement.
    path : Path
        The file. It is for looking at, not for keeping: its format changes.
    options : ExportOptions
        Default: metres, Z up.

    Returns
    -------
    Written

    Raises
    ------
    MissingLibraryError
        If rerun-sdk is not installed (extra ``rerun``).
    """
    rerun = library("rerun", "rerun", "a Rerun recording")
    assert content.movement is not None
    placed = place(content.movement, options, up="z", unit="m")
    with whole_file(path) as temporary:
        stream = rerun.RecordingStream("neuropose", recording_id=options.label)
        stream.save(temporary)
        _log(rerun, stream, placed, options.label)
        stream.flush()
        stream.disconnect()
    return Written((path,), placed.notes)


def _log(rerun: Any, stream: Any, placed: Placed, label: str) -> None:
    movement = placed.movement
    entity = f"world/{label}"
    stream.log("world", rerun.ViewCoordinates.RIGHT_HAND_Z_UP, static=True)
    clock = rerun.TimeColumn(_TIMELINE, duration=movement.time_s)
    known = np.isfinite(placed.positions).all(axis=2)
    stream.log(entity, _annotation(rerun, movement.names), static=True)
    keypoints = np.broadcast_to(np.arange(known.shape[1], dtype=np.uint16), known.shape)[known]
    joints = rerun.Points3D.columns(
        positions=placed.positions[known].astype(np.float32),
        keypoint_ids=keypoints,
        class_ids=np.zeros(len(keypoints), np.uint16),
    )
    stream.send_columns(entity, indexes=[clock], columns=joints.partition(known.sum(axis=1)))
    stream.log(
        entity,
        rerun.Points3D.from_fields(radii=[_JOINT_RADIUS_M], show_labels=False),
        static=True,
    )
    for name, values in movement.angles_deg.items():
        measured = np.isfinite(values)
        if measured.any():
            stream.send_columns(
                f"angles/{name}",
                indexes=[rerun.TimeColumn(_TIMELINE, duration=movement.time_s[measured])],
                columns=rerun.Scalars.columns(scalars=values[measured]),
            )


def _annotation(rerun: Any, names: tuple[str, ...]) -> Any:
    """Return the names of the points, and the bones between them; of markers there are none."""
    bones = [
        (names.index(one), names.index(other))
        for one, other in _BONES
        if {one, other} <= set(names)
    ]
    return rerun.AnnotationContext(
        [
            rerun.ClassDescription(
                info=rerun.AnnotationInfo(id=0, label="body"),
                keypoint_annotations=[
                    rerun.AnnotationInfo(id=index, label=name) for index, name in enumerate(names)
                ],
                keypoint_connections=bones,
            )
        ]
    )


EXPORTER = Exporter(
    name="rerun",
    title="joints, bones and angles over time, to look at in the Rerun viewer; not for keeping",
    suffix=".rrd",
    takes=(Kind.MOVEMENT,),
    holds=frozenset({Part.ANGLES}),
    write=write_rerun,
    extra="rerun",
    modules=("rerun",),
)
