"""The colours of stored pictures, Y′CbCr to RGB, in tables that are read off FFmpeg's converter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_NEUTRAL = 128
_ROWS = 64  # of the picture of noise on which the tables are checked


@dataclass(frozen=True, slots=True)
class ColorTables:
    """What a stored number adds to red, green and blue; each sum is cut off at 0 and 255.

    Parameters
    ----------
    luma : ndarray of int32, shape (256,)
        What Y′ adds to each of them.
    blue, red : ndarray of int32, shape (256,)
        What Cb adds to blue, and Cr to red, in the upper 16 bits; in the lower ones what it adds to
        green.
    """

    luma: NDArray[np.int32]
    blue: NDArray[np.int32]
    red: NDArray[np.int32]

    def rgb(self, planes: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
        """Convert a picture.

        Parameters
        ----------
        planes : sequence of ndarray of uint8, shapes (H, W), (H / 2, W / 2) and (H / 2, W / 2)
            Y′, Cb and Cr.

        Returns
        -------
        ndarray of uint8, shape (H, W, 3)
        """
        luma = self.luma[planes[0]]
        blue, red = (
            table[plane].repeat(2, axis=0).repeat(2, axis=1)
            for table, plane in zip((self.blue, self.red), planes[1:], strict=True)
        )
        green = blue.astype(np.int16) + red.astype(np.int16)
        sums = np.stack([luma + (red >> 16), luma + green, luma + (blue >> 16)], axis=-1)
        return sums.clip(0, 255).astype(np.uint8)


def tables_of(frame: VideoFrame) -> ColorTables | None:
    """Return the tables with which a picture becomes RGB.

    Parameters
    ----------
    frame : av.VideoFrame
        A picture of the format yuv420p, with even sides.

    Returns
    -------
    ColorTables or None
        None if they would not give every pixel as the converter does, which may calculate in
        another way on another processor.
    """
    return _tables(
        int(frame.colorspace),
        int(frame.color_range),
        int(frame.color_primaries),
        int(frame.color_trc),
        frame.width,
    )


@lru_cache(maxsize=32)
def _tables(*kind: int) -> ColorTables | None:
    levels = np.arange(256, dtype=np.uint8)
    luma, chroma = np.repeat(levels[:, None], 256, axis=1), np.repeat(levels[None], 256, axis=0)
    twice, neutral = luma.repeat(2, axis=0).repeat(2, axis=1), np.full_like(chroma, _NEUTRAL)
    of_blue = _converted((twice, chroma, neutral), *kind[:4])[::2, ::2]
    of_red = _converted((twice, neutral, chroma), *kind[:4])[::2, ::2]
    of_luma, to_blue = _summands(of_blue[..., 2])
    _, to_red = _summands(of_red[..., 0])
    tables = ColorTables(
        of_luma,
        (to_blue << 16) | (_summands(of_blue[..., 1])[1] & 0xFFFF),
        (to_red << 16) | (_summands(of_red[..., 1])[1] & 0xFFFF),
    )
    width, noise = kind[4], np.random.default_rng(0)
    planes = [
        noise.integers(0, 256, (_ROWS // step, width // step), np.uint8) for step in (1, 2, 2)
    ]
    is_exact = np.array_equal(tables.rgb(planes), _converted(planes, *kind[:4]))
    return tables if is_exact else None


def _summands(sums: NDArray[np.uint8]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Tell apart the summands of sums that were cut off at 0 and 255; the neutral chroma adds 0."""
    is_whole = (sums > 0) & (sums < 255)
    known = np.zeros(256, np.bool_), np.arange(256) == _NEUTRAL
    # One that is never seen makes every sum 0 or 255.
    summands = np.stack([np.where(sums.mean(axis=axis) < 128, -512, 512) for axis in (1, 0)])
    summands = summands.astype(np.int32)
    summands[1, _NEUTRAL] = 0
    levels = np.arange(256)
    while True:
        before = sum(map(np.count_nonzero, known))
        for axis in (0, 1):
            other = 1 - axis
            usable = is_whole & np.expand_dims(known[other], axis)
            found = usable.any(axis=other) & ~known[axis]
            partner = usable.argmax(axis=other)
            seen = sums[levels, partner] if axis == 0 else sums[partner, levels]
            summands[axis, found] = (seen - summands[other, partner])[found]
            known[axis][found] = True
        if sum(map(np.count_nonzero, known)) == before:
            return summands[0], summands[1]


def _converted(
    planes: Sequence[NDArray[np.uint8]], matrix: int, levels: int, primaries: int, transfer: int
) -> NDArray[np.uint8]:
    import av
    from av.video.reformatter import VideoReformatter

    height, width = planes[0].shape
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane, values in zip(frame.planes, planes, strict=True):
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
        rows[:, : values.shape[1]] = values
    frame.colorspace, frame.color_range = matrix, levels
    frame.color_primaries, frame.color_trc = primaries, transfer
    rgb = VideoReformatter().reformat(frame, width, height, format="rgb24", threads=1)
    (plane,) = rgb.planes
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : 3 * width].reshape(height, width, 3)
