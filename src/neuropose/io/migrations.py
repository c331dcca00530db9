"""Migrations of older schema versions to the current one, step by step."""

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
    """Migrate a document to the current schema version.

    Parameters
    ----------
    document : Document
        The sections of the file.
    version : int
        Schema version of the document.

    Returns
    -------
    Document
        A document of version `SCHEMA_VERSION`; the same object if it already was one.

    Raises
    ------
    FileFormatError
        If it is not a valid document of that version.
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
    """Migrate files without ``schema_version``, which have only ``metadata`` and ``frames``.

    Their joints have no names. The skeleton becomes ``unknown_J`` with ``joint_0`` to
    ``joint_{J-1}``, with J from the first detection, or 1, the smallest skeleton, if nobody was
    found at all. Times are frame number / fps. Boxes may lack their confidence.
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
"""The migration to the next version, by schema version. 0 stands for files without a version."""
