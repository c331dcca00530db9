"""BIDS-Motion: a data set with one recording, or one more recording in a data set."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose._version import __version__
from neuropose.errors import OutputError
from neuropose.export.content import Content, Kind, Part
from neuropose.export.exporter import Exporter, Written
from neuropose.export.files import added_to_folder, whole_folder
from neuropose.export.options import ExportOptions
from neuropose.export.preparing import Placed, place
from neuropose.export.rows import text_rows
from neuropose.io.atomic import make_private_folder, write_atomically
from neuropose.sequence.data import ReferenceFrame

Array = NDArray[np.float64]

_BIDS = "1.10.0"
_TASK = "movement"
_SYSTEM = "neuropose"
_COLUMNS = "name\tcomponent\ttype\ttracked_point\tunits\treference_frame"
_EVENTS = {
    "trial_type": {"Description": "what happened"},
    "side": {"Description": "side of the body; general: neither"},
}
_DATASET = "dataset_description.json"
_README = (
    "Movements that NeuroPose wrote, in BIDS-Motion. Each table has no header: its columns are "
    "the rows of the file of channels beside it. Missing values are n/a.\n"
)


@dataclass(frozen=True, eq=False)
class _Channel:
    name: str
    component: str
    type: str
    point: str
    unit: str
    values: Array

    @property
    def row(self) -> str:
        frame = "global" if self.type == "POS" else "n/a"
        return "\t".join((self.name, self.component, self.type, self.point, self.unit, frame))


def write_bids(content: Content, path: Path, options: ExportOptions) -> Written:
    """Write a recording into a BIDS data set, which is made if it is not there.

    Parameters
    ----------
    content : Content
        With a movement.
    path : Path
        The folder of the data set.
    options : ExportOptions
        The label is that of the subject, its letters and digits only. Default: metres, Z up.

    Returns
    -------
    Written

    Raises
    ------
    OutputError
        If the folder is something else, or has this recording already.
    """
    assert content.movement is not None
    placed = place(content.movement, options, up="z", unit="m", even=True)
    subject = "".join(each for each in options.label if each.isalnum())
    run = "" if options.run is None else f"_run-{options.run}"
    plain = f"sub-{subject}_task-{_TASK}"
    start = f"{plain}_tracksys-{_SYSTEM}{run}"
    folder = Path(f"sub-{subject}") / "motion"
    is_there = (path / _DATASET).is_file()
    if (path / folder / f"{start}_motion.tsv").exists():
        raise OutputError(
            f"{path} has this recording already",
            hint="choose another --output, or another --subject-label",
        )
    if not is_there and path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise OutputError(f"{path} is not a BIDS data set", hint="name one, or a new folder")
    channels = list(_channels(placed))
    rows = np.column_stack([channel.values for channel in channels])
    template = "\t".join(["%.6f"] * len(channels)) + "\n"
    files = {
        f"{start}_motion.json": [_json(_sidecar(placed, channels))],
        f"{start}_channels.tsv": ["\n".join([_COLUMNS, *(each.row for each in channels)]) + "\n"],
        f"{start}_channels.json": [_json(_frames(placed))],
    }
    if placed.movement.events:
        events = list(_events(placed))
        files[f"{plain}{run}_events.tsv"] = ["\n".join(events) + "\n"]
        files[f"{plain}{run}_events.json"] = [_json(_EVENTS)]
    with added_to_folder(path) if is_there else whole_folder(path) as made:
        if not is_there:
            _describe(made)
        make_private_folder(made / folder)
        for name, chunks in files.items():
            write_atomically(made / folder / name, [chunk.encode() for chunk in chunks])
        table = text_rows(template, rows, missing="n/a")
        write_atomically(made / folder / f"{start}_motion.tsv", table)
    return Written((path,), placed.notes)


def _describe(path: Path) -> None:
    """Write what a data set says of itself."""
    generated = [{"Name": "NeuroPose", "Version": __version__}]
    about = {
        "Name": "Movements",
        "BIDSVersion": _BIDS,
        "DatasetType": "raw",
        "GeneratedBy": generated,
    }
    write_atomically(path / "README.md", [_README.encode()])
    write_atomically(path / _DATASET, [_json(about).encode()])


def _channels(placed: Placed) -> Iterator[_Channel]:
    movement = placed.movement
    seconds = movement.time_s - movement.time_s[0]
    yield _Channel("latency", "n/a", "LATENCY", "n/a", "s", seconds)
    for index, name in enumerate(movement.names):
        for axis, component in enumerate("xyz"):
            values = placed.positions[:, index, axis]
            yield _Channel(f"{name}_{component}", component, "POS", name, placed.unit, values)
    if movement.confidence is not None:
        for index, name in enumerate(movement.names):
            values = movement.confidence[:, index]
            yield _Channel(f"{name}_confidence", "n/a", "MISC", name, "n/a", values)
    for name, values in movement.angles_deg.items():
        if np.isfinite(values).any():
            yield _Channel(name, "n/a", "JNTANG", name, "deg", values)


def _sidecar(placed: Placed, channels: list[_Channel]) -> dict[str, Any]:
    kinds = [channel.type for channel in channels]
    return {
        "TaskName": _TASK,
        "SamplingFrequency": placed.rate_hz,
        "TrackingSystemName": _SYSTEM,
        "Manufacturer": "NeuroPose",
        "SoftwareVersions": __version__,
        "MotionChannelCount": len(channels),
        "TrackedPointsCount": len(placed.movement.names),
        **{
            f"{kind}ChannelCount": kinds.count(kind)
            for kind in ("POS", "JNTANG", "LATENCY", "MISC")
        },
        "RecordingDuration": float(placed.movement.time_s[-1] - placed.movement.time_s[0]),
        "RecordingType": "continuous",
        "MissingValues": "n/a",
    }


def _frames(placed: Placed) -> dict[str, Any]:
    level: dict[str, Any] = {"RotationRule": "right-hand", "Description": placed.axes}
    if placed.up == "z" and placed.movement.frame is ReferenceFrame.CAMERA:
        level["SpatialAxes"] = "ALS"
    return {"reference_frame": {"Levels": {"global": level}}}


def _events(placed: Placed) -> Iterator[str]:
    yield "onset\tduration\ttrial_type\tside"
    start_s = placed.movement.time_s[0]
    for event in placed.movement.events:
        kind = event.label.lower().replace(" ", "_")
        yield f"{event.time_s - start_s:.6f}\t0\t{kind}\t{event.context.lower()}"


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


EXPORTER = Exporter(
    name="bids",
    title="BIDS-Motion: positions, angles and events in a BIDS data set",
    suffix="",
    takes=(Kind.MOVEMENT,),
    holds=frozenset({Part.CONFIDENCE, Part.ANGLES, Part.EVENTS}),
    write=write_bids,
    limits="an uneven frame rate",
    joins=True,
)
