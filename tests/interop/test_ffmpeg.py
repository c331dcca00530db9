"""FFmpeg's own program, without NeuroPose and PyAV, on the kinds of videos that there are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.interop.readers import read_with
from tests.video.clips import RECIPES, read_all, with_rotation, write_clip
from tests.video.field_streams import field_packets, write_field_stream

SCRIPT = """
import subprocess
from imageio_ffmpeg import get_ffmpeg_exe
command = [get_ffmpeg_exe(), "-v", "error", "-i", sys.argv[1], "-map", "0:v:0"]
command += ["-fps_mode", "passthrough"]
listed = subprocess.run([*command, "-f", "framehash", "-"], capture_output=True, text=True).stdout
base, times, size = 1.0, [], None
for line in listed.splitlines():
    if line.startswith("#tb 0:"):
        above, below = line.split(":")[1].strip().split("/")
        base = int(above) / int(below)
    elif line.startswith("#dimensions 0:"):
        size = [int(each) for each in line.split(":")[1].strip().split("x")]
    elif line and not line.startswith("#"):
        times.append(int(line.split(",")[2]) * base)
first = [*command, "-frames:v", "1", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"]
first = subprocess.run(first, capture_output=True).stdout
show({"times": times, "size": size, "first": list(first)})
"""
KINDS: dict[str, Callable[[Path], Path]] = {
    **{
        name: lambda folder, name=name: write_clip(folder / f"clip_{name}", RECIPES[name])
        for name in RECIPES
    },
    **{
        f"turned by {angle}": lambda folder, angle=angle: with_rotation(
            write_clip(folder / "clip.mp4"), angle
        )
        for angle in (90, 180, 270)
    },
    "fragments": lambda folder: write_clip(
        folder / "clip.mp4", muxer_options={"movflags": "frag_keyframe+empty_moov"}
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_times_and_colours_are_those_of_ffmpeg(kind: str, tmp_path: Path) -> None:
    path = KINDS[kind](tmp_path)
    found = read_with("ffmpeg", SCRIPT, path)
    frames, reader = read_all(path)
    assert len(found["times"]) == sum(frame.picture is not None for frame in frames)
    times_s = np.array(found["times"])
    own_s = np.array([frame.time_s for frame in frames if frame.picture is not None])
    np.testing.assert_allclose(own_s, times_s - times_s[0], atol=1e-3)
    metadata = reader.metadata()
    assert [metadata.width, metadata.height] == found["size"]
    picture = frames[0].picture
    assert picture is not None
    theirs = np.array(found["first"], np.float64).reshape(picture.shape)
    assert np.abs(picture - theirs).mean() < 3.0


def test_two_fields_are_one_picture_of_ffmpeg_too(tmp_path: Path) -> None:
    path = write_field_stream(tmp_path / "fields.ts", list(field_packets(12)))
    found = read_with("ffmpeg", SCRIPT, path)
    frames, _ = read_all(path)
    assert len(found["times"]) == len(frames) == 12
    times_s = np.array(found["times"])
    np.testing.assert_allclose([frame.time_s for frame in frames], times_s - times_s[0], atol=1e-3)
