"""Drawing on pictures as they are stored, none of which is converted to RGB and back."""

from __future__ import annotations

from itertools import cycle

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from numpy.typing import NDArray

from neuropose.video.conversion import ColorTags
from neuropose.video.stored_picture import planes_of
from neuropose.viz.colors import Color
from neuropose.viz.layer import Layer, channel, lay_over, through
from neuropose.viz.video_writer import matrix_of

Picture = NDArray[np.uint8]

_WEIGHTS = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 7: (0.212, 0.087)}
_BT601 = (0.299, 0.114)


class StoredCanvas:
    """Pages of yuv420p: the pictures of one video, each with a band below.

    Parameters
    ----------
    shape : tuple of int
        Height and width in px at which the pictures are shown, both even.
    band : ndarray of uint8, shape (h, W, 3)
        RGB; h is even.
    tags : ColorTags
        How the stored numbers mean colours.
    pages : int
        How many pages are in use at the same time, at most.

    Attributes
    ----------
    picture, below : Layer
        What is laid over the next picture, and over its band.
    """

    def __init__(
        self, shape: tuple[int, int], band: Picture, tags: ColorTags, pages: int = 1
    ) -> None:
        def stored_as(color: Color) -> tuple[float, float, float]:
            return stored_color(color, tags)

        self._shape = shape
        self.picture = Layer(shape, stored_as)
        self.below = Layer(band.shape, stored_as)
        self._scaler = VideoReformatter()
        self._band = VideoReformatter().reformat(
            av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(band), "rgb24"),
            format="yuv420p",
            dst_colorspace=matrix_of(tags),
            dst_color_range=ColorRange.MPEG,
            threads=1,
        )
        # New memory for every page would cost more than the copy.
        height, width = shape
        self._pages = cycle(
            [av.VideoFrame(width, height + self._band.height, "yuv420p") for _ in range(pages)]
        )

    def page(self, stored: av.VideoFrame) -> av.VideoFrame:
        """Return a picture with what was drawn on both layers, which are clear afterwards.

        Parameters
        ----------
        stored : av.VideoFrame
            The picture, yuv420p; not changed. One of another size is scaled.

        Returns
        -------
        av.VideoFrame
            Another picture, yuv420p; after `pages` more, its memory is used again.
        """
        height, width = self._shape
        page = next(self._pages)
        if (stored.height, stored.width) != self._shape:
            stored = self._scaler.reformat(
                stored, width, height, interpolation=Interpolation.AREA, threads=1
            )
        planes = planes_of(page)
        for target, above, band in zip(
            planes, planes_of(stored), planes_of(self._band), strict=True
        ):
            columns = slice(min(target.shape[1], above.shape[1], band.shape[1]))
            target[: len(above), columns] = above[:, columns]
            target[len(above) :, columns] = band[:, columns]
        _lay_over(self.picture, planes)
        _lay_over(self.below, [planes[0][height:], *(plane[height // 2 :] for plane in planes[1:])])
        return page


def stored_color(color: Color, tags: ColorTags) -> tuple[float, float, float]:
    """Return the numbers that a video stores for a colour.

    Parameters
    ----------
    color : tuple of int
        RGB.
    tags : ColorTags
        How the stored numbers mean colours.

    Returns
    -------
    tuple of float
        Y, U and V, as 8 bits of limited range hold them, not rounded.

    Notes
    -----
    ITU-R BT.601 and BT.709, and the matrices of ITU-T H.273.

    Examples
    --------
    >>> stored_color((255, 255, 255), ColorTags())
    (235.0, 128.0, 128.0)
    """
    red, green, blue = (part / 255 for part in color)
    of_red, of_blue = _WEIGHTS.get(tags.matrix, _BT601)
    luma = of_red * red + (1 - of_red - of_blue) * green + of_blue * blue
    return (
        16 + 219 * luma,
        128 + 112 * (blue - luma) / (1 - of_blue),
        128 + 112 * (red - luma) / (1 - of_red),
    )


def _lay_over(layer: Layer, planes: list[Picture]) -> None:
    luma, *chroma = planes
    for rows, columns in layer.take(even=True):
        part = layer.pixels[rows, columns]
        lay_over(luma[rows, columns], channel(part, 0), through(part))
        half = np.asarray(
            cv2.resize(part, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8
        )
        height, width = half.shape[:2]
        top, left = rows.start // 2, columns.start // 2
        seen = through(half)
        for number, plane in enumerate(chroma, 1):
            ground = plane[top : top + height, left : left + width]
            lay_over(ground, channel(half, number), seen)
