"""C3D files made byte by byte after the format's manual, without the library that reads them."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

BLOCK = 512


def text(*strings: str) -> tuple[int, tuple[int, ...], bytes]:
    """A parameter of texts, all as long as the longest."""
    width = max((len(string) for string in strings), default=0)
    dimensions = (width,) if len(strings) == 1 else (width, len(strings))
    return -1, dimensions, "".join(string.ljust(width) for string in strings).encode("latin-1")


def floats(values: Any) -> tuple[int, tuple[int, ...], bytes]:
    array = np.asarray(values, "<f4")
    return 4, array.shape[::-1], array.tobytes()


def words(*values: int) -> tuple[int, tuple[int, ...], bytes]:
    shape = () if len(values) == 1 else (len(values),)
    return 2, shape, np.array(values).astype("<u2").tobytes()


def _item(name: str, group: int, content: bytes) -> bytes:
    head = struct.pack("<bb", len(name), group) + name.encode()
    return head + struct.pack("<H", len(content) + 2) + content


def _parameters(groups: Mapping[str, Mapping[str, tuple[int, tuple[int, ...], bytes]]]) -> bytes:
    items = b""
    for number, (group, parameters) in enumerate(groups.items(), start=1):
        items += _item(group, -number, b"\0")
        for name, (kind, dimensions, data) in parameters.items():
            content = struct.pack("<bB", kind, len(dimensions)) + bytes(dimensions) + data + b"\0"
            items += _item(name, number, content)
    items += b"\0\0"
    blocks = -(-(len(items) + 4) // BLOCK)
    return (bytes([1, 80, blocks, 84]) + items).ljust(blocks * BLOCK, b"\0")


def c3d_bytes(
    points: Any,
    labels: Sequence[str],
    *,
    rate_hz: float = 100.0,
    first_frame: int = 1,
    units: str | None = "mm",
    up: str | None = "+Z",
    scale: float = -1.0,
    events: Sequence[tuple[str, str, float]] = (),
    groups: Mapping[str, Sequence[str]] | None = None,
    point: Mapping[str, Any] | None = None,
) -> bytes:
    """A whole file; NaN points get the residual −1 and zeros, as programs write them."""
    points = np.asarray(points, np.float64)
    frames, count = points.shape[:2]
    last_frame = first_frame + frames - 1
    split = [labels[start : start + 255] for start in range(0, len(labels), 255)]
    parameters = {
        "USED": words(count),
        "SCALE": floats(scale),
        "RATE": floats(rate_hz),
        "DATA_START": words(0),
        "FRAMES": words(min(frames, 65535)),
        **{f"LABELS{n or ''}": text(*part) for n, part in zip((0, 2, 3), split, strict=False)},
        **{group: text(*names) for group, names in (groups or {}).items()},
    }
    if units is not None:
        parameters["UNITS"] = text(units)
    if up is not None:
        parameters |= {"X_SCREEN": text("+X"), "Y_SCREEN": text(up)}
    tree: dict[str, dict[str, Any]] = {
        "POINT": parameters | dict(point or {}),
        "ANALOG": {"USED": words(0)},
        "TRIAL": {
            "ACTUAL_START_FIELD": words(first_frame & 0xFFFF, first_frame >> 16),
            "ACTUAL_END_FIELD": words(last_frame & 0xFFFF, last_frame >> 16),
        },
        "EVENT": {"USED": words(len(events))},
    }
    if events:
        tree["EVENT"] |= {
            "LABELS": text(*(label for label, _, _ in events)),
            "CONTEXTS": text(*(context for _, context, _ in events)),
            "TIMES": floats([[time_s // 60.0, time_s % 60.0] for _, _, time_s in events]),
        }
    blocks = len(_parameters(tree)) // BLOCK
    tree["POINT"]["DATA_START"] = words(2 + blocks)
    header = struct.pack(
        "<BBHHHHHfHHf",
        *(2, 80, count, 0, min(first_frame, 65535), min(last_frame, 65535)),
        *(0, scale, 2 + blocks, 0, rate_hz),
    )
    missing = ~np.isfinite(points).all(axis=-1, keepdims=True)
    stored = np.where(missing, 0.0, points / (1.0 if scale < 0.0 else scale))
    rows = np.concatenate([stored, np.where(missing, -1.0, 0.0)], axis=-1)
    data = rows.astype("<f4" if scale < 0.0 else "<i2").tobytes()
    data += b"\0" * (-len(data) % BLOCK)
    return header.ljust(BLOCK, b"\0") + _parameters(tree) + data
