"""A transparent sheet that is drawn on, and then laid over a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from neuropose.viz.colors import Color

Picture = NDArray[np.uint8]
Window = tuple[slice, slice]
Point = tuple[int, int]
Shade = tuple[float, float, float, float]

SUBPIXEL_BITS = 4
"""Fixed-point digits of the coordinates of polygons and discs."""
_OPAQUE = 255


class Layer:
    """What is drawn before it is laid over a picture: colours multiplied by their opacity.

    Such colours are mixed where edges are smooth, reduced in size and laid over without any edge of
    another colour; and as each conversion of colours is linear, they can be those that a video
    stores, so that no picture needs to be converted.

    Parameters
    ----------
    shape : tuple of int
        Height and width in px.
    stored_as : callable, optional
        Returns the three numbers of an RGB colour in the pictures that it is laid over; default:
        RGB itself.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (H, W, 4)
        Three numbers of colour and the opacity, 255 for opaque.

    Examples
    --------
    >>> layer, picture = Layer((4, 4)), np.zeros((4, 4, 3), np.uint8)
    >>> layer.rectangle((1, 1, 2, 2), (200, 100, 0))
    >>> layer.lay_over(picture)
    >>> picture[2, 2].tolist(), picture[0, 0].tolist()
    ([200, 100, 0], [0, 0, 0])
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        stored_as: Callable[[Color], tuple[float, float, float]] | None = None,
    ) -> None:
        self.pixels: Picture = np.zeros((*shape[:2], 4), np.uint8)
        self._stored_as = stored_as
        self._shades: dict[tuple[Color, int, Color | None], Shade] = {}
        self._windows: list[Window] = []

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in px."""
        return self.pixels.shape[0], self.pixels.shape[1]

    def shade(self, color: Color, opacity: int = _OPAQUE, over: Color | None = None) -> Shade:
        """Return what is drawn for a colour.

        Parameters
        ----------
        color : tuple of int
            RGB.
        opacity : int
            0 to 255.
        over : tuple of int, optional
            RGB of something half as opaque that it covers.

        Returns
        -------
        tuple of float
            For `pixels`.
        """
        shade = self._shades.get((color, opacity, over))
        if shade is None:
            parts = [(color, opacity / 255)]
            if over is not None:
                parts.append((over, (1 - opacity / 255) * (opacity // 2) / 255))
            numbers = [[*self._numbers(part), 255.0] for part, _ in parts]
            mixed = np.array([share for _, share in parts]) @ np.array(numbers)
            first, second, third, opaque = np.rint(mixed).tolist()
            shade = first, second, third, opaque
            self._shades[color, opacity, over] = shade
        return shade

    def _numbers(self, color: Color) -> tuple[float, float, float]:
        return color if self._stored_as is None else self._stored_as(color)

    def mark(self, left: float, top: float, right: float, bottom: float) -> bool:
        """Announce that something is drawn in a rectangle.

        Parameters
        ----------
        left, top, right, bottom : float
            Its edges in px; may lie outside.

        Returns
        -------
        bool
            Whether any of it is on the sheet.
        """
        height, width = self.shape
        x0, x1 = np.clip([np.floor(left), np.ceil(right)], 0, width).astype(int).tolist()
        y0, y1 = np.clip([np.floor(top), np.ceil(bottom)], 0, height).astype(int).tolist()
        if x0 >= x1 or y0 >= y1:
            return False
        self._windows.append((slice(y0, y1), slice(x0, x1)))
        return True

    def polygon(self, corners: NDArray[np.int32], shade: Shade) -> None:
        """Fill a convex polygon in a marked rectangle.

        Parameters
        ----------
        corners : ndarray of int32, shape (k, 2)
            Its corners in order, with `SUBPIXEL_BITS`.
        shade : tuple of float
            From `shade`.
        """
        cv2.fillConvexPoly(self.pixels, corners, shade, cv2.LINE_AA, SUBPIXEL_BITS)

    def disc(self, centre: Point, radius: float, shade: Shade) -> None:
        """Draw a disc in a marked rectangle.

        Parameters
        ----------
        centre : tuple of int
            Its centre, with `SUBPIXEL_BITS`.
        radius : float
            Its radius in px.
        shade : tuple of float
            From `shade`.
        """
        size = round(radius * (1 << SUBPIXEL_BITS))
        cv2.circle(self.pixels, centre, size, shade, -1, cv2.LINE_AA, SUBPIXEL_BITS)

    def rectangle(self, place: tuple[int, int, int, int], color: Color) -> None:
        """Fill a rectangle.

        Parameters
        ----------
        place : tuple of int
            Left, top, width and height in px.
        color : tuple of int
            RGB.
        """
        x, y, width, height = place
        self.mark(x, y, x + width, y + height)
        corner = x + width - 1, y + height - 1
        cv2.rectangle(self.pixels, (x, y), corner, self.shade(color), -1)

    def take(self, *, even: bool = False) -> Iterator[Window]:
        """Yield where something was drawn, part by part, and clear each part afterwards.

        Parameters
        ----------
        even : bool
            Whether all sides of the parts must be even.

        Yields
        ------
        tuple of (slice, slice)
            Rows and columns of `pixels`; where parts overlap, only the first one is not clear.
        """
        windows, self._windows = self._windows, []
        for window in windows:
            rows, columns = (_even(side) for side in window) if even else window
            yield rows, columns
            self.pixels[rows, columns] = 0

    def lay_over(self, picture: Picture) -> None:
        """Lay what was drawn over a picture, and clear the sheet.

        Parameters
        ----------
        picture : ndarray of uint8, shape (H, W, 3)
            RGB; changed in place.
        """
        for window in self.take():
            part, ground = self.pixels[window], picture[window]
            seen = through(part)
            for number in range(3):
                plane = channel(ground, number)
                lay_over(plane, channel(part, number), seen)
                ground[..., number] = plane


def channel(part: Picture, number: int) -> Picture:
    """Return one of the four numbers of a part of a layer.

    Parameters
    ----------
    part : ndarray of uint8, shape (H, W, k)
        Of `Layer.pixels`, or of a picture.
    number : int
        Which one.

    Returns
    -------
    ndarray of uint8, shape (H, W)
        A copy.
    """
    return np.asarray(cv2.extractChannel(part, number), np.uint8)


def through(part: Picture) -> Picture:
    """Return how much is seen through a part of a layer.

    Parameters
    ----------
    part : ndarray of uint8, shape (H, W, 4)
        Of `Layer.pixels`.

    Returns
    -------
    ndarray of uint8, shape (H, W)
        255 where nothing was drawn.
    """
    return np.asarray(cv2.bitwise_not(channel(part, 3)), np.uint8)


def lay_over(ground: Picture, drawn: Picture, seen: Picture) -> None:
    """Lay what was drawn over one plane of a picture.

    Parameters
    ----------
    ground : ndarray of uint8, shape (H, W)
        Changed in place.
    drawn : ndarray of uint8, shape (H, W)
        A number of the colours, multiplied by their opacity.
    seen : ndarray of uint8, shape (H, W)
        How much of `ground` is seen through them, 255 for all of it.
    """
    cv2.add(cv2.multiply(ground, seen, scale=1.0 / _OPAQUE), drawn, dst=ground)


def _even(side: slice) -> slice:
    return slice(side.start // 2 * 2, (side.stop + 1) // 2 * 2)
