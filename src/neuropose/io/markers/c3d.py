"""Read C3D files (c3d.org): points, events, and angles computed by the program that wrote them."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose.data.marker_recording import (
    MarkerEvent,
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

_NO_POSITIONS = ("ANGLES", "FORCES", "MOMENTS", "POWERS", "SCALARS", "REACTIONS")
"""Groups of points that are not positions."""
_AXES = {
    f"{sign}{axis}": (length * (axis == "X"), length * (axis == "Y"), length * (axis == "Z"))
    for sign, length in (("", 1.0), ("+", 1.0), ("-", -1.0))
    for axis in "XYZ"
}


def read_c3d(path: Path, *, units: str | None = None) -> MarkerRecording:
    """Read a C3D file; analogue channels are ignored.

    Parameters
    ----------
    path : Path
        The C3D file.
    units : str, optional
        Unit of length of the positions, if the file does not state it.

    Returns
    -------
    MarkerRecording
        The clock starts at the first stored frame. Points that the file marks as invalid (residual
        −1), or that are not finite, are NaN.

    Raises
    ------
    FileMissingError, FileReadError
        If the file cannot be read.
    FileFormatError
        If it is not a C3D file, is damaged, or ends before its last frame.

    Notes
    -----
    Event times count from frame 1 of the trial, whether or not it is stored, because programs that
    crop a trial keep them; so (first frame − 1) / rate is subtracted. A warning is added if this
    puts events before the first frame.

    `up` is taken from ``POINT:Y_SCREEN``, the axis that points up on the screen.
    """
    import c3d

    data = read_bytes(Path(path))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader = c3d.Reader(io.BytesIO(data))
            _check_size(reader, len(data))
            return _recording(reader, units)
    except FileFormatError:
        raise
    except Exception as error:  # on a damaged file the library may raise anything
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise FileFormatError(
            f"this is not a C3D file, or it is damaged: {reason}",
            hint="open it in the program that wrote it, and export it again",
        ) from error


def _check_size(reader: Any, size_bytes: int) -> None:
    """Reject a file that ends before its last frame; the library would return what there is."""
    if not 0.0 < reader.point_rate < np.inf:
        raise FileFormatError(
            f"the C3D file has {reader.point_rate:g} frames per second", hint="export it again"
        )
    points, frames = int(reader.point_used), int(reader.frame_count)
    if points < 1 or frames < 1:
        raise FileFormatError("the C3D file holds no points", hint="export it again")
    word_bytes = 4 if reader.point_scale < 0 else 2
    words = 4 * points + int(reader.analog_used) * int(reader.analog_per_frame)
    held = (size_bytes - 512 * (int(reader.header.data_block) - 1)) // (word_bytes * words)
    if held < frames:
        raise FileFormatError(
            f"the C3D file is cut short: it holds {max(held, 0)} of {frames} frames",
            hint="copy it again from where it came from",
        )


def _recording(reader: Any, units: str | None) -> MarkerRecording:
    samples = [points[:, :4] for _, points, _ in reader.read_frames()]
    values = np.stack(samples).astype(np.float64)
    positions = np.where(values[..., 3:] < 0.0, np.nan, values[..., :3])
    names, notes = bare_names(_labels(reader, positions.shape[1]))
    groups = {group: _strings(reader, f"POINT:{group}") for group in _NO_POSITIONS}
    # The groups may repeat the subject's name, which the labels no longer have.
    groups = {group: [*labels, *bare_names(labels)[0]] for group, labels in groups.items()}
    no_positions = {name for labels in groups.values() for name in labels}
    kept = [index for index, name in enumerate(names) if name not in no_positions]
    unit = _text(reader, "POINT:UNITS")
    scale_mm = length_mm(unit, units, "C3D")
    positions_mm, zeros = without_origin(scale_mm * positions[:, kept])
    rate_hz, first_frame = float(reader.point_rate), int(reader.first_frame)
    events, untimely = _events(reader, (first_frame - 1) / rate_hz)
    up = _AXES.get((_text(reader, "POINT:Y_SCREEN") or "").upper())
    to_degrees = np.degrees(1.0) if (_text(reader, "POINT:ANGLE_UNITS") or "deg") == "rad" else 1.0
    return recording(
        "C3D",
        format="c3d",
        names=tuple(names[index] for index in kept),
        time_s=np.arange(len(positions_mm)) / rate_hz,
        positions_mm=positions_mm,
        rate_hz=rate_hz,
        first_frame=first_frame,
        up=up,
        events=events,
        angles_deg={
            name: to_degrees * positions[:, index]
            for index, name in enumerate(names)
            if name in groups["ANGLES"]
        },
        warnings=(*notes, *zeros, *untimely),
        unit=units or unit,
        unit_source=Source.GIVEN if units else Source.FILE,
        up_source=None if up is None else Source.FILE,
    )


def _labels(reader: Any, count: int) -> list[str]:
    labels = _strings(reader, "POINT:LABELS")[:count]
    labels += [""] * (count - len(labels))
    return [label or f"*{index}" for index, label in enumerate(labels)]


def _strings(reader: Any, key: str) -> list[str]:
    """Return the texts of a parameter and of its continuations (LABELS, LABELS2, …)."""
    texts: list[str] = []
    for number in range(1, 100):
        parameter = reader.get(key if number == 1 else f"{key}{number}")
        if parameter is None or not parameter.bytes:
            break
        texts += [text.strip().strip("\0").strip() for text in np.ravel(parameter.string_array)]
    return texts


def _text(reader: Any, key: str) -> str | None:
    parameter = reader.get(key)
    if parameter is None:
        return None
    return parameter.bytes.decode("latin-1").strip().strip("\0").strip() or None


def _events(reader: Any, offset_s: float) -> tuple[tuple[MarkerEvent, ...], list[str]]:
    labels, contexts = _strings(reader, "EVENT:LABELS"), _strings(reader, "EVENT:CONTEXTS")
    times: list[Array] = []
    for number in range(1, 100):
        parameter = reader.get("EVENT:TIMES" if number == 1 else f"EVENT:TIMES{number}")
        if parameter is None or not parameter.bytes:
            break
        times.append(np.reshape(parameter.float_array, (-1, 2)).astype(np.float64))
    minutes = np.concatenate(times) if times else np.empty((0, 2))
    if len(minutes) != len(labels):
        return (), [f"the events were left out: {len(labels)} labels, {len(minutes)} times"]
    # Times are stored in two 32-bit floats, which can hold microseconds.
    time_s = np.round(60.0 * minutes[:, 0] + minutes[:, 1] - offset_s, 6)
    contexts += ["General"] * (len(labels) - len(contexts))
    events = [
        MarkerEvent(time_s=float(moment), label=label, context=context)
        for moment, label, context in zip(time_s, labels, contexts, strict=False)
    ]
    early = int((time_s < 0.0).sum())
    notes = [f"{early} events lie before the first stored frame"] if early else []
    return tuple(sorted(events, key=lambda event: event.time_s)), notes
