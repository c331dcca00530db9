"""How a signal is said: the same words in settings, pipelines and on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from neuropose.analyzer.kinematics.angles import ANGLES
from neuropose.data import SegmentSignal

SIGNAL_WORDS = ("joint", "height", "distance", "speed", "angle")
"""Words that say a signal without its `kind`; just one of them is given."""

_WHAT_TO_GIVE = "give one signal: joint with axis, height, distance, speed or angle"


def spelled_out(given: Any) -> Any:
    """Return the fields of a `SegmentSignal` for a signal that was said in a word.

    Parameters
    ----------
    given : object
        A mapping with one of `SIGNAL_WORDS`, and perhaps ``inverted``: ``joint`` (with ``axis``),
        ``height`` (of a joint, along ``up``), ``distance`` (of two joints), ``speed`` (of a joint)
        or ``angle`` (a joint angle by name, or three joints). Joints are a list, or text with
        commas. A mapping with ``kind``, and anything that is not a mapping, is returned as it is,
        but for text in place of a list of joints.

    Returns
    -------
    object

    Raises
    ------
    ValueError
        If not just one signal is given.

    Examples
    --------
    >>> spelled_out({"height": "left_wrist"})
    {'kind': 'axis', 'joints': ('left_wrist',), 'axis': 'up'}
    >>> spelled_out({"angle": "left_hip, left_knee, left_ankle", "inverted": True})
    {'inverted': True, 'kind': 'angle', 'joints': ('left_hip', 'left_knee', 'left_ankle')}
    >>> spelled_out({"angle": "left_knee_flexion"})
    {'kind': 'joint_angle', 'angle': 'left_knee_flexion'}
    """
    if not isinstance(given, Mapping):
        return given
    rest = {name: value for name, value in given.items() if name not in SIGNAL_WORDS}
    if given.get("kind") is not None:
        if isinstance(given.get("joints"), str):
            rest["joints"] = _names(given["joints"])
        return rest | {name: given[name] for name in SIGNAL_WORDS if given.get(name) is not None}
    said = {name: given[name] for name in SIGNAL_WORDS if given.get(name) is not None}
    if len(said) != 1 or ("joint" in said) is not (given.get("axis") is not None):
        raise ValueError(_WHAT_TO_GIVE)
    rest.pop("kind", None)
    [(word, value)] = said.items()
    names = _names(value)
    if word == "joint":
        return rest | {"kind": "axis", "joints": names}
    if word == "height":
        return rest | {"kind": "axis", "joints": names, "axis": "up"}
    if word == "angle" and isinstance(names, tuple) and len(names) == 1:
        return rest | {"kind": "joint_angle", "angle": names[0]}
    return rest | {"kind": word, "joints": names}


def _names(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return tuple(value) if isinstance(value, list) else value


def _known_angle(signal: SegmentSignal) -> SegmentSignal:
    if signal.angle is not None and signal.angle not in ANGLES:
        raise ValueError(f"there is no angle {signal.angle!r}; there are {', '.join(ANGLES)}")
    return signal


Signal = Annotated[SegmentSignal, BeforeValidator(spelled_out), AfterValidator(_known_angle)]
"""A `SegmentSignal` in a contract of settings: said in full, or in one of `SIGNAL_WORDS`."""
