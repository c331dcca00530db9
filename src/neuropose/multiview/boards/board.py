"""The boards that cameras are calibrated with."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat, model_validator

from neuropose.data.metadata import Contract
from neuropose.errors import CalibrationError

if TYPE_CHECKING:
    import cv2

Array = NDArray[np.float64]

_MARKER_SHARE = 0.75
_DICTIONARIES = {50: "DICT_4X4_50", 100: "DICT_4X4_100", 250: "DICT_4X4_250", 1000: "DICT_4X4_1000"}
_TEXT = re.compile(
    r"(charuco|checkerboard|chessboard):(\d+)x(\d+):([\d.]+)(?::([\d.]+))?(?::(DICT_\w+))?",
    re.IGNORECASE,
)
_EXAMPLE = "charuco:8x5:34 is a ChArUco board of 8 × 5 squares of 34 mm (squares, not corners)"


class Pattern(StrEnum):
    """What is on a board."""

    CHARUCO = "charuco"
    """A checkerboard with a marker in each white square: any part of it will do."""
    CHECKERBOARD = "checkerboard"
    """Black and white squares only: all of it must be seen."""


class Board(Contract):
    """A flat board with squares of a known size.

    Parameters
    ----------
    pattern : Pattern
        What is on it.
    columns, rows : int
        Number of squares, black and white ones.
    square_mm : float
        Side of a square.
    marker_mm : float or None
        Side of a marker in a white square; None for a checkerboard.
    dictionary : str or None
        OpenCV's name of the set of markers; None for a checkerboard.
    """

    pattern: Pattern
    columns: int = Field(ge=3, le=60)
    rows: int = Field(ge=3, le=60)
    square_mm: PositiveFloat
    marker_mm: PositiveFloat | None = None
    dictionary: str | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.pattern is Pattern.CHARUCO and (
            self.marker_mm is None
            or self.dictionary is None
            or not 0.3 * self.square_mm <= self.marker_mm < self.square_mm
        ):
            raise ValueError("the markers of a ChArUco board are smaller than its squares")
        return self

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a board as the command line and the printed board name it.

        Parameters
        ----------
        text : str
            Such as ``charuco:8x5:34`` or ``checkerboard:8x5:34``: pattern, columns and rows of
            squares, side of a square in mm; for a ChArUco board also the side of a marker in mm
            (default: three quarters of the square) and OpenCV's name of the dictionary (default:
            the smallest of 4 × 4 cells that is large enough).

        Returns
        -------
        Board

        Raises
        ------
        CalibrationError
            If it is not such a text, or there is no such board.

        Examples
        --------
        >>> str(Board.parse("charuco:8x5:34"))
        'charuco:8x5:34:25.5:DICT_4X4_50'
        """
        found = _TEXT.fullmatch(text.strip())
        if found is None:
            raise CalibrationError(f"{text!r} does not name a board", hint=_EXAMPLE)
        name, columns, rows, square, marker, dictionary = found.groups()
        pattern = Pattern.CHARUCO if name.lower() == "charuco" else Pattern.CHECKERBOARD
        try:
            fields: dict[str, object] = {
                "columns": int(columns),
                "rows": int(rows),
                "square_mm": float(square),
            }
            if pattern is Pattern.CHARUCO:
                fields |= {
                    "marker_mm": float(marker or round(_MARKER_SHARE * float(square), 3)),
                    "dictionary": dictionary or _dictionary(int(columns) * int(rows) // 2),
                }
            board = cls.model_validate({"pattern": pattern, **fields})
            board.opencv()
        except (ValueError, AttributeError) as error:
            raise CalibrationError(f"there is no board {text!r}", hint=_EXAMPLE) from error
        return board

    def __str__(self) -> str:
        text = f"{self.pattern}:{self.columns}x{self.rows}:{self.square_mm:g}"
        return text if self.marker_mm is None else f"{text}:{self.marker_mm:g}:{self.dictionary}"

    @property
    def is_unambiguous(self) -> bool:
        """Whether it looks different when it is turned by 180°."""
        return self.pattern is Pattern.CHARUCO or (self.columns + self.rows) % 2 == 1

    @property
    def corners_mm(self) -> Array:
        """Inner corners, row by row, shape (N, 3), mm: x along the rows, y down, z = 0."""
        x, y = np.meshgrid(np.arange(1, self.columns), np.arange(1, self.rows))
        flat = np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=-1)
        return np.asarray(self.square_mm * flat)

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height of all squares."""
        return self.columns * self.square_mm, self.rows * self.square_mm

    def black_squares(self) -> Array:
        """Return the upper left corners of the black squares.

        Returns
        -------
        ndarray, shape (N, 2)
            mm.
        """
        x, y = np.meshgrid(np.arange(self.columns), np.arange(self.rows))
        black = (x + y) % 2 == 0
        return np.asarray(self.square_mm * np.stack([x[black], y[black]], axis=-1).astype(float))

    def marker_cells(self) -> Array:
        """Return the upper left corners of the black cells of all markers.

        Returns
        -------
        ndarray, shape (N, 2)
            mm; none for a checkerboard. Their side is `cell_mm`.
        """
        made = self.opencv()
        if made is None or self.dictionary is None:
            return np.empty((0, 2))
        import cv2

        markers = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, self.dictionary))
        side = markers.markerSize + 2
        cells = []
        for number, corners in enumerate(made.getObjPoints()):
            bits = markers.generateImageMarker(number, side) == 0
            rows, columns = np.nonzero(bits)
            cells.append(
                np.asarray(corners)[0, :2] + self.cell_mm * np.stack([columns, rows], axis=-1)
            )
        return np.concatenate(cells)

    @property
    def cell_mm(self) -> float:
        """Side of a cell of a marker, mm; NaN for a checkerboard."""
        if self.marker_mm is None or self.dictionary is None:
            return float("nan")
        import cv2

        markers = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, self.dictionary))
        return self.marker_mm / (markers.markerSize + 2)

    def opencv(self) -> cv2.aruco.CharucoBoard | None:
        """Return OpenCV's object for the board; None for a checkerboard.

        Returns
        -------
        cv2.aruco.CharucoBoard or None

        Raises
        ------
        ValueError
            If the dictionary does not exist or has too few markers.
        """
        if self.marker_mm is None or self.dictionary is None:
            return None
        import cv2

        number = getattr(cv2.aruco, self.dictionary, None)
        if not isinstance(number, int):
            raise ValueError(f"OpenCV has no dictionary {self.dictionary!r}")
        markers = cv2.aruco.getPredefinedDictionary(number)
        if len(markers.bytesList) < self.columns * self.rows // 2:
            raise ValueError(f"{self.dictionary} has too few markers for this board")
        return cv2.aruco.CharucoBoard(
            (self.columns, self.rows), self.square_mm, self.marker_mm, markers
        )


def _dictionary(markers: int) -> str:
    for most, name in _DICTIONARIES.items():
        if markers <= most:
            return name
    raise ValueError("a board with so many markers")
