"""The schema of the original NeuroPose: frames of boxes and poses, without anything else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson

from neuropose.data import VideoPredictions, frame_id
from neuropose.export.content import Content, Kind, Part
from neuropose.export.exporter import Exporter, Written
from neuropose.export.options import ExportOptions
from neuropose.io.atomic import write_atomically
from neuropose.io.original import SKELETON


def write_original(content: Content, path: Path, _options: ExportOptions) -> Written:
    """Write predictions as the original program does.

    Parameters
    ----------
    content : Content
        With predictions.
    path : Path
        The file.
    _options : ExportOptions
        None is used: the file has everybody, in mm, in the axes of the camera.

    Returns
    -------
    Written
    """
    assert content.predictions is not None
    predictions = content.predictions
    write_atomically(path, _chunks(predictions))
    own = predictions.skeleton.name
    notes = (
        []
        if own == SKELETON
        else [
            f"the joints are the {len(predictions.skeleton.joints)} of {own}, in its order: the "
            f"file does not name them, and its own programs expect {SKELETON}"
        ]
    )
    return Written((path,), tuple(notes))


def _chunks(predictions: VideoPredictions) -> Iterator[bytes]:
    metadata = predictions.metadata
    head = {
        "frame_count": metadata.frame_count,
        "fps": metadata.fps,
        "width": metadata.width,
        "height": metadata.height,
    }
    yield b'{"metadata":' + orjson.dumps(head) + b',"frames":{'
    for number in range(metadata.frame_count):
        rows = slice(int(predictions.offsets[number]), int(predictions.offsets[number + 1]))
        frame = {
            "boxes": predictions.boxes[rows],
            "poses3d": predictions.poses3d[rows],
            "poses2d": predictions.poses2d[rows],
        }
        comma = b"" if number == 0 else b","
        encoded = orjson.dumps(frame, option=orjson.OPT_SERIALIZE_NUMPY)
        yield comma + b'\n"' + frame_id(number).encode() + b'":' + encoded
    yield b"}}\n"


EXPORTER = Exporter(
    name="original",
    title="the schema of the original NeuroPose",
    suffix=".json",
    takes=(Kind.PEOPLE,),
    holds=frozenset({Part.PIXELS, Part.PEOPLE}),
    write=write_original,
    limits="names of joints, identities, the times of frames",
)
