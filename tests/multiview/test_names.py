"""Which camera a file is from."""

from __future__ import annotations

import pytest

from neuropose.errors import MultiviewError
from neuropose.multiview.names import camera_of


@pytest.mark.parametrize(
    ("name", "cameras", "found"),
    [
        ("side.mp4", ["side", "inside"], "side"),
        ("walk_cam10.mp4", ["cam1", "cam10"], "cam10"),
        ("walk_b.poses.json", ["a", "b"], "b"),
        ("2024-05-01 l 2.mp4", ["l", "r"], "l"),
        ("walkside2.mp4", ["side", "front"], "side"),
        ("inside_walk.mp4", ["side", "inside"], "inside"),
    ],
)
def test_a_name_says_it(name: str, cameras: list[str], found: str) -> None:
    assert camera_of(name, cameras) == found


@pytest.mark.parametrize("name", ["walk.mp4", "side_front.mp4", "sidefront.mp4"])
def test_a_name_does_not(name: str) -> None:
    with pytest.raises(MultiviewError, match="does not say which camera"):
        camera_of(name, ["side", "front"])


def test_a_letter_in_a_word_is_no_camera() -> None:
    with pytest.raises(MultiviewError, match="does not say which camera"):
        camera_of("walk_c.mp4", ["a", "b"])
