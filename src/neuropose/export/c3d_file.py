"""The bytes of a C3D file (c3d.org): floating-point points, of an Intel processor."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Parameter = tuple[int, tuple[int, ...], bytes]
"""Kind of the values (−1 characters, 2 and 4 bytes), dimensions, bytes."""

_BLOCK = 512
_INTEL = 84
_MOST = 255  # labels in one parameter, and characters in a name
_LARGEST_WORD = 65535
_AT_ONCE = 4000


def text(*strings: str) -> Parameter:
    """Return a parameter of texts, all as long as the longest.

    Parameters
    ----------
    *strings : str
        The texts; characters outside Latin-1 become question marks.

    Returns
    -------
    Parameter
    """
    encoded = [string.encode("latin-1", errors="replace")[:_MOST] for string in strings]
    width = max((len(each) for each in encoded), default=0) or 1
    return -1, (width, len(encoded)), b"".join(each.ljust(width) for each in encoded)


def floats(values: ArrayLike) -> Parameter:
    """Return a parameter of numbers.

    Parameters
    ----------
    values : array_like
        Numbers; the last dimension is the first of the file.

    Returns
    -------
    Parameter
    """
    array = np.asarray(values, "<f4")
    return 4, array.shape[::-1], array.tobytes()


def words(values: int | Sequence[int]) -> Parameter:
    """Return a parameter of whole numbers, 0 to 65535.

    Parameters
    ----------
    values : int or sequence of int
        One number, or several.

    Returns
    -------
    Parameter
    """
    array = np.asarray(values, "<u2")
    return 2, array.shape, array.tobytes()


def labels(name: str, strings: Sequence[str]) -> dict[str, Parameter]:
    """Return texts as one parameter, or as several if they are too many for one.

    Parameters
    ----------
    name : str
        Name of the parameter; the second one has a 2 behind it.
    strings : sequence of str
        The texts.

    Returns
    -------
    dict of str to Parameter
    """
    parts = [strings[first : first + _MOST] for first in range(0, len(strings), _MOST)] or [()]
    return {f"{name}{n if n > 1 else ''}": text(*part) for n, part in enumerate(parts, start=1)}


def c3d_chunks(
    points: Array,
    rate_hz: float,
    first_frame: int,
    groups: Mapping[str, Mapping[str, Parameter]],
) -> Iterator[bytes]:
    """Encode a C3D file.

    Parameters
    ----------
    points : ndarray, shape (T, N, 3)
        NaN: missing, written as zeros with the residual −1.
    rate_hz : float
        Frames per second.
    first_frame : int
        Number of the first frame, from 1.
    groups : mapping of str to mapping
        Parameters by group, besides those that the format itself needs.

    Yields
    ------
    bytes
    """
    frames, count = points.shape[:2]
    last_frame = first_frame + frames - 1
    own: dict[str, dict[str, Parameter]] = {
        "POINT": {
            "USED": words(count),
            "SCALE": floats(-1.0),
            "RATE": floats(rate_hz),
            "DATA_START": words(0),
            "FRAMES": words(min(frames, _LARGEST_WORD)),
        },
        "ANALOG": {
            "USED": words(0),
            "RATE": floats(rate_hz),
            "GEN_SCALE": floats(1.0),
            "LABELS": text(),
            "DESCRIPTIONS": text(),
            "UNITS": text(),
            "SCALE": floats([]),
            "OFFSET": words([]),
        },
        "FORCE_PLATFORM": {"USED": words(0)},
        "TRIAL": {
            "ACTUAL_START_FIELD": words([first_frame & 0xFFFF, first_frame >> 16]),
            "ACTUAL_END_FIELD": words([last_frame & 0xFFFF, last_frame >> 16]),
            "CAMERA_RATE": floats(rate_hz),
        },
    }
    tree = {name: own.get(name, {}) | dict(groups.get(name, {})) for name in {**own, **groups}}
    data_block = 2 + len(_parameters(tree)) // _BLOCK
    tree["POINT"]["DATA_START"] = words(data_block)
    yield _header(count, first_frame, last_frame, data_block, rate_hz)
    yield _parameters(tree)
    size = 0
    for first in range(0, frames, _AT_ONCE):
        part = np.asarray(points[first : first + _AT_ONCE])
        missing = np.asarray(np.isnan(part).any(axis=-1))
        block = np.zeros((len(part), count, 4), "<f4")
        block[..., :3] = np.where(missing[..., None], 0.0, part)
        block[..., 3] = np.where(missing, -1.0, 0.0)
        size += block.nbytes
        yield block.tobytes()
    yield bytes(-size % _BLOCK)


def _header(
    count: int, first_frame: int, last_frame: int, data_block: int, rate_hz: float
) -> bytes:
    head = struct.pack(
        "<BBHHHHHfHHf",
        2,
        80,
        count,
        0,
        min(first_frame, _LARGEST_WORD),
        min(last_frame, _LARGEST_WORD),
        0,
        -1.0,
        data_block,
        1,
        rate_hz,
    )
    # Labels of events may have four characters; there are no events in the header itself.
    return head.ljust(298, b"\0") + struct.pack("<H", 12345) + bytes(_BLOCK - 300)


def _parameters(tree: Mapping[str, Mapping[str, Parameter]]) -> bytes:
    items = b""
    for number, (group, parameters) in enumerate(tree.items(), start=1):
        items += _item(group, -number, b"\0")
        for name, (kind, dimensions, data) in parameters.items():
            shape = struct.pack("<bB", kind, len(dimensions)) + bytes(dimensions)
            items += _item(name, number, shape + data + b"\0")
    items += b"\0\0"
    blocks = -(-(len(items) + 4) // _BLOCK)
    return (bytes([1, 80, blocks, _INTEL]) + items).ljust(blocks * _BLOCK, b"\0")


def _item(name: str, group: int, content: bytes) -> bytes:
    head = struct.pack("<bb", len(name), group) + name.encode()
    return head + struct.pack("<H", len(content) + 2) + content
