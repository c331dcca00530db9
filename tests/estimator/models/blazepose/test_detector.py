"""The detector around its graph: views, letterbox, anchors, suppression."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.estimator.models.blazepose.stubs import StubGraph

from neuropose.estimator.models.blazepose.detector import (
    _ANCHORS,
    INPUT_PX,
    View,
    _letterbox,
    _suppress,
    find_regions,
    search_views,
)
from neuropose.estimator.models.blazepose.region import REGION_SCALE

sizes = st.integers(16, 4000)


class TestSearchViews:
    @given(height_px=sizes, width_px=sizes, data=st.data())
    def test_whoever_is_up_to_half_the_shorter_side_lies_wholly_in_a_square(
        self, height_px: int, width_px: int, data: st.DataObject
    ) -> None:
        assume(height_px != width_px)
        shorter = min(height_px, width_px)
        # Squares start at whole pixels, so they may overlap by one pixel less.
        w = data.draw(st.floats(0.0, shorter / 2.0 - 1.0))
        h = data.draw(st.floats(0.0, shorter / 2.0 - 1.0))
        x = data.draw(st.floats(0.0, width_px - w))
        y = data.draw(st.floats(0.0, height_px - h))
        squares = search_views(height_px, width_px)[1:]
        assert any(
            view.x_px <= x
            and view.y_px <= y
            and x + w <= view.x_px + view.width_px
            and y + h <= view.y_px + view.height_px
            for view in squares
        )

    @given(height_px=sizes, width_px=sizes)
    def test_whole_picture_first_and_all_inside_it(self, height_px: int, width_px: int) -> None:
        views = search_views(height_px, width_px)
        assert views[0] == View(0, 0, width_px, height_px)
        for view in views[1:]:
            assert view.width_px == view.height_px == min(height_px, width_px)
            assert 0 <= view.x_px <= width_px - view.width_px
            assert 0 <= view.y_px <= height_px - view.height_px
        assert len(set(views)) == len(views)

    def test_square_picture_is_one_view(self) -> None:
        assert search_views(500, 500) == [View(0, 0, 500, 500)]

    def test_upright_picture_is_searched_from_top_to_bottom(self) -> None:
        assert [(view.x_px, view.y_px) for view in search_views(1920, 1080)[1:]] == [
            (0, 0),
            (0, 420),
            (0, 840),
        ]


class TestLetterbox:
    @pytest.mark.parametrize(
        ("height", "width"), [(120, 200), (200, 120), (150, 150), (1080, 1920)]
    )
    def test_a_point_is_where_scale_and_pad_say(self, height: int, width: int) -> None:
        x_px, y_px = 0.7 * width, 0.4 * height
        spread = max(height, width) / 30.0
        x, y = np.arange(width) + 0.5 - x_px, np.arange(height)[:, None] + 0.5 - y_px
        dot = 255.0 * np.exp(-(x * x + y * y) / (2.0 * spread**2))
        picture = np.repeat(dot.round().astype(np.uint8)[..., None], 3, axis=2)
        tensor, scale, pad = _letterbox(picture)
        assert (tensor.shape, tensor.dtype) == ((1, INPUT_PX, INPUT_PX, 3), np.float32)
        weights = (tensor[0, ..., 0] + 1.0).astype(np.float64)
        at = np.arange(INPUT_PX) + 0.5
        found = np.array([weights.sum(axis=0) @ at, weights.sum(axis=1) @ at]) / weights.sum()
        assert (found - pad) / scale == pytest.approx([x_px, y_px], abs=0.1 / scale)

    def test_range_and_black_borders(self) -> None:
        tensor, scale, pad = _letterbox(np.full((100, 200, 3), 255, np.uint8))
        assert (tensor.min(), tensor.max()) == (-1.0, 1.0)
        assert scale == pytest.approx(1.12)
        assert pad == pytest.approx([0.0, 56.0], abs=1e-9)
        assert (tensor[0, :50] == -1.0).all()
        assert (tensor[0, 60:160, 1:-1] == 1.0).all()


def test_anchors_are_those_of_the_graph() -> None:
    assert _ANCHORS.shape == (2254, 2)
    assert ((_ANCHORS > 0.0) & (_ANCHORS < 1.0)).all()
    # 28 × 28 cells twice, 14 × 14 twice, 7 × 7 six times; x runs fastest.
    assert _ANCHORS[0] == pytest.approx([0.5 / 28, 0.5 / 28])
    assert _ANCHORS[2] == pytest.approx([1.5 / 28, 0.5 / 28])
    assert _ANCHORS[2 * 28 * 28] == pytest.approx([0.5 / 14, 0.5 / 14])
    assert _ANCHORS[-1] == pytest.approx([6.5 / 7, 6.5 / 7])


def candidate(x: float, y: float, size: float = 0.2) -> list[list[float]]:
    """Box centre and size, and four keypoints."""
    return [[x, y], [size, size], [x, y], [x, y - size], [x, y], [x, y]]


class TestSuppress:
    def test_overlapping_candidates_become_their_weighted_mean(self) -> None:
        points = np.array([candidate(0.50, 0.5), candidate(0.54, 0.5), candidate(0.1, 0.1)])
        merged, scores = _suppress(points, np.array([0.9, 0.6, 0.7]))
        assert scores.tolist() == [0.9, 0.7]
        assert merged[0, 0] == pytest.approx([(0.9 * 0.50 + 0.6 * 0.54) / 1.5, 0.5])
        assert merged[1] == pytest.approx(np.array(candidate(0.1, 0.1)))

    def test_candidates_that_hardly_overlap_stay_apart(self) -> None:
        points = np.array([candidate(0.5, 0.5), candidate(0.62, 0.5)])  # IoU 0.25
        merged, _ = _suppress(points, np.array([0.8, 0.9]))
        assert merged[:, 0, 0].tolist() == [0.62, 0.5]

    def test_boxes_without_area_come_to_an_end(self) -> None:
        points = np.array([candidate(0.5, 0.5, size=0.0)] * 3)
        merged, scores = _suppress(points, np.array([0.6, 0.7, 0.8]))
        assert scores.tolist() == [0.8, 0.7, 0.6]
        assert len(merged) == 3

    @given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 20))
    def test_every_candidate_counts_once_and_the_best_come_first(
        self, seed: int, count: int
    ) -> None:
        rng = np.random.default_rng(seed)
        points = np.array([candidate(*rng.uniform(0.2, 0.8, 2)) for _ in range(count)])
        scores = rng.uniform(0.5, 1.0, count)
        merged, merged_scores = _suppress(points, scores)
        assert 1 <= len(merged) == len(merged_scores) <= count
        assert merged_scores[0] == scores.max()
        assert sorted(merged_scores, reverse=True) == merged_scores.tolist()
        assert set(merged_scores) <= set(scores)


def detector_that_sees(
    *people: tuple[tuple[float, float], tuple[float, float]], logit: float = 3.0
) -> StubGraph:
    """Each person: mid-hip and point on the circle, as fractions of the graph's input."""
    values = np.zeros((1, len(_ANCHORS), 12))
    logits = np.full((1, len(_ANCHORS), 1), -50.0)
    for row, (hips, circle) in enumerate(people):
        anchor = 500 * row + 10
        points = np.array([hips, (0.1, 0.1), hips, circle, hips, hips])
        relative = points - _ANCHORS[anchor]
        relative[1] = points[1]  # the size
        values[0, anchor] = relative.ravel() * INPUT_PX
        logits[0, anchor] = logit - row
    return StubGraph(values, logits)


def to_input(x_px: float, y_px: float, height: int, width: int) -> tuple[float, float]:
    longer = max(height, width)
    return 0.5 + (x_px - width / 2.0) / longer, 0.5 + (y_px - height / 2.0) / longer


class TestFindRegions:
    @pytest.mark.parametrize(("height", "width"), [(480, 640), (640, 480), (500, 500)])
    def test_in_px_of_the_picture(self, height: int, width: int) -> None:
        hips, circle = (0.6 * width, 0.5 * height), (0.6 * width, 0.3 * height)
        graph = detector_that_sees(
            (to_input(*hips, height, width), to_input(*circle, height, width))
        )
        picture = np.zeros((height, width, 3), np.uint8)
        [region] = find_regions(graph, picture, [View(0, 0, width, height)])
        assert (region.x_px, region.y_px) == pytest.approx(hips, abs=1e-3)
        assert region.side_px == pytest.approx(0.4 * height * REGION_SCALE, abs=1e-2)
        assert region.angle_rad == pytest.approx(0.0, abs=1e-4)

    def test_in_a_view_and_the_most_certain_first(self) -> None:
        graph = detector_that_sees(((0.5, 0.6), (0.5, 0.5)), ((0.7, 0.3), (0.8, 0.3)))
        picture = np.zeros((400, 1000, 3), np.uint8)
        first, second = find_regions(graph, picture, [View(300, 0, 400, 400)])
        assert (first.x_px, first.y_px) == pytest.approx((500.0, 240.0), abs=1e-3)
        assert (second.x_px, second.y_px) == pytest.approx((580.0, 120.0), abs=1e-3)
        assert second.angle_rad == pytest.approx(math.pi / 2.0, abs=1e-4)

    def test_only_the_view_is_shown_to_the_graph(self) -> None:
        graph = detector_that_sees()
        picture = np.zeros((400, 1000, 3), np.uint8)
        picture[:, 600:] = 255
        assert find_regions(graph, picture, [View(600, 0, 400, 400), View(0, 0, 400, 400)]) == []
        bright, dark = graph.inputs
        assert (bright.min(), dark.max()) == (1.0, -1.0)

    @pytest.mark.parametrize(
        ("view", "found"),
        [
            (View(0, 0, 400, 400), 1),  # cut by the picture itself: that is all there is to see
            (View(300, 0, 400, 400), 0),  # cut by the view: another one shows all of the body
        ],
    )
    def test_half_a_body_is_left_to_the_view_that_shows_it_all(
        self, view: View, found: int
    ) -> None:
        graph = detector_that_sees(((0.05, 0.5), (0.05, 0.3)))
        picture = np.zeros((400, 1000, 3), np.uint8)
        assert len(find_regions(graph, picture, [view])) == found

    def test_uncertain_or_outside_is_nobody(self) -> None:
        picture = np.zeros((400, 400, 3), np.uint8)
        views = [View(0, 0, 400, 400)]
        uncertain = detector_that_sees(((0.5, 0.6), (0.5, 0.5)), logit=-0.1)
        assert find_regions(uncertain, picture, views) == []
        outside = detector_that_sees(((1.2, 0.6), (1.2, 0.5)))
        assert find_regions(outside, picture, views) == []


def test_nothing_overflows_at_extreme_logits() -> None:
    graph = detector_that_sees(((0.5, 0.6), (0.5, 0.5)), logit=1e6)
    picture: NDArray[np.uint8] = np.zeros((400, 400, 3), np.uint8)
    assert len(find_regions(graph, picture, [View(0, 0, 400, 400)])) == 1
