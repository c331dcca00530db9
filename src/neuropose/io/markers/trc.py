"""Read TRC files, the marker trajectories of OpenSim, Cortex, OpenCap and Pose2Sim."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose.data.marker_recording import MarkerRecording, recording, without_origin
from neuropose.errors import FileFormatError
from neuropose.grammar import counted
from neuropose.io.markers.frame_gaps import FrameGaps, find_gaps, last_digit_s
from neuropose.io.markers.mark import mark_of_line
from neuropose.io.markers.names import choose_markers
from neuropose.io.markers.trc_text import cells_of, decode, lines_of, number_of
from neuropose.io.markers.units import unit_of
from neuropose.io.strict_json import read_bytes

Array = NDArray[np.float64]

_KEYS_WITHIN = 5  # lines from the top
_OFF_CLOCK = 0.02  # share by which the times may differ from the stated rate without a warning
_ROUNDING = 1.01  # of the last digit of times that were cut off or rounded
_DRIFT = 1e-3  # share by which a stated rate may be rounded
_COPY_AGAIN = "copy it again from where it came from, or export it again"
_EXPORT_AGAIN = "export the file again, or mend that line"


@dataclass(frozen=True, slots=True)
class _Head:
    """What stands above the rows: values by key, names by column, and on which lines."""

    stated: Mapping[str, str]
    columns: Mapping[int, str]
    is_placed: bool  # whether the names stand above their columns
    line: int  # of the names
    first_row: int


def read_trc(
    path: Path, *, units: str | None = None, subject: str | None = None
) -> MarkerRecording:
    """Read a TRC file.

    Parameters
    ----------
    path : Path
        The TRC file, in any encoding; with tabs, semicolons or blanks, decimal points or commas.
    units : str, optional
        Unit of length of the positions, if the file does not state it, or not rightly.
    subject : str, optional
        Whose markers to use, of a file of several: what is before the colon of their names.

    Returns
    -------
    MarkerRecording
        Cells that are empty, ``NaN``, ``--``, ``NA``, ``inf`` and the like are NaN. `up` is None: a
        TRC file does not say which way is up. The times are those of the file; if they repeat, as
        they were rounded, those of the frames at the stated rate. Frames that they leave out are
        there, and NaN.

    Raises
    ------
    FileMissingError, FileReadError
        If the file cannot be read.
    FileFormatError
        If it is not a TRC file, or a row is damaged; the message names the line.
    SubjectError
        If there is no such subject.

    Notes
    -----
    A file that ends early is used as far as its whole rows go, with a warning. Columns without a
    name are left out, with a warning. A unit that is not stated is the one in which the markers
    are as large as a body; a warning says so.

    Examples
    --------
    >>> import os, tempfile
    >>> path = Path(tempfile.mkdtemp()) / "walk.trc"
    >>> lines = [
    ...     "PathFileType 4 (X/Y/Z) walk.trc",
    ...     "DataRate CameraRate NumFrames NumMarkers Units",
    ...     "100 100 2 1 m",
    ...     "Frame# Time LHeel",
    ...     "  X1 Y1 Z1",
    ...     "1 0.00 1 2 3",
    ...     "2 0.01 NaN NaN NaN",
    ...     "",
    ... ]
    >>> _ = path.write_text(os.linesep.join(lines).replace(" ", chr(9)))
    >>> read_trc(path).marker("LHeel")
    array([[1000., 2000., 3000.],
           [  nan,   nan,   nan]])
    """
    data = read_bytes(Path(path))
    if not data:
        raise FileFormatError("the TRC file is empty: it has 0 bytes", hint=_COPY_AGAIN)
    lines = lines_of(decode(data))
    head = _head(lines)
    declared = _whole(head.stated, "NumFrames")
    rows, notes = _rows(lines, head, declared)
    if not len(rows):
        raise FileFormatError("the TRC file holds no frames", hint="export it again")
    if declared is None:
        notes.append("the header does not say how many frames there are: some may be missing")
    gaps, rate_hz, off_clock = _clock(head.stated, rows)
    held = {len(rows), len(gaps.time_s)}  # a header may count frames that are missing, or not
    if declared is not None and declared > max(held):
        notes.append(f"the TRC file is cut short: it holds {len(rows)} of {declared} frames")
    elif declared is not None and declared not in held:
        notes.append(f"{counted(len(rows), 'frame')}, though the header says {declared}")
    notes += gaps.notes
    chosen = choose_markers(list(head.columns.values()), subject, "TRC")
    columns = np.array(list(head.columns))[list(chosen.columns)]
    positions = rows[:, columns[:, None] + np.arange(3)]
    missing = ~np.asarray(np.isfinite(positions).all(axis=-1))
    positions = np.where(missing[..., None], np.nan, positions)
    unit = unit_of(head.stated.get("Units"), units, positions, chosen.names, "TRC")
    positions_mm, zeros = without_origin(unit.size_mm * positions)
    positions_mm = gaps.spread(positions_mm)
    number = rows[0, 0]
    return recording(
        "TRC",
        format="trc",
        names=chosen.names,
        time_s=gaps.time_s,
        positions_mm=positions_mm,
        rate_hz=rate_hz,
        first_frame=int(number) if 0.0 <= number < 2**31 else 0,
        warnings=(*notes, *unit.warnings, *chosen.warnings, *zeros, *off_clock),
        unit=unit.name,
        unit_source=unit.source,
        subjects=chosen.subjects,
        subject=chosen.subject,
        estimated_from=mark_of_line(lines[0]),
    )


def _head(lines: Sequence[str]) -> _Head:
    at = next((n for n, line in enumerate(lines[:_KEYS_WITHIN]) if "DataRate" in line), None)
    if at is None:
        if not lines[0].startswith("PathFileType"):
            raise FileFormatError(
                "this is not a TRC file: its first line does not begin with PathFileType",
                hint="export marker trajectories, not forces or coordinates",
            )
        raise FileFormatError(
            "line 2: expected DataRate, NumFrames, Units and so on", hint=_EXPORT_AGAIN
        )
    stated = _stated(lines[at], lines[at + 1] if at + 1 < len(lines) else "")
    labels = next((n for n in range(at + 2, len(lines)) if lines[n].strip()), at + 2)
    cells = cells_of(lines[labels]) if labels < len(lines) else []
    is_named = bool(cells) and cells[0].lower().startswith("frame")
    columns, is_placed = _columns(cells) if is_named else ({}, False)
    if not columns:
        raise FileFormatError(
            f"line {at + 3}: expected Frame#, Time and the names of the markers",
            hint="put such a line there, or export the file again",
        )
    below = next((n for n in range(labels + 1, len(lines)) if lines[n].strip()), len(lines))
    first_row = below + (below < len(lines) and _names_axes(lines[below]))
    return _Head(stated, columns, is_placed, labels + 1, first_row)


def _stated(keys: str, values: str) -> dict[str, str]:
    """Pair keys and values; between values there may be more tabs than between keys.

    The unit is the only value that is no number, so it may be missing anywhere.
    """
    names, cells = cells_of(keys), cells_of(values)
    if len(names) == len(cells):
        return dict(zip(names, cells, strict=True))
    names, cells = ([cell for cell in row if cell] for row in (names, cells))
    numeric = [cell for cell in cells if number_of(cell) is not None]
    units = [cell for cell in cells if number_of(cell) is None]
    stated = dict(zip([name for name in names if name != "Units"], numeric, strict=False))
    return stated | ({"Units": units[0]} if units else {})


def _columns(cells: Sequence[str]) -> tuple[dict[int, str], bool]:
    """Return the names of the markers by the column of their x, and whether they stand above it.

    Each name stands above the first of its three columns; if one does not, they were written
    without the cells between them, and follow each other.
    """
    named = {column: cell for column, cell in enumerate(cells) if cell and column > 1}
    if len(named) == len(cells) - 2 or any((column - 2) % 3 for column in named):
        return {2 + 3 * index: name for index, name in enumerate(named.values())}, False
    return named, True


def _names_axes(line: str) -> bool:
    """Whether a line is that of the axes below the names, which some programs leave out: X1, Y1."""
    first = next((cell for cell in cells_of(line) if cell), "")
    return re.fullmatch("[XYZ][0-9]*", first, re.IGNORECASE) is not None


def _rows(lines: Sequence[str], head: _Head, declared: int | None) -> tuple[Array, list[str]]:
    """Return the cells of all frames, shape (T, columns), and what was left out of them."""
    width = max(head.columns) + 3
    there = [n for n in range(head.first_row, len(lines)) if lines[n].strip()]
    rows, more, notes = [], 0, list[str]()
    # A last line without an end may be cut within its last number.
    unended = bool(there) and there[-1] == len(lines) - 1
    if unended and len(there) > 1 and (_is_short(lines[-1], width) or len(there) < (declared or 0)):
        notes.append(f"line {len(lines)} is unfinished, and was left out")
        del there[-1]
    elif unended:
        notes.append("the last line is unfinished: the file may be cut short")
    for n in there:
        cells = cells_of(lines[n])
        if len(cells) < width:
            raise FileFormatError(
                f"line {n + 1}: expected {width} cells, found {len(cells)}", hint=_EXPORT_AGAIN
            )
        more = max(more, sum(map(bool, cells[width:])))
        rows.append(_row(cells[:width], n + 1))
        if not (isfinite(rows[-1][0]) and isfinite(rows[-1][1])):
            raise FileFormatError(
                f"line {n + 1}: expected a frame number and a time", hint=_EXPORT_AGAIN
            )
    if more and not head.is_placed:
        raise FileFormatError(
            f"line {head.line}: there are {len(head.columns)} names, and columns of "
            f"{len(head.columns) - (-more // 3)} markers, and no telling which is whose",
            hint="write two tabs between each name and the next, or export the file again",
        )
    if more:
        notes.append(f"left out: markers without a name ({-(-more // 3)})")
    return np.array(rows).reshape(-1, width), notes


def _is_short(line: str, width: int) -> bool:
    return len(cells_of(line)) < width


def _row(cells: Sequence[str], line: int) -> list[float]:
    try:
        values = list(map(float, cells))
        if isfinite(sum(values)) and "_" not in "".join(cells):  # not what only float() takes
            return values
    except ValueError:
        pass
    numbers = []
    for cell in cells:
        number = number_of(cell)
        if number is None:
            raise FileFormatError(f"line {line}: {cell!r} is not a number", hint=_EXPORT_AGAIN)
        numbers.append(number)
    return numbers


def _whole(stated: Mapping[str, str], key: str) -> int | None:
    number = number_of(stated.get(key, ""))
    return int(number) if number is not None and np.isfinite(number) else None


def _clock(stated: Mapping[str, str], rows: Array) -> tuple[FrameGaps, float, list[str]]:
    """Return frames, rate and warnings; the rate of one frame or of rounded times is as stated."""
    declared = number_of(stated.get("DataRate", ""))
    declared_hz = declared if declared is not None and declared > 0.0 else float("nan")
    time_s, notes = rows[:, 1], list[str]()
    if (np.diff(time_s) <= 0.0).any():
        time_s, rate_hz = _of_frames(time_s, declared_hz), declared_hz
        notes.append(
            "times repeat, as they are rounded: those of the frames were taken, at "
            f"{declared_hz:g} frames per second"
        )
        return find_gaps(time_s, declared_hz), rate_hz, notes
    gaps = find_gaps(time_s, declared_hz)
    if len(time_s) < 2:
        rate_hz = declared_hz
    else:
        rate_hz = (len(gaps.time_s) - 1) / float(time_s[-1] - time_s[0])
        if not abs(rate_hz / declared_hz - 1.0) <= _OFF_CLOCK:
            notes.append(
                f"the times mean {rate_hz:.4g} frames per second, the header says {declared_hz:g}"
            )
    return gaps, rate_hz, notes


def _of_frames(time_s: Array, rate_hz: float) -> Array:
    """Return the times of frames at the stated rate, if the file has these, rounded."""
    even_s = time_s[0] + np.arange(len(time_s)) / rate_hz
    near_s = _ROUNDING * last_digit_s(time_s) + _DRIFT * (even_s - time_s[0])
    wrong = (np.diff(time_s, prepend=-np.inf) < 0.0) | ~(np.abs(time_s - even_s) <= near_s)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise FileFormatError(
            f"the times do not ascend: that of frame {first + 1} is {time_s[first]:g} s, at "
            f"{rate_hz:g} frames per second",
            hint=_EXPORT_AGAIN,
        )
    return np.asarray(even_s)
