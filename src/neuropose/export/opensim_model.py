"""The body of a reconstruction as an OpenSim model: a kinematic skeleton with its markers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from neuropose.export.body_chain import FITTED, ChainSegment, body_chain
from neuropose.export.movement import Movement

Array = NDArray[np.float64]

VERSION = 40000
"""Version of OpenSim's files: those of OpenSim 4."""
_M = 0.001
_MASS_KG = 1.0


def model_xml(movement: Movement) -> str:
    """Return a model of one person's body.

    Parameters
    ----------
    movement : Movement
        Of a reconstruction.

    Returns
    -------
    str
        Every segment is a body of 1 kg, its coordinates have NeuroPose's names, and every joint of
        the movement is a marker. It is for kinematics: there are no muscles and no real masses.
    """
    chain = body_chain(movement)
    parts = [
        f'<Model name="neuropose">\n<credits>{escape("NeuroPose")}</credits>',
        "<length_units>meters</length_units>\n<force_units>N</force_units>",
        *_set("BodySet", [_body(each) for each in chain]),
        *_set("JointSet", [_joint(each, movement.coordinates) for each in chain]),
        *_set("MarkerSet", list(_markers(movement, chain))),
        "</Model>",
    ]
    return document("\n".join(parts))


def document(inner: str) -> str:
    """Return a file of OpenSim.

    Parameters
    ----------
    inner : str
        XML of what it holds.

    Returns
    -------
    str
    """
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<OpenSimDocument Version="{VERSION}">\n'
        f"{inner}\n</OpenSimDocument>\n"
    )


def _set(name: str, objects: list[str]) -> tuple[str, ...]:
    return f'<{name} name="{name.lower()}">\n<objects>', *objects, f"</objects>\n</{name}>"


def _body(segment: ChainSegment) -> str:
    return (
        f'<Body name="{segment.name}"><mass>{_MASS_KG}</mass><mass_center>0 0 0</mass_center>'
        "<inertia>0.01 0.01 0.01 0 0 0</inertia></Body>"
    )


def _joint(segment: ChainSegment, moving: Mapping[str, Array]) -> str:
    parent = "/ground" if segment.parent is None else f"/bodyset/{segment.parent}"
    coordinates = "".join(
        f'<Coordinate name="{each.name}"><default_value>0</default_value>'
        f"<range>{'-50 50' if each.translation else '-6.4 6.4'}</range>"
        f"<clamped>false</clamped><locked>{str(each.name not in moving).lower()}</locked>"
        "</Coordinate>"
        for each in segment.coordinates
    )
    turns = [(each.name, each.axis) for each in segment.coordinates if not each.translation]
    moves = [(each.name, each.axis) for each in segment.coordinates if each.translation]
    axes = _transform("rotation", turns) + _transform("translation", moves)
    return (
        f'<CustomJoint name="{segment.name}_joint">'
        "<socket_parent_frame>parent_offset</socket_parent_frame>"
        "<socket_child_frame>child_offset</socket_child_frame>"
        f"<coordinates>{coordinates}</coordinates><frames>"
        f"{_frame('parent_offset', parent, _M * segment.offset_mm)}"
        f"{_frame('child_offset', f'/bodyset/{segment.name}', np.zeros(3))}"
        f"</frames><SpatialTransform>{axes}</SpatialTransform></CustomJoint>"
    )


def _frame(name: str, parent: str, at_m: Array) -> str:
    return (
        f'<PhysicalOffsetFrame name="{name}"><socket_parent>{parent}</socket_parent>'
        f"<translation>{_vector(at_m)}</translation><orientation>0 0 0</orientation>"
        "</PhysicalOffsetFrame>"
    )


def _transform(kind: str, used: list[tuple[str, tuple[float, float, float]]]) -> str:
    """Return three axes: those of the coordinates, and others across them that stand still."""
    taken = {int(np.flatnonzero(axis)[0]) for _, axis in used}
    rest = [("", tuple(np.eye(3)[index])) for index in (2, 0, 1) if index not in taken]
    lines = []
    for number, (name, axis) in enumerate([*used, *rest], start=1):
        function = (
            '<LinearFunction name="function"><coefficients>1 0</coefficients></LinearFunction>'
            if name
            else '<Constant name="function"><value>0</value></Constant>'
        )
        lines.append(
            f'<TransformAxis name="{kind}{number}"><coordinates>{name}</coordinates>'
            f"<axis>{_vector(np.asarray(axis, np.float64))}</axis>{function}</TransformAxis>"
        )
    return "".join(lines)


def _markers(movement: Movement, chain: tuple[ChainSegment, ...]) -> Iterator[str]:
    assert movement.shape is not None
    offsets_mm = movement.shape.offsets_mm
    for segment in chain:
        for name, at_mm in segment.landmarks_mm.items():
            written = name if name in movement.names else FITTED.get(name)
            if written not in movement.names:
                continue
            place_mm = at_mm
            if name in segment.surface:
                kind = name.removeprefix("left_").removeprefix("right_")
                outwards = -1.0 if name.startswith("left_") else 1.0
                offset_mm = np.asarray(offsets_mm.get(kind, (0.0, 0.0, 0.0)))
                place_mm = at_mm + offset_mm * np.array([1.0, 1.0, outwards])
            yield marker_xml(written, segment.name, _M * place_mm, fixed=True)


def marker_xml(name: str, body: str, at_m: Array, *, fixed: bool) -> str:
    """Return a marker of a model.

    Parameters
    ----------
    name : str
        Name of the marker.
    body : str
        Body that it lies on.
    at_m : ndarray, shape (3,)
        Where, in the axes of the body, m.
    fixed : bool
        Whether it stays there when the model is scaled.

    Returns
    -------
    str
    """
    return (
        f'<Marker name="{name}"><socket_parent_frame>/bodyset/{body}</socket_parent_frame>'
        f"<location>{_vector(at_m)}</location><fixed>{str(fixed).lower()}</fixed></Marker>"
    )


def _vector(values: Array) -> str:
    return " ".join(f"{value + 0.0:.6g}" for value in values)
