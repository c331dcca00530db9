"""Models whose poses say which picture they were found in, and videos made to measure."""

from __future__ import annotations

import struct
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pytest

from neuropose.data import Camera, FrameGap, VideoMetadata, VideoPredictions
from neuropose.errors import ModelStateError
from neuropose.estimator import Detections, Estimator, ProcessVideoResult
from neuropose.estimator.model import Picture
from neuropose.testing import FakeModel, read_number, stamp, write_video
from neuropose.video.reader import VideoFrame

NEAREST_MM = 1000.0
JOINTS = 33


def marked(number: int, people: int = 1) -> Detections:
    """People whose distance from the camera is the number of their picture."""
    body = np.linspace(20.0, 100.0, JOINTS)
    poses2d = np.stack([np.column_stack([body + 200.0 * row, body]) for row in range(people)])
    poses3d = np.zeros((people, JOINTS, 3))
    poses3d[..., 2] = NEAREST_MM + number
    boxes = np.array([[20.0 + 200.0 * row, 20.0, 80.0, 80.0, 0.9] for row in range(people)])
    return Detections(
        boxes=boxes.astype(np.float32),
        poses3d=poses3d.astype(np.float32),
        poses2d=poses2d.astype(np.float32),
        confidence=np.full((people, JOINTS), 0.8, np.float32),
    )


def mark(picture: Picture, camera: Camera) -> Detections:
    """Programme of a `FakeModel`: one person, marked with the number that the picture carries."""
    number = read_number(picture)
    assert number is not None
    return marked(number)


def marks(predictions: VideoPredictions) -> list[int | None]:
    """Number of the picture that each frame's pose was found in; None: nobody."""
    return [
        round(float(frame.poses3d[0, 0, 2]) - NEAREST_MM) if len(frame.poses3d) else None
        for frame in predictions.frames.values()
    ]


class AheadModel(FakeModel):
    """Takes some pictures before it gives its first result, as a batching model does."""

    def __init__(self, ahead: int) -> None:
        super().__init__(mark)
        self._ahead = ahead

    def predict(
        self,
        pictures: Iterable[Picture],
        camera: Camera,
        *,
        fps: float = 30.0,
        workers: int = 1,
    ) -> Iterator[Detections]:
        waiting: deque[Picture] = deque()
        for picture in pictures:
            waiting.append(picture)
            if len(waiting) > self._ahead:
                yield mark(waiting.popleft(), camera)
        yield from (mark(picture, camera) for picture in waiting)


class ThreadedModel(FakeModel):
    """Spreads pictures over threads, and keeps their order."""

    workers_told: int | None = None

    def predict(
        self,
        pictures: Iterable[Picture],
        camera: Camera,
        *,
        fps: float = 30.0,
        workers: int = 1,
    ) -> Iterator[Detections]:
        self.workers_told = workers
        found: deque[Future[list[Detections]]] = deque()
        single = super().predict
        pool = ThreadPoolExecutor(workers)
        try:
            for picture in pictures:
                found.append(pool.submit(lambda one: list(single([one], camera)), picture))
                if len(found) > workers:
                    yield from found.popleft().result()
            while found:
                yield from found.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


class RememberingModel(FakeModel):
    """What it finds depends on every picture before; a state comes after every so many."""

    _STATE = struct.Struct("<II")

    def __init__(self, every: int = 1, ahead: int = 0, **options: Any) -> None:
        super().__init__(**options)
        self._every = every
        self._ahead = ahead
        self.given: list[int] = []  # numbers of the pictures that it was given

    def predict(
        self,
        pictures: Iterable[Picture],
        camera: Camera,
        *,
        fps: float = 30.0,
        workers: int = 1,
        state: bytes | None = None,
    ) -> Iterator[Detections]:
        seen, memory = (0, 0) if state is None else self._unpack(state)
        waiting: deque[Detections] = deque()
        for picture in pictures:
            number = read_number(picture)
            assert number is not None
            self.given.append(number)
            if number in self._faults:
                self._faults[number](marked(number))
            seen, memory = seen + 1, zlib.crc32(bytes([number]), memory)
            found = self._found(number, memory)
            if seen % self._every == 0:
                found = replace(found, state=self._STATE.pack(seen, memory))
            waiting.append(found)
            if len(waiting) > self._ahead:
                yield waiting.popleft()
        yield from waiting

    def _found(self, number: int, memory: int) -> Detections:
        if memory % 3 == 0:
            return Detections.none(JOINTS)
        found = marked(number, people=memory % 3)
        found.poses3d[..., 0] = memory % 5000
        found.poses3d[..., 1] = np.nan
        return found

    def _unpack(self, state: bytes) -> tuple[int, ...]:
        if len(state) != self._STATE.size:
            raise ModelStateError("not mine")
        return self._STATE.unpack(state)


class KeptCheckpoints:
    """`Checkpoints` in memory."""

    def __init__(self) -> None:
        self.key: str | None = None
        self.kept: list[Detections] = []
        self.waiting: list[Detections] = []
        self.discarded = 0

    def begin(self, key: str) -> list[Detections]:
        if key != self.key:
            self.kept = []
        self.key, self.waiting = key, []
        return self.kept

    def add(self, found: Detections) -> None:
        self.waiting.append(found)
        if found.state is not None:
            self.kept += self.waiting
            self.waiting = []

    def discard(self) -> None:
        self.kept, self.waiting = [], []
        self.discarded += 1


def stops_after(frames: int) -> Callable[[], bool]:
    """`cancel` that says so after so many frames."""
    asked = count()
    return lambda: next(asked) >= frames


def process_stub(model: FakeModel, reader: StubReader, **arguments: Any) -> ProcessVideoResult:
    """Process a stub in place of a video."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("neuropose.estimator.core.VideoReader", reader)
        patch.setattr("neuropose.estimator.core.video_sha256", lambda path: "0" * 64)
        return Estimator(model).process_video("stub.mp4", **arguments)


def bits(predictions: VideoPredictions) -> dict[str, bytes]:
    arrays = ("time_s", "offsets", "boxes", "poses3d", "poses2d", "confidence", "track_ids")
    return {name: getattr(predictions, name).tobytes() for name in arrays}


class StubReader:
    """A `VideoReader` of pictures that carry their number; `sound` says which have one."""

    width, height = 160, 120
    warnings = ()

    def __init__(self, sound: Sequence[bool]) -> None:
        self.sound = sound
        self.times_s = [number / 30.0 for number in range(len(sound))]
        self.expected_frame_count = len(sound)
        self.fps = 30.0
        self._to_skim = 0

    def __call__(self, path: Path) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass

    def skim(self, pictures: int) -> None:
        self._to_skim = pictures

    def show(self, frames: frozenset[int]) -> None:
        """There is nothing in the pictures but their number."""

    def __iter__(self) -> Iterator[VideoFrame]:
        for number, (sound, time_s) in enumerate(zip(self.sound, self.times_s, strict=True)):
            if sound:
                picture = np.zeros((self.height, self.width, 3), np.uint8)
                if self._to_skim > 0:
                    self._to_skim -= 1
                else:
                    stamp(picture, number)
                yield VideoFrame(number, time_s, picture, None)
            else:
                yield VideoFrame(number, time_s, None, "no picture")

    def metadata(self) -> VideoMetadata:
        return VideoMetadata(
            frame_count=len(self.sound),
            fps=30.0,
            width=self.width,
            height=self.height,
            gaps=tuple(
                FrameGap(first_frame=number, last_frame=number, reason="no picture")
                for number, sound in enumerate(self.sound)
                if not sound
            ),
        )


def write_short_groups(path: Path, frame_count: int, *, frames_per_group: int) -> Path:
    """A numbered video with many key frames: damage ends at the next one."""
    pictures = (
        stamp(np.full((120, 160, 3), 110, np.uint8), number) for number in range(frame_count)
    )
    options = {"preset": "ultrafast", "bf": "0", "threads": "1", "sc_threshold": "0"}
    options["g"] = str(frames_per_group)
    return write_video(path, pictures, np.arange(frame_count) / 25.0, options=options)


def damage_frame(path: Path, number: int) -> None:
    """Overwrite the data of a frame in place."""
    import av

    with av.open(path) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        position, size = packets[number].pos, packets[number].size
    content = bytearray(path.read_bytes())
    content[position + 5 : position + size] = bytes(size - 5)
    path.write_bytes(content)
