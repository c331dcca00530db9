"""What is drawn on a layer looks the same over any picture, and is gone afterwards."""

from __future__ import annotations

import numpy as np
import pytest

from neuropose.viz.colors import INK, LEFT
from neuropose.viz.layer import SUBPIXEL_BITS, Layer


def fixed(x: float, y: float) -> tuple[int, int]:
    return round(x * (1 << SUBPIXEL_BITS)), round(y * (1 << SUBPIXEL_BITS))


@pytest.mark.parametrize("opacity", [0, 60, 128, 255])
def test_a_line_is_mixed_with_what_is_below(opacity: int) -> None:
    layer, picture = Layer((40, 60)), np.full((40, 60, 3), 200, np.uint8)
    layer.mark(0, 0, 60, 40)
    layer.line((fixed(5, 20), fixed(55, 20)), layer.shade(LEFT, opacity), 9)
    layer.lay_over(picture)
    share = opacity / 255
    assert picture[20, 30] == pytest.approx(share * np.array(LEFT) + (1 - share) * 200, abs=1.5)
    assert (picture[2] == 200).all()


def test_smooth_edges_have_no_other_colour() -> None:
    layer, picture = Layer((40, 60)), np.full((40, 60, 3), LEFT, np.uint8)
    layer.mark(0, 0, 60, 40)
    layer.line((fixed(5, 7), fixed(55, 31)), layer.shade(LEFT), 5)
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
        layer.line((fixed(12, 20), fixed(48, 20)), shade, 5)
        layer.lay_over(picture)
        assert not layer.pixels.any()
    assert np.array_equal(once, twice)
    assert (once != 100).any()


def test_what_lies_outside_is_not_drawn() -> None:
    layer = Layer((40, 60))
    assert not layer.mark(-20, -20, -1, -1)
    assert not layer.mark(60, 0, 80, 40)
    assert layer.mark(50, 30, 80, 80)
