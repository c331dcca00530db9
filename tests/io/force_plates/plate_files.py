"""C3D files with force plates, made byte by byte after the format's manual."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from tests.io.c3d_files import BLOCK, INTEL, floats, parameter_blocks, text, words

UPSIDE = np.array([[600.0, 0.0, 0], [0, 0, 0], [0, 400.0, 0], [600.0, 400.0, 0]])
"""Corners of the usual plate: its z points into the floor."""


def _whole(values: Any) -> tuple[int, tuple[int, ...], bytes]:
    array = np.asarray(values, "<i2")
    return 2, array.shape[::-1], array.tobytes()


def plates_c3d(
    channels: Any,
    *,
    kinds: Sequence[int] = (2,),
    corners: Any = UPSIDE,
    origins: Any = (0.0, 0.0, 0.0),
    units: Sequence[str] = ("N", "N", "N", "Nmm", "Nmm", "Nmm"),
    calibration: Any = None,
    per_frame: int = 10,
    used: int | None = None,
) -> bytes:
    """One marker at rest, 100 Hz, and the channels (A, C) of the plates, one after the other.

    `calibration`: one matrix, or several as they are stored, column after column.
    """
    channels = np.asarray(channels, "<f4")
    samples, width = channels.shape
    frames = samples // per_frame
    count = len(kinds)
    each = width // count
    platform: dict[str, Any] = {
        "USED": words(count if used is None else used),
        "TYPE": _whole(list(kinds)),
        "CORNERS": floats(np.broadcast_to(corners, (count, 4, 3))),
        "ORIGIN": floats(np.broadcast_to(origins, (count, 3))),
        "CHANNEL": _whole(np.arange(1, width + 1).reshape(count, each)),
    }
    if calibration is not None:
        platform["CAL_MATRIX"] = floats(
            np.asarray(calibration).T[None] if np.ndim(calibration) == 2 else calibration
        )
    tree = {
        "POINT": {
            "USED": words(1),
            "SCALE": floats(-1.0),
            "RATE": floats(100.0),
            "DATA_START": words(0),
            "FRAMES": words(frames),
            "LABELS": text("M"),
            "UNITS": text("mm"),
        },
        "ANALOG": {
            "USED": words(width),
            "RATE": floats(100.0 * per_frame),
            "LABELS": text(*(f"C{number}" for number in range(width))),
            "UNITS": text(*(list(units) * count)),
            "SCALE": floats(np.ones(width)),
            "OFFSET": _whole(np.zeros(width)),
            "GEN_SCALE": floats(1.0),
        },
        "FORCE_PLATFORM": platform,
    }
    start = 2 + len(_blocks(tree)) // BLOCK
    tree["POINT"]["DATA_START"] = words(start)
    header = struct.pack(
        "<BBHHHHHfHHf", *(2, 80, 1, width * per_frame, 1, frames), *(0, -1.0, start, per_frame, 100)
    )
    point = np.tile(np.array([1.0, 2.0, 3.0, 0.0], "<f4"), (frames, 1))
    rows = np.concatenate([point, channels[: frames * per_frame].reshape(frames, -1)], axis=1)
    data = rows.astype("<f4").tobytes()
    return header.ljust(BLOCK, b"\0") + _blocks(tree) + data.ljust(-(-len(data) // BLOCK) * BLOCK)


def _blocks(tree: dict[str, dict[str, Any]]) -> bytes:
    return parameter_blocks({name: list(group.items()) for name, group in tree.items()}, INTEL)
