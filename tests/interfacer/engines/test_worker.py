"""An estimator in a child process: its crashes become errors, and the next video is fine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.interfacer.children import obedient, unloadable
from tests.loopback import PATIENCE_S

from neuropose.errors import (
    AssetUnavailableError,
    CancelledError,
    VideoEmptyError,
    WorkerCrashedError,
    WorkerStalledError,
)
from neuropose.estimator import Estimator
from neuropose.interfacer import ChildEstimator
from neuropose.testing import FakeModel, write_numbered_video

STALL_S = 60.0


@pytest.fixture
def child() -> Iterator[ChildEstimator]:
    child = ChildEstimator(obedient, stall_s=STALL_S)
    yield child
    child.close()


@pytest.fixture
def video(tmp_path: Path) -> Callable[[str], Path]:
    return lambda name: write_numbered_video(tmp_path / f"{name}.mp4", 12)


def test_results_and_progress_are_those_of_the_estimator(
    child: ChildEstimator, video: Callable[[str], Path]
) -> None:
    path = video("walk")
    child.prepare()
    seen: list[int] = []
    result = child.process_video(path, progress=lambda at: seen.append(at.frames_done))
    own = Estimator(FakeModel()).process_video(path)
    assert result.predictions == own.predictions
    assert seen == sorted(seen)
    assert child.would_give(path, own.predictions.provenance, own.predictions.camera)
    assert not child.would_give(video("other"), None, own.predictions.camera)


@pytest.mark.parametrize(
    ("word", "error", "problem"),
    [
        ("segfault", WorkerCrashedError, "was ended by SIGSEGV after frame 6"),
        ("exit", WorkerCrashedError, "exited with code 3 after frame 6"),
        ("raise", KeyError, "no such tensor"),
        ("refuse", VideoEmptyError, "is empty"),
    ],
)
def test_what_happens_in_it_becomes_an_error(
    word: str,
    error: type[Exception],
    problem: str,
    child: ChildEstimator,
    video: Callable[[str], Path],
) -> None:
    with pytest.raises(error, match=problem):
        child.process_video(video(word))
    assert child.process_video(video("walk")).predictions.metadata.frame_count == 12


def test_one_that_hangs_is_ended(video: Callable[[str], Path]) -> None:
    child = ChildEstimator(obedient, stall_s=3.0)  # beyond any pause of a busy machine
    try:
        child.prepare()
        with pytest.raises(WorkerStalledError, match=r"no new frame for 3 s after frame 6"):
            child.process_video(video("hang"))
    finally:
        child.close()


def test_cancelling_ends_it(child: ChildEstimator, video: Callable[[str], Path]) -> None:
    with pytest.raises(CancelledError):
        child.process_video(video("hang"), cancel=lambda: True)
    assert child.process_video(video("walk")).predictions.metadata.frame_count == 12


def test_a_model_that_cannot_be_loaded_says_so_before_any_video() -> None:
    child = ChildEstimator(unloadable, stall_s=STALL_S)
    try:
        with pytest.raises(AssetUnavailableError, match="cannot be had") as raised:
            child.prepare()
        assert raised.value.hint == "add them by hand"
    finally:
        child.close()


PARENT = """
import sys
from pathlib import Path
from tests.interfacer.children import obedient
from neuropose.errors import VideoEmptyError
from neuropose.interfacer import ChildEstimator
if __name__ == "__main__":
    child = ChildEstimator(obedient, stall_s=600)
    try:
        child.process_video(Path("pid.mp4"))
    except VideoEmptyError as error:
        print(error, flush=True)
    child.process_video(Path("hang.mp4"))
"""


def test_it_ends_with_its_parent_even_if_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=environment
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
        parent.wait(PATIENCE_S)
    patience = time.monotonic() + PATIENCE_S
    while Path(f"/proc/{pid}").exists() and time.monotonic() < patience:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()
