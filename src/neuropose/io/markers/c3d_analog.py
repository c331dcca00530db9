"""The analogue samples of a C3D file, in the units that it states."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose.io.markers.c3d_parameters import C3dParameters
from neuropose.io.markers.c3d_points import WORDS_A_POINT, Layout

Array = NDArray[np.float64]

_HALF_WORD = 32768.0


def read_analog(data: bytes, parameters: C3dParameters, layout: Layout) -> Array:
    """Read the analogue channels.

    Parameters
    ----------
    data : bytes
        The whole file.
    parameters : C3dParameters
        Header and parameters.
    layout : Layout
        How points and samples are stored.

    Returns
    -------
    ndarray of float64, shape (N, C)
        N samples of C channels, scaled; as many a frame of the points as are stored. No columns if
        there are no channels.

    Notes
    -----
    A value is (number − ``ANALOG:OFFSET``) · ``ANALOG:SCALE`` · ``ANALOG:GEN_SCALE`` (c3d.org).
    """
    channels = parameters.count("ANALOG:USED") or 0
    stored = layout.words - WORDS_A_POINT * layout.points
    if not channels or stored < channels:
        return np.empty((0, 0))
    word_bytes = 4 if layout.in_floats else 2
    raw = data[layout.start : layout.start + word_bytes * layout.words * layout.frames]
    unsigned = (parameters.text("ANALOG:FORMAT") or "").upper() == "UNSIGNED"
    if layout.in_floats:
        words = parameters.processor.floats(raw).astype(np.float64)
    else:
        integers = parameters.processor.words(raw)
        words = (integers.view(np.uint16) if unsigned else integers).astype(np.float64)
    per_frame = stored // channels
    rows = words.reshape(layout.frames, layout.words)[:, WORDS_A_POINT * layout.points :]
    samples = rows[:, : per_frame * channels].reshape(-1, channels)
    offsets = _of_each(parameters.numbers("ANALOG:OFFSET"), channels, 0.0)
    if not unsigned:
        offsets = np.where(offsets >= _HALF_WORD, offsets - 2.0 * _HALF_WORD, offsets)
    scales = _of_each(parameters.numbers("ANALOG:SCALE"), channels, 1.0)
    whole = parameters.number("ANALOG:GEN_SCALE")
    return np.asarray((samples - offsets) * scales * (1.0 if whole is None else whole))


def _of_each(numbers: Array, channels: int, missing: float) -> Array:
    found = np.full(channels, missing)
    found[: len(numbers)] = numbers[:channels]
    return found
