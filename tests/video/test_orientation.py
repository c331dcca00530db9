"""Every way in which a display matrix may turn a picture, against plain numpy."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from neuropose.errors import VideoDecodeError
from neuropose.video.orientation import Orientation

ONE = 65536


@pytest.mark.parametrize(
    ("transposed", "flipped_x", "flipped_y"), list(product([False, True], repeat=3))
)
def test_pictures_are_turned_as_the_matrix_says(
    transposed: bool, flipped_x: bool, flipped_y: bool
) -> None:
    x, y = (-ONE if flipped_x else ONE), (-ONE if flipped_y else ONE)
    matrix = (0, y, x, 0) if transposed else (x, 0, 0, y)
    orientation = Orientation._of_matrix(*matrix)
    assert orientation == Orientation(transposed, flipped_x, flipped_y)

    stored = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    wanted = stored.transpose(1, 0, 2) if transposed else stored
    wanted = wanted[:, ::-1] if flipped_x else wanted
    wanted = wanted[::-1] if flipped_y else wanted
    shown = orientation.apply(stored)
    assert np.array_equal(shown, wanted)
    assert shown.flags.c_contiguous


def test_mirrored_is_what_no_rotation_gives() -> None:
    plain = [Orientation(), Orientation(True, True, False), Orientation(False, True, True)]
    assert not any(orientation.mirrored for orientation in plain)
    assert [orientation.rotation_deg for orientation in plain] == [0, 90, 180]
    assert Orientation(flipped_x=True).mirrored
    assert Orientation(transposed=True).mirrored


def test_other_angles_are_refused() -> None:
    with pytest.raises(VideoDecodeError, match="not a multiple of 90°"):
        Orientation._of_matrix(46341, 46341, -46341, 46341)
