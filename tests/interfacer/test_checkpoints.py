"""A checkpoint file: whatever happens to it or to its writer, results are those of a whole run."""

from __future__ import annotations

import errno
import os
import pickle
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.estimator import stubs

from neuropose.errors import CancelledError, OutputError
from neuropose.estimator import Detections, Estimator, ProcessVideoResult
from neuropose.interfacer import CheckpointFile, checkpoints
from neuropose.testing import FakeModel, write_numbered_video

KEY = "key"
SOUND = [True, False, True, True, True, False, False, True, True, True, True, False]


class Clock:
    """Seconds that go on when they are told to."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "video_01.checkpoint"


def result(number: int, people: int = 1, state: bytes | None = b"") -> Detections:
    found = stubs.marked(number, people) if people else Detections.none(stubs.JOINTS)
    return replace(found, state=state)


def numbers(results: list[Detections]) -> list[int]:
    return [round(float(one.poses3d[0, 0, 2]) - stubs.NEAREST_MM) for one in results]


def at_once(path: Path) -> CheckpointFile:
    return CheckpointFile(path, interval_s=0.0)


def begun(path: Path, *, key: str = KEY) -> CheckpointFile:
    kept = at_once(path)
    kept.begin(key)
    return kept


def fill(path: Path, count: int) -> None:
    kept = begun(path)
    for number in range(count):
        kept.add(result(number))


def process(path: Path, every: int = 1, ahead: int = 0, **arguments: Any) -> ProcessVideoResult:
    return stubs.process_stub(
        stubs.RememberingModel(every, ahead),
        stubs.StubReader(SOUND),
        checkpoints=at_once(path),
        **arguments,
    )


def whole_run() -> ProcessVideoResult:
    return stubs.process_stub(stubs.RememberingModel(), stubs.StubReader(SOUND))


def assert_same(one: ProcessVideoResult, other: ProcessVideoResult) -> None:
    assert one.predictions == other.predictions
    assert stubs.bits(one.predictions) == stubs.bits(other.predictions)


class TestResuming:
    @pytest.mark.parametrize(("every", "ahead"), [(1, 0), (2, 3), (3, 0)])
    def test_interrupted_at_every_frame(self, path: Path, every: int, ahead: int) -> None:
        for frames in range(len(SOUND) + 1):
            path.unlink(missing_ok=True)
            with pytest.raises(CancelledError):
                process(path, every, ahead, cancel=stubs.stops_after(frames))
            resumed = process(path, every, ahead)
            assert_same(resumed, whole_run())
            seen = max(sum(SOUND[:frames]) - ahead, 0)
            assert resumed.metrics.resumed_frames == seen - seen % every

    def test_interrupted_again_and_again(self, path: Path) -> None:
        for frames in (2, 3, 3, 5, 8, 4, 11):
            with pytest.raises(CancelledError):
                process(path, cancel=stubs.stops_after(frames))
        resumed = process(path)
        assert_same(resumed, whole_run())
        assert resumed.metrics.resumed_frames == sum(SOUND[:11])

    def test_the_writer_is_killed(self, path: Path, tmp_path: Path) -> None:
        video = write_numbered_video(tmp_path / "clip.mp4", 30)
        with subprocess.Popen(
            [sys.executable, "-c", KILLED, str(video), str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"here\n"
            child.send_signal(signal.SIGKILL)
            assert child.wait() == -signal.SIGKILL
        resumed = Estimator(FakeModel()).process_video(video, checkpoints=at_once(path))
        assert_same(resumed, Estimator(FakeModel()).process_video(video))
        assert resumed.metrics.resumed_frames == 17

    def test_cut_anywhere(self, path: Path) -> None:
        process(path)
        content, whole, resumed = path.read_bytes(), whole_run(), set()
        for length in [*range(0, len(content), 41), len(content) - 1]:
            path.write_bytes(content[:length])
            again = process(path)
            assert_same(again, whole)
            assert path.read_bytes() == content
            resumed.add(again.metrics.resumed_frames)
        assert resumed == set(range(sum(SOUND)))

    @given(data=st.data())
    @settings(max_examples=60, deadline=None)
    def test_damaged_anywhere(
        self, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
    ) -> None:
        path = tmp_path_factory.mktemp("job") / "video_01.checkpoint"
        process(path, every=2)
        content = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 5))):
            bit = data.draw(st.integers(0, 8 * len(content) - 1))
            content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        assert_same(process(path, every=2), whole_run())


KILLED = """
import sys
from pathlib import Path
from neuropose.estimator import Estimator
from neuropose.interfacer import CheckpointFile
from neuropose.testing import FakeModel

def wait(at):
    if at.frames_done == 17:
        print("here", flush=True)
        sys.stdin.read()

video, path = map(Path, sys.argv[1:])
checkpoints = CheckpointFile(path, interval_s=0.0)
Estimator(FakeModel()).process_video(video, progress=wait, checkpoints=checkpoints)
"""


class TestBegin:
    def test_nothing_yet(self, path: Path) -> None:
        assert at_once(path).begin(KEY) == []
        assert not path.exists()

    def test_what_was_added_comes_back(self, path: Path) -> None:
        kept = begun(path)
        for number, state in enumerate([None, b"a", None, None, b"b", None]):
            kept.add(result(number, state=state))
        back = at_once(path).begin(KEY)
        assert numbers(back) == [0, 1, 2, 3, 4]  # nobody could go on after the sixth
        assert back[-1].state == b"b"
        assert back[0].poses3d.tobytes() == result(0).poses3d.tobytes()

    def test_a_torn_end_is_cut_off(self, path: Path) -> None:
        fill(path, 3)
        sound = path.read_bytes()
        path.write_bytes(sound + sound[-100:])
        assert numbers(at_once(path).begin(KEY)) == [0, 1, 2]
        assert path.read_bytes() == sound

    def test_another_key_removes_the_file(self, path: Path) -> None:
        fill(path, 3)
        assert at_once(path).begin("other") == []
        assert not path.exists()
        kept = begun(path, key="other")
        kept.add(result(7))
        assert numbers(at_once(path).begin("other")) == [7]

    def test_so_does_what_is_no_checkpoint(self, path: Path) -> None:
        for content in (b"", b"NeuroPose", bytes(10_000)):
            path.write_bytes(content)
            assert at_once(path).begin(KEY) == []
            assert not path.exists()

    def test_what_is_no_ordinary_file_is_removed_unread(self, path: Path, tmp_path: Path) -> None:
        os.mkfifo(path)
        assert at_once(path).begin(KEY) == []
        target = tmp_path / "elsewhere"
        fill(target, 2)
        path.symlink_to(target)
        kept = begun(path)
        kept.add(result(5))
        assert stat.S_ISREG(path.lstat().st_mode)
        assert numbers(at_once(target).begin(KEY)) == [0, 1]

    def test_a_folder_is_in_the_way(self, path: Path) -> None:
        path.mkdir()
        with pytest.raises(OutputError, match="cannot be written"):
            at_once(path).begin(KEY)

    def test_a_file_that_cannot_be_read_is_removed(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fill(path, 3)

        def fail(*args: object, **kwargs: object) -> None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        with monkeypatch.context() as patch:
            patch.setattr(Path, "open", fail)
            assert at_once(path).begin(KEY) == []
        assert not path.exists()

    def test_a_disk_that_cannot_cut(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        fill(path, 2)
        path.write_bytes(path.read_bytes() + b"torn")

        def fail(*args: object) -> None:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))

        monkeypatch.setattr(os, "truncate", fail)
        with pytest.raises(OutputError, match="read-only") as raised:
            at_once(path).begin(KEY)
        assert raised.value.hint == "choose a folder that you may write to"

    def test_goes_to_another_process(self, path: Path) -> None:
        sent = pickle.loads(pickle.dumps(CheckpointFile(path, interval_s=0.0)))
        sent.begin(KEY)
        sent.add(result(0))
        on_the_way = pickle.loads(pickle.dumps(sent))
        on_the_way.add(result(1))
        assert numbers(at_once(path).begin(KEY)) == [0, 1]


class TestWriting:
    def test_at_most_every_interval_and_only_the_end_is_written(self, path: Path) -> None:
        clock = Clock()
        kept = CheckpointFile(path, interval_s=5.0, clock=clock)
        clock.now_s = 100.0
        kept.begin(KEY)
        contents = [b""]
        for number in range(60):
            clock.now_s = 100.0 + number
            kept.add(result(number))
            content = path.read_bytes() if path.exists() else b""
            if content != contents[-1]:
                assert content.startswith(contents[-1])
                contents.append(content)
                assert number % 5 == 0
        assert len(contents) == 12
        new = {len(after) - len(before) for before, after in pairwise(contents[1:])}
        assert len(new) == 1
        assert numbers(at_once(path).begin(KEY)) == list(range(56))

    def test_every_five_seconds_if_nothing_is_said(self, path: Path) -> None:
        clock = Clock()
        kept = CheckpointFile(path, clock=clock)
        kept.begin(KEY)
        clock.now_s = 4.9
        kept.add(result(0))
        assert not path.exists()
        clock.now_s = 5.0
        kept.add(result(1))
        assert numbers(at_once(path).begin(KEY)) == [0, 1]

    def test_it_is_on_the_disk_and_so_is_its_name(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        synced: list[str] = []
        fsync = os.fsync

        def spy(descriptor: int) -> None:
            found = os.fstat(descriptor)
            synced.append("folder" if stat.S_ISDIR(found.st_mode) else f"{found.st_size} bytes")
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", spy)
        kept = begun(path)
        kept.add(result(0))
        first = path.stat().st_size
        kept.add(result(1))
        assert synced == [f"{first} bytes", "folder", f"{path.stat().st_size} bytes"]

    def test_nothing_of_a_model_without_states(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(checkpoints, "MOST_WAITING_BYTES", 10_000)
        kept = begun(path)
        for number in range(100):
            kept.add(result(number, state=None))
        assert len(kept._waiting) <= 10_000
        kept.add(result(100))  # too late: those before it are gone
        assert not path.exists()
        assert at_once(path).begin(KEY) == []

    def test_many_results_with_states_may_wait(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(checkpoints, "MOST_WAITING_BYTES", 10_000)
        clock = Clock()
        kept = CheckpointFile(path, clock=clock)
        kept.begin(KEY)
        for number in range(100):
            clock.now_s = 0.1 * number
            kept.add(result(number))
        assert numbers(at_once(path).begin(KEY)) == list(range(51))

    def test_people_come_and_go(self, path: Path) -> None:
        kept = begun(path)
        for people in (0, 3, 0, 1):
            kept.add(result(0, people))
        assert [len(one.boxes) for one in at_once(path).begin(KEY)] == [0, 3, 0, 1]

    def test_poses_that_are_not_contiguous(self, path: Path) -> None:
        found = result(3, 2)
        turned = replace(found, poses3d=np.asfortranarray(found.poses3d))
        begun(path).add(turned)
        [back] = at_once(path).begin(KEY)
        assert np.array_equal(back.poses3d, found.poses3d)

    def test_discard(self, path: Path) -> None:
        fill(path, 2)
        kept = at_once(path)
        kept.discard()
        assert not path.exists()
        kept.discard()
        assert kept.begin(KEY) == []


class TestFaults:
    @pytest.fixture
    def full(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
        """Whether the disk is full: it notices after all has been written."""
        is_full, fsync = [False], os.fsync

        def fail(descriptor: int) -> None:
            if is_full[0]:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", fail)
        return is_full

    @pytest.mark.parametrize("before", [0, 1, 3])
    def test_a_full_disk(self, path: Path, full: list[bool], before: int) -> None:
        kept = begun(path)
        for number in range(before):
            kept.add(result(number))
        content = path.read_bytes() if before else None
        full[0] = True
        with pytest.raises(OutputError, match="no space left") as raised:
            kept.add(result(before))
        assert raised.value.hint is not None
        assert "free some space" in raised.value.hint
        assert (path.read_bytes() if path.exists() else None) == content
        full[0] = False
        kept.add(result(before + 1))  # space has come back
        assert numbers(at_once(path).begin(KEY)) == list(range(before + 2))

    def test_a_full_disk_that_cannot_even_cut(
        self, path: Path, full: list[bool], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept = begun(path)
        kept.add(result(0))

        def fail(*args: object) -> None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        monkeypatch.setattr(os, "truncate", fail)
        full[0] = True
        for number in (1, 2):
            with pytest.raises(OutputError, match="no space left"):
                kept.add(result(number))
        full[0] = False
        kept.add(result(3))
        assert numbers(at_once(path).begin(KEY)) == [0, 1, 2, 3]

    def test_half_a_record_is_written(self, path: Path) -> None:
        """A real failure in the middle of a write, in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-c", HALF, str(path)], check=True, capture_output=True, text=True
        )
        assert done.stdout == f"{path} cannot be written: file too large\nthe rest is gone\n"
        assert len(at_once(path).begin(KEY)) == 4

    def test_no_folder(self, path: Path) -> None:
        kept = begun(path.parent / "none" / path.name)
        with pytest.raises(OutputError) as raised:
            kept.add(result(0))
        assert raised.value.hint == "make its folder first"

    def test_the_file_is_taken_away(self, path: Path) -> None:
        kept = begun(path)
        kept.add(result(0))
        path.unlink()
        with pytest.raises(OutputError):
            kept.add(result(1))
        assert not path.exists()  # half a video would be of no use

    def test_the_video_stops_and_goes_on_when_space_returns(
        self, path: Path, full: list[bool]
    ) -> None:
        def fill_up(at: Any) -> None:
            full[0] = at.frames_done >= 8

        with pytest.raises(OutputError):
            process(path, progress=fill_up)
        full[0] = False
        resumed = process(path)
        assert_same(resumed, whole_run())
        assert resumed.metrics.resumed_frames == sum(SOUND[:8])


HALF = """
import resource, sys
from dataclasses import replace
from pathlib import Path
from neuropose.errors import OutputError
from neuropose.estimator import Detections
from neuropose.interfacer import CheckpointFile

path, nobody = Path(sys.argv[1]), replace(Detections.none(33), state=b"")
kept = CheckpointFile(path, interval_s=0.0)
kept.begin("key")
for number in range(2):
    kept.add(nobody)
size = path.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, resource.RLIM_INFINITY))
try:
    kept.add(nobody)
except OutputError as error:
    print(error)
if path.stat().st_size == size:
    print("the rest is gone")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
kept.add(nobody)
"""
