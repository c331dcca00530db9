"""Every feature: its column, unit, definition and source. The names of columns are made here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from neuropose.analyzer.kinematics.angles import ANGLES
from neuropose.analyzer.tasks.gait.definitions import STRIDE_MEASURES
from neuropose.skeletons.sides import SIDES

TRACKED = ("wrist", "knee", "ankle")
"""Joints of each side whose movement against the pelvis is described."""

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
"""Shortest whole trial of which a frequency is told. A frequency is known to 1 / duration, here
0.1 Hz, and under a Hann window a peak is 4 / duration wide. Strides of a slow walk take 2 s: ten
seconds hold five of them, and tell apart what is 0.5 Hz apart, as its harmonics are."""


class Feature(NamedTuple):
    """What a column of numbers is.

    Parameters
    ----------
    column : str
    unit : str
    definition : str
    source : str
    spread_column : str
        Where `neuropose.features.summarise_features` puts its standard deviation.
    side : {"left", "right"} or None
        What it is of; among strides, only those of this foot are summarised. None: of the whole
        body, or of both sides.
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
    """Give the name of a column: what, which side, in what unit.

    Parameters
    ----------
    name : str
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
    """Part an angle's name into what it is and its side.

    Parameters
    ----------
    angle : str

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
"""Of every joint angle."""

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
"""Of every one of `TRACKED`, each side."""


def _feature(
    name: str, unit: str, text: str, source: str, side: str | None = None, of_stride: bool = False
) -> Feature:
    column, spread = (column_name(each, unit, side) for each in (name, f"{name}_sd"))
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
    for name, each in STRIDE_MEASURES.items():
        for side in SIDES:
            yield _feature(
                name, each.unit, f"{side} foot: {each.text}", each.source, side, of_stride=True
            )


def _symmetry(name: str) -> Feature:
    text = f"(left − right) / (0.5 (left + right)) · 100 of {name.replace('_', ' ')}"
    return _feature(f"{name}_symmetry_index", "%", text, _ROBINSON)


FEATURES: dict[str, Feature] = {each.column: each for each in _all()}
"""Every feature by its column, in the order of the columns."""
