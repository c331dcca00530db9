"""Heights that somebody has, and those in another unit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis.strategies import floats

from neuropose.errors import ConfigError
from neuropose.skeletons.stature import STATURES_MM, require_stature


@pytest.mark.parametrize("height_mm", [None, 360.0, 500.0, 546.0, 1100.0, 1760.0, 2510.0, 2720.0])
def test_infants_children_and_the_tallest_pass(height_mm: float | None) -> None:
    require_stature(height_mm)


@given(floats(*STATURES_MM))
def test_the_same_stature_in_another_unit_never_passes(height_mm: float) -> None:
    for divisor in (10.0, 25.4, 304.8, 1000.0):
        with pytest.raises(ConfigError, match="nobody is"):
            require_stature(height_mm / divisor)


@pytest.mark.parametrize(
    ("height_mm", "meant"), [(176.0, "1760?"), (1.76, "1760?"), (52.0, "520?"), (0.52, "520?")]
)
def test_centimetres_and_metres_are_recognised(height_mm: float, meant: str) -> None:
    with pytest.raises(ConfigError) as error:
        require_stature(height_mm)
    assert error.value.hint is not None
    assert error.value.hint.endswith(meant)


@pytest.mark.parametrize("height_mm", [5.9, 17600.0, float("inf"), float("nan")])
def test_anything_else_is_told_the_unit(height_mm: float) -> None:
    with pytest.raises(ConfigError) as error:
        require_stature(height_mm)
    assert error.value.hint == "give the height in millimetres, such as 1750"
