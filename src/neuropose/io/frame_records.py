"""The frames of a predictions file: arrays to JSON and back, a few frames at a time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import numpy as np
import orjson
from numpy.typing import NDArray

from neuropose.io.checks import UNTRACKED, frame_id
from neuropose.io.strict_json import DECODING_ERRORS, explain, refusal

if TYPE_CHECKING:
    from neuropose.io.schema import VideoPredictions

_FRAMES_AT_ONCE = 256
_Number = float | None
_Point3 = tuple[_Number, _Number, _Number]
_Point2 = tuple[_Number, _Number]
_Box = tuple[_Number, _Number, _Number, _Number, _Number]
_TrackId = Annotated[int, msgspec.Meta(ge=0, le=np.iinfo(np.int32).max)] | None


def encode_frames(predictions: VideoPredictions) -> Iterator[bytes]:
    """Write frames as JSON, one a line, without the braces around them.

    Parameters
    ----------
    predictions : VideoPredictions
        Whose frames.

    Yields
    ------
    bytes
        One frame with its key; all but the last with the comma after it.
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


def in_order(frames: Mapping[str, msgspec.Raw]) -> Iterator[tuple[str, msgspec.Raw]]:
    """Go through the frames by number, whatever their order in the file.

    Parameters
    ----------
    frames : mapping of str to Raw
        JSON of each frame, by its id.

    Yields
    ------
    (str, Raw)
        ``frame_000000`` onwards.

    Raises
    ------
    FileFormatError
        If the ids are not exactly ``frame_000000`` onwards, without a hole.
    """
    for number in range(len(frames)):
        key = frame_id(number)
        if key not in frames:
            raise refusal(f"frames.{key}", f"missing, though there are {len(frames)} frames")
        yield key, frames[key]


def decode_record(decoder: msgspec.json.Decoder[Any], raw: msgspec.Raw, key: str, keys: int) -> Any:
    """Read one frame.

    Parameters
    ----------
    decoder : Decoder
        For an object that holds numbers only, and no key that is not known.
    raw : Raw
        JSON of the frame.
    key : str
        Its id, for messages.
    keys : int
        How many keys it has.

    Returns
    -------
    As `decoder` says.

    Raises
    ------
    FileFormatError
        One line: where, and what was expected there.
    """
    try:
        record = decoder.decode(raw)
    except DECODING_ERRORS as error:
        raise explain(f"frames.{key}", error) from error
    if bytes(raw).count(b'"') != 2 * keys:  # the decoder lets the last of two equal keys win
        raise refusal(f"frames.{key}", "a key is there twice")
    return record


def decode_frames(frames: Mapping[str, msgspec.Raw], joint_count: int) -> dict[str, NDArray[Any]]:
    """Read all frames into arrays.

    Parameters
    ----------
    frames : mapping of str to Raw
        JSON of each frame, by its id.
    joint_count : int
        Joints of the skeleton.

    Returns
    -------
    dict of str to ndarray
        The array fields of `VideoPredictions`, over immutable memory; ``uncertainty_mm`` only if
        the frames have it.

    Raises
    ------
    FileFormatError
        One line: where, and what was expected there.
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
    parts: dict[str, list[NDArray[np.float32]]] = {name: [] for name in shapes}
    times_s: list[float | None] = []
    track_ids: list[int | None] = []
    counts: list[int] = []
    pending: list[Any] = []
    for key, raw in in_order(frames):
        record = decode_record(decoder, raw, key, len(shapes) + 2)
        times_s.append(record.time_s)
        track_ids += record.track_ids
        counts.append(_detection_count(record, shapes, key))
        pending.append(record)
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
    return b'"uncertainty_mm"' in first  # there can be no such text but the key


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


def _detection_count(record: Any, shapes: Mapping[str, Any], key: str) -> int:
    count = len(record.boxes)
    for name in (*shapes, "track_ids"):
        found = len(getattr(record, name))
        if found != count:
            raise refusal(f"frames.{key}.{name}", f"{found} detections, but {count} boxes")
    return count


def _move(records: list[Any], parts: Mapping[str, list[NDArray[np.float32]]]) -> None:
    for name, arrays in parts.items():
        values: Iterable[Any] = [getattr(record, name) for record in records]
        for _ in range(3 if name.startswith("poses") else 2):
            values = chain.from_iterable(values)
        with np.errstate(over="ignore"):  # becomes infinite, which the schema refuses
            arrays.append(np.array(list(values), np.float32))
    records.clear()


def _joined(parts: list[NDArray[np.float32]], shape: tuple[int, ...]) -> NDArray[np.float32]:
    memory = b"".join(part.data for part in parts)
    parts.clear()
    return np.ndarray((len(memory) // (4 * math.prod(shape)), *shape), np.float32, buffer=memory)
