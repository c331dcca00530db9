"""The body model's file: read, both sides written out, refused with a reason."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from neuropose.body import load_body_model
from neuropose.body.kinematics import positions_mm
from neuropose.body.model import Coordinate
from neuropose.body.shape import usual_person
from neuropose.body.structure import structure
from neuropose.errors import BodyModelError
from neuropose.skeletons import CANONICAL_JOINTS, LANDMARKS


def test_every_canonical_joint_has_a_place() -> None:
    assert set(load_body_model().landmarks) == {*CANONICAL_JOINTS, *LANDMARKS}


def test_a_standing_body_is_symmetric_and_of_its_height() -> None:
    model = load_body_model()
    body = structure(model, tuple(model.landmarks))
    person = usual_person(body, 1750.0)
    points = positions_mm(
        body, np.zeros((1, len(body.names))), person.lengths_mm, person.offsets_mm
    )[0]
    where = dict(zip(body.landmarks, points, strict=True))
    for name, point in where.items():
        if name.startswith("left_"):
            mirrored = where[name.replace("left", "right")] * [1.0, 1.0, -1.0]
            np.testing.assert_allclose(point, mirrored)
    floor = where["left_heel"][1]
    assert 0.9 * 1750.0 < where["left_eye"][1] - floor < 0.97 * 1750.0
    assert where["right_hip"][2] > 0.0  # Z points to the right
    assert where["nose"][0] > 0.0  # X points forward


@pytest.mark.parametrize(
    ("name", "landmark", "axis", "sign"),
    [
        ("right_hip_flexion", "right_knee", 0, 1.0),
        ("left_hip_flexion", "left_knee", 0, 1.0),
        ("right_hip_abduction", "right_knee", 2, 1.0),
        ("left_hip_abduction", "left_knee", 2, -1.0),
        ("right_knee_flexion", "right_ankle", 0, -1.0),
        ("left_knee_flexion", "left_ankle", 0, -1.0),
        ("right_hip_internal_rotation", "right_toe", 2, -1.0),
        ("left_hip_internal_rotation", "left_toe", 2, 1.0),
        ("right_ankle_dorsiflexion", "right_toe", 1, 1.0),
        ("left_ankle_dorsiflexion", "left_toe", 1, 1.0),
        ("right_ankle_inversion", "right_toe", 2, -1.0),
        ("left_ankle_inversion", "left_toe", 2, 1.0),
        ("right_elbow_flexion", "right_wrist", 0, 1.0),
        ("left_shoulder_abduction", "left_elbow", 2, -1.0),
        ("lumbar_flexion", "neck", 0, 1.0),
        ("lumbar_bending", "neck", 2, 1.0),
        ("pelvis_tilt", "neck", 0, 1.0),
        ("pelvis_obliquity", "right_hip", 1, -1.0),
        ("pelvis_rotation", "right_hip", 0, 1.0),
    ],
)
def test_positive_is_what_the_name_says(name: str, landmark: str, axis: int, sign: float) -> None:
    model = load_body_model()
    body = structure(model, tuple(model.landmarks))
    person = usual_person(body, 1700.0)
    coordinates = np.zeros((2, len(body.names)))
    coordinates[1, body.index(name)] = 0.3
    points = positions_mm(body, coordinates, person.lengths_mm, person.offsets_mm)
    moved = (points[1] - points[0])[body.landmarks.index(landmark)]
    assert sign * moved[axis] > 10.0


def test_axes_are_unit_vectors() -> None:
    axis = Coordinate(name="a", axis=(3.0, 0.0, 4.0), acceleration=1.0).axis
    assert axis == pytest.approx((0.6, 0.0, 0.8))
    with pytest.raises(ValidationError, match="an axis must not be zero"):
        Coordinate(name="a", axis=(0.0, 0.0, 0.0), acceleration=1.0)


def test_fixed_coordinates_can_be_freed() -> None:
    model = load_body_model()
    names = [each.name for each in model.coordinates(frozenset({"left_knee_abduction"}))]
    assert "left_knee_abduction" in names
    assert "right_knee_abduction" not in names
    with pytest.raises(BodyModelError, match="no coordinate 'left_knee_twist'"):
        model.coordinates(frozenset({"left_knee_twist"}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: x", "not a body model"),
        ("{", "cannot be read"),
        (
            "name: x\nlengths: {}\nlandmarks: []\nsegments:\n- {name: a, parent: b}\n",
            "its parent 'b' must come before it",
        ),
        (
            "name: x\nlengths: {}\nlandmarks: []\nsegments:\n- {name: a, at: {arm: [0, 1, 0]}}\n",
            "no length 'arm'",
        ),
        (
            "name: x\nlengths: {}\nsegments: [{name: a}]\n"
            "landmarks: [{name: m, segment: b, at: {}, offset_mm: [1, 1, 1]}]\n",
            "no segment 'b'",
        ),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "body.yaml"
    path.write_text(text)
    with pytest.raises(BodyModelError, match=message):
        load_body_model(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BodyModelError, match="cannot be read"):
        load_body_model(tmp_path / "none.yaml")
