"""Tables of colours: what they add up to is what FFmpeg's converter makes, or there are none."""

from __future__ import annotations

from collections.abc import Iterator

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange
from hypothesis import given
from hypothesis import strategies as st

from neuropose.video import color_tables
from neuropose.video.color_tables import tables_of
from neuropose.video.conversion import Converter
from neuropose.video.stored_picture import planes_of


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    color_tables._tables.cache_clear()
    yield
    color_tables._tables.cache_clear()


def noise(width: int, height: int, colorspace: int, levels: int) -> av.VideoFrame:
    rng = np.random.default_rng(width)
    frame = av.VideoFrame.from_ndarray(
        rng.integers(0, 256, (height * 3 // 2, width), np.uint8), "yuv420p"
    )
    frame.colorspace, frame.color_range = colorspace, levels
    return frame


@pytest.mark.parametrize("levels", [ColorRange.UNSPECIFIED, ColorRange.MPEG])
@pytest.mark.parametrize("colorspace", [1, 2, 4, 5, 6, 7, 9])
@pytest.mark.parametrize("size", [(640, 480), (994, 602), (70, 66), (1090, 40), (16, 16)])
def test_every_pixel_is_what_the_converter_makes(
    size: tuple[int, int], colorspace: int, levels: int
) -> None:
    frame = noise(*size, colorspace, levels)
    tables = tables_of(frame)
    assert tables is not None
    width, height = size
    widths = (width, width // 2, width // 2)
    planes = [plane[:, :side] for plane, side in zip(planes_of(frame), widths, strict=True)]
    assert planes[0].shape == (height, width)
    assert np.array_equal(tables.rgb(planes), Converter(frame, 1.0, frozenset()).rgb(frame))


def test_none_where_the_converter_calculates_in_another_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    converted = color_tables._converted

    def blended(planes, *tags):
        """Chroma between its samples is interpolated, as some converters do."""
        rgb = converted(planes, *tags).copy()
        rgb[:, 1:-1:2] = rgb[:, 1:-1:2] // 2 + rgb[:, 2::2] // 2
        return rgb

    monkeypatch.setattr(color_tables, "_converted", blended)
    assert tables_of(noise(64, 32, 1, ColorRange.MPEG)) is None


@given(
    gain=st.floats(0.8, 1.3),
    offset=st.floats(-30.0, 0.0),
    reach=st.floats(0.2, 2.2),
    seed=st.integers(0, 99),
)
def test_summands_are_told_apart(gain: float, offset: float, reach: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    levels = np.arange(256)
    first = np.rint(gain * levels + offset + rng.uniform(-0.5, 0.5, 256)).astype(np.int32)
    second = np.rint(reach * (levels - 128) + rng.uniform(-0.5, 0.5, 256)).astype(np.int32)
    second[128] = 0
    sums = (first[:, None] + second).clip(0, 255).astype(np.uint8)
    one, other = color_tables._summands(sums)
    assert np.array_equal((one[:, None] + other).clip(0, 255), sums)
