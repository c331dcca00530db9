"""The kinematic skeleton: segments, coordinates, lengths and landmarks, read from a YAML file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import AfterValidator, Field, PositiveFloat, ValidationError, model_validator

from neuropose.data.metadata import Contract, Text
from neuropose.errors import BodyModelError
from neuropose.skeletons.sides import SIDES

Vector = tuple[float, float, float]


def _unit(axis: Vector) -> Vector:
    length = math.hypot(*axis)
    if not length > 0.0:
        raise ValueError("an axis must not be zero")
    x, y, z = (each / length for each in axis)
    return x, y, z


Axis = Annotated[Vector, AfterValidator(_unit)]
Place = Mapping[str, Vector]
"""A point of a segment: a sum of lengths, each times a vector."""


class Length(Contract):
    """A length that differs between people.

    Parameters
    ----------
    of_height : float
        Mean share of the stature.
    spread : float
        Coefficient of variation between people.
    source : str
        Where the numbers are from.
    """

    of_height: PositiveFloat
    spread: PositiveFloat
    source: str = ""


class Coordinate(Contract):
    """One degree of freedom of a segment in its parent.

    Parameters
    ----------
    name : str
        Unique name; the direction in it is the positive one.
    axis : tuple of float
        In the axes of the segment before it turns; made a unit vector.
    translation : bool
        Along the axis, mm, instead of about it.
    range_deg : (float, float) or None
        What a body can do. None: no limit.
    spread_deg : float or None
        How far from zero it may be where nothing shows it. None: anything.
    acceleration : float
        Root mean square of its second derivative, deg/s² or mm/s².
    fixed : bool
        Whether it is held at zero unless it is asked for.
    source : str
        Where the range is from.
    """

    name: Text
    axis: Axis
    translation: bool = False
    range_deg: tuple[float, float] | None = None
    spread_deg: PositiveFloat | None = None
    acceleration: PositiveFloat
    fixed: bool = False
    source: str = ""


class Segment(Contract):
    """A rigid part of the body.

    Parameters
    ----------
    name : str
        Unique name.
    parent : str or None
        The segment that carries it; None for the first.
    at : mapping of str to tuple of float
        Its origin in the axes of the parent.
    coordinates : tuple of Coordinate
        How it moves in its parent, in order.
    """

    name: Text
    parent: str | None = None
    at: Annotated[Place, Field(default_factory=dict)]
    coordinates: tuple[Coordinate, ...] = ()


class Landmark(Contract):
    """A point that a source can show.

    Parameters
    ----------
    name : str
        Canonical name.
    segment : str
        The segment that carries it.
    at : mapping of str to tuple of float
        Where it is, in the axes of the segment.
    offset_mm : tuple of float
        Standard deviation of how far it is from there in one person, mm along X, Y and Z.
    surface : bool
        Whether the point itself is given out, rather than the joint's centre.
    """

    name: Text
    segment: str
    at: Place
    offset_mm: Vector
    surface: bool = False


class BodyModel(Contract):
    """A kinematic skeleton, both sides written out.

    Parameters
    ----------
    name : str
        Name of the model.
    lengths : mapping of str to Length
        Lengths that differ between people, the same for both sides.
    segments : tuple of Segment
        Parents before their children.
    landmarks : mapping of str to Landmark
        By canonical name.
    skeletons : mapping of str to mapping of str to Landmark
        The landmarks that lie elsewhere in some skeletons.

    Examples
    --------
    >>> from neuropose.body import load_body_model
    >>> body = load_body_model()
    >>> [coordinate.name for coordinate in body.coordinates(()) if "left_knee" in coordinate.name]
    ['left_knee_flexion']
    """

    name: Text
    lengths: Mapping[str, Length]
    segments: Annotated[tuple[Segment, ...], Field(min_length=1)]
    landmarks: Mapping[str, Landmark]
    skeletons: Mapping[str, Mapping[str, Landmark]] = {}

    @model_validator(mode="after")
    def _check(self) -> Self:
        known: set[str] = set()
        for segment in self.segments:
            if segment.parent is not None and segment.parent not in known:
                raise ValueError(
                    f"segment {segment.name!r}: its parent {segment.parent!r} must come before it"
                )
            known.add(segment.name)
        landmarks = [*self.landmarks.values()]
        for each in self.skeletons.values():
            landmarks += each.values()
        for landmark in landmarks:
            if landmark.segment not in known:
                raise ValueError(f"landmark {landmark.name!r}: no segment {landmark.segment!r}")
        places = [segment.at for segment in self.segments] + [mark.at for mark in landmarks]
        lengths = {*self.lengths, "height"}
        for place in places:
            if unknown := set(place) - lengths:
                raise ValueError(f"there is no length {min(unknown)!r}")
        names = [each.name for segment in self.segments for each in segment.coordinates]
        if len(set(names)) != len(names):
            raise ValueError("coordinate names must be unique")
        return self

    def coordinates(self, free: tuple[str, ...] | frozenset[str]) -> tuple[Coordinate, ...]:
        """Return the coordinates that move.

        Parameters
        ----------
        free : collection of str
            Fixed coordinates to free.

        Returns
        -------
        tuple of Coordinate
            In the order of the segments.

        Raises
        ------
        BodyModelError
            If there is no such coordinate.
        """
        every = [each for segment in self.segments for each in segment.coordinates]
        names = [each.name for each in every]
        for name in free:
            if name not in names:
                fixed = ", ".join(each.name for each in every if each.fixed)
                raise BodyModelError(
                    f"the body has no coordinate {name!r}", hint=f"fixed by default: {fixed}"
                )
        return tuple(each for each in every if not each.fixed or each.name in free)

    def landmark(self, name: str, skeleton: str) -> Landmark:
        """Return where a landmark lies.

        Parameters
        ----------
        name : str
            Canonical name.
        skeleton : str
            Name of the skeleton or marker set that shows it.

        Returns
        -------
        Landmark
        """
        return self.skeletons.get(skeleton, {}).get(name, self.landmarks[name])


@cache
def load_body_model(path: Path | None = None) -> BodyModel:
    """Read a body model.

    Parameters
    ----------
    path : Path, optional
        YAML file; default: the one that comes with the program, which is a good start for a lab's
        own.

    Returns
    -------
    BodyModel

    Raises
    ------
    BodyModelError
        If the file cannot be read, or does not describe a body.

    Examples
    --------
    >>> load_body_model().name
    'human'
    """
    try:
        text = (
            resources.files("neuropose.body").joinpath("human.yaml").read_text(encoding="utf-8")
            if path is None
            else path.read_text(encoding="utf-8")
        )
        return BodyModel(**_both_sides(yaml.safe_load(text)))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BodyModelError(f"the body model cannot be read: {error}") from error
    except (ValidationError, TypeError, KeyError, AttributeError) as error:
        detail = error.errors()[0]["msg"] if isinstance(error, ValidationError) else repr(error)
        raise BodyModelError(f"not a body model: {detail}") from error


def _both_sides(written: Mapping[str, Any]) -> dict[str, Any]:
    """Write out what exists on both sides."""
    paired = {each["name"] for each in written["segments"] if each.get("sides")}
    marks = [
        mark
        for each in written["landmarks"]
        for mark in _sides(each, paired, with_coordinates=False)
    ]
    plain = {each["name"]: each for each in written["landmarks"]}
    skeletons = {}
    for name, changes in written.get("skeletons", {}).items():
        changed = [plain[mark] | change for mark, change in changes.items()]
        skeletons[name] = {
            mark["name"]: mark
            for each in changed
            for mark in _sides(each, paired, with_coordinates=False)
        }
    return {
        "name": written["name"],
        "lengths": written["lengths"],
        "segments": [
            each
            for segment in written["segments"]
            for each in _sides(segment, paired, with_coordinates=True)
        ],
        "landmarks": {mark["name"]: mark for mark in marks},
        "skeletons": skeletons,
    }


def _sides(
    written: Mapping[str, Any], paired: set[str], *, with_coordinates: bool
) -> list[dict[str, Any]]:
    """Return a segment or landmark, or its left and right ones: places and turns are mirrored."""
    plain = {key: value for key, value in written.items() if key != "sides"}
    if not written.get("sides"):
        return [plain]
    both = []
    for side in SIDES:
        sign = 1.0 if side == "right" else -1.0
        each = dict(plain)
        each["name"] = f"{side}_{plain['name']}"
        each["at"] = {name: (x, y, sign * z) for name, (x, y, z) in plain.get("at", {}).items()}
        for key in ("parent", "segment"):
            if each.get(key) in paired:
                each[key] = f"{side}_{each[key]}"
        if with_coordinates:
            each["coordinates"] = [
                coordinate
                | {
                    "name": f"{side}_{coordinate['name']}",
                    "axis": _mirrored(coordinate["axis"], sign),
                }
                for coordinate in plain.get("coordinates", [])
            ]
        both.append(each)
    return both


def _mirrored(axis: Vector, sign: float) -> Vector:
    """Return the axis of a rotation on the side of `sign`, given that on the right."""
    x, y, z = axis
    return (sign * x, sign * y, z)
