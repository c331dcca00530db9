"""C3D files made byte by byte after the format's manual, without the library that reads them."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

BLOCK = 512
INTEL, DEC, MIPS = 84, 85, 86


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


def in_order_of(processor: int, raw: bytes, kind: int) -> bytes:
    """Numbers of 2 or 4 bytes, given in Intel's order, in that of another processor."""
    if processor == INTEL or kind not in (2, 4):
        return raw
    if processor == MIPS:
        return np.frombuffer(raw, f"<u{kind}").astype(f">u{kind}").tobytes()
    if kind == 2:
        return raw
    halves = (4.0 * np.frombuffer(raw, "<f4")).astype("<f4").view("<u2").reshape(-1, 2)
    return halves[:, ::-1].tobytes()


def _item(name: str, group: int, content: bytes, processor: int) -> bytes:
    head = struct.pack("<bb", len(name), group) + name.encode()
    step = in_order_of(processor, struct.pack("<H", len(content) + 2), 2)
    return head + step + content


Group = Sequence[tuple[str, tuple[int, tuple[int, ...], bytes]]]


def parameter_blocks(groups: Mapping[str, Group], processor: int) -> bytes:
    items = b""
    for number, (group, parameters) in enumerate(groups.items(), start=1):
        items += _item(group, -number, b"\0", processor)
        for name, (kind, dimensions, data) in parameters:
            stored = in_order_of(processor, data, kind)
            content = struct.pack("<bB", kind, len(dimensions)) + bytes(dimensions)
            items += _item(name, number, content + stored + b"\0", processor)
    items += b"\0\0"
    blocks = -(-(len(items) + 4) // BLOCK)
    return (bytes([1, 80, blocks, processor]) + items).ljust(blocks * BLOCK, b"\0")


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
    trial: bool = True,
    processor: int = INTEL,
    analog: int = 0,
    channels: int = 0,
    header: Mapping[str, float] | None = None,
    more: Mapping[str, Group] | None = None,
) -> bytes:
    """A whole file; NaN points get the residual −1 and zeros, as programs write them.

    `analog` is the number of analogue samples of a frame, of `channels`; `header` is what the first
    block says instead of the truth; `more` are other groups, or more parameters of these.
    """
    points = np.asarray(points, np.float64)
    frames, count = points.shape[:2]
    last_frame = first_frame + frames - 1
    split = [labels[start : start + 255] for start in range(0, len(labels), 255)]
    parameters: dict[str, Any] = {
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
    parameters |= point or {}
    event: dict[str, Any] = {"USED": words(len(events))}
    if events:
        event |= {
            "LABELS": text(*(label for label, _, _ in events)),
            "CONTEXTS": text(*(context for _, context, _ in events)),
            "TIMES": floats([[time_s // 60.0, time_s % 60.0] for _, _, time_s in events]),
        }
    tree: dict[str, list[Any]] = {
        "POINT": list(parameters.items()),
        "ANALOG": [("USED", words(channels))],
        "EVENT": list(event.items()),
    }
    if trial:
        tree["TRIAL"] = [
            ("ACTUAL_START_FIELD", words(first_frame & 0xFFFF, first_frame >> 16)),
            ("ACTUAL_END_FIELD", words(last_frame & 0xFFFF, last_frame >> 16)),
        ]
    for group, others in (more or {}).items():
        tree[group] = [*tree.get(group, []), *others]
    blocks = len(parameter_blocks(tree, processor)) // BLOCK
    if "DATA_START" not in (point or {}):
        tree["POINT"] = [
            (name, words(2 + blocks) if name == "DATA_START" else value)
            for name, value in tree["POINT"]
        ]
    stated = {
        "points": count,
        "analog": analog,
        "first": min(first_frame, 65535),
        "last": min(last_frame, 65535),
        "scale": scale,
        "data_block": 2 + blocks,
        "analog_rate": 1,
        "rate_hz": rate_hz,
    } | dict(header or {})
    start = b"\x02\x50"
    for name in ("points", "analog", "first", "last"):
        start += in_order_of(processor, struct.pack("<H", int(stated[name])), 2)
    start += b"\0\0" + in_order_of(processor, struct.pack("<f", stated["scale"]), 4)
    for name in ("data_block", "analog_rate"):
        start += in_order_of(processor, struct.pack("<H", int(stated[name])), 2)
    start += in_order_of(processor, struct.pack("<f", stated["rate_hz"]), 4)
    missing = ~np.isfinite(points).all(axis=-1, keepdims=True)
    stored = np.where(missing, 0.0, points / (1.0 if scale < 0.0 else scale))
    rows = np.concatenate([stored, np.where(missing, -1.0, 0.0)], axis=-1).reshape(
        frames, 4 * count
    )
    rows = np.concatenate([rows, np.full((frames, analog), 77.0)], axis=1)
    kind = 4 if scale < 0.0 else 2
    data = in_order_of(processor, rows.astype("<f4" if kind == 4 else "<i2").tobytes(), kind)
    data += b"\0" * (-len(data) % BLOCK)
    return start.ljust(BLOCK, b"\0") + parameter_blocks(tree, processor) + data
