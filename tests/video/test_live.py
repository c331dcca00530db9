"""A stream over the loopback: the newest picture, never a queue."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
from tests.video.live_server import FPS, free_port, reading, served

from neuropose.errors import NotAVideoError, VideoEmptyError
from neuropose.estimator import Estimator
from neuropose.testing import FakeModel
from neuropose.video.live import LiveReader, is_live


def test_what_is_live() -> None:
    assert all(map(is_live, ["rtsp://a/1", "RTSP://a/1", "udp://@:1234", "/dev/video2"]))
    assert not any(map(is_live, ["walk.mp4", "/dev/video", "C:\\walk.mp4", "file.rtsp"]))


def test_a_slow_reader_gets_the_newest_picture_and_no_queue() -> None:
    with served(100) as address, reading(address) as reader:
        waited_s, times_s, dropped = [], [], []
        tracemalloc.start()
        for frame in reader:
            waited_s.append(time.monotonic() - frame.arrived_s)
            times_s.append(frame.time_s)
            dropped.append(frame.dropped)
            time.sleep(0.1)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert np.median(waited_s) < 1.0  # of a queue, four seconds
    assert times_s == sorted(times_s)
    assert times_s[0] == pytest.approx(dropped[0] / FPS, abs=1e-3)
    assert reader.dropped == sum(dropped) > 30
    assert len(times_s) + sum(dropped) > 50  # without those before the stream was known
    assert peak < 5e6


def test_a_fast_reader_gets_every_picture() -> None:
    for _ in range(5):  # a machine that does other things may keep it from being fast
        with served(60) as address, reading(address) as reader:
            times_s = [frame.time_s for frame in reader]
        if reader.dropped < 5:
            break
    assert reader.dropped < 5
    assert len(times_s) > 20
    assert np.diff(times_s).min() == pytest.approx(1.0 / FPS, abs=1e-3)


def test_what_cannot_be_opened() -> None:
    with pytest.raises(NotAVideoError, match="live source cannot be opened"):
        LiveReader(f"tcp://127.0.0.1:{free_port()}")


class TestEstimator:
    def test_poses_as_they_come(self) -> None:
        taken: list[int] = []

        def pictures() -> Iterator[tuple[float, np.ndarray]]:
            for number in range(5):
                taken.append(number)
                yield number / 30.0, np.zeros((48, 64, 3), np.uint8)

        estimator = Estimator(FakeModel())
        for number, pose in enumerate(estimator.stream(pictures(), fov_degrees=60.0)):
            assert taken == [*range(number + 1)]  # the next one is not asked for yet
            assert pose.prediction.track_ids.tolist() == [0]
            assert pose.time_s == number / 30.0
            assert pose.latency_s >= 0.0

    def test_no_picture(self) -> None:
        assert list(Estimator(FakeModel()).stream(iter(()))) == []

    def test_a_recording(self) -> None:
        with served(60) as address, reading(address) as reader:
            predictions = Estimator(FakeModel()).record(reader, seconds=0.5, fov_degrees=60.0)
        assert 2 <= predictions.metadata.frame_count <= 26  # fewer where others are at work
        assert predictions.time_s[-1] <= 0.5
        assert predictions.frames_with_people == predictions.metadata.frame_count
        assert predictions.provenance is not None
        assert predictions.provenance.input_sha256 is None

    def test_a_source_that_ends_at_once(self) -> None:
        class Empty(LiveReader):
            def __init__(self) -> None:
                self.fps, self.dropped = 30.0, 0

            def __iter__(self) -> Iterator[object]:  # type: ignore[override]
                return iter(())

        with pytest.raises(VideoEmptyError, match="before its first picture"):
            Estimator(FakeModel()).record(Empty())
