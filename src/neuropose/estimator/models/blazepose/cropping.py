"""Cutting a rotated square out of a picture, with the same result on every machine.

Bilinear, in float32, as OpenCV 5 does it; its earlier versions round coordinates to 1/32 px. Of a
picture that is stored as Y′CbCr, only the pixels that are looked at become RGB.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neuropose.compiled import compiled, fused_multiply_add
from neuropose.video.color_tables import ColorTables

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int32]
Floats = NDArray[np.float32]

_F = np.float32
_fma = fused_multiply_add()
_TO_WHOLE = _F(1.5 * 2**23)  # added and taken away, it rounds to a whole number, half to even


def crop_rgb(picture: Bytes, matrix: NDArray[np.float64], size_px: int) -> Bytes:
    """Cut a part out of a picture in RGB.

    Parameters
    ----------
    picture : ndarray of uint8, shape (H, W, 3)
        RGB.
    matrix : ndarray, shape (2, 3)
        From column and row in the cut-out to those in the picture, both counted from the centre of
        the top left pixel.
    size_px : int
        Side of the cut-out.

    Returns
    -------
    ndarray of uint8, shape (size_px, size_px, 3)
        Beyond the picture its edge is repeated.

    Examples
    --------
    >>> picture = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    >>> crop_rgb(picture, np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 2.0]]), 2)[0].tolist()
    [[27, 28, 29], [30, 31, 32]]
    """
    cut_out = np.empty((size_px, size_px, 3), np.uint8)
    _crop_rgb(np.ascontiguousarray(picture), matrix.astype(_F), cut_out)
    return cut_out


def crop_stored(
    planes: Sequence[Bytes],
    size: tuple[int, int],
    tables: ColorTables,
    matrix: NDArray[np.float64],
    size_px: int,
) -> Bytes:
    """Cut a part out of a picture as it is stored.

    Parameters
    ----------
    planes : sequence of ndarray of uint8
        Y′, Cb and Cr; the last two at half the size. Rows may be longer than the picture is wide.
    size : (int, int)
        Height and width of the picture, px; even.
    tables : ColorTables
        How its numbers become RGB.
    matrix : ndarray, shape (2, 3)
        As for `crop_rgb`.
    size_px : int
        As for `crop_rgb`.

    Returns
    -------
    ndarray of uint8, shape (size_px, size_px, 3)
        In RGB, bit for bit what `crop_rgb` cuts out of the whole picture.
    """
    cut_out = np.empty((size_px, size_px, 3), np.uint8)
    luma, blue, red = planes
    height, width = size
    _crop_stored(
        luma,
        blue,
        red,
        height,
        width,
        tables.luma,
        tables.blue,
        tables.red,
        matrix.astype(_F),
        cut_out,
    )
    return cut_out


@compiled
def _crop_rgb(picture: Bytes, matrix: Floats, cut_out: Bytes) -> None:
    side = len(cut_out)
    columns, rows = np.empty((2, side), np.int32), np.empty((2, side), np.int32)
    right, down = np.empty(side, _F), np.empty(side, _F)
    corners = np.empty((3, 4, side), np.int32)
    for row in range(side):
        _locate(matrix, row, picture.shape[0], picture.shape[1], columns, rows, right, down)
        for i in range(side):
            x0, x1, y0, y1 = _corners(columns, rows, i)
            for c in range(3):
                corners[c, 0, i] = picture[y0, x0, c]
                corners[c, 1, i] = picture[y0, x1, c]
                corners[c, 2, i] = picture[y1, x0, c]
                corners[c, 3, i] = picture[y1, x1, c]
        _blend(corners, right, down, cut_out[row])


@compiled
def _crop_stored(
    luma: Bytes,
    blue: Bytes,
    red: Bytes,
    height: int,
    width: int,
    of_luma: Ints,
    of_blue: Ints,
    of_red: Ints,
    matrix: Floats,
    cut_out: Bytes,
) -> None:
    side = len(cut_out)
    columns, rows = np.empty((2, side), np.int32), np.empty((2, side), np.int32)
    right, down = np.empty(side, _F), np.empty(side, _F)
    summands, corners = np.empty((3, 4, side), np.int32), np.empty((3, 4, side), np.int32)
    one = np.uintp(1)
    for row in range(side):
        _locate(matrix, row, height, width, columns, rows, right, down)
        for i in range(side):  # what is found in tables, apart from what the processor does at once
            x0, x1, y0, y1 = _corners(columns, rows, i)
            summands[0, 0, i] = of_luma[luma[y0, x0]]
            summands[0, 1, i] = of_luma[luma[y0, x1]]
            summands[0, 2, i] = of_luma[luma[y1, x0]]
            summands[0, 3, i] = of_luma[luma[y1, x1]]
            x0, x1, y0, y1 = x0 >> one, x1 >> one, y0 >> one, y1 >> one
            summands[1, 0, i] = of_blue[blue[y0, x0]]
            summands[1, 1, i] = of_blue[blue[y0, x1]]
            summands[1, 2, i] = of_blue[blue[y1, x0]]
            summands[1, 3, i] = of_blue[blue[y1, x1]]
            summands[2, 0, i] = of_red[red[y0, x0]]
            summands[2, 1, i] = of_red[red[y0, x1]]
            summands[2, 2, i] = of_red[red[y1, x0]]
            summands[2, 3, i] = of_red[red[y1, x1]]
        for corner in range(4):
            y, b, r = summands[0, corner], summands[1, corner], summands[2, corner]
            for i in range(side):
                corners[0, corner, i] = y[i] + (r[i] >> 16)
                corners[1, corner, i] = y[i] + np.int32(np.int16(b[i])) + np.int32(np.int16(r[i]))
                corners[2, corner, i] = y[i] + (b[i] >> 16)
        _blend(corners, right, down, cut_out[row])


@compiled
def _locate(
    matrix: Floats,
    row: int,
    height: int,
    width: int,
    columns: Ints,
    rows: Ints,
    right: Floats,
    down: Floats,
) -> None:
    """Find the four pixels round each one of a row, and where it is between them."""
    x_px = matrix[0, 1] * _F(row) + matrix[0, 2]
    y_px = matrix[1, 1] * _F(row) + matrix[1, 2]
    for i in range(len(right)):
        x, y = _fma(_F(i), matrix[0, 0], x_px), _fma(_F(i), matrix[1, 0], y_px)
        left, top = np.floor(x), np.floor(y)
        right[i], down[i] = x - left, y - top
        column, line = int(left), int(top)
        columns[0, i] = min(max(column, 0), width - 1)
        columns[1, i] = min(max(column + 1, 0), width - 1)
        rows[0, i] = min(max(line, 0), height - 1)
        rows[1, i] = min(max(line + 1, 0), height - 1)


@compiled
def _corners(columns: Ints, rows: Ints, i: int) -> tuple[np.uintp, ...]:
    """Return both columns and both rows, without signs: negative ones would count from the end."""
    return (
        np.uintp(np.uint32(columns[0, i])),
        np.uintp(np.uint32(columns[1, i])),
        np.uintp(np.uint32(rows[0, i])),
        np.uintp(np.uint32(rows[1, i])),
    )


@compiled
def _blend(corners: Ints, right: Floats, down: Floats, cut_out: Bytes) -> None:
    side = len(right)
    values = np.empty((3, side), np.uint8)
    for c in range(3):
        value, first, second = values[c], corners[c, 0], corners[c, 1]
        third, fourth = corners[c, 2], corners[c, 3]
        for i in range(side):
            upper, lower = _level(first[i]), _level(third[i])
            upper = _fma(right[i], _level(second[i]) - upper, upper)
            lower = _fma(right[i], _level(fourth[i]) - lower, lower)
            level = _fma(down[i], lower - upper, upper)
            value[i] = np.uint8((level + _TO_WHOLE) - _TO_WHOLE)
    for i in range(side):
        for c in range(3):
            cut_out[i, c] = values[c, i]


@compiled
def _level(value: int) -> np.float32:
    return _F(min(max(value, 0), 255))
