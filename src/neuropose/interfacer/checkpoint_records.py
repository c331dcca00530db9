"""The checkpoint file format: the key of a run, then results in segments with checksums.

::

    file     MAGIC, record of the key, record of a segment, record of a segment, …
    record   length of the payload (8 bytes), its CRC-32 (4), payload
    segment  number of its first picture (8), pictures (4), length of the state or -1 if there is
             none (4), state after its last picture, results
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
_SEGMENT = struct.Struct("<QIi")
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


def encode_segment(
    first: int, count: int, state: bytes | None, results: bytes | bytearray
) -> bytes:
    """Return a segment.

    Parameters
    ----------
    first : int
        Number of its first picture.
    count : int
        Number of pictures.
    state : bytes or None
        State of the model after the last picture. None: nothing can be resumed there.
    results : bytes
        The encoded results (`encode_result`), concatenated.

    Returns
    -------
    bytes
    """
    length = -1 if state is None else len(state)
    return _record(b"".join([_SEGMENT.pack(first, count, length), state or b"", results]))


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


def encode_run(key: str, first: int, found: Sequence[Detections]) -> list[bytes]:
    """Encode a run that is complete, with all of its states.

    Parameters
    ----------
    key : str
        Key of the run.
    first : int
        Number of its first picture.
    found : sequence of Detections
        The result of each picture.

    Returns
    -------
    list of bytes
        The content of a file, in parts.
    """
    parts = [encode_header(key)]
    waiting: list[bytes] = []
    for row, each in enumerate(found, start=1):
        waiting.append(encode_result(each))
        if each.state is not None or row == len(found):
            begin = first + row - len(waiting)
            parts.append(encode_segment(begin, len(waiting), each.state, b"".join(waiting)))
            waiting.clear()
    return parts


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
        The results of the intact segments, in order; the last of each segment has its state.
    end : int
        Offset of the end of the last intact segment; 0 if there is none, or the file belongs to
        another run.
    """
    first, results, end = _read(file, key)
    return (results, end) if first == 0 else ([], 0)


def read_run(file: BinaryIO, key: str) -> tuple[int, list[Detections]] | None:
    """Read what `encode_run` has encoded.

    Parameters
    ----------
    file : binary file
        The file, positioned at its beginning.
    key : str
        Key of the run.

    Returns
    -------
    tuple of int and list of Detections, or None
        The number of the first picture, and the results. None: there are none, something is
        damaged, or the file belongs to another run.
    """
    first, results, end = _read(file, key)
    return (first, results) if results and end == os.fstat(file.fileno()).st_size else None


def _read(file: BinaryIO, key: str) -> tuple[int, list[Detections], int]:
    """Read the number of the first picture, all intact segments, and where they end."""
    first, end = 0, 0
    results: list[Detections] = []
    try:
        size = os.fstat(file.fileno()).st_size
        if file.read(len(MAGIC)) != MAGIC or _read_record(file, size) != key.encode():
            return 0, [], 0
        while True:
            number, found = _decode_segment(_read_record(file, size))
            if results and number != first + len(results):
                raise ValueError("the segment does not follow the one before")
            first = number if not results else first
            results += found
            end = file.tell()
    except (OSError, ValueError):
        return first, results, end


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


def _decode_segment(payload: bytes) -> tuple[int, list[Detections]]:
    reader = _Reader(payload)
    first, count, state_length = reader.numbers(_SEGMENT)
    if count == 0:
        raise ValueError("the segment has no pictures")
    state = None if state_length == -1 else bytes(reader.take(state_length))
    results = [_decode_result(reader) for _ in range(count)]
    reader.require_end()
    return first, [*results[:-1], replace(results[-1], state=state)]


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
        if not 0 <= count <= len(self._rest):
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
