"""Streams whose fields are pictures of their own, as camcorders write them.

No encoder at hand makes them, so the macroblocks are stored as they are (I_PCM).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from tests.video.clips import HEIGHT, WIDTH, picture

TICKS_PER_FRAME = 3600  # 25 frames a second in MPEG's clock of 90 kHz
_START = b"\x00\x00\x00\x01"
_PCM = 25


class _Writer:
    def __init__(self) -> None:
        self._bits = ""

    def fixed(self, value: int, count: int) -> _Writer:
        self._bits += format(value, f"0{count}b")
        return self

    def unsigned(self, *values: int) -> _Writer:
        for value in values:
            code = format(value + 1, "b")
            self._bits += "0" * (len(code) - 1) + code
        return self

    def aligned(self, raw: bytes) -> _Writer:
        self._bits += "0" * (-len(self._bits) % 8)
        self._bits += "".join(format(byte, "08b") for byte in raw)
        return self

    def unit(self, header: int) -> bytes:
        bits = self._bits + "1"
        bits += "0" * (-len(bits) % 8)
        raw = int(bits, 2).to_bytes(len(bits) // 8, "big")
        escaped, zeros = bytearray(), 0
        for byte in raw:
            if zeros >= 2 and byte <= 3:
                escaped.append(3)
                zeros = 0
            escaped.append(byte)
            zeros = zeros + 1 if byte == 0 else 0
        return _START + bytes([header]) + bytes(escaped)


def h264_headers() -> bytes:
    """Sequence and picture parameter sets: main profile, 16 frame numbers, fields allowed."""
    rows = (HEIGHT + 31) // 32
    sequence = _Writer().fixed(77, 8).fixed(0, 8).fixed(30, 8)
    sequence.unsigned(0, 0, 0, 4, 1).fixed(0, 1).unsigned(WIDTH // 16 - 1, rows - 1)
    sequence.fixed(0, 2)  # not frames only, and no field macroblocks in frames
    crop = rows * 32 - HEIGHT
    sequence.fixed(1, 1).fixed(int(crop > 0), 1)
    if crop:
        sequence.unsigned(0, 0, 0, crop // 4)
    pictures = _Writer().unsigned(0, 0).fixed(0, 2).unsigned(0, 0, 0).fixed(0, 3)
    pictures.unsigned(0, 0, 0).fixed(0b100, 3)  # slices say whether they are deblocked
    return sequence.fixed(0, 1).unit(0x67) + pictures.unit(0x68)


def h264_field(luma: NDArray[np.uint8], number: int, *, is_bottom: bool) -> bytes:
    """One field as an access unit of its own."""
    is_idr = number == 0 and not is_bottom
    slice_ = _Writer().unsigned(0, 7, 0).fixed(number % 16, 4).fixed(1, 1).fixed(int(is_bottom), 1)
    if is_idr:
        slice_.unsigned(0)
    slice_.fixed((2 * number + is_bottom) % 256, 8)
    slice_.fixed(0, 2 if is_idr else 1).unsigned(0, 1)  # marking, QP, no deblocking
    rows, columns = luma.shape[0] // 16, luma.shape[1] // 16
    chroma = bytes([128]) * 128
    for row in range(rows):
        for column in range(columns):
            block = luma[16 * row :, 16 * column :][:16, :16]
            slice_.unsigned(_PCM).aligned(np.maximum(block, 1).tobytes() + chroma)
    return slice_.unit(0x65 if is_idr else 0x61)


def field_packets(frame_count: int) -> Iterator[tuple[bytes, bytes]]:
    """The upper and the lower field of each frame."""
    for number in range(frame_count):
        grey = cv2.cvtColor(picture(number), cv2.COLOR_RGB2GRAY)
        padded = cv2.copyMakeBorder(grey, 0, -HEIGHT % 32, 0, 0, cv2.BORDER_REPLICATE)
        headers = h264_headers() if number == 0 else b""
        delimiter = _START + b"\x09\xf0"
        yield (
            delimiter + headers + h264_field(padded[0::2], number, is_bottom=False),
            delimiter + h264_field(padded[1::2], number, is_bottom=True),
        )


def write_field_stream(path: Path, fields: Sequence[tuple[bytes, bytes]]) -> Path:
    """Write an MPEG transport stream with a packet for each field; an empty one is left out."""
    with av.open(str(path), "w") as container:
        stream = container.add_mux_stream("h264", rate=25, width=WIDTH, height=HEIGHT)
        for number, pair in enumerate(fields):
            for half, data in enumerate(pair):
                if not data:
                    continue
                packet = av.Packet(data)
                packet.stream, packet.time_base = stream, Fraction(1, 90_000)
                packet.pts = packet.dts = (2 * number + half) * TICKS_PER_FRAME // 2
                packet.is_keyframe = number == 0 and half == 0
                container.mux(packet)
    return path
