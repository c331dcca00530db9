"""What is drawn on a layer looks the same over any picture, and is gone afterwards."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from neuropose.viz.colors import INK, LEFT
from neuropose.viz.layer import SUBPIXEL_BITS, Layer


def fixed(*corners: tuple[float, float]) -> NDArray[np.int32]:
    return np.rint(np.array(corners) * (1 << SUBPIXEL_BITS)).astype(np.int32)


BAR = fixed((5, 16), (55, 16), (55, 24), (5, 24))
SLANTING = fixed((6, 5), (56, 29), (54, 33), (4, 9))


@pytest.mark.parametrize("opacity", [0, 60, 128, 255])
def test_a_polygon_is_mixed_with_what_is_below(opacity: int) -> None:
    layer, picture = Layer((40, 60)), np.full((40, 60, 3), 200, np.uint8)
    layer.mark(0, 0, 60, 40)
    layer.polygon(BAR, layer.shade(LEFT, opacity))
    layer.lay_over(picture)
    share = opacity / 255
    assert picture[20, 30] == pytest.approx(share * np.array(LEFT) + (1 - share) * 200, abs=1.5)
    assert (picture[2] == 200).all()


def test_smooth_edges_have_no_other_colour() -> None:
    layer, picture = Layer((40, 60)), np.full((40, 60, 3), LEFT, np.uint8)
    layer.mark(0, 0, 60, 40)
    layer.polygon(SLANTING, layer.shade(LEFT))
    assert len(np.unique(layer.pixels[..., 3])) > 10  # it has smooth edges
    layer.lay_over(picture)
    assert np.abs(picture.astype(int) - LEFT).max() <= 2


def test_a_faint_colour_over_a_rim_is_as_if_drawn_one_after_the_other() -> None:
    ground, opacity = 150.0, 120
    rim, cover = (opacity // 2) / 255, opacity / 255
    expected = cover * np.array(LEFT) + (1 - cover) * (rim * np.array(INK) + (1 - rim) * ground)
    *numbers, opaque = Layer((2, 2)).shade(LEFT, opacity, over=INK)
    assert np.array(numbers) + ground * (1 - opaque / 255) == pytest.approx(expected, abs=1.5)


def test_where_parts_overlap_nothing_is_laid_twice() -> None:
    layer, once, twice = Layer((40, 60)), *(np.full((40, 60, 3), 100, np.uint8) for _ in range(2))
    shade = layer.shade(LEFT, 100)
    for picture, marks in ((once, 1), (twice, 3)):
        for _ in range(marks):
            assert layer.mark(6, 10, 54, 30)
        layer.polygon(fixed((12, 18), (48, 18), (48, 22), (12, 22)), shade)
        layer.lay_over(picture)
        assert not layer.pixels.any()
    assert np.array_equal(once, twice)
    assert (once != 100).any()


def test_what_lies_outside_is_not_drawn() -> None:
    layer = Layer((40, 60))
    assert not layer.mark(-20, -20, -1, -1)
    assert not layer.mark(60, 0, 80, 40)
    assert layer.mark(50, 30, 80, 80)
