"""A reader with gaps, which no healthy video has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np
import pytest

from neuropose.video.conversion import ColorTags
from neuropose.video.reader import VideoFrame

WIDTH, HEIGHT = 320, 240
TIMES_S = (0.0, 0.04, 0.04, 0.3)


class GappyReader:
    """Four frames: picture, none, none, picture; two at the same time."""

    width, height, expected_frame_count = WIDTH, HEIGHT, len(TIMES_S)

    def __init__(self, path: Path, *, decode_threads: int = 1) -> None:
        self.path = path
        self.decode_threads = decode_threads

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def leave_stored(self) -> ColorTags:
        return ColorTags()

    def __iter__(self) -> Iterator[VideoFrame]:
        for number, time_s in enumerate(TIMES_S):
            gap = number in (1, 2)
            picture = None if gap else np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
            yield VideoFrame(number, time_s, picture, "the data is lost" if gap else None)


@pytest.fixture
def gappy_reader() -> type[GappyReader]:
    return GappyReader
