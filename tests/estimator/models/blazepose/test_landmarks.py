"""From the graph's numbers to joints."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.estimator.models.blazepose.stubs import StubGraph

from neuropose.estimator.models.blazepose.landmarks import INPUT_PX, _refine, find_landmarks
from neuropose.estimator.models.blazepose.region import REGION_SCALE, Region

POINTS, CELLS = 39, 64
NOTHING = np.full((CELLS, CELLS, POINTS), -20.0, np.float32)


def heatmaps(point: int, *peaks: tuple[int, int, float]) -> NDArray[np.float32]:
    """Logits; each peak is column, row and probability."""
    maps = NOTHING.copy()
    for column, row, probability in peaks:
        maps[row, column, point] = math.log(probability / (1.0 - probability))
    return maps


class TestRefine:
    def test_a_clear_peak_draws_the_point_to_its_cell(self) -> None:
        points = np.full((POINTS, 2), 0.5)
        refined = _refine(points, heatmaps(4, (34, 30, 0.9)))
        assert refined[4] == pytest.approx([34 / CELLS, 30 / CELLS], abs=1e-6)
        assert np.array_equal(np.delete(refined, 4, axis=0), np.delete(points, 4, axis=0))

    def test_to_the_centre_of_mass_of_powers_of_the_probabilities(self) -> None:
        refined = _refine(np.full((POINTS, 2), 0.5), heatmaps(0, (32, 32, 0.8), (33, 31, 0.4)))
        assert refined[0] == pytest.approx([(32 + 1 / 33) / CELLS, (32 - 1 / 33) / CELLS], abs=1e-6)

    def test_the_tail_of_a_peak_that_the_window_cuts_draws_the_point_back_by_little(self) -> None:
        rows, columns = np.mgrid[:CELLS, :CELLS]
        peak_at = np.array([34.4, 30.3])
        distance = (columns - peak_at[0]) ** 2 + (rows - peak_at[1]) ** 2
        probability = 0.9 * np.exp(-distance / (2.0 * 1.5**2))
        maps = NOTHING.copy()
        maps[..., 0] = np.log(np.maximum(probability, 1e-9) / (1.0 - probability))
        refined = _refine(np.full((POINTS, 2), 0.5), maps)
        assert refined[0] * CELLS == pytest.approx(peak_at, abs=0.15)

    @pytest.mark.parametrize(("probability", "moved"), [(0.09, False), (0.11, True)])
    def test_only_if_it_is_clear(self, probability: float, moved: bool) -> None:
        refined = _refine(np.full((POINTS, 2), 0.5), heatmaps(0, (34, 32, probability)))
        assert bool(refined[0, 0] != 0.5) is moved

    @pytest.mark.parametrize(("away", "moved"), [(3, True), (4, False)])
    def test_only_within_a_window_of_seven(self, away: int, moved: bool) -> None:
        refined = _refine(np.full((POINTS, 2), 32.0 / CELLS), heatmaps(0, (32 + away, 32, 0.9)))
        assert bool(refined[0, 0] != 0.5) is moved

    def test_the_edge_counts_once(self) -> None:
        points = np.full((POINTS, 2), 0.0)
        refined = _refine(points, heatmaps(0, (0, 0, 0.9), (1, 0, 0.9)))
        assert refined[0] == pytest.approx([0.5 / CELLS, 0.0], abs=1e-6)

    @given(x=st.floats(-3.0, 4.0), y=st.floats(-3.0, 4.0), fill=st.floats(-200.0, 200.0, width=32))
    def test_points_far_outside_stay_where_they_are(self, x: float, y: float, fill: float) -> None:
        points = np.full((POINTS, 2), [x, y])
        refined = _refine(points, np.full((CELLS, CELLS, POINTS), fill, np.float32))
        assert np.isfinite(refined).all()
        outside = max(abs(x - 0.5), abs(y - 0.5)) > 0.5 + 4 / CELLS
        if outside:
            assert np.array_equal(refined, points)


def graph_of(
    points: NDArray[np.float64], world_m: NDArray[np.float64], visibility: float, score: float
) -> StubGraph:
    raw = np.zeros((POINTS, 5))
    raw[:, :2] = points * INPUT_PX
    raw[:, 3] = math.log(visibility / (1.0 - visibility))
    return StubGraph(raw.reshape(1, -1), world_m.reshape(1, -1), NOTHING[None], np.array([[score]]))


class TestFindLandmarks:
    @pytest.mark.parametrize("angle_rad", [0.0, 0.4, -math.pi / 2.0])
    def test_everything_in_its_own_frame(self, angle_rad: float) -> None:
        rng = np.random.default_rng(0)
        points, world_m = rng.uniform(0.2, 0.8, (POINTS, 2)), rng.normal(0.0, 0.4, (POINTS, 3))
        points[33], points[34] = [0.5, 0.5], [0.5, 0.1]
        region = Region(x_px=300.0, y_px=200.0, side_px=250.0, angle_rad=angle_rad)
        graph = graph_of(points, world_m, visibility=0.75, score=0.875)
        picture = np.full((480, 640, 3), 255, np.uint8)
        person = find_landmarks(graph, picture, region)

        assert person.score == 0.875
        assert person.visibility == pytest.approx(np.full(33, 0.75))
        assert person.points_px == pytest.approx(region.to_picture(points[:33]), abs=1e-3)
        # A joint above another in the region is so in the picture's axes only after turning back.
        turned_m = world_m[:33].copy()
        turned_m[:, :2] = turned_m[:, :2] @ region.rotation.T
        assert person.world_mm == pytest.approx(1000.0 * turned_m, abs=1e-3)
        assert (person.next_region.x_px, person.next_region.y_px) == pytest.approx((300.0, 200.0))
        assert person.next_region.angle_rad == pytest.approx(angle_rad, abs=1e-5)
        assert person.next_region.side_px == pytest.approx(0.8 * 250.0 * REGION_SCALE, abs=1e-3)
        [shown] = graph.inputs
        assert (shown.shape, shown.dtype) == ((1, INPUT_PX, INPUT_PX, 3), np.float32)
        assert (shown.min(), shown.max()) == (1.0, 1.0)

    def test_world_and_picture_agree_on_what_is_up(self) -> None:
        points, world_m = np.full((POINTS, 2), 0.5), np.zeros((POINTS, 3))
        points[0], world_m[0] = [0.5, 0.1], [0.0, -0.8, 0.0]  # the head, above the hips
        region = Region(x_px=300.0, y_px=200.0, side_px=250.0, angle_rad=math.pi / 2.0)
        graph = graph_of(points, world_m, visibility=0.5, score=1.0)
        person = find_landmarks(graph, np.zeros((480, 640, 3), np.uint8), region)
        assert person.points_px[0] - person.points_px[1] == pytest.approx([100.0, 0.0], abs=1e-3)
        assert person.world_mm[0] == pytest.approx([800.0, 0.0, 0.0], abs=1e-3)
