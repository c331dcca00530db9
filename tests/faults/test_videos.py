"""Damaged videos of every kind: a typed error, or every frame accounted for, never a surprise."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.faults.mutations import (
    edit_the_head,
    edit_the_tail,
    flip_bits,
    repeat_a_chunk,
    swap_chunks,
    truncate,
    zero_a_range,
)
from tests.video.clips import RECIPES, assert_consistent, read_all, write_clip

from neuropose.errors import VideoError

NAMES = [
    *("libx264.mp4", "libx264.mkv", "libx264.avi", "libx264.ts", "libx265.mp4"),
    *("mpeg4.mp4", "mpeg4.mkv", "mpeg4.avi", "mjpeg.mp4", "mjpeg.avi"),
    *("libvpx.webm", "libvpx-vp9.webm", "wmv2.wmv"),
]
SEEDS = range(4)


Mutation = Callable[[bytearray, np.random.Generator], None]
MUTATIONS: list[Mutation] = [
    *(truncate, flip_bits, zero_a_range, edit_the_head, edit_the_tail, swap_chunks),
    repeat_a_chunk,
]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("clips")
    return {
        name: write_clip(folder / name, RECIPES[name], frame_count=36).read_bytes()
        for name in NAMES
    }


@pytest.mark.timeout(60)
@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda mutate: mutate.__name__)
@pytest.mark.parametrize("name", NAMES)
def test_mutated_video(
    tmp_path: Path, clips: dict[str, bytes], name: str, mutate: Mutation
) -> None:
    for seed in SEEDS:
        content = bytearray(clips[name])
        mutate(content, np.random.default_rng([seed, NAMES.index(name)]))
        path = tmp_path / f"{seed}.{RECIPES[name].suffix}"
        path.write_bytes(content)
        with contextlib.suppress(VideoError):
            assert_consistent(*read_all(path))


def test_most_mutated_videos_can_still_be_read(tmp_path: Path, clips: dict[str, bytes]) -> None:
    """Refusing everything would pass the test above."""
    read = {}
    for name in NAMES:
        if name == "wmv2.wmv":  # nothing behind the damage can be found
            continue
        content = bytearray(clips[name])
        middle = len(content) // 2
        content[middle : middle + 40] = bytes(40)
        path = tmp_path / f"clip.{RECIPES[name].suffix}"
        path.write_bytes(content)
        read[name] = len(read_all(path)[0])
    assert set(read.values()) == {36}
