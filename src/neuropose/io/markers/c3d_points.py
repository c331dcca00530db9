"""The points of a C3D file: where they lie, how many frames there are, and what they measure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neuropose.errors import FileFormatError
from neuropose.io.markers.c3d_parameters import BLOCK_BYTES, NO_C3D_HINT, C3dParameters

Array = NDArray[np.float64]

WORDS_A_POINT = 4
"""Three coordinates and the residual."""
_MOST_IN_A_WORD = 65535
_FURTHEST = 1e7  # in any unit
_ALIKE = 1e-3  # share by which two scales may differ and be the same one


@dataclass(frozen=True, slots=True)
class Layout:
    """How the points are stored.

    Parameters
    ----------
    start : int
        Byte at which the points begin.
    frames, points : int
        How many there are.
    words : int
        Words of one frame, with its analogue samples.
    in_floats : bool
        Whether words are floating-point numbers of 32 bits; else integers of 16.
    scales : tuple of float
        Size of an integer, in the file's unit: one, or two if header and parameter disagree. 1 for
        floating-point numbers.
    warnings : tuple of str
        Where header, parameters and the size of the file disagree.
    """

    start: int
    frames: int
    points: int
    words: int
    in_floats: bool
    scales: tuple[float, ...]
    warnings: tuple[str, ...] = ()


class _Way(NamedTuple):
    """One way to read what is stated."""

    start: int
    frames: int
    points: int
    words: int
    in_floats: bool

    @property
    def frame_bytes(self) -> int:
        return self.words * (4 if self.in_floats else 2)

    @property
    def end(self) -> int:
        return self.start + self.frames * self.frame_bytes


def find_layout(parameters: C3dParameters, size_bytes: int) -> Layout:
    """Find how the points are stored.

    Parameters
    ----------
    parameters : C3dParameters
        Header and parameters.
    size_bytes : int
        Size of the file.

    Returns
    -------
    Layout

    Raises
    ------
    FileFormatError
        If the file has no points, or ends before its last frame.

    Notes
    -----
    Numbers of points, frames and analogue samples are stored in several places, and programs do
    not agree about what they mean. What fits the size of the file is taken: as many frames as are
    stated, and less than one block after them.
    """
    counts = _points(parameters)
    if not counts:
        raise FileFormatError(_without_points(parameters), hint=_without_points_hint(parameters))
    stated = _frames(parameters)
    most = max(stated, default=0)
    ways = [
        _Way(start, frames, points, WORDS_A_POINT * points + analog, in_floats)
        for start, in_floats, points, analog, frames in product(
            _starts(parameters, size_bytes),
            _formats(parameters),
            counts,
            _analog(parameters),
            _different(stated) or [0],
        )
    ]
    fitting = (way for way in ways if 0 <= size_bytes - way.end < BLOCK_BYTES)
    way = next(fitting, ways[0])
    start, frames, points, words, in_floats = way
    held = max(size_bytes - start, 0) // way.frame_bytes
    notes = []
    if not stated:
        # Neither header nor parameters can hold the count: it is what the file has room for.
        frames = held
        notes.append(f"the C3D file does not state how many frames it has: it holds {held}")
    elif frames > held:
        # More may have been recorded than were exported: what two places agree on is there.
        agreed = [count for count in stated if count <= held and stated.count(count) > 1]
        frames = max(agreed, default=frames)
    if frames > held or not frames:
        raise FileFormatError(
            f"the C3D file is cut short: it holds {held} of {frames} frames"
            if frames
            else "the C3D file holds no frames",
            hint="copy it again from where it came from",
        )
    if frames < most:
        notes.append(f"the C3D file states {most} frames in one place, and holds {frames}")
    return Layout(
        start=start,
        frames=frames,
        points=points,
        words=words,
        in_floats=in_floats,
        scales=(1.0,) if in_floats else _scales(parameters),
        warnings=tuple(notes),
    )


def read_points(data: bytes, parameters: C3dParameters, layout: Layout) -> Array:
    """Read the points, not scaled.

    Parameters
    ----------
    data : bytes
        The whole file.
    parameters : C3dParameters
        Header and parameters.
    layout : Layout
        How the points are stored.

    Returns
    -------
    ndarray of float64, shape (T, N, 3)
        NaN where the file marks a point as invalid (its residual is negative), or a coordinate is
        not finite, or further away than any room is wide.
    """
    word_bytes = 4 if layout.in_floats else 2
    end = layout.start + word_bytes * layout.words * layout.frames
    raw = data[layout.start : end]
    numbers = parameters.processor.floats(raw) if layout.in_floats else None
    words = parameters.processor.words(raw) if numbers is None else numbers
    rows = words.reshape(layout.frames, layout.words)[:, : WORDS_A_POINT * layout.points]
    with np.errstate(invalid="ignore"):
        values = rows.reshape(layout.frames, layout.points, WORDS_A_POINT).astype(np.float64)
        missing = (values[..., 3] < 0.0) | ~(np.abs(values[..., :3]) < _FURTHEST).all(axis=-1)
    return np.where(missing[..., None], np.nan, values[..., :3])


def _points(parameters: C3dParameters) -> list[int]:
    used = parameters.count("POINT:USED")
    return _different([used, parameters.header.points] if used != 0 else [0])


def _frames(parameters: C3dParameters) -> list[int]:
    """Return every count that is stated, the highest first; none that overflowed its word."""
    header = parameters.header
    first, last = (parameters.count(f"TRIAL:ACTUAL_{end}_FIELD") for end in ("START", "END"))
    trial = None if first is None or last is None else last - first + 1
    counts = [
        trial,
        parameters.count("POINT:LONG_FRAMES"),
        parameters.count("POINT:FRAMES"),
        header.last_frame - header.first_frame + 1 if header.last_frame < _MOST_IN_A_WORD else None,
    ]
    return sorted((n for n in counts if n is not None and 0 < n != _MOST_IN_A_WORD), reverse=True)


def _analog(parameters: C3dParameters) -> list[int]:
    """Return the analogue samples of a frame, in all ways in which programs count them."""
    header = parameters.header
    channels = parameters.count("ANALOG:USED")
    per_frame = header.analog_rate
    rate, rate_hz = parameters.number("ANALOG:RATE"), parameters.number("POINT:RATE")
    by_rate = round(rate / rate_hz) if rate and rate_hz and 0.0 < rate / rate_hz < 1e4 else None
    return _different(
        [
            header.analog,
            None if channels is None else channels * per_frame,
            header.analog * per_frame,
            None if channels is None or by_rate is None else channels * by_rate,
            0,
        ],
        least=0,
    )


def _formats(parameters: C3dParameters) -> list[bool]:
    """Tell whether words are floats, by the parameter and by the header."""
    stated = [scale < 0.0 for scale in _stated_scales(parameters)]
    return list(dict.fromkeys(stated)) or [True]


def _stated_scales(parameters: C3dParameters) -> Iterator[float]:
    for scale in (parameters.number("POINT:SCALE"), parameters.header.scale):
        if scale is not None and np.isfinite(scale) and scale != 0.0:
            yield scale


def _scales(parameters: C3dParameters) -> tuple[float, ...]:
    scales = [scale for scale in _stated_scales(parameters) if scale > 0.0]
    alike = len(scales) > 1 and abs(scales[0] / scales[1] - 1.0) <= _ALIKE
    return tuple(scales[:1] if alike else scales)


def _starts(parameters: C3dParameters, size_bytes: int) -> list[int]:
    """Return the bytes at which the points may begin: as header and parameter say, if they can."""
    blocks = [parameters.header.data_block, parameters.count("POINT:DATA_START")]
    within = [n for n in _different(blocks, least=2) if BLOCK_BYTES * (n - 1) < size_bytes]
    return [BLOCK_BYTES * (block - 1) for block in within or [parameters.end_block]]


def _different(counts: Iterable[int | None], *, least: int = 1) -> list[int]:
    return list(dict.fromkeys(count for count in counts if count is not None and count >= least))


def _without_points(parameters: C3dParameters) -> str:
    rotations = parameters.count("ROTATION:USED")
    if rotations:
        return f"the C3D file holds rotations of {rotations} segments, and no points"
    if parameters.header.analog or parameters.count("ANALOG:USED"):
        return "the C3D file holds analogue channels only, and no points"
    return "the C3D file holds no points"


def _without_points_hint(parameters: C3dParameters) -> str:
    if parameters.count("ROTATION:USED"):
        return "export the positions of joints or markers as well"
    return NO_C3D_HINT if parameters.header.points else "choose the file with the trajectories"
