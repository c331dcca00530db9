"""Pictures as they are stored: only what somebody looks at becomes RGB."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuropose.tracing import working
from neuropose.video.color_tables import ColorTables, tables_of

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.reformatter import VideoReformatter

_BLOCK = 64  # px; the converter works on blocks, and windows of few sizes spare it its tables
_STRIP_ROWS = 4 * _BLOCK
_FEW_SIZES = 32


class StoredPicture:
    """A picture that is stored as yuv420p as it is displayed.

    Parameters
    ----------
    frame : av.VideoFrame
        `neuropose.video.reader.VideoFrame.stored`.

    Attributes
    ----------
    shape : tuple of int
        Height, width and 3, as of the RGB picture.
    """

    def __init__(self, frame: VideoFrame) -> None:
        self._frame = frame
        self.shape = (frame.height, frame.width, 3)

    @property
    def planes(self) -> list[NDArray[np.uint8]]:
        """Y′, Cb and Cr, as in `planes_of`."""
        return planes_of(self._frame)

    @property
    def tables(self) -> ColorTables | None:
        """How its numbers become RGB, bit for bit as with `rgb`, if that can be told in tables."""
        return tables_of(self._frame)

    def rgb(self, rows: slice, columns: slice) -> NDArray[np.uint8]:
        """Return the picture in RGB, of which only a window is true.

        Parameters
        ----------
        rows, columns : slice
            The window, in px; it must lie in the picture.

        Returns
        -------
        ndarray of uint8, shape (height, width, 3)
            In the window, bit for bit what `neuropose.video.conversion.Converter.rgb` returns.
            Outside, anything. It holds until the same thread calls this again, for any picture.
        """
        with working("conversion"):
            return self._rgb(rows, columns)

    def _rgb(self, rows: slice, columns: slice) -> NDArray[np.uint8]:
        height, width, _ = self.shape
        rows, columns = _in_blocks(rows, height), _in_blocks(columns, width)
        canvas = _desk.canvas(self.shape)
        if columns.start < columns.stop:
            # Of more memory at once, the system would take some back after every picture.
            for top in range(rows.start, rows.stop, _STRIP_ROWS):
                strip = slice(top, min(top + _STRIP_ROWS, rows.stop))
                canvas[strip, columns] = self._converted(strip, columns)
        return canvas

    def _converted(self, rows: slice, columns: slice) -> NDArray[np.uint8]:
        """Return a part of the picture in RGB."""
        size = columns.stop - columns.start, rows.stop - rows.start
        part = self._part(rows, columns)
        converted = _desk.reformatter(size).reformat(part, *size, format="rgb24", threads=1)
        (plane,) = planes_of(converted)
        return plane[:, : 3 * size[0]].reshape(size[1], size[0], 3)

    def _part(self, rows: slice, columns: slice) -> VideoFrame:
        """Return a part of the picture, which shares its memory."""
        import av

        part = av.VideoFrame.from_dlpack(
            [
                plane[_every(rows, step), _every(columns, step)]
                for step, plane in zip((1, 2, 2), planes_of(self._frame), strict=True)
            ],
            format="yuv420p",
        )
        part.colorspace, part.color_range = self._frame.colorspace, self._frame.color_range
        part.color_primaries = self._frame.color_primaries
        part.color_trc = self._frame.color_trc
        return part


def planes_of(frame: VideoFrame) -> list[NDArray[np.uint8]]:
    """Return the planes of a picture of 8 bits as arrays that share its memory.

    Parameters
    ----------
    frame : av.VideoFrame
        A picture.

    Returns
    -------
    list of ndarray of uint8, shape (height, bytes of a row)
        Rows with their padding.
    """
    return [
        np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
        for plane in frame.planes
    ]


class _Desk(threading.local):
    """What a thread needs to convert pictures: memory that stays its own, and the tables."""

    def __init__(self) -> None:
        self._canvas = np.empty((0, 0, 3), np.uint8)
        self._reformatters: dict[tuple[int, int], VideoReformatter] = {}

    def canvas(self, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
        if self._canvas.shape != shape:
            self._canvas = np.zeros(shape, np.uint8)
        return self._canvas

    def reformatter(self, size: tuple[int, int]) -> VideoReformatter:
        from av.video.reformatter import VideoReformatter

        if size not in self._reformatters and len(self._reformatters) >= _FEW_SIZES:
            self._reformatters.clear()
        return self._reformatters.setdefault(size, VideoReformatter())


_desk = _Desk()


def _in_blocks(side: slice, end: int) -> slice:
    """Widen a side to whole blocks, so that each pixel is converted as in the whole picture."""
    start = max(0, side.start) // _BLOCK * _BLOCK
    return slice(start, max(start, min(-(-side.stop // _BLOCK) * _BLOCK, end)))


def _every(side: slice, step: int) -> slice:
    return slice(side.start // step, side.stop // step)
