"""Text on pictures: tags, the legend, and placeholders for missing pictures."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from neuropose.viz.colors import BAND, INK, LEFT, PAPER, RIGHT, Color, confidence_color
from neuropose.viz.layer import Layer

Picture = NDArray[np.uint8]

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_CAPITAL_PX = 21.0  # height of the font's capitals at scale 1
_DIMMED = 0.35
_ZEROS = str.maketrans(dict.fromkeys("123456789", "0"))


def text_height(picture: Picture | tuple[int, ...]) -> float:
    """Return the height of capitals that is legible in a picture of this size.

    Parameters
    ----------
    picture : ndarray or shape
        The picture, or its shape.

    Returns
    -------
    float
        Height in px, at least 7.
    """
    shape = picture.shape if isinstance(picture, np.ndarray) else picture
    return max(7.0, 0.0165 * min(shape[:2]))


def draw_text(
    picture: Picture,
    text: str,
    left_baseline: tuple[float, float],
    height_px: float,
    color: tuple[float, ...],
) -> None:
    """Draw one line of text.

    Parameters
    ----------
    picture : ndarray of uint8, shape (H, W, k)
        Changed in place.
    text : str
        ASCII; other characters become question marks.
    left_baseline : tuple of float
        Left end of the baseline, x and y in px.
    height_px : float
        Height of its capitals in px.
    color : tuple of float
        RGB, or the k numbers of what `picture` is.
    """
    x, y = (round(value) for value in left_baseline)
    cv2.putText(picture, _ascii(text), (x, y), *_style(height_px, color))


@lru_cache(maxsize=64)
def text_width(text: str, height_px: float) -> int:
    """Return the width of a line of text.

    Parameters
    ----------
    text : str
        The text, in ASCII.
    height_px : float
        Height of its capitals in px.

    Returns
    -------
    int
        Width in px.
    """
    _, scale, _, thickness, _ = _style(height_px, INK)
    (width, _), _ = cv2.getTextSize(_ascii(text), _FONT, scale, thickness)
    return int(width)


def draw_tag(layer: Layer, text: str, foot: tuple[float, float], color: Color) -> None:
    """Draw text on a coloured tag above a point, moved only if it would be cut off.

    Parameters
    ----------
    layer : Layer
        What it is drawn on.
    text : str
        A word or two.
    foot : tuple of float
        Middle of the tag's lower edge, x and y in px.
    color : tuple of int
        RGB of the tag.
    """
    size = text_height(layer.shape)
    width, height = text_width(text, size) + round(1.2 * size), round(2.2 * size)
    x = round(float(np.clip(foot[0] - width / 2, 0, max(0, layer.shape[1] - width))))
    y = round(float(np.clip(foot[1] - height - size, 0, max(0, layer.shape[0] - height))))
    baseline = x + 0.6 * size, y + 1.6 * size
    _write_on(layer, (x, y, width, height), color, text, baseline, INK, size)


def draw_caption(layer: Layer, text: str, size: float) -> None:
    """Write the caption of a legend.

    Parameters
    ----------
    layer : Layer
        What is laid over the legend.
    text : str
        The caption.
    size : float
        Height of the capitals in px.
    """
    place = 0, 0, caption_width(text, size) + round(2.0 * size), layer.shape[0]
    _write_on(layer, place, BAND, text, _caption_place(size), PAPER, size)


def caption_width(text: str, size: float) -> int:
    """Return the width of a caption, the same for all numbers of as many digits.

    Parameters
    ----------
    text : str
        The caption.
    size : float
        Height of the capitals in px.

    Returns
    -------
    int
        Width in px.
    """
    return text_width(text.translate(_ZEROS), size)


def _write_on(
    layer: Layer,
    place: tuple[int, int, int, int],
    ground: Color,
    text: str,
    left_baseline: tuple[float, float],
    ink: Color,
    size: float,
) -> None:
    """Write on a filled rectangle."""
    x, y, width, height = place
    layer.rectangle(place, ground)
    part = layer.pixels[y : y + height, x : x + width, :3]
    colors = part.copy()  # OpenCV takes a fourth number for something else
    baseline = left_baseline[0] - x, left_baseline[1] - y
    draw_text(colors, text, baseline, size, layer.shade(ink)[:3])
    part[:] = colors


def legend_band(width: int, size: float, caption: str) -> Picture:
    """Return a dark band with a caption on the left and the colour legend on the right.

    Parameters
    ----------
    width : int
        Width in px.
    size : float
        Height of the capitals in px; the band is about three times as high.
    caption : str
        The text on the left, such as the time.

    Returns
    -------
    ndarray of uint8, shape (h, width, 3)
        The band, without the legend if there is no room for it beside the caption.
    """
    band = legend(width, size, caption_width(caption, size)).copy()
    draw_text(band, caption, _caption_place(size), size, PAPER)
    return band


def _caption_place(size: float) -> tuple[float, float]:
    return size, round((_band_height(size) + size) / 2)


def _band_height(size: float) -> int:
    return 2 * round(1.5 * size)


@lru_cache(maxsize=4)
def legend(width: int, size: float, left_free: int) -> Picture:
    """Return the band of `legend_band` without its caption; the same for almost every frame.

    Parameters
    ----------
    width : int
        Width in px.
    size : float
        Height of the capitals in px.
    left_free : int
        Width of the caption in px.

    Returns
    -------
    ndarray of uint8, shape (h, width, 3)
        Not to be changed.
    """
    height = _band_height(size)
    band = np.full((height, width, 3), BAND, np.uint8)
    baseline = round((height + size) / 2)
    words = ("left", "right", "confidence 0", "1")
    swatches = (2.5 * size, 2.5 * size, 0.0, 0.0)
    ramp = 8.0 * size
    needed = sum(text_width(word, size) for word in words) + sum(swatches) + ramp + 6.0 * size
    x = width - needed
    if x < left_free + 3.0 * size:
        return band
    for word, color in (("left", LEFT), ("right", RIGHT)):
        _swatch(band, x, 2.0 * size, size, [color])
        draw_text(band, word, (x + 2.5 * size, baseline), size, PAPER)
        x += text_width(word, size) + 4.0 * size
    draw_text(band, "confidence 0", (x, baseline), size, PAPER)
    x += text_width("confidence 0", size) + 0.5 * size
    _swatch(band, x, ramp, size, [confidence_color(at) for at in np.linspace(0.0, 1.0, 64)])
    draw_text(band, "1", (x + ramp + 0.5 * size, baseline), size, PAPER)
    return band


def without_picture(last: Picture | None, shape: tuple[int, ...], reason: str) -> Picture:
    """Return a placeholder for a missing picture: the last one, dimmed, with the reason.

    Parameters
    ----------
    last : ndarray of uint8, shape (H, W, 3), or None
        The last picture, if there was one.
    shape : tuple of int
        Height and width.
    reason : str
        Why there is no picture.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
    """
    height, width = shape[:2]
    picture = np.full((height, width, 3), 12, np.uint8)
    if last is not None:
        grey = np.asarray(cv2.cvtColor(last, cv2.COLOR_RGB2GRAY))
        picture[...] = (_DIMMED * grey).astype(np.uint8)[..., None]
    size = 1.5 * text_height(picture)
    lines = _wrapped(f"no picture: {reason}", size, 0.9 * width)
    y = (height - 2.2 * size * (len(lines) - 1) + size) / 2
    for line in lines:
        draw_text(picture, line, ((width - text_width(line, size)) / 2, y), size, PAPER)
        y += 2.2 * size
    return picture


def _wrapped(text: str, size: float, width: float) -> list[str]:
    letters = max(8, int(width / (text_width("n", size) + 1e-9)))
    while letters > 8:
        lines = textwrap.wrap(text, letters)
        if max(text_width(line, size) for line in lines) <= width:
            return lines
        letters -= 1
    return textwrap.wrap(text, letters)


def _swatch(band: Picture, x: float, width: float, size: float, colors: Sequence[Color]) -> None:
    columns = np.linspace(0, len(colors), max(1, round(width)), endpoint=False).astype(int)
    top, left = (band.shape[0] - round(size)) // 2, round(x)
    band[top : top + round(size), left : left + len(columns)] = np.array(colors, np.uint8)[columns]


def _style(
    height_px: float, color: tuple[float, ...]
) -> tuple[int, float, tuple[float, ...], int, int]:
    return _FONT, height_px / _CAPITAL_PX, color, max(1, round(height_px / 9.0)), cv2.LINE_AA


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode("ascii")
