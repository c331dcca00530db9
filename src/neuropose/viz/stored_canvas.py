"""Drawing on pictures as they are stored: only what is drawn on is converted to RGB and back."""

from __future__ import annotations

from collections.abc import Callable

import av
import numpy as np
from av.video.reformatter import ColorRange, VideoReformatter
from numpy.typing import NDArray

from neuropose.video.conversion import ColorTags
from neuropose.viz.video_writer import matrix_of

Picture = NDArray[np.uint8]
Window = tuple[slice, slice]

_BLOCK = 32  # px; windows of few sizes spare the converter its tables


class StoredCanvas:
    """Draws on yuv420p pictures of one video, with a band below them.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the pictures in px, both even.
    tags : ColorTags
        How their numbers mean colours.
    """

    def __init__(self, shape: tuple[int, int], tags: ColorTags) -> None:
        self._shape = shape
        self._matrix = matrix_of(tags)
        self._picture = np.zeros((*shape, 3), np.uint8)
        self._to_rgb, self._to_stored = VideoReformatter(), VideoReformatter()

    def drawn(
        self,
        stored: av.VideoFrame,
        band: Picture,
        window: Window | None,
        draw: Callable[[Picture], None],
    ) -> av.VideoFrame:
        """Return a picture with something drawn on it, and the band below.

        Parameters
        ----------
        stored : av.VideoFrame
            The picture, yuv420p; not changed.
        band : ndarray of uint8, shape (h, W, 3)
            RGB; h is even.
        window : tuple of slice or None
            Rows and columns outside which nothing is drawn. None: nothing is.
        draw : callable
            Draws on a picture of the whole size, RGB.

        Returns
        -------
        av.VideoFrame
            Another picture, yuv420p.
        """
        height, width = self._shape
        page = av.VideoFrame(width, height + len(band), "yuv420p")
        for target, source in zip(_planes(page), _planes(stored), strict=True):
            target[: len(source)] = source
        if window is not None:
            rows, columns = self._widened(window)
            self._picture[rows, columns] = self._rgb(stored, rows, columns)
            draw(self._picture)
            self._put(page, self._picture[rows, columns], rows.start, columns.start)
        self._put(page, band, height, 0)
        return page

    def _widened(self, window: Window) -> Window:
        """Return the window in whole blocks, as far as the picture goes."""
        rows, columns = (
            slice(
                part.start // _BLOCK * _BLOCK,
                min(-(-part.stop // _BLOCK) * _BLOCK, side),
            )
            for part, side in zip(window, self._shape, strict=True)
        )
        return rows, columns

    def _rgb(self, stored: av.VideoFrame, rows: slice, columns: slice) -> Picture:
        part = av.VideoFrame(columns.stop - columns.start, rows.stop - rows.start, "yuv420p")
        for plane, (target, source) in enumerate(zip(_planes(part), _planes(stored), strict=True)):
            step = 1 if plane == 0 else 2
            target[:] = source[_every(rows, step), _every(columns, step)]
        converted = self._to_rgb.reformat(
            part,
            format="rgb24",
            src_colorspace=self._matrix,
            src_color_range=ColorRange.MPEG,
            threads=1,
        )
        return _rows_of(converted.planes[0], 3 * part.width).reshape(part.height, part.width, 3)

    def _put(self, page: av.VideoFrame, picture: Picture, top: int, left: int) -> None:
        converted = self._to_stored.reformat(
            av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(picture), "rgb24"),
            format="yuv420p",
            dst_colorspace=self._matrix,
            dst_color_range=ColorRange.MPEG,
            threads=1,
        )
        for plane, (target, source) in enumerate(
            zip(_planes(page), _planes(converted), strict=True)
        ):
            y, x = (top, left) if plane == 0 else (top // 2, left // 2)
            target[y : y + source.shape[0], x : x + source.shape[1]] = source


def _every(part: slice, step: int) -> slice:
    return slice(part.start // step, part.stop // step)


def _planes(frame: av.VideoFrame) -> list[Picture]:
    """Return the planes of a yuv420p picture as arrays that share its memory."""
    return [_rows_of(plane, plane.width) for plane in frame.planes]


def _rows_of(plane: av.video.plane.VideoPlane, row_bytes: int) -> Picture:
    stored = np.frombuffer(memoryview(plane), np.uint8)
    return stored.reshape(plane.height, plane.line_size)[:, :row_bytes]
