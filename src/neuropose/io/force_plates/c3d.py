"""Read the force plates of C3D files (c3d.org): analogue channels as forces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose.data.force_plates import ForcePlate, ForcePlates
from neuropose.errors import FileFormatError
from neuropose.io.force_plates.wrench import CHANNELS, reaction
from neuropose.io.markers.c3d import rate_of
from neuropose.io.markers.c3d_analog import read_analog
from neuropose.io.markers.c3d_parameters import C3dParameters, read_parameters
from neuropose.io.markers.c3d_points import find_layout, read_points
from neuropose.io.markers.units import unit_of
from neuropose.io.strict_json import read_bytes

Array = NDArray[np.float64]

_MOMENT_MM = {"nmm": 1.0, "ncm": 10.0, "nm": 1000.0}
_MOMENT_WORDS = {"newton": "n", "milli": "m", "centi": "c", "metres": "m", "meters": "m"}
_CALIBRATED = 4
_VOLTS = {"v", "volt", "volts", "mv"}
_IDLE_N = 60.0  # an offset larger than that is a load
_IDLE_SHARE = 0.1  # of the range: below that, the plate carries nobody
_LEAST_IDLE = 0.02  # of the samples: fewer say nothing of the offset
_CHANGED_N = 2.0


def read_c3d_plates(path: Path, *, units: str | None = None) -> ForcePlates:
    """Read the force plates of a C3D file.

    Parameters
    ----------
    path : Path
        The C3D file.
    units : str, optional
        Unit of length of the positions, if the file does not state it.

    Returns
    -------
    ForcePlates
        The clock starts at the first stored frame, as that of `neuropose.io.read_c3d`.

    Raises
    ------
    FileMissingError, FileReadError
        If the file cannot be read.
    FileFormatError
        If it is not a C3D file, is damaged, has no force plates, or only such as cannot be read.

    Notes
    -----
    Types 1 to 4 are read. Plates of other types and plates whose channels are volts are left out,
    with a warning. What an unloaded plate shows is subtracted from its channels: the median while
    the vertical force is in the lowest tenth of its range, if that is below 60 N.
    """
    data = read_bytes(Path(path))
    parameters = read_parameters(data)
    try:
        return _plates(data, parameters, units)
    except FileFormatError:
        raise
    except (ValueError, IndexError) as error:  # parameters that do not go together
        raise FileFormatError(
            f"the force plates of this C3D file cannot be read: {error}",
            hint="open it in the program that wrote it, and export it again",
        ) from error


def _plates(data: bytes, parameters: C3dParameters, units: str | None) -> ForcePlates:
    count = parameters.count("FORCE_PLATFORM:USED") or 0
    if not count:
        raise FileFormatError(
            "the C3D file has no force plates",
            hint="export the trial with its analogue channels and force plates",
        )
    layout = find_layout(parameters, len(data))
    points = (layout.scales or (1.0,))[0] * read_points(data, parameters, layout)
    names = parameters.texts("POINT:LABELS")[: layout.points]
    names += [f"*{number}" for number in range(len(names), layout.points)]
    scale_mm = unit_of(parameters.text("POINT:UNITS"), units, points, names, "C3D").size_mm
    analogue = np.nan_to_num(read_analog(data, parameters, layout))
    types = parameters.numbers("FORCE_PLATFORM:TYPE").astype(int)
    corners = scale_mm * parameters.numbers("FORCE_PLATFORM:CORNERS").reshape(-1, 4, 3)
    origins = scale_mm * parameters.numbers("FORCE_PLATFORM:ORIGIN").reshape(-1, 3)
    channels = parameters.numbers("FORCE_PLATFORM:CHANNEL").astype(int).reshape(count, -1)
    matrices = _calibrations(parameters, types[:count])
    channel_units = [text.lower() for text in parameters.texts("ANALOG:UNITS")]
    plates, notes = [], []
    for number in range(count):
        kind, name = int(types[number]), str(number + 1)
        if kind not in CHANNELS:
            notes.append(f"force plate {name} is left out: its type {kind} is not known")
            continue
        at = channels[number, : CHANNELS[kind]] - 1
        stated = [channel_units[index] if index < len(channel_units) else "" for index in at]
        if kind != _CALIBRATED and stated[0] in _VOLTS:
            notes.append(f"force plate {name} is left out: its channels are volts, not newtons")
            continue
        values = analogue[:, at]
        if kind == _CALIBRATED:
            values = values @ matrices[number].T
        values, offset_n = _without_offset(values, kind)
        if abs(offset_n) > _CHANGED_N:
            notes.append(f"force plate {name}: an offset of {offset_n:.0f} N was subtracted")
        factor = scale_mm if kind == 1 else _moment_mm(stated[3], scale_mm)
        if kind != 3:
            values[:, 3:] *= factor
        force_n, centre_mm = reaction(kind, values, corners[number], origins[number])
        plates.append(
            ForcePlate(
                name=name,
                force_n=force_n,
                centre_of_pressure_mm=centre_mm,
                corners_mm=corners[number],
            )
        )
    if not plates:
        raise FileFormatError(f"no force plate can be read: {notes[0]}", hint="export forces in N")
    rate_hz = rate_of(parameters) * len(analogue) / layout.frames
    return ForcePlates(
        format="c3d",
        time_s=np.arange(len(analogue)) / rate_hz,
        plates=tuple(plates),
        warnings=tuple(notes),
    )


def _calibrations(parameters: C3dParameters, types: Array) -> dict[int, Array]:
    """Return the matrix of each calibrated plate, by the plate's number from 0.

    One is stored for every plate, or for those alone that are calibrated; in a file that has plates
    of more channels too, with as many columns as theirs.
    """
    calibrated = [int(number) for number in np.flatnonzero(types == _CALIBRATED)]
    stated = parameters.found.get("FORCE_PLATFORM:CAL_MATRIX")
    if not calibrated:
        return {}
    if stated is None:
        raise ValueError("a plate of type 4 has no calibration matrix")
    rows, columns = stated.dimensions[:2] if len(stated.dimensions) > 1 else (6, 6)
    # Columns of a matrix are stored one after the other.
    matrices = parameters.numbers("FORCE_PLATFORM:CAL_MATRIX").reshape(-1, columns, rows)
    if rows < CHANNELS[_CALIBRATED] or columns < CHANNELS[_CALIBRATED]:
        raise ValueError(f"a calibration matrix of {rows} × {columns} numbers")
    at = range(len(calibrated)) if len(matrices) == len(calibrated) else calibrated
    if max(at) >= len(matrices):
        raise ValueError(f"{len(matrices)} calibration matrices for {len(types)} plates")
    size = CHANNELS[_CALIBRATED]
    return {
        number: matrices[index].T[:size, :size]
        for number, index in zip(calibrated, at, strict=True)
    }


def _moment_mm(unit: str, otherwise: float) -> float:
    """Return how many N mm a unit of moment is, written as ``N-m`` or ``Newton meters`` too."""
    letters = "".join(filter(str.isalpha, unit.lower()))
    for word, letter in _MOMENT_WORDS.items():
        letters = letters.replace(word, letter).replace(word.removesuffix("s"), letter)
    return _MOMENT_MM.get(letters, otherwise)


def _without_offset(values: Array, kind: int) -> tuple[Array, float]:
    """Subtract what every channel shows while nobody stands on the plate."""
    vertical = values[:, 4:8].sum(axis=1) if kind == 3 else values[:, 2]
    upright = vertical if abs(vertical.max()) >= abs(vertical.min()) else -vertical
    low, high = np.percentile(upright, [1.0, 99.0])
    idle = upright < low + _IDLE_SHARE * (high - low)
    if idle.mean() < _LEAST_IDLE:
        return values.copy(), 0.0
    offset_n = float(np.median(vertical[idle]))
    if abs(offset_n) > _IDLE_N:
        return values.copy(), 0.0
    counted = slice(0, 3) if kind == 1 else slice(None)
    offsets = np.zeros(values.shape[1])
    offsets[counted] = np.median(values[idle], axis=0)[counted]
    return values - offsets, offset_n
