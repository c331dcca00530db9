"""A board to print: a PDF of vectors in true size, with a bar to check the printer by."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from neuropose.errors import CalibrationError
from neuropose.multiview.boards.board import Board, Pattern

_POINTS_PER_MM = 72.0 / 25.4
PAPERS_MM = {
    "A0": (1189.0, 841.0),
    "A1": (841.0, 594.0),
    "A2": (594.0, 420.0),
    "A3": (420.0, 297.0),
    "A4": (297.0, 210.0),
    "letter": (279.4, 215.9),
    "tabloid": (431.8, 279.4),
}
"""Width and height, lying, mm."""
_MARGIN_MM = 8.0  # what printers leave white
_FOOT_MM = 14.0
_BAR_MM = 100.0
_TEXT_MM = 3.2


@dataclass(frozen=True, slots=True)
class Paper:
    """A sheet.

    Parameters
    ----------
    name : str
        What it is called.
    width_mm, height_mm : float
        Lying: the width is the longer side.
    """

    name: str
    width_mm: float
    height_mm: float

    @classmethod
    def named(cls, name: str) -> Paper:
        """Return a paper by its name.

        Parameters
        ----------
        name : str
            One of `PAPERS_MM`.

        Returns
        -------
        Paper

        Raises
        ------
        CalibrationError
            If there is none of this name.

        Examples
        --------
        >>> Paper.named("a3").width_mm
        420.0
        """
        for known, (width, height) in PAPERS_MM.items():
            if known.lower() == name.lower():
                return cls(known, width, height)
        raise CalibrationError(
            f"there is no paper {name!r}", hint=f"choose one of {', '.join(PAPERS_MM)}"
        )

    def largest_square_mm(self, columns: int, rows: int) -> float:
        """Return the largest square, in whole mm, of which a board fits on the paper.

        Parameters
        ----------
        columns, rows : int
            Number of squares.

        Returns
        -------
        float
            0 if not even squares of 1 mm fit.

        Examples
        --------
        >>> Paper.named("A4").largest_square_mm(8, 5)
        35.0
        """
        width = self.width_mm - 2.0 * _MARGIN_MM
        height = self.height_mm - 2.0 * _MARGIN_MM - _FOOT_MM
        return float(math.floor(min(width / columns, height / rows)))


def board_pdf(board: Board, paper: Paper) -> bytes:
    """Draw a board in true size.

    Parameters
    ----------
    board : Board
        The board to draw, in the middle of the sheet.
    paper : Paper
        The sheet.

    Returns
    -------
    bytes
        A PDF of one page that asks viewers not to scale it, the same for the same board and paper.

    Raises
    ------
    CalibrationError
        If the board does not fit.

    Examples
    --------
    >>> board_pdf(Board.parse("charuco:8x5:34"), Paper.named("A4"))[:8]
    b'%PDF-1.4'
    """
    width, height = board.size_mm
    room = paper.height_mm - 2.0 * _MARGIN_MM - _FOOT_MM
    if width > paper.width_mm - 2.0 * _MARGIN_MM or height > room:
        fits = paper.largest_square_mm(board.columns, board.rows)
        raise CalibrationError(
            f"a board of {width:g} × {height:g} mm does not fit on {paper.name}",
            hint=f"squares of {fits:g} mm fit" if fits else "choose fewer squares, or other paper",
        )
    left = (paper.width_mm - width) / 2.0
    top = _MARGIN_MM + (room - height) / 2.0
    content = "\n".join(_content(board, paper, left, top)).encode("latin-1")
    size = f"{paper.width_mm * _POINTS_PER_MM:.4f} {paper.height_mm * _POINTS_PER_MM:.4f}"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /ViewerPreferences << /PrintScaling /None >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {size}] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>".encode(),
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    return _file(objects)


def _content(board: Board, paper: Paper, left: float, top: float) -> Iterator[str]:
    """Yield drawing commands; the first turns the axes to mm from the upper left corner, y down."""
    top_pt = paper.height_mm * _POINTS_PER_MM
    yield f"{_POINTS_PER_MM:.8f} 0 0 {-_POINTS_PER_MM:.8f} 0 {top_pt:.4f} cm"
    yield "0 g"
    for x, y in board.black_squares():
        yield _rectangle(left + x, top + y, board.square_mm, board.square_mm)
    for x, y in board.marker_cells():
        yield _rectangle(left + x, top + y, board.cell_mm, board.cell_mm)
    yield "f"
    foot = paper.height_mm - _MARGIN_MM - _FOOT_MM
    yield from _bar(_MARGIN_MM + 2.0, foot + 5.0)
    what = "ChArUco board" if board.pattern is Pattern.CHARUCO else "Checkerboard"
    lines = (
        f"{what}, {board.columns} × {board.rows} squares of {board.square_mm:g} mm. "
        "Print at 100 %, measure the bar, glue flat on a rigid plate.",
        f"neuropose calibrate VIDEOS --board {board}",
    )
    for number, line in enumerate(lines):
        yield _text(_MARGIN_MM + _BAR_MM + 10.0, foot + 7.0 + 5.0 * number, line)


def _bar(x: float, y: float) -> Iterator[str]:
    """Yield a ruler of 100 mm, black and white every 10 mm, with a frame."""
    for tens in range(0, int(_BAR_MM), 20):
        yield _rectangle(x + tens, y, 10.0, 2.0)
    yield "f"
    yield f"0.2 w {_rectangle(x, y, _BAR_MM, 2.0)} S"
    yield _text(x, y + 6.0, f"{_BAR_MM:g} mm from end to end: check with a ruler")


def _rectangle(x: float, y: float, width: float, height: float) -> str:
    return f"{x:.5f} {y:.5f} {width:.5f} {height:.5f} re"


def _text(x: float, y: float, text: str) -> str:
    plain = text.replace("×", "\xd7").replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /F1 {_TEXT_MM} Tf 1 0 0 -1 {x:.3f} {y:.3f} Tm ({plain}) Tj ET"


def _file(objects: list[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        out += b"%010d 00000 n \n" % place
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        start,
    )
    return bytes(out)
