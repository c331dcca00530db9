"""The checkpoint file format: the key of a run, then results in segments with checksums.

::

    file     MAGIC, record of the key, record of a segment, record of a segment, …
    record   length of the payload (8 bytes), its CRC-32 (4), payload
    segment  number of its first picture (8), pictures (4), length of the state (4), state after its
             last picture, results
    result   people (4), joints (4), whether there are uncertainties (1), length of the failure (4),
             failure, the arrays

Numbers are little-endian, arrays raw float32, and text UTF-8, empty if there was no failure.
Nothing in a file is ever executed, and a length that goes beyond the file is not trusted.
"""

from __future__ import annotations

import math
import os
import struct
import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from neuropose.estimator import Detections

MAGIC = b"NeuroPose checkpoint 2\n"
"""Ends with the version of the format."""
_RECORD = struct.Struct("<QI")
_SEGMENT = struct.Struct("<QII")
_RESULT = struct.Struct("<II?I")


def encode_header(key: str) -> bytes:
    """Return the header of a file.

    Parameters
    ----------
    key : str
        Key of the run.

    Returns
    -------
    bytes
    """
    return MAGIC + _record(key.encode())


def encode_segment(first: int, count: int, state: bytes, results: bytes | bytearray) -> bytes:
    """Return a segment.

    Parameters
    ----------
    first : int
        Number of its first picture, which is the number of earlier pictures in the file.
    count : int
        Number of pictures.
    state : bytes
        State of the model after the last picture.
    results : bytes
        The encoded results (`encode_result`), concatenated.

    Returns
    -------
    bytes
    """
    return _record(b"".join([_SEGMENT.pack(first, count, len(state)), state, results]))


def encode_result(found: Detections) -> bytes:
    """Encode the result of one picture as bytes, without the state.

    Parameters
    ----------
    found : Detections
        Result with P people and J joints.

    Returns
    -------
    bytes
    """
    people, joints = found.confidence.shape
    given = found.uncertainty_mm is not None
    arrays = [found.boxes, found.poses3d, found.poses2d, found.confidence]
    if found.uncertainty_mm is not None:
        arrays.append(found.uncertainty_mm)
    failure = (found.failure or "").encode()
    rows = (array.astype("<f4", copy=False).tobytes() for array in arrays)
    return b"".join([_RESULT.pack(people, joints, given, len(failure)), failure, *rows])


def encode_run(key: str, found: Sequence[Detections]) -> list[bytes]:
    """Encode a run that is complete, and that nothing resumes.

    Parameters
    ----------
    key : str
        Key of the run.
    found : sequence of Detections
        The result of each picture.

    Returns
    -------
    list of bytes
        The content of a file, in parts.
    """
    results = b"".join(map(encode_result, found))
    return [encode_header(key), *([encode_segment(0, len(found), b"", results)] if found else [])]


def read_results(file: BinaryIO, key: str) -> tuple[list[Detections], int]:
    """Read the results of a run from a file, up to where it is truncated or damaged.

    Parameters
    ----------
    file : binary file
        The file, positioned at its beginning.
    key : str
        Key of the run.

    Returns
    -------
    results : list of Detections
        The results of the intact segments, in order; the last has its state.
    end : int
        Offset of the end of the last intact segment; 0 if there is none, or the file belongs to
        another run.
    """
    results: list[Detections] = []
    end = 0
    try:
        size = os.fstat(file.fileno()).st_size
        if file.read(len(MAGIC)) != MAGIC or _read_record(file, size) != key.encode():
            return [], 0
        while True:
            results += _decode_segment(_read_record(file, size), len(results))
            end = file.tell()
    except (OSError, ValueError):
        return results, end


def _record(payload: bytes) -> bytes:
    return _RECORD.pack(len(payload), zlib.crc32(payload)) + payload


def _read_record(file: BinaryIO, size: int) -> bytes:
    head = file.read(_RECORD.size)
    if len(head) < _RECORD.size:
        raise ValueError("the file ends")
    length, checksum = _RECORD.unpack(head)
    if length > size - file.tell():
        raise ValueError("the record is torn")
    payload = file.read(length)
    if zlib.crc32(payload) != checksum:
        raise ValueError("the record is damaged")
    return payload


def _decode_segment(payload: bytes, expected_first: int) -> list[Detections]:
    reader = _Reader(payload)
    first, count, state_length = reader.numbers(_SEGMENT)
    if first != expected_first or count == 0:
        raise ValueError("the segment does not follow the one before")
    state = bytes(reader.take(state_length))
    results = [_decode_result(reader) for _ in range(count)]
    reader.require_end()
    return [*results[:-1], replace(results[-1], state=state)]


def _decode_result(reader: _Reader) -> Detections:
    people, joints, has_uncertainty, failure_length = reader.numbers(_RESULT)
    failure = str(reader.take(failure_length), "utf-8")
    return Detections(
        boxes=reader.array(people, 5),
        poses3d=reader.array(people, joints, 3),
        poses2d=reader.array(people, joints, 2),
        confidence=reader.array(people, joints),
        uncertainty_mm=reader.array(people, joints) if has_uncertainty else None,
        failure=failure or None,
    )


class _Reader:
    """Reads bytes in sequence; raises `ValueError` if there are not enough."""

    def __init__(self, payload: bytes) -> None:
        self._rest = memoryview(payload)

    def take(self, count: int) -> memoryview:
        if count > len(self._rest):
            raise ValueError("the segment is too short")
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken

    def numbers(self, layout: struct.Struct) -> tuple[int, ...]:
        return layout.unpack(self.take(layout.size))

    def array(self, *shape: int) -> NDArray[np.float32]:
        values = np.frombuffer(self.take(4 * math.prod(shape)), "<f4")
        return values.astype(np.float32, copy=False).reshape(shape)

    def require_end(self) -> None:
        if self._rest:
            raise ValueError("the segment is too long")
