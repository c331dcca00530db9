"""Skeletons on pictures: where, in which colour, and how faint."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from neuropose.data import UNTRACKED, FramePrediction
from neuropose.skeletons import SKELETONS, Skeleton
from neuropose.viz.colors import LEFT, MIDDLE, RIGHT, bone_colors, confidence_color, track_color
from neuropose.viz.layer import Layer
from neuropose.viz.people import draw_skeletons, draw_track_ids

SKELETON = Skeleton(
    name="sticks_4",
    joints=("left_hip", "left_knee", "right_hip", "right_knee"),
    edges=((0, 1), (2, 3), (0, 2)),
)
POINTS = np.array([[300.0, 100.0], [300.0, 400.0], [100.0, 100.0], [100.0, 400.0]])
GREY = 100


def frame(
    points: NDArray[np.floating] = POINTS, confidence: float = 1.0, track_id: int = 0
) -> FramePrediction:
    return FramePrediction(
        time_s=0.0,
        boxes=[[100.0, 100.0, 200.0, 300.0, 1.0]],
        poses3d=np.zeros((1, 4, 3)),
        poses2d=points[None],
        confidence=np.full((1, 4), confidence),
        track_ids=[track_id],
    )


def canvas(size: int = 500) -> NDArray[np.uint8]:
    return np.full((size, size, 3), GREY, np.uint8)


def drawn(found: FramePrediction, size: int = 500, **options: float) -> NDArray[np.uint8]:
    picture, layer = canvas(size), Layer((size, size))
    draw_skeletons(layer, found, SKELETON, **options)
    layer.lay_over(picture)
    assert not layer.pixels.any()  # clear for the next picture
    return picture


def tagged(found: FramePrediction) -> NDArray[np.uint8]:
    picture, layer = canvas(), Layer((500, 500))
    draw_track_ids(layer, found)
    layer.lay_over(picture)
    return picture


def test_bones_have_the_colour_of_their_side() -> None:
    assert bone_colors(SKELETON) == (LEFT, RIGHT, MIDDLE)
    picture = drawn(frame())
    assert tuple(picture[250, 300]) == LEFT
    assert tuple(picture[250, 100]) == RIGHT
    assert tuple(picture[100, 200]) == MIDDLE
    assert tuple(picture[250, 200]) == (GREY, GREY, GREY)


def test_skeletons_of_metrabs_have_sides() -> None:
    colors = bone_colors(SKELETONS["smpl_24"])
    assert colors.count(LEFT) == colors.count(RIGHT) > 5
    assert MIDDLE in colors


def test_mouth_corners_have_sides_too() -> None:
    mouth = Skeleton(name="mouth_2", joints=("mouth_left", "left_eye"), edges=((0, 1),))
    assert bone_colors(mouth) == (LEFT,)


@pytest.mark.parametrize("confidence", [0.0, 0.4, 1.0])
def test_joints_have_the_colour_of_their_confidence(confidence: float) -> None:
    picture = drawn(frame(confidence=confidence))
    for x, y in POINTS.astype(int):
        assert tuple(picture[y, x]) == confidence_color(confidence)


def test_the_colours_of_confidence_differ_and_nan_is_grey() -> None:
    assert len({confidence_color(at) for at in np.linspace(0.0, 1.0, 11)}) == 11
    red, green, blue = confidence_color(float("nan"))
    assert red == green == blue


def test_the_less_confident_the_fainter() -> None:
    def contrast(confidence: float) -> int:
        pixel = drawn(frame(confidence=confidence))[250, 300].astype(int)
        return int(np.abs(pixel - GREY).sum())

    assert contrast(1.0) > contrast(0.5) > contrast(0.0) > 0
    assert contrast(float("nan")) == contrast(1.0)  # not given is not doubted


def test_missing_joints_and_their_bones_are_left_out() -> None:
    points = POINTS.copy()
    points[1] = np.nan
    picture = drawn(frame(points))
    assert tuple(picture[250, 300]) == (GREY, GREY, GREY)
    assert tuple(picture[250, 100]) == RIGHT
    assert np.array_equal(drawn(frame(np.full((4, 2), np.nan))), canvas())


@pytest.mark.parametrize("far", [-1e3, 1.9e3, 1e6, 1e30])
def test_joints_far_outside_do_no_harm(far: float) -> None:
    points = POINTS.copy()
    points[1] = far
    picture = drawn(frame(points))
    assert tuple(picture[250, 100]) == RIGHT


def test_somebody_wholly_outside_is_not_drawn() -> None:
    assert np.array_equal(drawn(frame(POINTS + 900.0)), canvas())


def test_everything_scales_with_the_picture() -> None:
    picture = drawn(frame(), 250, scale=0.5)
    assert picture[125, 150].astype(int) == pytest.approx(LEFT, abs=30)  # a thin line
    assert (drawn(frame(), weight=3.0) != GREY).sum() > 1.5 * (drawn(frame()) != GREY).sum()


def test_lines_are_wider_in_larger_pictures() -> None:
    def width(scale: int) -> int:
        picture = drawn(frame(), 500 * scale, scale=scale)
        row = picture[250 * scale, 250 * scale : 350 * scale]
        return int((row != GREY).any(axis=1).sum())

    assert width(8) >= 3 * width(2) > 0


def test_a_tag_in_the_colour_of_the_track_stands_over_the_box() -> None:
    picture = tagged(frame(track_id=3))
    tag = (picture == track_color(3)).all(axis=2)
    rows, columns = np.nonzero(tag)
    assert tag.sum() > 100
    assert rows.max() < 100
    assert 0.5 * (columns.min() + columns.max()) == pytest.approx(200, abs=2)
    assert (picture[rows.min() : rows.max(), columns.min() : columns.max()] < 60).any()  # words


def test_a_tag_stays_in_the_picture() -> None:
    corner = frame().model_copy(update={"boxes": np.array([[-90.0, -50.0, 100.0, 300.0, 1.0]])})
    picture = tagged(corner)
    tag = (picture == track_color(0)).all(axis=2)
    assert tag[0].any()
    assert tag[:, 0].any()


def test_the_untracked_have_no_tag() -> None:
    assert np.array_equal(tagged(frame(track_id=UNTRACKED)), canvas())


def test_neighbouring_tracks_differ_in_colour() -> None:
    assert len({track_color(track) for track in range(8)}) == 8
