"""Boards: how they are named, and what is printed."""

from __future__ import annotations

import re

import numpy as np
import pytest

from neuropose.errors import CalibrationError
from neuropose.multiview.boards import PAPERS_MM, Board, Paper, board_finder, board_pdf

PER_MM = 4.0
POINTS_PER_MM = 72.0 / 25.4


def drawn(pdf: bytes) -> np.ndarray:
    """Draw what a PDF of filled rectangles shows, 4 px a mm, as a viewer would."""
    (box,) = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    width, height = map(float, box)
    (content,) = re.findall(r"stream\n(.*?)\nendstream", pdf.decode("latin-1"), re.DOTALL)
    a, b, c, d, e, f = map(float, content.partition(" cm")[0].split())
    assert b == c == 0.0
    shape = [round(side / POINTS_PER_MM * PER_MM) for side in (height, width)]
    page = np.full(shape, 255, np.uint8)
    waiting: list[tuple[float, ...]] = []
    for line in content.splitlines():
        if found := re.fullmatch(r"(\S+) (\S+) (\S+) (\S+) re", line):
            waiting.append(tuple(map(float, found.groups())))
        elif line == "f":
            for x, y, w, h in waiting:
                left, right = (a * x + e, a * (x + w) + e)
                top, bottom = (height - (d * y + f), height - (d * (y + h) + f))
                at = [round(each / POINTS_PER_MM * PER_MM) for each in (top, bottom, left, right)]
                page[at[0] : at[1], at[2] : at[3]] = 0
            waiting = []
    return page


@pytest.mark.parametrize(
    "text", ["charuco:8x5:34", "charuco:12x9:20:14:DICT_5X5_100", "checkerboard:8x5:34"]
)
def test_what_is_printed_is_found_in_its_size(text: str) -> None:
    board = Board.parse(text)
    page = drawn(board_pdf(board, Paper.named("A4")))
    assert page.shape == (840, 1188)
    found = board_finder(board)(page)
    assert found is not None
    ids, points = found
    assert len(ids) == (board.columns - 1) * (board.rows - 1)
    away = points - points[0]
    expected = PER_MM * (board.corners_mm[ids] - board.corners_mm[ids[0]])[:, :2]
    np.testing.assert_allclose(away, expected, atol=0.3)


def test_opencv_draws_the_same_board() -> None:
    board = Board.parse("charuco:7x5:40:30:DICT_4X4_50")
    theirs = board.opencv().generateImage((7 * 160, 5 * 160), marginSize=0)
    page = drawn(board_pdf(board, Paper.named("A3")))
    rows, columns = np.nonzero(page[:1000] < 128)
    top, left = rows.min(), columns.min()
    ours = page[top : top + 5 * 160, left : left + 7 * 160]
    assert np.mean((ours < 128) != (theirs < 128)) < 0.01


@pytest.mark.parametrize("paper", PAPERS_MM)
def test_a_sheet_has_its_true_size_and_asks_not_to_be_scaled(paper: str) -> None:
    sheet = Paper.named(paper)
    side = sheet.largest_square_mm(8, 5)
    pdf = board_pdf(Board.parse(f"charuco:8x5:{side:g}"), sheet)
    width, height = PAPERS_MM[paper]
    size = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert size is not None
    in_mm = [float(each) / POINTS_PER_MM for each in size.groups()]
    np.testing.assert_allclose(in_mm, [width, height], atol=1e-3)
    assert b"/PrintScaling /None" in pdf
    assert pdf == board_pdf(Board.parse(f"charuco:8x5:{side:g}"), sheet)
    with pytest.raises(CalibrationError, match="does not fit"):
        board_pdf(Board.parse(f"charuco:8x5:{side + 1:g}"), sheet)


def test_every_object_is_where_the_table_says() -> None:
    pdf = board_pdf(Board.parse("checkerboard:8x5:30"), Paper.named("A4"))
    start = int(pdf.partition(b"startxref\n")[2].split()[0])
    assert pdf[start:].startswith(b"xref\n0 6\n")
    for number, place in enumerate(re.findall(rb"(\d{10}) 00000 n", pdf), 1):
        assert pdf[int(place) :].startswith(b"%d 0 obj" % number)
    length = re.search(rb"/Length (\d+) >>\nstream\n", pdf)
    assert length is not None
    assert pdf[length.end() + int(length[1]) :].startswith(b"\nendstream")


def test_the_bar_is_100_mm_long_and_the_name_is_printed() -> None:
    board = Board.parse("charuco:8x5:34")
    pdf = board_pdf(board, Paper.named("A4")).decode("latin-1")
    assert re.search(r"re S", pdf)
    bar = re.search(r"0.2 w \S+ \S+ (\S+) \S+ re S", pdf)
    assert bar is not None
    assert float(bar[1]) == 100.0
    assert f"--board {board}" in pdf


@pytest.mark.parametrize(
    "text",
    ["", "8x5", "charuco:8x5", "charuco:2x5:30", "charuco:8x5:0", "charuco:8x5:30:31",
     "charuco:8x5:30:20:DICT_9X9", "charuco:40x40:30:20:DICT_4X4_50", "checkerboard:8x5:1..2",
     "square:8x5:30"],
)  # fmt: skip
def test_what_is_no_board(text: str) -> None:
    with pytest.raises(CalibrationError) as caught:
        Board.parse(text)
    assert caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "charuco:8x5:34:25.5:DICT_4X4_50",
        "checkerboard:9x6:25",
        "charuco:20x14:10:7:DICT_4X4_250",
    ],
)
def test_a_name_goes_there_and_back(text: str) -> None:
    assert str(Board.parse(text)) == text


def test_corners_are_numbered_as_opencv_does() -> None:
    board = Board.parse("charuco:8x5:34")
    np.testing.assert_allclose(board.opencv().getChessboardCorners(), board.corners_mm, atol=1e-4)


def test_which_boards_show_which_way_is_up() -> None:
    for text, expected in (
        ("charuco:8x6", True),
        ("checkerboard:8x5", True),
        ("checkerboard:9x7", False),
    ):
        assert Board.parse(f"{text}:30").is_unambiguous is expected


def test_no_paper_of_this_name() -> None:
    with pytest.raises(CalibrationError, match="no paper 'B4'"):
        Paper.named("B4")
