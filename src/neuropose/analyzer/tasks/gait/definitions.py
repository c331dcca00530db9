"""The measures of gait: unit, definition and source of each.

They are also listed in ``docs/reference/measures.md``.
"""

from __future__ import annotations

from typing import NamedTuple

WHITTLE = "Whittle 2007, Gait Analysis, 4th ed., ch. 2"
PERRY = "Perry & Burnfield 2010, Gait Analysis, 2nd ed., ch. 1"
HUXHAM = "Huxham et al. 2006, Gait Posture 23:159"
HOF = "Hof et al. 2005, J Biomech 38:1; McAndrew Young et al. 2012, J Biomech 45:1053"
ROBINSON = "Robinson et al. 1987, J Manipulative Physiol Ther 10:172"


class Definition(NamedTuple):
    """What a measure is.

    Parameters
    ----------
    unit : str
        Unit of the measure.
    text : str
        Definition in words.
    source : str
        Literature reference of the definition.
    spatial : bool
        Whether it is computed from places, which need the vertical, the heading and the surface.
    """

    unit: str
    text: str
    source: str
    spatial: bool = False


STRIDE_MEASURES: dict[str, Definition] = {
    "stride_time": Definition(
        "s", "from one initial contact to the next of the same foot", WHITTLE
    ),
    "cadence": Definition("steps/min", "120 / stride time", WHITTLE),
    "step_time": Definition(
        "s", "from the other foot's initial contact to this foot's, which ends the stride", WHITTLE
    ),
    "stance": Definition("%", "of the stride, from initial contact to foot off", PERRY),
    "swing": Definition("%", "of the stride, from foot off to initial contact", PERRY),
    "initial_double_support": Definition(
        "%", "of the stride, from initial contact to the other foot's foot off", PERRY
    ),
    "single_support": Definition(
        "%", "of the stride, from the other foot's foot off to its initial contact", PERRY
    ),
    "terminal_double_support": Definition(
        "%", "of the stride, from the other foot's initial contact to foot off", PERRY
    ),
    "stride_length": Definition(
        "mm",
        "between two places of rest of the same heel, along the line of progression",
        HUXHAM,
        spatial=True,
    ),
    "step_length": Definition(
        "mm",
        "from the other heel's place of rest to this one's, which ends the stride, along the line "
        "of progression",
        HUXHAM,
        spatial=True,
    ),
    "step_width": Definition(
        "mm",
        "between the same two places across the line of progression; negative: the feet cross",
        HUXHAM,
        spatial=True,
    ),
    "walking_speed": Definition("m/s", "stride length / stride time", WHITTLE, spatial=True),
    "foot_clearance": Definition(
        "mm",
        "lowest height of the toe in mid-swing, above its lowest height on the floor, at push-off",
        "Winter 1992, Phys Ther 72:45",
        spatial=True,
    ),
    "margin_of_stability_ap": Definition(
        "mm",
        "at initial contact, from the extrapolated centre of mass (of the pelvis) forwards to the "
        "toe",
        HOF,
        spatial=True,
    ),
    "margin_of_stability_ml": Definition(
        "mm",
        "at initial contact, from the extrapolated centre of mass (of the pelvis) outwards to the "
        "outer one of heel and toe",
        HOF,
        spatial=True,
    ),
}
"""Measures of every stride, for each side and for both sides together."""

COMPARED = ("step_time", "step_length", "stance", "swing", "single_support", "foot_clearance")
"""Measures that are compared between left and right."""

SYMMETRY_MEASURES: dict[str, Definition] = {
    "symmetry_index": Definition(
        "%", "(left − right) / (0.5 (left + right)) · 100, of the means of both sides", ROBINSON
    ),
    "symmetry_ratio": Definition(
        "1",
        "affected / unaffected side, of the means",
        "Patterson et al. 2010, Gait Posture 31:241",
    ),
    "log_ratio": Definition(
        "1",
        "natural logarithm of affected / unaffected side; of left / right if none is said to be "
        "affected",
        "Patterson et al. 2010, Gait Posture 31:241",
    ),
}
"""Measures of symmetry, for each of `COMPARED`."""

COUNTS: dict[str, Definition] = {
    "turns": Definition(
        "1",
        "changes of heading by more than 45°, faster than 15°/s",
        "El-Gohary et al. 2014, Sensors 14:356",
    ),
    "turning_strides": Definition(
        "1",
        "strides more than a fifth of which is within a turn: left out of the means",
        "as turns",
    ),
}
"""Measures of the whole recording."""

ANGLE_MEASURES: dict[str, Definition] = {
    "range": Definition("deg", "largest less smallest angle within a stride", PERRY),
    "peak": Definition("deg", "largest angle within a stride", PERRY),
}
"""Measures of every joint angle, stride by stride."""
