from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neuropose.errors import SynchronisationError
from neuropose.multiview.sound import (
    RATE_HZ,
    Sound,
    clock_by_sound,
    read_sound,
    synchronise_by_sound,
)


def scene(duration_s: float, seed: int = 0):
    """Steps, doors and a hum in a noisy room."""
    draw = np.random.default_rng(seed)
    samples = 0.02 * draw.normal(size=int(duration_s * RATE_HZ))
    for time_s in draw.uniform(0.0, duration_s, int(2 * duration_s)):
        first = int(time_s * RATE_HZ)
        length = min(2000, len(samples) - first)
        knock = np.exp(-np.arange(length) / 400.0) * draw.normal(size=length)
        samples[first : first + length] += draw.normal() * knock
    return samples


def heard(samples, offset_s: float, drift: float = 0.0, seed: int = 1):
    """What a second camera records of it by its own clock, muffled and with noise of its own."""
    duration_s = len(samples) / RATE_HZ
    own_s = np.arange(int((duration_s - abs(offset_s) - 1.0) * RATE_HZ)) / RATE_HZ
    shared_s = offset_s + (1.0 + drift) * own_s
    there = np.interp(shared_s, np.arange(len(samples)) / RATE_HZ, samples)
    muffled = np.convolve(there, [1.0, 0.3, 0.2], mode="same")
    return muffled + 0.03 * np.random.default_rng(seed).normal(size=len(own_s))


@pytest.mark.parametrize(("duration_s", "offset_s"), [(10.0, 1.2345), (5.0, -0.3), (30.0, 12.0)])
def test_offsets(duration_s, offset_s):
    samples = scene(duration_s)
    clock = clock_by_sound(Sound(0.0, samples), Sound(0.0, heard(samples, offset_s)))
    assert clock.offset_s == pytest.approx(offset_s, abs=5e-4)
    assert clock.offset_error_s >= 0.004  # sound takes its time


def test_drift():
    samples = scene(120.0)
    clock = clock_by_sound(Sound(0.0, samples), Sound(0.0, heard(samples, 2.5, drift=1e-4)))
    assert clock.drift == pytest.approx(1e-4, abs=max(3.0 * clock.drift_error, 1e-6))
    assert clock.offset_s == pytest.approx(2.5, abs=1e-3)


def test_sounds_begin_at_their_own_times():
    samples = scene(8.0)
    clock = clock_by_sound(Sound(0.25, samples), Sound(-0.5, samples))
    assert clock.offset_s == pytest.approx(0.75, abs=1e-4)


def test_other_sounds_and_silence_are_nothing():
    one = Sound(0.0, scene(10.0))
    assert clock_by_sound(one, Sound(0.0, scene(10.0, seed=5))) is None
    assert clock_by_sound(one, Sound(0.0, np.zeros(RATE_HZ * 10))) is None
    assert clock_by_sound(one, Sound(0.0, np.zeros(100))) is None


def claps(times_s, duration_s: float = 8.0, later_s: float = 0.0, seed: int = 0):
    """Claps that sound alike, heard by a camera that begins later in a quiet room."""
    samples = 0.02 * np.random.default_rng(seed).normal(size=int(duration_s * RATE_HZ))
    clap = np.exp(-np.arange(2000) / 400.0) * np.random.default_rng(9).normal(size=2000)
    for time_s in np.asarray(times_s) - later_s:
        first = round(time_s * RATE_HZ)
        samples[first : first + 2000] += clap
    return Sound(0.0, samples)


def test_one_clap_is_enough():
    clock = clock_by_sound(claps([4.0]), claps([4.0], later_s=1.2, seed=1))
    assert clock.offset_s == pytest.approx(1.2, abs=1e-3)


def test_what_repeats_itself_tells_no_offset():
    beats = np.arange(0.3, 7.5, 0.55)
    with pytest.raises(SynchronisationError, match="repeats itself"):
        clock_by_sound(claps(beats), claps(beats[3:], later_s=1.2, seed=1))


def test_sound_that_was_not_recorded_for_a_while_is_silence(tmp_path):
    samples = scene(8.0)
    videos = {
        "left": write(tmp_path / "left.mkv", samples),
        "right": write(tmp_path / "right.mkv", samples, lost=(40, 48)),
    }
    assert synchronise_by_sound(videos)["right"].offset_s == pytest.approx(0.0, abs=2e-3)


def write(path: Path, samples, *, video: bool = True, lost: tuple[int, int] = (0, 0)) -> Path:
    """A small video with sound, of which some packets are lost."""
    import av

    with av.open(str(path), "w") as container:
        sound = container.add_stream("pcm_s16le", rate=RATE_HZ, layout="mono")
        if video:
            picture = container.add_stream("mpeg4", rate=25)
            picture.width = picture.height = 32
            picture.pix_fmt = "yuv420p"
            for _ in range(5):
                frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
                container.mux(picture.encode(frame))
            container.mux(picture.encode())
        for first in range(0, len(samples), 1024):
            if lost[0] <= first // 1024 < lost[1]:
                continue
            part = np.clip(samples[first : first + 1024] * 8000, -32000, 32000).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(part[None], format="s16", layout="mono")
            frame.sample_rate, frame.pts = RATE_HZ, first
            container.mux(sound.encode(frame))
        container.mux(sound.encode())
    return path


def test_videos_with_sound(tmp_path):
    samples = scene(8.0)
    videos = {
        "left": write(tmp_path / "left.mov", samples),
        "right": write(tmp_path / "right.mov", heard(samples, 0.5)),
    }
    clocks = synchronise_by_sound(videos)
    assert clocks["left"].offset_s == 0.0
    assert clocks["right"].offset_s == pytest.approx(0.5, abs=1e-3)


def test_a_video_without_sound_is_refused_by_name(tmp_path):
    (tmp_path / "broken.mov").write_bytes(b"nothing")
    with pytest.raises(SynchronisationError, match="left cannot be read"):
        read_sound(tmp_path / "broken.mov", "left")
    videos = {
        "left": write(tmp_path / "left.mov", scene(6.0)),
        "right": write(tmp_path / "right.mov", scene(6.0, seed=9)),
    }
    with pytest.raises(SynchronisationError, match="right and left did not hear the same"):
        synchronise_by_sound(videos)
