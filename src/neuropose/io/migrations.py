"""Files of older schema versions, brought to the present one step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Raw

from neuropose.data.format_errors import DECODING_ERRORS, explain, refusal
from neuropose.data.prediction_fields import SCHEMA_VERSION
from neuropose.io.frame_records import decode_record, in_order
from neuropose.io.predictions_document import Document

_Number = float | None


def upgrade(document: Document, version: int) -> Document:
    """Bring a document to the present schema version.

    Parameters
    ----------
    document : Document
        As it was cut from the file.
    version : int
        The schema version that it has.

    Returns
    -------
    Document
        Of version `SCHEMA_VERSION`; the same object if it was that already.

    Raises
    ------
    FileFormatError
        If it is not what a file of that version holds.
    """
    for step in range(version, SCHEMA_VERSION):
        document = MIGRATIONS[step](document)
    return document


class _Metadata0(msgspec.Struct, forbid_unknown_fields=True):
    frame_count: int
    fps: Annotated[float, Meta(gt=0)]
    width: int
    height: int


class _Frame0(msgspec.Struct, forbid_unknown_fields=True):
    boxes: list[Annotated[list[_Number], Meta(min_length=4, max_length=5)]]
    poses3d: list[list[tuple[_Number, _Number, _Number]]]
    poses2d: list[list[tuple[_Number, _Number]]]


def _from_0(document: Document) -> Document:
    """Files without ``schema_version``: ``metadata`` and ``frames``, and nothing else.

    The joints have no names there. The skeleton becomes ``unknown_J`` with ``joint_0`` to
    ``joint_{J-1}``, J as in the first detection; 1 if nobody was found at all, the least that a
    skeleton can have. Times are frame number / fps. Boxes may lack their confidence.
    """
    for name in document.sections():
        if name != "metadata":
            raise refusal("schema_version", f"missing, though there is {name}")
    try:
        metadata = msgspec.json.decode(document.metadata, type=_Metadata0)
    except DECODING_ERRORS as error:
        raise explain("metadata", error) from error
    decoder = msgspec.json.Decoder(_Frame0)
    joint_count = 0
    frames: dict[str, Raw] = {}
    for number, (key, raw) in enumerate(in_order(document.frames).items()):
        frame: _Frame0 = decode_record(decoder, raw, key, len(_Frame0.__struct_fields__))
        if frame.poses3d and not joint_count:
            joint_count = len(frame.poses3d[0])
        frames[key] = Raw(msgspec.json.encode(_frame_from_0(frame, number / metadata.fps)))
    return Document(
        metadata=document.metadata,
        skeleton=Raw(_unnamed_skeleton(max(joint_count, 1))),
        frames=frames,
    )


def _unnamed_skeleton(joint_count: int) -> bytes:
    joints = [f"joint_{joint}" for joint in range(joint_count)]
    return msgspec.json.encode({"name": f"unknown_{joint_count}", "joints": joints, "edges": []})


def _frame_from_0(frame: _Frame0, time_s: float) -> dict[str, object]:
    return {
        "time_s": time_s,
        "boxes": [[*box, None] if len(box) == 4 else box for box in frame.boxes],
        "poses3d": frame.poses3d,
        "poses2d": frame.poses2d,
        "confidence": [[None] * len(pose) for pose in frame.poses3d],
        "track_ids": [None] * len(frame.boxes),
    }


MIGRATIONS: Mapping[int, Callable[[Document], Document]] = {0: _from_0}
"""By schema version: the step that leads to the next one. 0: files that name no version."""
