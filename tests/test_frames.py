from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from neuropose.frames import CoordinateFrame, rotation

# What a viewer of the picture calls right, down and away, in each frame.
DIRECTIONS = {
    CoordinateFrame.CAMERA: ([1, 0, 0], [0, 1, 0], [0, 0, 1]),
    CoordinateFrame.CAMERA_Y_UP: ([1, 0, 0], [0, -1, 0], [0, 0, -1]),
    CoordinateFrame.CAMERA_Z_UP: ([1, 0, 0], [0, 0, -1], [0, 1, 0]),
}

every_pair = pytest.mark.parametrize(
    ("source", "target"), list(product(CoordinateFrame, repeat=2)), ids=str
)


@every_pair
def test_directions_keep_their_meaning(source: CoordinateFrame, target: CoordinateFrame) -> None:
    turned = np.array(DIRECTIONS[source]) @ rotation(source, target).T
    np.testing.assert_array_equal(turned, DIRECTIONS[target])


@every_pair
def test_it_is_a_proper_rotation(source: CoordinateFrame, target: CoordinateFrame) -> None:
    matrix = rotation(source, target)
    np.testing.assert_array_equal(matrix @ matrix.T, np.eye(3))
    assert np.linalg.det(matrix) == pytest.approx(1.0)  # no mirror: left stays left


@every_pair
def test_there_and_back(source: CoordinateFrame, target: CoordinateFrame) -> None:
    back = rotation(target, source) @ rotation(source, target)
    np.testing.assert_array_equal(back, np.eye(3))


def test_one_cannot_spoil_the_next() -> None:
    rotation(CoordinateFrame.CAMERA, CoordinateFrame.CAMERA)[...] = 0.0
    np.testing.assert_array_equal(
        rotation(CoordinateFrame.CAMERA, CoordinateFrame.CAMERA), np.eye(3)
    )


def test_frames_are_known_by_name() -> None:
    assert CoordinateFrame("camera_y_up") is CoordinateFrame.CAMERA_Y_UP
