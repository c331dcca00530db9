"""Regions: what is cut out is where it says it is."""

from __future__ import annotations

import math

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from neuropose.estimator.models.blazepose.region import REGION_SCALE, Region
from neuropose.video.conversion import Converter
from neuropose.video.stored_picture import StoredPicture

WIDTH, HEIGHT = 320, 240
SIZE_PX = 256

angles = st.floats(-math.pi, math.pi)
fractions = st.floats(0.1, 0.9)
regions = st.builds(
    Region,
    x_px=st.floats(100.0, 220.0),
    y_px=st.floats(80.0, 160.0),
    side_px=st.floats(60.0, 140.0),
    angle_rad=angles,
)


def picture_of_a_dot(x_px: float, y_px: float, sigma_px: float) -> NDArray[np.uint8]:
    x = np.arange(WIDTH) + 0.5 - x_px
    y = np.arange(HEIGHT)[:, None] + 0.5 - y_px
    dot = 255.0 * np.exp(-(x * x + y * y) / (2.0 * sigma_px**2))
    return np.repeat(dot.round().astype(np.uint8)[..., None], 3, axis=2)


def centre_of_mass(crop: NDArray[np.uint8]) -> NDArray[np.float64]:
    weights = crop[..., 0].astype(np.float64)
    at = np.arange(len(crop)) + 0.5
    total = weights.sum()
    return np.array([weights.sum(axis=0) @ at, weights.sum(axis=1) @ at]) / total / len(crop)


class TestCrop:
    @given(region=regions, u=st.floats(0.3, 0.7), v=st.floats(0.3, 0.7))
    @settings(deadline=None)
    def test_a_dot_comes_out_where_it_maps_back_to(
        self, region: Region, u: float, v: float
    ) -> None:
        x_px, y_px = region.to_picture(np.array([u, v]))
        picture = picture_of_a_dot(x_px, y_px, sigma_px=region.side_px / 25.0)
        found = centre_of_mass(region.crop(picture, SIZE_PX))
        assert found == pytest.approx([u, v], abs=1.0 / SIZE_PX)

    def test_unrotated_region_of_its_own_size_is_a_plain_slice(self) -> None:
        picture = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
        region = Region(x_px=100.0, y_px=90.0, side_px=64.0, angle_rad=0.0)
        assert np.array_equal(region.crop(picture, 64), picture[58:122, 68:132])

    @given(
        region=st.builds(
            Region,
            x_px=st.floats(-300.0, 700.0),
            y_px=st.floats(-300.0, 600.0),
            side_px=st.floats(1.0, 500.0),
            angle_rad=angles,
        )
    )
    @settings(deadline=None)
    def test_of_a_stored_picture_it_is_the_same(self, region: Region) -> None:
        """Only a window is converted, and nothing outside it is read."""
        rng = np.random.default_rng(0)
        frame = av.VideoFrame.from_ndarray(
            rng.integers(0, 256, (HEIGHT * 3 // 2, WIDTH), np.uint8), "yuv420p"
        )
        whole = Converter(frame, 1.0, frozenset()).rgb(frame)
        picture = StoredPicture(frame)
        picture.rgb(slice(0, HEIGHT), slice(0, WIDTH)).fill(7)  # what is left of another picture
        assert np.array_equal(region.crop(picture, 64), region.crop(whole, 64))

    def test_clockwise_rotation_is_turned_back(self) -> None:
        # A person who lies with the head to the right is turned by +90° and comes out upright.
        picture = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
        region = Region(x_px=100.0, y_px=90.0, side_px=64.0, angle_rad=math.pi / 2.0)
        upright = np.rot90(picture[58:122, 68:132])
        assert np.abs(region.crop(picture, 64).astype(int) - upright).max() <= 1

    def test_beyond_the_picture_its_edge_is_repeated(self) -> None:
        picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        picture[:, 0] = 200
        crop = Region(x_px=-100.0, y_px=120.0, side_px=64.0, angle_rad=0.0).crop(picture, 64)
        assert crop.shape == (64, 64, 3)
        assert (crop == 200).all()


class TestGeometry:
    @given(region=regions)
    def test_centre_and_corners(self, region: Region) -> None:
        assert region.to_picture(np.array([0.5, 0.5])) == pytest.approx([region.x_px, region.y_px])
        corners = region.to_picture(np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]))
        sides = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
        assert sides == pytest.approx([region.side_px] * 4)

    @given(x=fractions, y=fractions, radius_px=st.floats(1.0, 500.0), angle_rad=angles)
    def test_alignment_points_up(
        self, x: float, y: float, radius_px: float, angle_rad: float
    ) -> None:
        centre = np.array([x * WIDTH, y * HEIGHT])
        circle = centre + radius_px * np.array([math.sin(angle_rad), -math.cos(angle_rad)])
        region = Region.from_alignment(centre, circle)
        assert region.side_px == pytest.approx(2.0 * REGION_SCALE * radius_px)
        assert region.to_picture(np.array([0.5, 0.5])) == pytest.approx(centre)
        above = np.array([0.5, 0.5 - 0.5 / REGION_SCALE])
        assert region.to_picture(above) == pytest.approx(circle, abs=1e-6)

    def test_upright_person_is_not_rotated(self) -> None:
        region = Region.from_alignment(np.array([50.0, 80.0]), np.array([50.0, 20.0]))
        assert region == Region(x_px=50.0, y_px=80.0, side_px=150.0, angle_rad=0.0)

    def test_points_that_coincide_give_a_region_all_the_same(self) -> None:
        region = Region.from_alignment(np.array([50.0, 80.0]), np.array([50.0, 80.0]))
        assert region.side_px == 1.0
        picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        assert region.crop(picture, SIZE_PX).shape == (SIZE_PX, SIZE_PX, 3)
