"""``neuropose calibrate board``: a board to print."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from neuropose.cli._console import write, write_json
from neuropose.cli._estimating import JsonOption
from neuropose.errors import CalibrationError, OutputError


class _Kind(StrEnum):
    """What is on the board."""

    CHARUCO = "charuco"
    CHECKERBOARD = "checkerboard"


def board(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The PDF to write.")
    ] = Path("board.pdf"),
    paper: Annotated[
        str, typer.Option(metavar="PAPER", help="A0 to A4, letter or tabloid; larger sees farther.")
    ] = "A4",
    kind: Annotated[
        _Kind, typer.Option(help="A ChArUco board may be seen in part, and shows mirroring.")
    ] = _Kind.CHARUCO,
    squares: Annotated[
        str, typer.Option(metavar="COLUMNSxROWS", help="Number of squares, black and white.")
    ] = "8x5",
    square_mm: Annotated[
        float | None,
        typer.Option(metavar="MM", min=1.0, help="Side of a square; default: as large as fits."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite a file that is already there.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write a board to print, in true size, with a bar to check the printer by."""
    from neuropose.io.atomic import write_atomically
    from neuropose.multiview.boards import Board, Paper, board_pdf

    sheet = Paper.named(paper)
    size = square_mm
    if size is None:
        columns, _, rows = squares.partition("x")
        if not (columns.isdigit() and rows.isdigit() and int(columns) and int(rows)):
            raise CalibrationError(f"{squares!r} is not a number of squares", hint="such as 8x5")
        size = sheet.largest_square_mm(int(columns), int(rows))
    made = Board.parse(f"{kind}:{squares}:{size:g}")
    if output.exists() and not force:
        raise OutputError(f"{output} is already there", hint="choose another --output, or --force")
    write_atomically(output, [board_pdf(made, sheet)])
    if as_json:
        write_json({"board": str(made), "paper": sheet.name, "written": str(output)})
        return
    write(f"board     {made}: {made.columns} × {made.rows} squares of {made.square_mm:g} mm")
    write(f"written   {output}, {sheet.name}: print at 100 %, check the bar with a ruler")
    write(f"then      neuropose calibrate VIDEO… --board {made}")
    if not made.is_unambiguous:
        write("warning   it looks the same upside down: good for the intrinsics of one camera only")
