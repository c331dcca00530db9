"""What a measure is good for: the largest standard error with which it is still given, and why.

A measure is there to tell something: a patient from a healthy person, or a change from none. Half
of the smallest difference that matters is the largest standard error that allows it. Where no such
difference is published it is a quarter of the value, whose 95 % interval then reaches from half of
the value to one and a half.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from neuropose.data import Source
from neuropose.sequence.data import ReferenceFrame, SequenceData
from neuropose.skeletons.sides import SIDES


class Plane(StrEnum):
    """The plane of the body in which something moves: one camera sees it that looks across."""

    SAGITTAL = "sagittal"
    FRONTAL = "frontal"
    NONE = "none"
    """No single view shows it."""


class Limit(NamedTuple):
    """The largest standard error with which a measure is given.

    Parameters
    ----------
    most : float
        In the measure's unit, or as a share of its value.
    source : str
        Where the limit is from.
    plane : Plane
        In which plane one camera would see it.
    is_share : bool
        Whether `most` is a share of the value.
    """

    most: float
    source: str
    plane: Plane = Plane.SAGITTAL
    is_share: bool = False

    def exceeded_by(self, value: float, standard_error: float) -> bool:
        """Tell whether a standard error is too large.

        Parameters
        ----------
        value, standard_error : float
            In the measure's unit.

        Returns
        -------
        bool

        Examples
        --------
        >>> ANGLE.exceeded_by(40.0, 5.5), Limit(0.25, "", is_share=True).exceeded_by(40.0, 5.5)
        (True, False)
        """
        return standard_error > (self.most * abs(value) if self.is_share else self.most)

    def __str__(self) -> str:
        return f"{100.0 * self.most:g} % of it" if self.is_share else f"{self.most:g}"


_MCGINLEY = "errors above 5° mislead: McGinley et al. 2009, Gait Posture 29:360"
_SPEED = "half of 0.10 m/s, which matters: Bohannon & Glenney 2014, J Eval Clin Pract 20:295"
_OF_SPEED = "what half of 0.10 m/s is of a walking speed of 1.25 m/s"
_PHASES = "half of 4 %, as a stance of 64 % is from the usual 60 %: Perry & Burnfield 2010, ch. 1"
_ASYMMETRY = "half of 10 %, beyond which gait counts as asymmetric: Robinson et al. 1987"
_RATIO = "half of 0.08, beyond which step lengths are asymmetric: Patterson et al. 2010"
_RANGE = "a quarter of the value: its 95 % interval is half of it to one and a half"
_COUNT = "half of one"

ANGLE = Limit(5.0, _MCGINLEY)
"""Of every joint angle, and of its range."""
_OF_RANGE = Limit(0.25, _RANGE, is_share=True)
_TIME = Limit(0.04, f"4 %, {_OF_SPEED}, of a stride of 1 s")
_PHASE = Limit(2.0, _PHASES)
_INDEX = Limit(5.0, _ASYMMETRY)
_COUNTED = Limit(0.5, _COUNT)
_FRONTAL = _OF_RANGE._replace(plane=Plane.FRONTAL)
_ANY = _OF_RANGE._replace(plane=Plane.NONE)

GAIT: Mapping[str, Limit] = {
    "stride_time": _TIME,
    "step_time": _TIME,
    "cadence": Limit(4.0, f"4 %, {_OF_SPEED}, of 100 steps/min"),
    **dict.fromkeys(
        (
            *("stance", "swing", "single_support"),
            *("initial_double_support", "terminal_double_support"),
        ),
        _PHASE,
    ),
    "stride_length": Limit(50.0, f"4 %, {_OF_SPEED}, of a stride of 1.25 m"),
    "step_length": Limit(25.0, f"4 %, {_OF_SPEED}, of a step of 0.63 m"),
    "step_width": Limit(
        15.0,
        "half of 30 mm, the spread between adults: Hollman et al. 2011, Gait Posture 34:111",
        Plane.FRONTAL,
    ),
    "margin_of_stability_ap": Limit(25.0, "as of step_length, by which it is set"),
    "margin_of_stability_ml": Limit(15.0, "as of step_width, by which it is set", Plane.FRONTAL),
    "walking_speed": Limit(0.05, _SPEED),
    "foot_clearance": Limit(5.0, "less than half of the usual 13 mm: Winter 1992, Phys Ther 72:45"),
    "turns": _COUNTED._replace(plane=Plane.NONE),
    "turning_strides": _COUNTED._replace(plane=Plane.NONE),
}
"""Of gait, by the name of the measure without its side."""
COMPARISONS: Mapping[str, Limit] = {
    "symmetry_index": _INDEX,
    "symmetry_ratio": Limit(0.04, _RATIO),
    "log_ratio": Limit(0.04, _RATIO),
}
"""Of comparisons of both sides, in every task."""
_CHAIR = {
    "rises": _COUNTED,
    "rise_time": _OF_RANGE,
    "peak_rise_speed": _OF_RANGE,
    "height_gained": _OF_RANGE,
    "rise_sparc": _OF_RANGE,
    **dict.fromkeys(
        ("five_times_to_stand", "five_times_to_seat"),
        Limit(
            1.25,
            "half of 2.5 s, a detectable change: Goldberg et al. 2012, Aging Clin Exp Res 24:339",
        ),
    ),
}
_UP_AND_GO = {
    "duration": Limit(
        0.55,
        "half of 1.1 s, a detectable change: Alghadir et al. 2015, BMC Musculoskelet Disord 16:174",
    ),
    **dict.fromkeys(
        (
            *("stand_up_duration", "walk_out_duration", "turn_duration"),
            *("walk_back_duration", "turn_to_sit_duration"),
        ),
        _OF_RANGE,
    ),
    **dict.fromkeys(("turn_angle", "turn_to_sit_angle"), Limit(22.5, "half of 45°, a turn")),
    **dict.fromkeys(("turn_peak_speed", "turn_to_sit_peak_speed"), _ANY),
    **dict.fromkeys(("turn_steps", "steps"), _COUNTED),
}
_SWAY = {
    **dict.fromkeys(("rms_ml", "range_ml", "mean_velocity_ml", "noise_ml"), _FRONTAL),
    **dict.fromkeys(("rms_ap", "range_ap", "mean_velocity_ap", "noise_ap"), _OF_RANGE),
}
_ARM_SWING = {
    "amplitude": _OF_RANGE,
    "lag_behind_leg": Limit(5.0, "half of 10 % of the stride, a tenth of a swing there and back"),
    "lag_of_arms": Limit(5.0, "half of 10 % of the stride, a tenth of a swing there and back"),
    **dict.fromkeys(
        ("coordination", "coordination_of_arms"), Limit(0.1, "a tenth of its range, 0 to 1")
    ),
}
_REACH = {
    "movement_units": _COUNTED._replace(plane=Plane.NONE),
    "time_to_peak_speed": Limit(5.0, "half of 10 % of the movement"),
}
_BY_TASK: Mapping[str, Mapping[str, Limit]] = {
    "gait": GAIT,
    "sit_to_stand": _CHAIR,
    "timed_up_and_go": _UP_AND_GO,
    "sway": _SWAY,
    "arm_swing": _ARM_SWING,
    "reach": _REACH,
}


class Basis(NamedTuple):
    """A measure that others mean nothing without.

    Parameters
    ----------
    measure : str
        How large something is.
    others : tuple of str
        What is counted, timed or divided in it.
    """

    measure: str
    others: tuple[str, ...]


BASES: Mapping[str, Basis] = {
    "repetitions": Basis(
        "amplitude",
        (
            *("repetitions", "rate", "interval", "interval_cv", "pauses", "longest_pause"),
            *("peak_speed", "peak_speed_early", "peak_speed_late", "interval_increase"),
            *("amplitude_early", "amplitude_late", "amplitude_decay", "amplitude_slope"),
            *("speed_decay", "sparc"),
        ),
    ),
    "sway": Basis("mean_velocity", ("mean_frequency",)),
}
"""By task. Who does not move is not given a rhythm by the noise of the recording."""
TOLD_FROM_NOTHING = 3.0
"""Standard errors that the size must be."""
_SEEN = {Plane.SAGITTAL: "from the side", Plane.FRONTAL: "from the front or behind"}
_FRONTAL_ANGLES = ("abduction", "obliquity", "lean_right")
_NO_PLANE = ("rotation", "elbow")


def limit_of(task: str, measure: str, unit: str) -> Limit:
    """Return the largest standard error with which a measure is given.

    Parameters
    ----------
    task : str
        As a report names it.
    measure : str
        Name of the measure, with its side if it has one.
    unit : str
        Its unit.

    Returns
    -------
    Limit

    Examples
    --------
    >>> str(limit_of("gait", "step_length_left", "mm")), str(limit_of("reach", "path_length", "mm"))
    ('25', '25 % of it')
    >>> str(limit_of("range_of_motion", "knee_flexion_range_left", "deg"))
    '5'
    """
    for comparison, limit in COMPARISONS.items():
        if measure.endswith(comparison):
            return limit
    base = measure
    for side in SIDES:
        base = base.removesuffix(f"_{side}")
    own = _BY_TASK.get(task, {}).get(base)
    if own is not None:
        return own
    if unit == "deg":
        return ANGLE._replace(plane=plane_of_angle(base))
    return _ANY


def plane_of_angle(name: str) -> Plane:
    """Return the plane in which one camera would see an angle.

    Parameters
    ----------
    name : str
        Of an angle, or of a measure of it.

    Returns
    -------
    Plane

    Examples
    --------
    >>> plane_of_angle("left_hip_abduction").value, plane_of_angle("knee_flexion_range").value
    ('frontal', 'sagittal')
    """
    if any(part in name for part in _NO_PLANE):
        return Plane.NONE
    return Plane.FRONTAL if any(part in name for part in _FRONTAL_ANGLES) else Plane.SAGITTAL


_OF_SIZE = ("mm", "m", "mm/s", "m/s")
_OF_VERTICAL = ("hip_", "pelvis_", "trunk_", "foot_clearance", "margin_of_stability", "sway")
"""What is measured against the vertical: knees, ankles and times are not."""


def seen_from(recording: SequenceData) -> str:
    """Return what could not see it, if an error is too large.

    Parameters
    ----------
    recording : SequenceData
        What was measured.

    Returns
    -------
    str
        ``this view`` of one camera, ``these cameras`` or ``these markers``.

    Examples
    --------
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> seen_from(walker_sequence(simulate_walk()))
    'these markers'
    """
    if recording.frame is ReferenceFrame.CAMERA or recording.position_error.one_camera:
        return "this view"
    return "these cameras" if recording.position_error.from_pictures else "these markers"


def not_given(recording: SequenceData, name: str, unit: str) -> str:
    """Say what could be given of a person whom one camera sees, was not, and is what counts.

    Parameters
    ----------
    recording : SequenceData
        What was measured.
    name, unit : str
        Of the measure.

    Returns
    -------
    str
        Empty if there is nothing.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from neuropose.data import Source
    >>> from neuropose.testing import simulate_walk, walker_sequence
    >>> tilted = replace(walker_sequence(simulate_walk()), up_source=Source.ASSUMED)
    >>> not_given(tilted, "hip_flexion_peak_left", "deg"), not_given(tilted, "cadence", "steps/min")
    ('which way is up (up)', '')
    """
    height = recording.assumptions.get("height")
    missing = []
    if unit in _OF_SIZE and height is not None and height.source is Source.ASSUMED:
        missing.append("the person's height (height_mm)")
    one_side = name.removeprefix("left_").removeprefix("right_")
    if one_side.startswith(_OF_VERTICAL) and recording.up_source is Source.ASSUMED:
        missing.append("which way is up (up)")
    return " and ".join(missing)


def remedy(plane: Plane, view: str | None, given: str = "") -> str:
    """Say what would tell what this view does not.

    Parameters
    ----------
    plane : Plane
        In which plane it moves.
    view : str or None
        From where it was filmed, as `View` says it. None: not known.
    given : str
        What would make the standard error smaller if it were given, as `not_given` says it.

    Returns
    -------
    str

    Examples
    --------
    >>> remedy(Plane.SAGITTAL, "from the front or behind")
    'film from the side, or with a second camera'
    >>> remedy(Plane.SAGITTAL, "from the side", "which way is up (up)")
    'give which way is up (up), or film with a second camera'
    """
    better = _SEEN.get(plane)
    by_film = "film with a second camera"
    if better is not None and view != better:
        by_film = f"film {better}, or with a second camera"
    return f"give {given}, or {by_film}" if given else by_film
