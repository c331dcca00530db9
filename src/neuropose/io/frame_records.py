"""The frames of a predictions file: conversion between arrays and JSON, a few frames at a time."""

from __future__ import annotations

import math
import operator
import struct
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import numpy as np
import orjson
from numpy.typing import NDArray

from neuropose.data.checks import frame_id
from neuropose.data.format_errors import DECODING_ERRORS, explain, refusal
from neuropose.data.prediction_fields import UNTRACKED
from neuropose.errors import FileFormatError

if TYPE_CHECKING:
    from neuropose.data.predictions import VideoPredictions

_FRAMES_AT_ONCE = 16  # few enough for their numbers to stay in the processor's cache
_Number = float | None
_Point3 = tuple[_Number, _Number, _Number]
_Point2 = tuple[_Number, _Number]
_Box = tuple[_Number, _Number, _Number, _Number, _Number]
_TrackId = Annotated[int, msgspec.Meta(ge=0, le=np.iinfo(np.int32).max)] | None


def encode_frames(predictions: VideoPredictions) -> Iterator[bytes]:
    """Encode frames as JSON, one per line, without the enclosing braces.

    Parameters
    ----------
    predictions : VideoPredictions
        The predictions that hold the frames.

    Yields
    ------
    bytes
        One frame with its key; all but the last are followed by a comma.
    """
    offsets, times_s = predictions.offsets.tolist(), predictions.time_s.tolist()
    track_ids = [None if track == UNTRACKED else track for track in predictions.track_ids.tolist()]
    boxes, confidence = predictions.boxes, predictions.confidence
    poses3d, poses2d = predictions.poses3d, predictions.poses2d
    uncertainty_mm = predictions.uncertainty_mm
    last = len(times_s) - 1
    for number, time_s in enumerate(times_s):
        rows = slice(offsets[number], offsets[number + 1])
        frame = {
            "time_s": time_s,
            "boxes": boxes[rows],
            "poses3d": poses3d[rows],
            "poses2d": poses2d[rows],
            "confidence": confidence[rows],
            "track_ids": track_ids[rows],
        }
        if uncertainty_mm is not None:
            frame["uncertainty_mm"] = uncertainty_mm[rows]
        record = orjson.dumps(frame, option=orjson.OPT_SERIALIZE_NUMPY)
        yield b'"frame_%06d":%b%b' % (number, record, b"\n" if number == last else b",\n")


def in_order(frames: Mapping[str, msgspec.Raw]) -> Mapping[str, msgspec.Raw]:
    """Sort the frames by number, whatever their order in the file.

    Parameters
    ----------
    frames : mapping of str to Raw
        JSON of each frame, by its id.

    Returns
    -------
    mapping of str to Raw
        ``frame_000000`` onwards.

    Raises
    ------
    FileFormatError
        If the ids are not ``frame_000000`` onwards without a gap.

    Examples
    --------
    >>> list(in_order({"frame_000001": msgspec.Raw(b"1"), "frame_000000": msgspec.Raw(b"0")}))
    ['frame_000000', 'frame_000001']
    """
    ids = [frame_id(number) for number in range(len(frames))]
    if ids == list(frames):
        return frames
    for key in ids:
        if key not in frames:
            raise refusal(f"frames.{key}", f"missing, though there are {len(frames)} frames")
    return {key: frames[key] for key in ids}


def decode_record(decoder: msgspec.json.Decoder[Any], raw: msgspec.Raw, key: str, keys: int) -> Any:
    """Decode one frame.

    Parameters
    ----------
    decoder : Decoder
        Decoder of an object that holds only numbers and known keys.
    raw : Raw
        JSON of the frame.
    key : str
        Id of the frame, for messages.
    keys : int
        Number of keys that it has.

    Returns
    -------
    The decoded frame, of `decoder`'s type.

    Raises
    ------
    FileFormatError
        In one line: where it is wrong, and what was expected.
    """
    try:
        record = decoder.decode(raw)
    except DECODING_ERRORS as error:
        raise explain(f"frames.{key}", error) from error
    if bytes(raw).count(b'"') != 2 * keys:  # the decoder keeps the last of two equal keys
        raise refusal(f"frames.{key}", "a key occurs twice")
    return record


def decode_frames(frames: Mapping[str, msgspec.Raw], joint_count: int) -> dict[str, NDArray[Any]]:
    """Decode all frames into arrays.

    Parameters
    ----------
    frames : mapping of str to Raw
        JSON of each frame, by its id.
    joint_count : int
        Number of joints of the skeleton.

    Returns
    -------
    dict of str to ndarray
        The array fields of `VideoPredictions`, in immutable memory; ``uncertainty_mm`` only if the
        frames have it.

    Raises
    ------
    FileFormatError
        In one line: where it is wrong, and what was expected.
    """
    shapes: dict[str, tuple[int, ...]] = {
        "boxes": (5,),
        "poses3d": (joint_count, 3),
        "poses2d": (joint_count, 2),
        "confidence": (joint_count,),
    }
    if _gives_uncertainty(frames):
        shapes["uncertainty_mm"] = (joint_count,)
    decoder = msgspec.json.Decoder(_record_type(joint_count, shapes))
    detections = operator.attrgetter(*shapes, "track_ids")
    parts: dict[str, list[bytes]] = {name: [] for name in shapes}
    times_s: list[float | None] = []
    track_ids: list[int | None] = []
    counts: list[int] = []
    pending: list[tuple[list[Any], ...]] = []
    for key, raw in in_order(frames).items():
        record = decode_record(decoder, raw, key, len(shapes) + 2)
        fields = detections(record)
        if len(set(map(len, fields))) != 1:
            raise _unequal(record, shapes, key)
        times_s.append(record.time_s)
        track_ids += record.track_ids
        counts.append(len(record.track_ids))
        pending.append(fields)
        if len(pending) == _FRAMES_AT_ONCE:
            _move(pending, parts)
    _move(pending, parts)
    return {
        **{name: _joined(parts[name], shape) for name, shape in shapes.items()},
        "time_s": np.array(times_s, np.float64),
        "offsets": np.cumsum([0, *counts], dtype=np.int32),
        "track_ids": np.array([UNTRACKED if t is None else t for t in track_ids], np.int32),
    }


def _gives_uncertainty(frames: Mapping[str, msgspec.Raw]) -> bool:
    first = bytes(frames.get(frame_id(0), b""))
    return b'"uncertainty_mm"' in first  # this text can only be the key


def _record_type(joint_count: int, shapes: Mapping[str, Any]) -> type[msgspec.Struct]:
    types = {
        "boxes": _Box,
        "poses3d": tuple[(_Point3,) * joint_count],  # type: ignore[misc]
        "poses2d": tuple[(_Point2,) * joint_count],  # type: ignore[misc]
        "confidence": tuple[(_Number,) * joint_count],  # type: ignore[misc]
        "uncertainty_mm": tuple[(_Number,) * joint_count],  # type: ignore[misc]
    }
    fields = [(name, list[types[name]]) for name in shapes]  # type: ignore[valid-type]
    return msgspec.defstruct(
        "FrameRecord",
        [("time_s", _Number), *fields, ("track_ids", list[_TrackId])],
        forbid_unknown_fields=True,
        gc=False,
    )


def _unequal(record: Any, names: Iterable[str], key: str) -> FileFormatError:
    counts = {name: len(getattr(record, name)) for name in (*names, "track_ids")}
    boxes = counts["boxes"]
    name, count = next((name, count) for name, count in counts.items() if count != boxes)
    return refusal(f"frames.{key}.{name}", f"{count} detections, but {boxes} boxes")


def _move(pending: list[tuple[list[Any], ...]], parts: Mapping[str, list[bytes]]) -> None:
    for (name, memory), column in zip(parts.items(), zip(*pending, strict=True), strict=False):
        values: Iterable[Any] = chain.from_iterable(column)
        for _ in range(2 if name.startswith("poses") else 1):
            values = chain.from_iterable(values)
        memory.append(_float32_bytes(list(values)))
    pending.clear()


def _float32_bytes(values: list[float | None]) -> bytes:
    try:
        return struct.pack(f"{len(values)}f", *values)  # three times as fast as NumPy
    except struct.error:  # there is a null
        with np.errstate(over="ignore"):  # infinite, as above; the schema refuses it
            return np.array(values, np.float32).tobytes()


def _joined(parts: list[bytes], shape: tuple[int, ...]) -> NDArray[np.float32]:
    memory = b"".join(parts)
    parts.clear()
    return np.ndarray((len(memory) // (4 * math.prod(shape)), *shape), np.float32, buffer=memory)
