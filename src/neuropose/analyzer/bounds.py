"""What a quantity can be at all: no duration is negative, and no share of a stride above 100 %."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

from neuropose.analyzer.kinematics.angles.plausible import most_range_deg
from neuropose.skeletons.sides import SIDES

Interval = tuple[float, float]

_ANY: Interval = (-inf, inf)
_NOT_NEGATIVE: Interval = (0.0, inf)
_OF_UNIT: Mapping[str, Interval] = dict.fromkeys(
    ("s", "Hz", "steps/min", "m/s", "mm/s", "deg/s", "mm²"), _NOT_NEGATIVE
)
"""Units in which every measure is a duration, a rate, a speed or an area."""
_OF_COMPARISON: Mapping[str, Interval] = {
    "symmetry_index": _ANY,  # a side may be negative, as a step length
    "symmetry_ratio": _NOT_NEGATIVE,
    "log_ratio": _ANY,
}
_OF_MEASURE: Mapping[str, Interval] = {
    **dict.fromkeys(
        (
            *("stance", "swing", "single_support"),
            *("initial_double_support", "terminal_double_support", "time_to_peak_speed"),
        ),
        (0.0, 100.0),
    ),
    **dict.fromkeys(("coordination", "coordination_of_arms"), (0.0, 1.0)),
    "path_ratio": (1.0, inf),
    **dict.fromkeys(
        (
            *("turns", "turning_strides", "movement_units", "rises", "turn_steps", "steps"),
            *("repetitions", "pauses", "interval_cv"),
            *("stride_length", "reach_distance", "path_length", "trunk_displacement"),
            *("height_gained", "mean_distance", "rms_distance", "angle"),
            *("amplitude", "amplitude_early", "amplitude_late"),
            *(f"{name}_{axis}" for name in ("rms", "range", "noise") for axis in ("ap", "ml")),
        ),
        _NOT_NEGATIVE,
    ),
}


def bounds_of(measure: str, unit: str) -> Interval:
    """Return the least and the greatest value that a measure can have.

    Parameters
    ----------
    measure : str
        Name of the measure, with its side if it has one.
    unit : str
        Its unit.

    Returns
    -------
    tuple of float
        Infinite where there is none, as for a step width, which is negative if the feet cross.

    Examples
    --------
    >>> bounds_of("stance_left", "%"), bounds_of("knee_flexion_range_left", "deg")
    ((0.0, 100.0), (0.0, 190.0))
    >>> bounds_of("step_width", "mm"), bounds_of("step_time", "s")
    ((-inf, inf), (0.0, inf))
    """
    for comparison, bounds in _OF_COMPARISON.items():
        if measure.endswith(comparison):
            return bounds
    base = measure
    for side in SIDES:
        base = base.removesuffix(f"_{side}")
    if base.endswith("_range"):
        most = most_range_deg(base.removesuffix("_range")) if unit == "deg" else inf
        return 0.0, most
    return _OF_MEASURE.get(base) or _OF_UNIT.get(unit, _ANY)


def within_bounds(interval: Interval, value: float, bounds: Interval) -> Interval:
    """Cut an interval to what the quantity can be.

    Parameters
    ----------
    interval : tuple of float
        Around the value.
    value : float
        Stays within the interval, even if noise made it impossible.
    bounds : tuple of float
        Least and greatest.

    Returns
    -------
    tuple of float

    Examples
    --------
    >>> within_bounds((0.65, 1.30), 0.98, (0.0, 1.0))
    (0.65, 1.0)
    >>> within_bounds((-3.0, 1.0), -1.0, (0.0, 100.0))
    (-1.0, 1.0)
    """
    (low, high), (least, greatest) = interval, bounds
    return max(low, min(least, value)), min(high, max(greatest, value))
