"""Read ground reaction forces from MOT files, the storage files of OpenSim."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose.data.force_plates import ForcePlate, ForcePlates
from neuropose.errors import FileFormatError
from neuropose.io.strict_json import read_bytes

Array = NDArray[np.float64]

_LOADED_N = 20.0
_MM_PER_M = 1000.0
_LABORATORY_M = 50.0  # a centre of pressure further away than that is in mm


def read_mot_plates(path: Path) -> ForcePlates:
    r"""Read a MOT file of ground reaction forces.

    Parameters
    ----------
    path : Path
        The MOT file. Forces are in columns that end in ``vx``, ``vy``, ``vz``, and centres of
        pressure in those that end in ``px``, ``py``, ``pz``, after the same beginning.

    Returns
    -------
    ForcePlates
        The axes and times are those of the TRC file of the same trial, Y up by OpenSim's
        convention.

    Raises
    ------
    FileMissingError, FileReadError
        If the file cannot be read.
    FileFormatError
        If it is not such a file or a row is damaged; the message names the line.

    Notes
    -----
    Positions are metres by OpenSim's convention. If a loaded plate's centre of pressure would be
    50 m away or more, they are taken as mm, and a warning says so.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "grf.mot"
    >>> _ = path.write_text(
    ...     "grf\nversion=1\nnRows=2\nnColumns=7\nendheader\n"
    ...     "time\tvx\tvy\tvz\tpx\tpy\tpz\n0\t0\t700\t0\t0.1\t0\t0.2\n0.01\t0\t0\t0\t0\t0\t0\n"
    ... )
    >>> read_mot_plates(path).plates[0].centre_of_pressure_mm[0]
    array([100.,   0., 200.])
    """
    lines = read_bytes(Path(path)).decode("utf-8-sig", errors="replace").splitlines()
    ends = [number for number, line in enumerate(lines) if line.strip() == "endheader"]
    if not ends or ends[0] + 2 > len(lines):
        raise FileFormatError(
            "this is not a MOT file: it has no line endheader",
            hint="export the ground reaction forces as OpenSim's storage file",
        )
    names = lines[ends[0] + 1].split()
    rows = _rows(lines, ends[0] + 2, len(names))
    starts = [
        name[:-2]
        for name in names
        if name.endswith("vx") and {f"{name[:-1]}y", f"{name[:-1]}z"} <= set(names)
    ]
    if names[0] != "time" or not starts:
        raise FileFormatError(
            "the MOT file holds no ground reaction forces: no columns end in vx, vy and vz",
            hint="give the file of the external loads, not that of coordinates",
        )
    plates: list[ForcePlate] = []
    notes: list[str] = []
    for start in starts:
        force_n = rows[:, [names.index(f"{start}v{axis}") for axis in "xyz"]]
        loaded = np.linalg.norm(force_n, axis=1) > _LOADED_N
        centre_mm = np.full_like(force_n, np.nan)
        if all(f"{start}p{axis}" in names for axis in "xyz"):
            centre = rows[:, [names.index(f"{start}p{axis}") for axis in "xyz"]]
            scale = _MM_PER_M
            if loaded.any() and np.nanmedian(np.abs(centre[loaded]).max(axis=1)) > _LABORATORY_M:
                scale = 1.0
                notes.append(f"{start}p: centres of pressure were taken as millimetres")
            centre_mm[loaded] = scale * centre[loaded]
        name = start.removesuffix("_") or str(len(plates) + 1)
        plates.append(ForcePlate(name=name, force_n=force_n, centre_of_pressure_mm=centre_mm))
    try:
        return ForcePlates(
            format="mot", time_s=rows[:, 0], plates=tuple(plates), warnings=tuple(notes)
        )
    except ValueError as error:
        raise FileFormatError(
            "this MOT file cannot be used: its times do not ascend", hint="export it again"
        ) from error


def _rows(lines: list[str], first: int, width: int) -> Array:
    rows = []
    for number, line in enumerate(lines[first:], start=first + 1):
        cells = line.split()
        if not cells:
            continue
        if len(cells) != width:
            raise FileFormatError(
                f"line {number}: expected {width} cells, found {len(cells)}",
                hint="the file is damaged or cut short: export it again",
            )
        try:
            rows.append([float(cell) for cell in cells])
        except ValueError as error:
            raise FileFormatError(f"line {number}: {error}", hint="export it again") from error
    if not rows:
        raise FileFormatError("the MOT file holds no rows", hint="export it again")
    return np.array(rows)
