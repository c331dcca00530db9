"""Every feature: its column, unit, definition and source, and how columns are named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from neuropose.analyzer.kinematics.angles import ANGLES
from neuropose.analyzer.tasks.gait.definitions import STRIDE_MEASURES
from neuropose.skeletons.sides import SIDES

TRACKED = ("wrist", "knee", "ankle")
"""Joints of each side whose movement relative to the pelvis is described."""

SUFFIXES = {
    "s": "s",
    "mm": "mm",
    "deg": "deg",
    "%": "percent",
    "1": "",
    "mm/s": "mm_s",
    "m/s": "m_s",
    "deg/s": "deg_s",
    "Hz": "hz",
    "steps/min": "steps_min",
}
"""How a unit is written at the end of a column's name."""

_PERRY = "Perry & Burnfield 2010, Gait Analysis, 2nd ed., ch. 1"
_ROBINSON = "Robinson et al. 1987, J Manipulative Physiol Ther 10:172"
_SPARC = "Balasubramanian et al. 2015, J NeuroEng Rehabil 12:112"
_HARRIS = "Harris 1978, Proc IEEE 66:51 (periodogram under a Hann window)"
_DEFINED = "as defined here"

LEAST_FREQUENCY_S = 10.0
"""Shortest whole trial for which a frequency is reported. A frequency is known to 1 / duration,
here 0.1 Hz, and under a Hann window a peak is 4 / duration wide. Strides of a slow walk take 2
s: ten seconds hold five of them, and resolve frequencies 0.5 Hz apart, as its harmonics are."""


class Feature(NamedTuple):
    """Definition of a column of the feature table.

    Parameters
    ----------
    column : str
        Name of the column in the table.
    unit : str
        Unit of the values; ``1`` if there is none.
    definition : str
        What the column measures.
    source : str
        Literature reference of the definition.
    spread_column : str
        Column in which `neuropose.features.summarise_features` stores its standard deviation.
    side : {"left", "right"} or None
        Side that is measured; only strides of this foot are summarised. None: the whole body, or
        both sides.
    of_stride : bool
        Whether it is known only in strides of its side.
    """

    column: str
    unit: str
    definition: str
    source: str
    spread_column: str
    side: str | None = None
    of_stride: bool = False


def column_name(name: str, unit: str, side: str | None = None) -> str:
    """Return the name of a column: what, which side, in which unit.

    Parameters
    ----------
    name : str
        What is measured.
    unit : str
        One of `SUFFIXES`.
    side : {"left", "right"}, optional

    Returns
    -------
    str

    Examples
    --------
    >>> column_name("knee_flexion_range", "deg", "left")
    'knee_flexion_range_left_deg'
    >>> column_name("wrist_sparc", "1", "right")
    'wrist_sparc_right'
    """
    return "_".join(part for part in (name, side, SUFFIXES[unit]) if part)


def split_side(angle: str) -> tuple[str, str | None]:
    """Split the name of an angle into what is measured and its side.

    Parameters
    ----------
    angle : str
        Name of an angle, such as ``left_knee_flexion``.

    Returns
    -------
    name : str
    side : {"left", "right"} or None

    Examples
    --------
    >>> split_side("left_knee_flexion"), split_side("pelvis_tilt")
    (('knee_flexion', 'left'), ('pelvis_tilt', None))
    """
    side, _, name = angle.partition("_")
    return (name, side) if side in SIDES else (angle, None)


ANGLE_FEATURES = {
    "range": ("deg", "largest less smallest angle", _PERRY),
    "max": ("deg", "largest angle", _PERRY),
    "min": ("deg", "smallest angle", _PERRY),
    "mean": ("deg", "mean angle", _PERRY),
    "velocity_max": ("deg/s", "largest rate of change of the angle, either direction", _DEFINED),
}
"""Features of every joint angle."""

JOINT_FEATURES = {
    "speed_max": ("mm/s", "largest speed against the pelvis", _DEFINED),
    "speed_mean": ("mm/s", "mean speed against the pelvis", _DEFINED),
    "path": ("mm", "length of the path against the pelvis", _DEFINED),
    "sparc": (
        "1",
        "spectral arc length of the speed against the pelvis; not of whole trials, which are more "
        "than one movement; compare it only within one kind of segment",
        _SPARC,
    ),
    "ldlj": ("1", "log dimensionless jerk of the same speed; as sparc", _SPARC),
    "velocity_dominant_frequency": (
        "Hz",
        "frequency of the largest power of the velocity against the pelvis, all axes; a multiple "
        f"of 1 / duration; only of whole trials of at least {LEAST_FREQUENCY_S:g} s: a stride or "
        "repetition is about one period, and gives only multiples of 1 / its own duration",
        _HARRIS,
    ),
    "velocity_median_frequency": (
        "Hz",
        "frequency below which half of the power of that velocity lies; a multiple of "
        "1 / duration; as velocity_dominant_frequency",
        _HARRIS,
    ),
}
"""Features of every joint in `TRACKED`, for each side."""


def _feature(
    name: str, unit: str, text: str, source: str, side: str | None = None, of_stride: bool = False
) -> Feature:
    column, spread = (column_name(part, unit, side) for part in (name, f"{name}_sd"))
    return Feature(column, unit, text, source, spread, side, of_stride)


def _all() -> Iterator[Feature]:
    yield _feature("duration", "s", "from start to end", _DEFINED)
    for angle in ANGLES:
        name, side = split_side(angle)
        for kind, (unit, text, source) in ANGLE_FEATURES.items():
            what = f"{angle.replace('_', ' ')}: {text}"
            yield _feature(f"{name}_{kind}", unit, what, source, side)
    for name in dict.fromkeys(name for name, side in map(split_side, ANGLES) if side):
        yield _symmetry(f"{name}_range")
    for joint in TRACKED:
        for kind, (unit, text, source) in JOINT_FEATURES.items():
            for side in SIDES:
                what = f"{side} {joint}: {text}"
                yield _feature(f"{joint}_{kind}", unit, what, source, side)
        yield _symmetry(f"{joint}_path")
    for name, measure in STRIDE_MEASURES.items():
        for side in SIDES:
            yield _feature(
                name,
                measure.unit,
                f"{side} foot: {measure.text}",
                measure.source,
                side,
                of_stride=True,
            )


def _symmetry(name: str) -> Feature:
    text = f"(left − right) / (0.5 (left + right)) · 100 of {name.replace('_', ' ')}"
    return _feature(f"{name}_symmetry_index", "%", text, _ROBINSON)


FEATURES: dict[str, Feature] = {feature.column: feature for feature in _all()}
"""Every feature by its column, in the order of the columns."""
