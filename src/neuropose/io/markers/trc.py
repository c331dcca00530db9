"""Read TRC files, the marker trajectories of OpenSim and Pose2Sim."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose.data.marker_recording import (
    MarkerRecording,
    bare_names,
    length_mm,
    recording,
    without_origin,
)
from neuropose.data.metadata import Source
from neuropose.errors import FileFormatError
from neuropose.io.strict_json import read_bytes

Array = NDArray[np.float64]

_HEADER_LINES = 5
_OFF_CLOCK = 0.02  # share by which the times may differ from the stated rate without a warning


def read_trc(path: Path, *, units: str | None = None) -> MarkerRecording:
    """Read a TRC file.

    Parameters
    ----------
    path : Path
        The TRC file.
    units : str, optional
        Unit of length of the positions, if the file does not state it.

    Returns
    -------
    MarkerRecording
        Cells that are empty or ``NaN`` are NaN. A TRC file does not say which way is up: `up` is Y,
        by OpenSim's convention, and is recorded as assumed. The times are those of the file.

    Raises
    ------
    FileMissingError, FileReadError
        If the file cannot be read.
    FileFormatError
        If it is not a TRC file, a row is damaged, or it ends before its last frame; the message
        names the line.

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
    text = read_bytes(Path(path)).decode("utf-8-sig", errors="replace")
    lines = [line.rstrip("\r") for line in text.split("\n")]
    if not lines[0].startswith("PathFileType") or len(lines) < _HEADER_LINES:
        raise FileFormatError(
            "this is not a TRC file: its first line does not begin with PathFileType",
            hint="export marker trajectories, not forces or coordinates",
        )
    stated = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=False))
    names = [name.strip() for name in lines[3].split("\t")[2:] if name.strip()]
    if not names:
        raise FileFormatError("line 4: expected Frame#, Time and the names of the markers")
    rows = _rows(lines, len(names))
    notes = [] if lines[-1] == "" else ["the last line is unfinished: the file may be cut short"]
    declared = _whole(stated, "NumFrames")
    if declared is not None and len(rows) < declared:
        raise FileFormatError(
            f"the TRC file is cut short: it holds {len(rows)} of {declared} frames",
            hint="copy it again from where it came from",
        )
    if declared is None:
        notes.append("the header does not say how many frames there are: some may be missing")
    elif len(rows) > declared:
        notes.append(f"{len(rows)} frames, though the header says {declared}")
    if not len(rows):
        raise FileFormatError("the TRC file holds no frames", hint="export it again")
    unit = stated.get("Units")
    scale_mm = length_mm(unit, units, "TRC")
    positions_mm, zeros = without_origin(scale_mm * rows[:, 2:].reshape(len(rows), -1, 3))
    unique, doubled = bare_names(names)
    rate_hz, off_clock = _rate_hz(stated, rows[:, 1])
    return recording(
        "TRC",
        format="trc",
        names=tuple(unique),
        time_s=rows[:, 1],
        positions_mm=positions_mm,
        rate_hz=rate_hz,
        first_frame=int(rows[0, 0]) if rows[0, 0] >= 0.0 else 0,
        up=(0.0, 1.0, 0.0),
        warnings=(*notes, *doubled, *zeros, *off_clock),
        unit=units or unit,
        unit_source=Source.GIVEN if units else Source.FILE,
        up_source=Source.ASSUMED,
    )


def _rows(lines: list[str], markers: int) -> Array:
    """Return the cells of all frames, shape (T, 2 + 3N)."""
    width = 2 + 3 * markers
    rows = []
    for number, line in enumerate(lines[_HEADER_LINES:], start=_HEADER_LINES + 1):
        if not line.strip():
            continue
        cells = line.split("\t")
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        if len(cells) != width:
            raise FileFormatError(
                f"line {number}: expected {width} cells, found {len(cells)}",
                hint="the file is damaged or cut short: export it again",
            )
        try:
            rows.append([float(cell) if cell.strip() else np.nan for cell in cells])
        except ValueError as error:
            raise FileFormatError(f"line {number}: {error}") from error
        if not (np.isfinite(rows[-1][0]) and np.isfinite(rows[-1][1])):
            raise FileFormatError(f"line {number}: expected a frame number and a time")
    return np.array(rows).reshape(-1, width)


def _whole(stated: dict[str, str], key: str) -> int | None:
    try:
        return int(float(stated[key]))
    except (KeyError, ValueError, OverflowError):
        return None


def _rate_hz(stated: dict[str, str], time_s: Array) -> tuple[float, list[str]]:
    """Return the rate of the times; for a single frame, the stated one."""
    try:
        declared = float(stated.get("DataRate", ""))
    except ValueError:
        declared = np.nan
    if len(time_s) < 2:
        return declared, []
    measured = (len(time_s) - 1) / float(time_s[-1] - time_s[0] or np.nan)
    if abs(measured / declared - 1.0) > _OFF_CLOCK:
        return measured, [
            f"the times mean {measured:.4g} frames per second, the header says {declared:g}"
        ]
    return measured, []
