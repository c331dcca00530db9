"""From decoded pictures to RGB as displayed: square pixels, one size, upright."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from neuropose.video.orientation import Orientation
from neuropose.video.sizes import fitted, largest
from neuropose.video.stored_picture import planes_of
from neuropose.video.tone_mapping import TRANSFERS, ToneMapper

if TYPE_CHECKING:
    from av.video.frame import VideoFrame


_FULL_RANGE = 2


@dataclass(frozen=True, slots=True)
class ColorTags:
    """How the numbers of a yuv420p picture mean colours, as ITU-T H.273 numbers it.

    Parameters
    ----------
    matrix, primaries, transfer : int
        2: not said.
    """

    matrix: int = 1
    primaries: int = 1
    transfer: int = 1

    @classmethod
    def of(cls, frame: VideoFrame) -> Self:
        """Read the tags of a decoded picture.

        Parameters
        ----------
        frame : av.VideoFrame
            A decoded picture.

        Returns
        -------
        ColorTags
        """
        return cls(int(frame.colorspace), int(frame.color_primaries), int(frame.color_trc))


class Converter:
    """Converts the pictures of one video, all to the same size.

    Parameters
    ----------
    first : av.VideoFrame
        Its first picture.
    pixel_aspect : float
        Width of a stored pixel divided by its height.
    sizes : frozenset of (int, int)
        Widths and heights of the stored pictures in px, if the size changes: all are scaled to the
        largest, and what has another shape gets a black border.

    Attributes
    ----------
    width, height : int
        Size as displayed, px: turned, and stretched so that pixels are square.
    orientation : Orientation
        How the stored pictures are turned.
    scaled : int
        How many pictures had another size, and were scaled.
    transfer : str or None
        Kind of high dynamic range that was mapped to an ordinary one; None if none.
    tags : ColorTags
        How the first picture's numbers mean colours.
    """

    def __init__(
        self, first: VideoFrame, pixel_aspect: float, sizes: frozenset[tuple[int, int]]
    ) -> None:
        from av.video.reformatter import VideoReformatter

        self.orientation = Orientation.of(first)
        self._stored_sizes = sizes or frozenset({(first.width, first.height)})
        self._pixel_aspect = pixel_aspect
        self._square_size = _square_size(*largest(self._stored_sizes), pixel_aspect)
        width, height = self._square_size
        self.width, self.height = (
            (height, width) if self.orientation.transposed else (width, height)
        )
        self.scaled = 0
        self.transfer: str | None = None
        self.tags = ColorTags.of(first)
        self._reformatter = VideoReformatter()
        self._tone_mapper = ToneMapper()

    def takes(self, frame: VideoFrame) -> bool:
        """Return whether a picture has a size that the file announced.

        Parameters
        ----------
        frame : av.VideoFrame
            A decoded picture.

        Returns
        -------
        bool
        """
        return (frame.width, frame.height) in self._stored_sizes

    def pass_over(self, frame: VideoFrame) -> bool:
        """Note a picture without converting it: what is said of the pictures counts all of them.

        Parameters
        ----------
        frame : av.VideoFrame
            A decoded picture.

        Returns
        -------
        bool
            False if the file announced no such size.
        """
        if not self.takes(frame):
            return False
        self.scaled += (frame.width, frame.height) != largest(self._stored_sizes)
        self.transfer = TRANSFERS.get(frame.color_trc, self.transfer)
        return True

    def is_displayed_as_stored(self, frame: VideoFrame) -> bool:
        """Return whether a picture is stored as yuv420p as it is displayed, but for its colours.

        Parameters
        ----------
        frame : av.VideoFrame
            A decoded picture.

        Returns
        -------
        bool
            False if it is turned, stretched, scaled or tone-mapped, has an odd side, or if its
            numbers mean other colours than those of the first picture.
        """
        return (
            frame.format.name == "yuv420p"
            and (frame.width, frame.height) == (self.width, self.height)
            and self.orientation == Orientation()
            and not (frame.width % 2 or frame.height % 2)
            and frame.color_range != _FULL_RANGE
            and frame.color_trc not in TRANSFERS
            and ColorTags.of(frame) == self.tags
        )

    def rgb(self, frame: VideoFrame) -> NDArray[np.uint8] | None:
        """Convert a picture.

        Parameters
        ----------
        frame : av.VideoFrame
            A decoded picture.

        Returns
        -------
        ndarray of uint8, shape (height, width, 3), or None
            RGB as displayed, the caller's own; None if the file announced no such size.
        """
        if not self.pass_over(frame):
            return None
        whole = self._square_size
        size = fitted(_square_size(frame.width, frame.height, self._pixel_aspect), whole)
        rgb = self._reformatter.reformat(
            self._tone_mapper.map(frame), *size, format="rgb24", threads=1
        )
        (rows,) = planes_of(rgb)
        picture = rows[:, : 3 * size[0]].reshape(size[1], size[0], 3)
        picture = np.ascontiguousarray(picture) if size == whole else _bordered(picture, whole)
        return self.orientation.apply(picture)


def _bordered(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    whole = np.zeros((size[1], size[0], 3), np.uint8)
    top, left = (size[1] - height) // 2, (size[0] - width) // 2
    whole[top : top + height, left : left + width] = picture
    return whole


def _square_size(width: int, height: int, pixel_aspect: float) -> tuple[int, int]:
    """Return the size at which pixels are square, never smaller than the stored one."""
    if pixel_aspect >= 1.0:
        return round(width * pixel_aspect), height
    return width, round(height / pixel_aspect)
